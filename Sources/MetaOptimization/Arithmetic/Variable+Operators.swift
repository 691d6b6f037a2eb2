// Arithmetic of variables as Swift writes it.

extension Variable {
  /// The sum, elementwise, axes of 1 stretched.
  ///
  /// - Precondition: shapes that fit; `adding(_:)` throws instead.
  public static func + (a: Variable, b: Variable) -> Variable { trapping { try a.adding(b) } }

  /// The difference, elementwise, axes of 1 stretched.
  ///
  /// - Precondition: shapes that fit; `subtracting(_:)` throws instead.
  public static func - (a: Variable, b: Variable) -> Variable { trapping { try a.subtracting(b) } }

  /// The product, elementwise, axes of 1 stretched; `matmul(_:)` is that of matrices.
  ///
  /// - Precondition: shapes that fit; `multiplied(by:)` throws instead.
  public static func * (a: Variable, b: Variable) -> Variable {
    trapping { try a.multiplied(by: b) }
  }

  /// The quotient, elementwise, axes of 1 stretched; of integers it gives floats.
  ///
  /// - Precondition: shapes that fit; `divided(by:)` throws instead.
  public static func / (a: Variable, b: Variable) -> Variable { trapping { try a.divided(by: b) } }

  /// Each element with the other sign.
  ///
  /// - Precondition: whole numbers that have one; `negated()` throws instead.
  public static prefix func - (x: Variable) -> Variable { trapping { try x.negated() } }

  /// Adds to this variable.
  ///
  /// - Precondition: shapes that fit.
  public static func += (a: inout Variable, b: Variable) { a = trapping { try a.adding(b) } }

  /// Subtracts from this variable.
  ///
  /// - Precondition: shapes that fit.
  public static func -= (a: inout Variable, b: Variable) { a = trapping { try a.subtracting(b) } }
}

/// Numbers take the dtype of a float variable, and are floats beside integers and bools.
extension Variable {
  /// Each element plus a number.
  public static func + (x: Variable, number: Double) -> Variable {
    trapping { try x.adding(.number(number, like: x)) }
  }

  /// A number plus each element.
  public static func + (number: Double, x: Variable) -> Variable {
    trapping { try Variable.number(number, like: x).adding(x) }
  }

  /// Each element minus a number.
  public static func - (x: Variable, number: Double) -> Variable {
    trapping { try x.subtracting(.number(number, like: x)) }
  }

  /// A number minus each element.
  public static func - (number: Double, x: Variable) -> Variable {
    trapping { try Variable.number(number, like: x).subtracting(x) }
  }

  /// Each element times a number.
  public static func * (x: Variable, number: Double) -> Variable {
    trapping { try x.multiplied(by: .number(number, like: x)) }
  }

  /// A number times each element.
  public static func * (number: Double, x: Variable) -> Variable {
    trapping { try Variable.number(number, like: x).multiplied(by: x) }
  }

  /// Each element divided by a number.
  public static func / (x: Variable, number: Double) -> Variable {
    trapping { try x.divided(by: .number(number, like: x)) }
  }

  /// A number divided by each element.
  public static func / (number: Double, x: Variable) -> Variable {
    trapping { try Variable.number(number, like: x).divided(by: x) }
  }
}
