// Comparisons that give one Bool.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let comparing = BuiltinPage(
    "Comparing",
    [
      Builtin(
        "near(a, b, rtol=1e-6, atol=1e-9)",
        """
        True where `|a - b| ≤ atol + rtol |b|` for all elements of numbers, tensors, or trees of
        them; false where shapes or structures differ, and nan is near nothing.

            print(near(0.1 + 0.2, 0.3), near([1.0, 2.0], [1.0]), near({a: 1.0}, {a: 1.1}, rtol=0.2))
            # true false true
        """
      ) { arguments in
        let comparison = Nearness(
          relative: try arguments.double(2),
          absolute: try arguments.double(3))
        return .bool(try comparison.holds(arguments[0], arguments[1]))
      },
      Builtin(
        "isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=false)",
        """
        For each pair of elements whether `|a - b| ≤ atol + rtol |b|`. Equal infinities are close, and nan is
        close to nothing, or to nan with `equal_nan=true`.

            print(isclose([1.0, inf, nan], [1.0 + 1e-9, inf, nan]))    # [true, true, false]
        """
      ) { arguments in
        .tensor(
          try arguments.closeness(
            relative: arguments.scalar(2), absolute: arguments.scalar(3),
            equalNaN: arguments.bool(4)))
      },
      Builtin(
        "allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=false)",
        """
        True where all elements are close, as `isclose` has it; shapes are stretched to each other. `near`
        compares trees, with less tolerance, and wants one shape.

            print(allclose([1.0, 2.0], [1.0, 2.0 + 1e-7]), allclose([1.0, 1.0], 1.0))    # true true
        """
      ) { arguments in
        let close = try arguments.closeness(
          relative: arguments.scalar(2), absolute: arguments.scalar(3), equalNaN: arguments.bool(4))
        let all = try close.all()
        guard let tensor = all.concrete else { return .tensor(all) }
        return .bool(tensor.firstInt != 0)
      },
      Builtin(
        "array_equal(a, b)",
        """
        True where shapes are the same and all elements are equal.

            print(array_equal([1, 2], [1.0, 2.0]), array_equal([1], 1))    # true false
        """
      ) { arguments in
        let a = try arguments.tensor(0)
        let b = try arguments.tensor(1)
        guard a.shape == b.shape else { return .bool(false) }
        let equal = try Tensor.binary(.equal, a, b).all(.all(rank: a.rank))
        return .bool(equal.firstInt != 0)
      },
      Builtin(
        "bounded(x, low=nil, high=nil, open=false, name=\"x\")",
        """
        The numbers themselves, as floats, which have to lie between `low` and `high`, with `open=true`
        without these two: an error of kind `value` names the first that does not. Unlike an `assert`
        it looks inside `vmap` and a compiled function too, and passes derivatives on. A nan is let
        through, and shows in the result.

            fn entropy(p) { let p = bounded(p, 0.0, 1.0, name="p"); -sum(p * log(p)) }
            print(near(entropy([0.5, 0.5]), log(2.0)))                       # true
            print(try { entropy([0.5, 1.5]) } catch e { e.message })         # p must be from 0.0 to 1.0, not 1.5
        """
      ) { arguments in .tensor(try arguments.boundedNumbers()) },
    ])
}

extension Arguments {
  /// Where the elements of the first two parameters are close.
  fileprivate func closeness(
    relative: Scalar, absolute: Scalar, equalNaN: Bool
  ) throws -> Variable {
    // Of whole numbers differences may overflow.
    let (a, b) = (try floating(stacked(0)), try floating(stacked(1)))
    let tolerance = try absolute.like(b).adding(relative.like(b).multiplied(by: b.abs()))
    let isNear = try a.subtracting(b).abs().isLessOrEqual(to: tolerance).and(b.isfinite())
    let isClose = try isNear.or(a.isEqual(to: b))
    return equalNaN ? try isClose.or(a.isnan().and(b.isnan())) : isClose
  }
}

/// The comparison that `near` makes.
private struct Nearness {
  let relative: Double
  let absolute: Double

  func holds(_ a: Value, _ b: Value) throws -> Bool {
    var walk = PairWalk()
    return try walk.agree(a, b, holds)
  }

  private func holds(_ walk: inout PairWalk, _ a: Value, _ b: Value) throws -> Bool {
    switch (a, b) {
    case (.instance(let x), .instance(let y)):
      return try walk.agree(fields(of: x), fields(of: y), holds)
    case (.host(let x as Snapshot), _): return try walk.agree(x.unnamed.plain, b, holds)
    case (_, .host(let y as Snapshot)): return try walk.agree(a, y.unnamed.plain, holds)
    case (.string(let x), .string(let y)): return x.text == y.text
    case (.nil, .nil): return true
    default:
      guard let x = a.variable, let y = b.variable else { return false }
      guard let x = x.concrete, let y = y.concrete else {
        throw RuntimeError(
          .value, "near needs the numbers of its arguments, which vmap maps over",
          hint: "a program inside vmap runs once for all examples, so no single value is known")
      }
      guard x.shape == y.shape else { return false }
      let (p, q) = (try x.allDoubles(), try y.allDoubles())
      var agree = true
      try Safepoint.pieces(of: p.indices) { piece in
        agree = agree && piece.allSatisfy { holds(p[$0], q[$0]) }
      }
      return agree
    }
  }

  private func fields(of instance: ModelInstance) -> Value {
    .record(
      Record(
        instance.ownedFields.filter { $0.field.kind != .let || $0.value.holdsState }
          .map { ($0.field.name, $0.value) }))
  }

  private func holds(_ a: Double, _ b: Double) -> Bool {
    a == b || (a - b).magnitude <= absolute + relative * b.magnitude && b.isFinite
  }
}

extension Arguments {
  /// What `bounded` gives.
  fileprivate func boundedNumbers() throws -> Variable {
    let x = try floating(variable(0))
    let isOpen = try bool(3)
    let isNarrow = x.dtype == .f32
    func above(_ bound: Double) -> Double {
      isNarrow ? Double(Float(bound).nextUp) : bound.nextUp
    }
    let low = has(1) ? try double(1) : -.infinity
    let high = has(2) ? try double(2) : .infinity
    guard low < high || (low == high && !isOpen) else {
      throw RuntimeError(
        .value, "there are no numbers between \(low) and \(high) for bounded to let through")
    }
    let words =
      switch (has(1), has(2)) {
      case (true, true): isOpen ? "between \(low) and \(high)" : "from \(low) to \(high)"
      case (true, false): isOpen ? "above \(low)" : "\(low) or more"
      default: isOpen ? "below \(high)" : "at most \(high)"
      }
    return try x.bounded(
      by: Bounds(
        string(4), words, from: isOpen && has(1) ? above(low) : low,
        to: isOpen && has(2) ? -above(-high) : high))
  }
}
