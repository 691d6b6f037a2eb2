// Bare numbers beside tensors. A number takes the tensor's dtype: `x * 0.5` of an f32 stays f32.

import Tensors

extension Variable {
  /// A 0-d constant of a variable's dtype; of the default float beside integers and bools.
  @inline(__always)
  public static func number(_ value: Double, like x: Variable) -> Variable {
    let dtype = x.dtype
    return .tensor(Tensor(value, dtype: dtype.isFloat ? dtype : Context.current.defaultFloat))
  }

  /// True where a derivative passes now: on a tape that records, or as a dual number with a tangent.
  package var carriesDerivative: Bool {
    guard dtype.isFloat else { return false }
    let context = Context.current
    var variable = alive
    while case .traced(let traced) = variable {
      switch traced.kind {
      case .tape where Int(traced.height) > context.stoppedTapes: return true
      case .dual where Int(traced.height) > context.stoppedDuals && traced.first != nil: return true
      default: variable = traced.value.alive
      }
    }
    return false
  }

  /// `x + number`.
  package static func + (x: Variable, number: Double) throws -> Variable {
    try x + .number(number, like: x)
  }

  /// `x - number`.
  package static func - (x: Variable, number: Double) throws -> Variable {
    try x - .number(number, like: x)
  }

  /// `number - x`.
  package static func - (number: Double, x: Variable) throws -> Variable {
    try .number(number, like: x) - x
  }

  /// `x * number`.
  package static func * (x: Variable, number: Double) throws -> Variable {
    try x * .number(number, like: x)
  }

  /// `x / number`.
  package static func / (x: Variable, number: Double) throws -> Variable {
    try x / .number(number, like: x)
  }

  /// `number / x`.
  package static func / (number: Double, x: Variable) throws -> Variable {
    try .number(number, like: x) / x
  }

  /// `x ** number`.
  public func power(_ exponent: Double) throws -> Variable {
    try power(.number(exponent, like: self))
  }

  /// The variable itself, or its elements as the default float where they are not floats.
  @inline(__always)
  func floating() throws -> Variable {
    dtype.isFloat ? self : try converted(to: Context.current.defaultFloat)
  }

  /// Zeros with the shape and dtype of this variable, where it lives.
  public func zerosLike() throws -> Variable { try full(0) }

  /// Ones with the shape and dtype of this variable, where it lives.
  public func onesLike() throws -> Variable { try full(1) }

  @inline(__always)
  private func full(_ value: Double) throws -> Variable {
    if case .tensor = self { return .tensor(try Tensor.full(shape, value, dtype)) }
    return try Variable.tensor(Tensor.full(shape, value, dtype)).beside(self)
  }
}
