// Arithmetic of tensors as Swift writes it: that of variables which nothing follows.

extension Tensor {
  /// The sum, elementwise, axes of 1 stretched.
  ///
  /// - Precondition: shapes that fit; `Tensor.binary(_:_:_:)` throws instead.
  public static func + (a: Tensor, b: Tensor) -> Tensor { trapping { try binary(.add, a, b) } }

  /// The difference, elementwise, axes of 1 stretched.
  ///
  /// - Precondition: shapes that fit; `Tensor.binary(_:_:_:)` throws instead.
  public static func - (a: Tensor, b: Tensor) -> Tensor { trapping { try binary(.subtract, a, b) } }

  /// The product, elementwise, axes of 1 stretched; `Tensor.matmul(_:_:)` is that of matrices.
  ///
  /// - Precondition: shapes that fit; `Tensor.binary(_:_:_:)` throws instead.
  public static func * (a: Tensor, b: Tensor) -> Tensor { trapping { try binary(.multiply, a, b) } }

  /// The quotient, elementwise, axes of 1 stretched; of integers it gives floats.
  ///
  /// - Precondition: shapes that fit; `Tensor.binary(_:_:_:)` throws instead.
  public static func / (a: Tensor, b: Tensor) -> Tensor { trapping { try binary(.divide, a, b) } }

  /// Each element with the other sign.
  ///
  /// - Precondition: whole numbers that have one.
  public static prefix func - (x: Tensor) -> Tensor { trapping { try unary(.negate, x) } }
}

/// Numbers take the dtype of a float tensor, and are floats beside integers and bools.
extension Tensor {
  private static func number(_ value: Double, like x: Tensor) -> Tensor {
    Tensor(value, dtype: x.dtype.isFloat ? x.dtype : .f64)
  }

  /// Each element plus a number.
  public static func + (x: Tensor, value: Double) -> Tensor { x + number(value, like: x) }

  /// A number plus each element.
  public static func + (value: Double, x: Tensor) -> Tensor { number(value, like: x) + x }

  /// Each element minus a number.
  public static func - (x: Tensor, value: Double) -> Tensor { x - number(value, like: x) }

  /// A number minus each element.
  public static func - (value: Double, x: Tensor) -> Tensor { number(value, like: x) - x }

  /// Each element times a number.
  public static func * (x: Tensor, value: Double) -> Tensor { x * number(value, like: x) }

  /// A number times each element.
  public static func * (value: Double, x: Tensor) -> Tensor { number(value, like: x) * x }

  /// Each element divided by a number.
  public static func / (x: Tensor, value: Double) -> Tensor { x / number(value, like: x) }

  /// A number divided by each element.
  public static func / (value: Double, x: Tensor) -> Tensor { number(value, like: x) / x }
}
