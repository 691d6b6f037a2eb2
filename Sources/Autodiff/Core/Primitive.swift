// A primitive: one operation with all its rules, declared once.
//
// Rules are written with differentiable operations, so that every order and every nesting of
// modes works. The tests walk over `Primitive.all`: a row is tested because it exists.
//
//     kernel   y from plain tensors
//     forward  ẏ from the operands' tangents (jvp)
//     reverse  the operands' cotangents from ȳ (vjp)
//     batch    the operation with a mapped first axis on some operands
//     device   y on a device, where the operation has a form there
//
// The rules are objects, so that looking one up takes one reference count and not one a closure.
//
// An operation has one result, or is a bundle of several (`Bundle.swift`). Those of linear algebra
// that mathematics gives several (QR, SVD, eigenvalues) pack them into one vector; see
// `Primitives/Decompositions.swift`.

import Tensors

/// What the rules of one operand get and give.
package final class UnaryRules: Sendable {
  package typealias Kernel = @Sendable (Tensor, Attributes) throws -> Tensor
  /// `(x, y, attributes, ẋ) → ẏ`, or `(x, y, attributes, ȳ) → x̄`.
  package typealias Rule = @Sendable (Variable, Variable, Attributes, Variable) throws -> Variable
  /// `(x with the mapped axis first, attributes) → y with the mapped axis first`.
  package typealias Batch = @Sendable (Variable, Attributes) throws -> Variable
  let kernel: Kernel
  let forward: Rule
  let reverse: Rule
  /// Nil for an elementwise operation, which does not see that an axis is mapped.
  let batch: Batch?

  init(
    kernel: @escaping Kernel, forward: @escaping Rule, reverse: @escaping Rule, batch: Batch?
  ) {
    self.kernel = kernel
    self.forward = forward
    self.reverse = reverse
    self.batch = batch
  }
}

/// What the rules of two operands get and give.
package final class BinaryRules: Sendable {
  package typealias Kernel = @Sendable (Tensor, Tensor, Attributes) throws -> Tensor
  /// `(a, b, y, attributes, ȧ?, ḃ?) → ẏ`; at least one tangent is there.
  package typealias Forward =
    @Sendable (Variable, Variable, Variable, Attributes, Variable?, Variable?) throws -> Variable
  /// `(a, b, y, attributes, ȳ, needs ā, needs b̄) → (ā, b̄)`.
  package typealias Reverse =
    @Sendable (Variable, Variable, Variable, Attributes, Variable, Bool, Bool) throws
    -> (Variable?, Variable?)
  /// `(a, whether a is mapped, b, whether b is mapped, attributes) → y`, mapped axes first.
  package typealias Batch =
    @Sendable (Variable, Bool, Variable, Bool, Attributes) throws -> Variable
  let kernel: Kernel
  let forward: Forward
  let reverse: Reverse
  /// Nil for an elementwise operation, whose mapped operands only have to be lined up.
  let batch: Batch?

  init(
    kernel: @escaping Kernel, forward: @escaping Forward, reverse: @escaping Reverse,
    batch: Batch?
  ) {
    self.kernel = kernel
    self.forward = forward
    self.reverse = reverse
    self.batch = batch
  }
}

/// What the rules of any number of operands get and give.
package final class GeneralRules: Sendable {
  package typealias Kernel = @Sendable ([Tensor], Attributes) throws -> Tensor
  /// `(inputs, y, attributes, tangents) → ẏ`; a missing tangent is zero.
  package typealias Forward =
    @Sendable ([Variable], Variable, Attributes, [Variable?]) throws -> Variable
  /// `(inputs, y, attributes, ȳ, needs) → cotangents`; nil where none is needed.
  package typealias Reverse =
    @Sendable ([Variable], Variable, Attributes, Variable, [Bool]) throws -> [Variable?]
  /// `(inputs, which are mapped, size, attributes) → y` with the mapped axis first.
  package typealias Batch =
    @Sendable ([Variable], [Bool], Int, Attributes) throws -> Variable
  let kernel: Kernel
  let forward: Forward
  let reverse: Reverse
  let batch: Batch

  init(
    kernel: @escaping Kernel, forward: @escaping Forward, reverse: @escaping Reverse,
    batch: @escaping Batch
  ) {
    self.kernel = kernel
    self.forward = forward
    self.reverse = reverse
    self.batch = batch
  }
}

