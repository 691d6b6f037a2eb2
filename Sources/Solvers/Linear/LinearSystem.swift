// A system of equations as the methods see it: products with vectors, a right side of length 1, and
// how small the residual has to become.
//
// Everything is an operation on variables, so under vmap one run solves all systems of a batch:
// inner products are numbers of each item, and an item that is done takes steps of length 0 until
// the slowest one is. The driver scales the right side, so no method depends on the scale of it.

import Autodiff
import Tensors

/// A system A x = b with ‖b‖ = 1, as a method sees it.
struct LinearSystem {
  /// v ↦ A v.
  let apply: (Variable) throws -> Variable
  /// u ↦ Aᵀ u.
  let applyTransposed: (Variable) throws -> Variable
  /// r ↦ M r with M near A⁻¹; nil for none.
  let precondition: ((Variable) throws -> Variable)?
  /// The residual's length that is small enough, a number of each item.
  let goal: Variable
  /// How many steps may be taken.
  let budget: Int
}

/// What a method made of a system.
struct Pass {
  var x: Variable
  /// The steps that were taken.
  var steps: Int
  /// Items, as a bool each, in which a method met a division by zero.
  var isBroken: Variable?
}

/// A method that improves on x = 0 step by step.
protocol IterativeMethod: Sendable {
  /// The name that reports show: the one by which the language makes it.
  var name: String { get }
  /// Solves a system from x = 0 on, and lets the watch see where it is.
  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass
}

extension Variable {
  /// The inner product with a vector.
  func inner(_ other: Variable) throws -> Variable { try matmul(other) }

  /// The Euclidean length of a vector.
  func length() throws -> Variable { try norm(axes: AxisSet(0)) }

  /// This number where a condition holds, 1 elsewhere: a divisor that is safe.
  func safe(where condition: Variable) throws -> Variable {
    try condition.select(self, .number(1, like: self))
  }

  /// A quotient where a condition holds, 0 elsewhere.
  static func quotient(
    _ a: Variable, _ b: Variable, where condition: Variable
  ) throws -> Variable {
    try condition.select(a / b.safe(where: condition), .number(0, like: a))
  }

  /// True where the condition holds for any item.
  var isTrueAnywhere: Bool { underlying.integers.contains { $0 != 0 } }

  /// True for a number that can be divided by.
  func isUsableDivisor() throws -> Variable {
    try isfinite().and(isNotEqual(to: .number(0, like: self)))
  }
}
