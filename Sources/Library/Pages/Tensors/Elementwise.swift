// Functions of each element. One table: a row is a name, what it says, an example, the function
// of tensors, and the one of plain Floats, which never touches a tensor.

import Autodiff
import Language
import Optimizers
import Platform
import Tensors

/// An elementwise function of one operand.
struct ElementwiseFunction: Sendable {
  var name: String
  var sentence: String
  var example: String
  var tensors: @Sendable (Variable) throws -> Variable
  /// Nil where the tensors' kernel is the only implementation.
  var floats: (@Sendable (Double) -> Double)?
  /// For functions that keep whole numbers whole; nil in its result for an overflow.
  var ints: (@Sendable (Int) -> Int?)?

  init(
    _ name: String, _ sentence: String, _ example: String,
    _ tensors: @escaping @Sendable (Variable) throws -> Variable,
    _ floats: (@Sendable (Double) -> Double)? = nil, ints: (@Sendable (Int) -> Int?)? = nil
  ) {
    self.name = name
    self.sentence = sentence
    self.example = example
    self.tensors = tensors
    self.floats = floats
    self.ints = ints
  }

  var builtin: Builtin {
    Builtin("\(name)(x)", "\(sentence)\n\n    \(example)") { arguments in
      switch arguments[0] {
      case .float(let number):
        if let floats { return .float(floats(number)) }
      case .int(let number):
        if let ints {
          guard let result = ints(number) else {
            throw RuntimeError(
              .value, "\(name) of \(number) overflows Int",
              hint: "use Floats for numbers beyond 9223372036854775807")
          }
          return .int(result)
        }
        if let floats { return .float(floats(Double(number))) }
      default: return .tensor(try tensors(arguments.variable(0)))
      }
      return try arguments.plain { try tensors($0) }
    }
  }
}

extension Arguments {
  /// The result of a function of tensors for a plain number: a plain Float, unless another argument
  /// makes it one that transformations see.
  fileprivate func plain(_ function: (Variable) throws -> Variable) throws -> Value {
    let result = try function(Variable(double(0)))
    if case .tensor(let tensor) = result { return .float(tensor.firstDouble) }
    return .tensor(result)
  }
}

/// A test of each element that gives bools.
private func test(
  _ name: String, _ sentence: String, _ example: String,
  _ tensors: @escaping @Sendable (Variable) throws -> Variable,
  _ floats: @escaping @Sendable (Double) -> Bool
) -> Builtin {
  Builtin("\(name)(x)", "\(sentence)\n\n    \(example)") { arguments in
    if let number = arguments[0].number { return .bool(floats(number)) }
    return .tensor(try tensors(arguments.variable(0)))
  }
}

/// A function of two operands that broadcast.
private func pair(
  _ name: String, _ parameters: String, _ sentence: String, _ example: String,
  _ tensors: @escaping @Sendable (Variable, Variable) throws -> Variable,
  _ numbers: @escaping @Sendable (Value, Value) throws -> Value?
) -> Builtin {
  Builtin("\(name)(\(parameters))", "\(sentence)\n\n    \(example)") { arguments in
    if arguments[0].number != nil, arguments[1].number != nil,
      let result = try numbers(arguments[0], arguments[1])
    {
      return result
    }
    let (a, b) = try arguments.pair()
    return .tensor(try tensors(a, b))
  }
}

/// log(eᵃ + eᵇ) of plain numbers.
private func logaddexp(_ a: Double, _ b: Double) -> Double {
  if a == b { return a + log(2.0) }
  let (high, low) = a > b ? (a, b) : (b, a)
  return a.isNaN || b.isNaN ? .nan : high + log1p(exp(low - high))
}

extension Arguments {
  /// Two operands; a bare number beside a tensor takes its dtype, as in arithmetic.
  func pair(_ first: Int = 0, _ second: Int = 1) throws -> (Variable, Variable) {
    let (a, b) = (try variable(first), try variable(second))
    if self[first].number != nil, self[second].number == nil {
      return (try Arguments.number(self[first], beside: b) ?? a, b)
    }
    if self[second].number != nil, self[first].number == nil {
      return (a, try Arguments.number(self[second], beside: a) ?? b)
    }
    return (a, b)
  }

