// Arithmetic and comparison of plain numbers, as programs see them: Ints that do not fit are errors,
// division rounds down, and an Int meets a Float exactly.

import Platform
import Syntax
import Tensors

/// Arithmetic of plain numbers.
package enum Numbers {
  package static func overflow(_ text: String) -> RuntimeError {
    RuntimeError(
      .value, "\(text) does not fit a 64-bit Int", hint: "compute with floats: write 1.0 for 1")
  }

  static func apply(_ operation: BinaryOperator, _ m: Int, _ n: Int) throws -> Value {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = m.addingReportingOverflow(n)
    case .subtract: result = m.subtractingReportingOverflow(n)
    case .multiply: result = m.multipliedReportingOverflow(by: n)
    case .divide: return .float(Double(m) / Double(n))
    case .floorDivide:
      guard n != 0 else { throw division(m) }
      result = m.dividedReportingOverflow(by: n)
      if !result.overflow {
        return .int(
          m % n != 0 && (m < 0) != (n < 0) ? result.partialValue - 1 : result.partialValue)
      }
    case .remainder:
      guard n != 0 else { throw division(m) }
      if n == -1 { return .int(0) }
      let remainder = m % n
      return .int(remainder != 0 && (remainder < 0) != (n < 0) ? remainder + n : remainder)
    case .power: return try power(m, n)
    case .bitAnd: return .int(m & n)
    case .bitOr: return .int(m | n)
    case .matmul:
      throw RuntimeError(.type, "`@` multiplies matrices, not \(m) and \(n)", hint: "use `*`")
    }
    guard !result.overflow else { throw overflow("\(m) \(operation.rawValue) \(n)") }
    return .int(result.partialValue)
  }

  private static func division(_ m: Int) -> RuntimeError {
    RuntimeError(.value, "\(m) is divided by zero", hint: "floats give inf or nan instead")
  }

  /// `m ** n`: an Int for n ≥ 0, a Float below.
  private static func power(_ m: Int, _ n: Int) throws -> Value {
    if n < 0 {
      if m == 0 { throw RuntimeError(.value, "0 cannot be raised to the negative power \(n)") }
      return .float(pow(Double(m), Double(n)))
    }
    var result = 1
    var factor = m
    var exponent = n
    while exponent > 0 {
      if exponent & 1 == 1 {
        let product = result.multipliedReportingOverflow(by: factor)
        if product.overflow { throw overflow("\(m) ** \(n)") }
        result = product.partialValue
      }
      exponent >>= 1
      if exponent > 0 {
        let square = factor.multipliedReportingOverflow(by: factor)
        if square.overflow { throw overflow("\(m) ** \(n)") }
        factor = square.partialValue
      }
    }
    return .int(result)
  }

  static func apply(_ operation: BinaryOperator, _ m: Double, _ n: Double) throws -> Value {
    switch operation {
    case .add: return .float(m + n)
    case .subtract: return .float(m - n)
    case .multiply: return .float(m * n)
    case .divide: return .float(m / n)
    case .floorDivide: return .float(floorDivided(m, n))
    case .remainder:
      let remainder = fmod(m, n)
      return .float(remainder != 0 && (remainder < 0) != (n < 0) ? remainder + n : remainder)
    case .power: return .float(pow(m, n))
    case .matmul, .bitAnd, .bitOr:
      throw RuntimeError(
        .type, "`\(operation.rawValue)` does not take the numbers \(m) and \(n)")
    }
  }

  /// `m // n`: the quotient of an exact multiple, so that rounding down sees no rounding; the same
  /// as a tensor's.
  private static func floorDivided(_ m: Double, _ n: Double) -> Double {
    guard n != 0 else { return m / n }
    let rest = fmod(m, n)
    var quotient = (m - rest) / n
    if rest != 0, (rest < 0) != (n < 0) { quotient -= 1 }
    guard quotient != 0 else { return copysign(0, m / n) }
    let whole = quotient.rounded(.down)
    return quotient - whole > 0.5 ? whole + 1 : whole
  }

  /// True where an Int is itself as a Float, and so is each between it and 0.
  @inline(__always) static func isFloat(_ m: Int) -> Bool { m.magnitude <= 1 << 53 }

  /// How an Int stands to a Float, exactly: below, at or above 0, nan where the Float is nan.
  package static func order(_ m: Int, _ n: Double) -> Double {
    // Rounding keeps the order of numbers that it does not make equal.
    let rounded = Double(m)
    guard rounded == n else { return rounded < n ? -1 : rounded > n ? 1 : .nan }
    // A Float of that size is whole; past the greatest Int there is one more.
    guard let whole = Int(exactly: n) else { return -1 }
    return m < whole ? -1 : m > whole ? 1 : 0
  }

  /// The Int that a number, Bool or 0-d tensor is equal to, if there is one.
  static func whole(_ value: Value) -> Int? {
    switch value {
    case .int(let number): return number
    case .float(let number): return Int(exactly: number)
    case .bool(let flag): return flag ? 1 : 0
    case .tensor, .parameter:
      guard let tensor = value.tensorOfOne, tensor.rank == 0 else { return nil }
      return tensor.dtype.isFloat ? Int(exactly: tensor.firstDouble) : tensor.firstInt
    default: return nil
    }
  }

  static func compare<T: Comparable>(_ comparison: ComparisonOperator, _ m: T, _ n: T) -> Bool {
    switch comparison {
    case .equal: m == n
    case .notEqual: m != n
    case .less: m < n
    case .lessEqual: m <= n
    case .greater: m > n
    case .greaterEqual: m >= n
    case .in, .notIn: false
    }
  }
}