/// One operation with its rules.
package final class Primitive: Sendable {
  enum Rules: Sendable {
    case unary(UnaryRules)
    case binary(BinaryRules)
    case general(GeneralRules)
    case bundle(BundleRules)
  }
  /// The operation's name in the language, as `grad_fn=` and graphs show it.
  package let name: String
  let rules: Rules
  /// True for an operation without a derivative: its result is never tracked.
  let isDifferentiable: Bool
  /// True where a tape follows the result; tangents may pass where none does.
  let isTaped: Bool
  /// True for an operation of several results.
  var isBundle: Bool { if case .bundle = rules { true } else { false } }
  /// The operation whose result is the square of this one's, where that is smooth and this is not.
  let squared: Primitive?
  /// The operation on devices; what has none there is computed by the processor.
  let deviceForm: DeviceForm?

  /// A differentiable operation with its rules.
  init(_ name: String, _ rules: Rules, device: DeviceForm? = nil) {
    self.name = name
    squared = nil
    deviceForm = device
    self.rules = rules
    isDifferentiable = true
    isTaped = true
  }

  /// An operation of one operand.
  init(
    _ name: String, kernel: @escaping UnaryRules.Kernel, forward: @escaping UnaryRules.Rule,
    reverse: @escaping UnaryRules.Rule, batch: UnaryRules.Batch? = nil, squared: Primitive? = nil,
    isTaped: Bool = true, device: DeviceForm? = nil
  ) {
    self.name = name
    self.squared = squared
    deviceForm = device
    rules = .unary(UnaryRules(kernel: kernel, forward: forward, reverse: reverse, batch: batch))
    isDifferentiable = true
    self.isTaped = isTaped
  }

  /// An operation of two operands.
  init(
    _ name: String, kernel: @escaping BinaryRules.Kernel, forward: @escaping BinaryRules.Forward,
    reverse: @escaping BinaryRules.Reverse, batch: BinaryRules.Batch? = nil,
    device: DeviceForm? = nil
  ) {
    self.name = name
    squared = nil
    deviceForm = device
    rules = .binary(BinaryRules(kernel: kernel, forward: forward, reverse: reverse, batch: batch))
    isDifferentiable = true
    isTaped = true
  }

  /// An operation of any number of operands.
  init(
    _ name: String, kernel: @escaping GeneralRules.Kernel,
    forward: @escaping GeneralRules.Forward, reverse: @escaping GeneralRules.Reverse,
    batch: @escaping GeneralRules.Batch, device: DeviceForm? = nil
  ) {
    self.name = name
    squared = nil
    deviceForm = device
    rules = .general(GeneralRules(kernel: kernel, forward: forward, reverse: reverse, batch: batch))
    isDifferentiable = true
    isTaped = true
  }

  /// An operation of one operand without a derivative.
  init(
    constant name: String, kernel: @escaping UnaryRules.Kernel, batch: UnaryRules.Batch? = nil,
    device: DeviceForm? = nil
  ) {
    self.name = name
    squared = nil
    deviceForm = device
    rules = .unary(
      UnaryRules(
        kernel: kernel, forward: { _, y, _, _ in try y.zerosLike() },
        reverse: { x, _, _, _ in try x.zerosLike() }, batch: batch))
    isDifferentiable = false
    isTaped = false
  }

  /// An operation of two operands without a derivative.
  init(
    constant name: String, kernel: @escaping BinaryRules.Kernel, batch: BinaryRules.Batch? = nil,
    device: DeviceForm? = nil
  ) {
    self.name = name
    squared = nil
    deviceForm = device
    rules = .binary(
      BinaryRules(
        kernel: kernel, forward: { _, _, y, _, _, _ in try y.zerosLike() },
        reverse: { _, _, _, _, _, _, _ in (nil, nil) }, batch: batch))
    isDifferentiable = false
    isTaped = false
  }
}