  /// A bare number as a tensor that does not change the dtype of the one beside it.
  static func number(_ value: Value, beside variable: Variable) throws -> Variable? {
    guard let number = value.number else { return nil }
    if variable.dtype.isFloat { return Variable(number, dtype: variable.dtype) }
    return nil
  }
}

extension Builtins {
  static let elementwise = BuiltinPage(
    "Elementwise functions", functions.map(\.builtin) + tests + pairs + withSettings)

  private static let functions: [ElementwiseFunction] = [
    .init(
      "abs", "The distance from 0.", "print(abs([-1.5, 2.0]), abs(-3))    # [1.5, 2.0] 3",
      { try $0.abs() }, { $0.magnitude }, ints: { $0 == .min ? nil : Int($0.magnitude) }),
    .init(
      "sign", "-1, 0 or 1 as the element is below, at or above 0.",
      "print(sign([-1.5, 0.0, 2.0]))    # [-1.0, 0.0, 1.0]",
      { try $0.sign() }, { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, ints: { $0.signum() }),
    .init(
      "square", "The element times itself.",
      "print(square([1.0, 3.0]), square(4))    # [1.0, 9.0] 16",
      { try $0.square() }, { $0 * $0 },
      ints: {
        let (product, overflow) = $0.multipliedReportingOverflow(by: $0)
        return overflow ? nil : product
      }),
    .init(
      "reciprocal", "One divided by the element.", "print(reciprocal([2.0, 4.0]))    # [0.5, 0.25]",
      { try $0.reciprocal() }, { 1 / $0 }),
    .init(
      "exp", "e to the power of the element.", "print(exp(1.0))    # 2.718281828459045",
      { try $0.exp() }, { exp($0) }),
    .init(
      "expm1", "`exp(x) - 1`, exact near 0.", "print(expm1(1e-20))    # 1e-20",
      { try $0.expm1() }, { expm1($0) }),
    .init(
      "log", "The natural logarithm.", "print(log(e), log(-1.0))    # 1.0 nan",
      { try $0.log() }, { log($0) }),
    .init(
      "log1p", "`log(1 + x)`, exact near 0.", "print(log1p(1e-20))    # 1e-20",
      { try $0.log1p() }, { log1p($0) }),
    .init(
      "log2", "The logarithm to base 2.", "print(log2([1.0, 8.0]))    # [0.0, 3.0]",
      { try $0.log2() }, { log2($0) }),
    .init(
      "log10", "The logarithm to base 10.", "print(log10(1000.0))    # 3.0",
      { try $0.log10() }, { log10($0) }),
    .init(
      "sqrt", "The square root; its derivative at 0 counts as 0.",
      "print(sqrt([4.0, 9.0]), sqrt(-1.0))    # [2.0, 3.0] nan",
      { try $0.sqrt() }, { $0.squareRoot() }),
    .init(
      "rsqrt", "One divided by the square root.", "print(rsqrt(4.0))    # 0.5",
      { try $0.rsqrt() }, { 1 / $0.squareRoot() }),
    .init("sin", "The sine.", "print(sin([0.0]))    # [0.0]", { try $0.sin() }, { sin($0) }),
    .init("cos", "The cosine.", "print(cos([0.0]))    # [1.0]", { try $0.cos() }, { cos($0) }),
    .init("tan", "The tangent.", "print(tan([0.0]))    # [0.0]", { try $0.tan() }, { tan($0) }),
    .init(
      "asin", "The angle from -π/2 to π/2 of a sine.", "print(asin(1.0))    # 1.5707963267948966",
      { try $0.asin() }, { asin($0) }),
    .init(
      "acos", "The angle from 0 to π of a cosine.", "print(acos(-1.0))    # 3.141592653589793",
      { try $0.acos() }, { acos($0) }),
    .init(
      "atan", "The angle from -π/2 to π/2 of a tangent.",
      "print(atan(1.0))    # 0.7853981633974483",
      { try $0.atan() }, { atan($0) }),
    .init(
      "sinh", "The hyperbolic sine.", "print(sinh([0.0]))    # [0.0]", { try $0.sinh() },
      { sinh($0) }),
    .init(
      "cosh", "The hyperbolic cosine.", "print(cosh([0.0]))    # [1.0]", { try $0.cosh() },
      { cosh($0) }),
    .init(
      "tanh", "The hyperbolic tangent.", "print(tanh([0.0, 100.0]))    # [0.0, 1.0]",
      { try $0.tanh() }, { tanh($0) }),
    .init(
      "asinh", "The number of a hyperbolic sine.", "print(asinh([0.0]))    # [0.0]",
      { try $0.asinh() }, { asinh($0) }),
    .init(
      "acosh", "The number of a hyperbolic cosine.", "print(acosh([1.0]))    # [0.0]",
      { try $0.acosh() }, { acosh($0) }),
    .init(
      "atanh", "The number of a hyperbolic tangent.", "print(atanh([0.0, 1.0]))    # [0.0, inf]",
      { try $0.atanh() }, { atanh($0) }),
    .init(
      "floor", "The greatest whole number not above the element.",
      "print(floor([1.5, -1.5]), floor(7))    # [1.0, -2.0] 7",
      { try $0.floor() }, { $0.rounded(.down) }, ints: { $0 }),
    .init(
      "ceil", "The least whole number not below the element.",
      "print(ceil([1.5, -1.5]))    # [2.0, -1.0]",
      { try $0.ceil() }, { $0.rounded(.up) }, ints: { $0 }),
    .init(
      "trunc", "The element without its fraction.", "print(trunc([1.5, -1.5]))    # [1.0, -1.0]",
      { try $0.trunc() }, { $0.rounded(.towardZero) }, ints: { $0 }),
    .init(
      "erf", "The error function.", "print(erf([0.0, 10.0]))    # [0.0, 1.0]", { try $0.erf() },
      { erf($0) }),
    .init(
      "erfc", "`1 - erf(x)`, exact where that is small.", "print(erfc([0.0]))    # [1.0]",
      { try $0.erfc() }, { erfc($0) }),
    .init(
      "erfinv", "The number of an error function.", "print(erfinv([0.0, 1.0]))    # [0.0, inf]",
      { try $0.erfinv() }),
    .init(
      "lgamma", "The logarithm of the absolute value of the gamma function.",
      "print(lgamma([1.0, 2.0]))    # [0.0, 0.0]", { try $0.lgamma() }),
    .init(
      "digamma", "The derivative of lgamma.",
      "print(near(digamma(1.0), -0.5772156649015329))    # true",
      { try $0.digamma() }),
  ]

  private static let tests: [Builtin] = [
    test(
      "isnan", "True where the element is not a number.",
      "print(isnan([nan, 1.0]), isnan(nan))    # [true, false] true",
      { try $0.isnan() }, { $0.isNaN }),
    test(
      "isinf", "True where the element is infinite.",
      "print(isinf([-inf, 1.0]))    # [true, false]",
      { try $0.isinf() }, { $0.isInfinite }),
    test(
      "isfinite", "True where the element is neither infinite nor nan.",
      "print(isfinite([inf, nan, 1.0]))    # [false, false, true]",
      { try $0.isfinite() }, { $0.isFinite }),
  ]

  private static let pairs: [Builtin] = [
    pair(
      "minimum", "a, b", "The lesser of two elements; nan where either is nan.",
      "print(minimum([1.0, 5.0], 3.0))    # [1.0, 3.0]", { try $0.minimum($1) },
      { try Arguments.extreme($0, $1, sign: -1) }),
    pair(
      "maximum", "a, b", "The greater of two elements; nan where either is nan.",
      "print(maximum([1.0, 5.0], 3.0))    # [3.0, 5.0]", { try $0.maximum($1) },
      { try Arguments.extreme($0, $1, sign: 1) }),
    pair(
      "atan2", "y, x", "The angle from -π to π of the point (x, y); 0 at the origin.",
      "print(atan2(1.0, -1.0))    # 2.356194490192345", { try $0.atan2($1) },
      { y, x in y.number.flatMap { y in x.number.map { .float(atan2(y, $0)) } } }),
    pair(
      "hypot", "a, b",
      "The length of the vector (a, b), without overflow; its derivative at (0, 0) counts as 0.",
      "print(hypot([3.0, 1e200], [4.0, 0.0]), hypot(5, 12))    # [5.0, 1e+200] 13.0",
      { try $0.hypot($1) },
      { a, b in a.number.flatMap { a in b.number.map { .float(hypot(a, $0)) } } }),
    pair(
      "logaddexp", "a, b", "`log(exp(a) + exp(b))` without overflow.",
      "print(logaddexp([-1000.0], 0.0), logaddexp(inf, 0.0))    # [0.0] inf",
      { try $0.logaddexp($1) },
      { a, b in a.number.flatMap { a in b.number.map { .float(logaddexp(a, $0)) } } }),
    pair(
      "xlogy", "x, y", "`x log(y)`, and 0 where x is 0, whatever y is but nan.",
      "print(xlogy([0.0, 2.0], [0.0, 1.0]), xlogy(0, 0))    # [0.0, 0.0] 0.0",
      { try $0.xlogy($1) },
      { x, y in
        x.number.flatMap { x in
          y.number.map { .float(x == 0 && !$0.isNaN ? 0 : x * log($0)) }
        }
      }),
  ]

  private static let withSettings: [Builtin] = [
    Builtin(
      "pow(x, exponent)",
      """
      The element to a power, as `x ** exponent`.

          print(pow([2.0, 3.0], 2), pow(2, 10))    # [4.0, 9.0] 1024
      """
    ) { arguments in
      try .binary(.power, arguments[0], arguments[1])
    },
    Builtin(
      "round(x, digits=nil)",
      """
      The nearest whole number, halves to the even one; or the nearest with so many digits after
      the point, as `"{x:.2f}"` shows it, or before it where `digits` is negative. What counts is the
      number itself: 2.675 is a little less than it looks.

          print(round([0.5, 1.5, 2.7]), round(2.345, 2))    # [0.0, 2.0, 3.0] 2.35
          print(round(2.675, 2), "{2.675:.2f}", round(1250, -2))    # 2.67 2.67 1200
      """
    ) { arguments in try arguments.rounded() },
    Builtin(
      "clip(x, low=nil, high=nil)",
      """
      Limits each element to low … high.

          print(clip([1.0, 5.0, 9.0], 2.0, 6.0), clip(7, high=5))    # [2.0, 5.0, 6.0] 5
      """
    ) { arguments in
      if arguments[0].number != nil, arguments.isNumber(1), arguments.isNumber(2) {
        var value = arguments[0]
        if arguments.has(1) { value = try Arguments.extreme(value, arguments[1], sign: 1) }
        if arguments.has(2) { value = try Arguments.extreme(value, arguments[2], sign: -1) }
        return value
      }
      let x = try arguments.variable(0)
      func bound(_ index: Int) throws -> Variable? {
        guard arguments.has(index) else { return nil }
        return try Arguments.number(arguments[index], beside: x) ?? arguments.variable(index)
      }
      return .tensor(try x.clip(bound(1), bound(2)))
    },
    Builtin(
      "nan_to_num(x=nil, nan=0.0, posinf=nil, neginf=nil)",
      """
      Numbers in place of nan and the infinities: 0 and the largest finite ones unless told. Without
      `x`, a transform that does so to updates.

          print(nan_to_num([nan, 1.0, inf], posinf=9.0))    # [0.0, 1.0, 9.0]
      """
    ) { arguments in
      guard arguments.isGiven(0) else {
        return .transform(
          .nanToNum(
            nan: try arguments.hyperparameter(1),
            positive: arguments.has(2) ? try arguments.hyperparameter(2) : nil,
            negative: arguments.has(3) ? try arguments.hyperparameter(3) : nil))
      }
      let nan = try arguments.scalar(1)
      let positive = arguments.has(2) ? try arguments.scalar(2) : nil
      let negative = arguments.has(3) ? try arguments.scalar(3) : nil
      return try arguments.numberOrTensor {
        try $0.nanToNum(nan: nan, positive: positive, negative: negative)
      }
    },
    Builtin(
      "logit(x, eps=nil)",
      """
      `log(x / (1 - x))`, what `sigmoid` undoes. With `eps`, from 0 to 0.5, x is first kept from eps to
      1 - eps. It is not differentiated by `eps`.

          print(logit([0.5, 1.0]), logit(0.0, eps=0.5))    # [0.0, inf] 0.0
      """
    ) { arguments in
      let epsilon = try arguments.has(1) ? arguments.double(1) : nil
      return try arguments.numberOrTensor { try $0.logit(epsilon: epsilon) }
    },
  ]
}

extension Arguments {
  /// True for a plain number, and where nothing was given.
  fileprivate func isNumber(_ index: Int) -> Bool { !has(index) || self[index].number != nil }

