// Functions of one operand, element by element.
//
// For these the forward and the reverse rule are one: both multiply by f'(x).

import Tensors

extension Primitive {
  /// A function of each element, with its derivative times a given factor.
  fileprivate convenience init(
    elementwise kernel: UnaryKernel, _ name: String,
    times derivative: @escaping @Sendable (_ x: Variable, _ y: Variable, _ t: Variable) throws
      -> Variable
  ) {
    self.init(
      name, kernel: { x, _ in try Tensor.unary(kernel, x) },
      forward: { x, y, _, t in try derivative(x, y, t) },
      reverse: { x, y, _, t in try derivative(x, y, t) })
  }

  ///     y = -x            y' = -1
  static let negate = Primitive(elementwise: .negate, "negate") { _, _, t in try -t }
}

extension Variable {
  /// `-x`, elementwise.
  public static prefix func - (x: Variable) throws -> Variable { try apply(.negate, x) }

  /// Zeros with the shape and dtype of this variable.
  public func zerosLike() throws -> Variable { .tensor(try Tensor.full(shape, 0, dtype)) }

  /// Ones with the shape and dtype of this variable.
  public func onesLike() throws -> Variable { .tensor(try Tensor.full(shape, 1, dtype)) }
}
