// A number that a function or a formula is given: plain, or a tensor that gradients reach.
//
// Formulas are written once, with scalars. While all of them are plain numbers the arithmetic on
// them is that of Double and leaves nothing in the graph.

import Platform
import Tensors

/// One number of a formula; a variable has no axes.
public enum Scalar: @unchecked Sendable {
  case number(Double)
  case variable(Variable)
  /// A number that a recorded run has from counts alone; see `CountedNumber`.
  case counted(CountedNumber)
}

extension Scalar: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A plain number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A plain number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

// MARK: - With other scalars

extension Scalar {
  /// The plain number, where it is one.
  public var number: Double? {
    switch self {
    case .number(let value): value
    case .counted(let number): number.decided
    case .variable: nil
    }
  }

  /// Whether something is true of the plain number; false for a variable.
  package func decides(_ test: @escaping (Double) -> Bool) -> Bool {
    switch self {
    case .number(let value): test(value)
    case .counted(let number): number.decides(test)
    case .variable: false
    }
  }

  /// The value, whichever it is; nil inside `vmap` where examples have values of their own.
  public var value: Double? {
    switch self {
    case .number(let value): value
    case .variable(let variable): variable.concrete?.firstDouble
    case .counted(let number): number.decided
    }
  }

  package static func + (a: Scalar, b: Scalar) throws -> Scalar {
    try combine(a, b, { $0 + $1 }, { try $0 + $1 })
  }

  package static func - (a: Scalar, b: Scalar) throws -> Scalar {
    try combine(a, b, { $0 - $1 }, { try $0 - $1 })
  }

  package static func * (a: Scalar, b: Scalar) throws -> Scalar {
    try combine(a, b, { $0 * $1 }, { try $0 * $1 })
  }

  package static func / (a: Scalar, b: Scalar) throws -> Scalar {
    try combine(a, b, { $0 / $1 }, { try $0 / $1 })
  }

  package static prefix func - (a: Scalar) throws -> Scalar {
    switch a {
    case .number(let value): .number(-value)
    case .variable(let variable): .variable(try -variable)
    case .counted(let number): .counted(number.mapped { -$0 })
    }
  }

  /// This number to a power.
  public func power(_ exponent: Scalar) throws -> Scalar {
    try Scalar.combine(self, exponent, { pow($0, $1) }, { try $0.power($1) })
  }

  /// The square root; its derivative at 0 is 0.
  public func sqrt() throws -> Scalar {
    switch self {
    case .number(let value): .number(value.squareRoot())
    case .variable(let variable): .variable(try variable.sqrt())
    case .counted(let number): .counted(number.mapped { $0.squareRoot() })
    }
  }

  /// The greater of two.
  public func maximum(_ other: Scalar) throws -> Scalar {
    try Scalar.combine(self, other, { Swift.max($0, $1) }, { try $0.maximum($1) })
  }

  /// The lesser of two.
  public func minimum(_ other: Scalar) throws -> Scalar {
    try Scalar.combine(self, other, { Swift.min($0, $1) }, { try $0.minimum($1) })
  }

  private static func combine(
    _ a: Scalar, _ b: Scalar, _ numbers: @escaping (Double, Double) -> Double,
    _ variables: (Variable, Variable) throws -> Variable
  ) rethrows -> Scalar {
    switch (a, b) {
    case (.counted(let a), .variable(let b)): .variable(try variables(a.variable(b.dtype), b))
    case (.variable(let a), .counted(let b)): .variable(try variables(a, b.variable(a.dtype)))
    case (.counted, _), (_, .counted):
      CountedNumber.combining(a, b, numbers).map(Scalar.counted) ?? a
    case (.number(let a), .number(let b)): .number(numbers(a, b))
    case (.number(let a), .variable(let b)): .variable(try variables(.number(a, like: b), b))
    case (.variable(let a), .number(let b)): .variable(try variables(a, .number(b, like: a)))
    case (.variable(let a), .variable(let b)): .variable(try variables(a, b))
    }
  }
}

// MARK: - With tensors, in the tensor's dtype

extension Scalar {
  /// This number as a tensor of no axes and of a tensor's dtype, where that is one of floats.
  @inline(__always)
  public func like(_ x: Variable) throws -> Variable {
    switch self {
    case .number(let value): .number(value, like: x)
    case .counted(let number):
      number.variable(x.dtype.isFloat ? x.dtype : Variable.number(0, like: x).dtype)
    case .variable(let variable): x.dtype.isFloat ? try variable.converted(to: x.dtype) : variable
    }
  }

  /// `s x`; x itself for the plain number 1.
  package static func * (s: Scalar, x: Variable) throws -> Variable {
    if case .number(1) = s { return x }
    return try s.like(x) * x
  }

  /// `x + s`; x itself for the plain number 0.
  ///
  /// Disfavoured, so that a literal beside a variable is a Double.
  @_disfavoredOverload
  package static func + (x: Variable, s: Scalar) throws -> Variable {
    s.decides { $0 == 0 } ? x : try x + s.like(x)
  }

  /// `x / s`; x itself for the plain number 1.
  @_disfavoredOverload
  package static func / (x: Variable, s: Scalar) throws -> Variable {
    if case .number(1) = s { return x }
    return try x / s.like(x)
  }
}