  /// A function of tensors, whose result for a plain number is a plain Float.
  func numberOrTensor(_ function: (Variable) throws -> Variable) throws -> Value {
    if self[0].number != nil { return try plain(function) }
    return .tensor(try function(floating(variable(0))))
  }

  /// The lesser (sign -1) or greater (sign 1) of two plain numbers, nan where either is.
  static func extreme(_ a: Value, _ b: Value, sign: Int) throws -> Value {
    try isExtreme(a, beside: b, sign: sign) ? a : b
  }

  /// True where the first of two plain numbers is that one; of equal ones it is.
  static func isExtreme(_ a: Value, beside b: Value, sign: Int) throws -> Bool {
    if let x = a.number, x.isNaN { return true }
    if let y = b.number, y.isNaN { return false }
    return try order(a, b) * sign >= 0
  }

  /// Halves go to even; with digits, as the decimal text of the number rounds.
  fileprivate func rounded() throws -> Value {
    guard has(1) else {
      switch self[0] {
      case .int: return self[0]
      case .float(let number): return .float(number.rounded(.toNearestOrEven))
      default: return .tensor(try variable(0).round())
      }
    }
    // Beyond these no number of 64 bits changes.
    let digits = min(max(try int(1), -400), 400)
    if case .int(let number) = self[0], digits >= 0 { return .int(number) }
    switch self[0] {
    case .int(let number): return .int(try Arguments.rounded(number, toTens: -digits))
    case .float(let number): return .float(number.rounded(digits: digits))
    default: return .tensor(try floating(variable(0)).round(digits: digits))
    }
  }

  /// The nearest multiple of 10ⁿ, n being 1 or more, halves to even.
  private static func rounded(_ number: Int, toTens n: Int) throws -> Int {
    guard n < 19 else {
      // Half of 10¹⁹ lies just inside 64 bits; the multiples but 0 do not.
      guard n > 19 || number.magnitude <= 5_000_000_000_000_000_000 else {
        throw Numbers.overflow("round(\(number), -19)")
      }
      return 0
    }
    let unit = (0..<n).reduce(1) { unit, _ in unit * 10 }
    let (quotient, rest) = number.quotientAndRemainder(dividingBy: unit)
    let twice = 2 * rest.magnitude
    guard twice > UInt(unit) || twice == UInt(unit) && quotient % 2 != 0 else {
      return number - rest
    }
    let (result, overflow) = (number - rest).addingReportingOverflow(number < 0 ? -unit : unit)
    guard !overflow else { throw Numbers.overflow("round(\(number), \(-n))") }
    return result
  }
}
