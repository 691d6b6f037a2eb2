// Functions of one operand, element by element.
//
// For these the forward and the reverse rule are one: both multiply by f'(x). A rule multiplies with
// `scaled` and divides with `over`, so that a tangent of 0 stays 0 where the derivative is
// infinite.

import Tensors

extension Primitive {
  /// A function of each element, with its derivative times a given factor.
  fileprivate convenience init(
    elementwise kernel: UnaryKernel, _ name: String, squared: Primitive? = nil,
    times derivative:
      @escaping @Sendable (_ x: Variable, _ y: Variable, _ t: Variable) throws
      -> Variable
  ) {
    self.init(
      name, kernel: { x, _ in try Tensor.unary(kernel, x) },
      forward: { x, y, _, t in try derivative(x, y, t) },
      reverse: { x, y, _, t in try derivative(x, y, t) }, squared: squared,
      device: DeviceForms.unary(kernel))
  }

  fileprivate convenience init(steps kernel: UnaryKernel, _ name: String) {
    self.init(
      constant: name, kernel: { x, _ in try Tensor.unary(kernel, x) },
      device: DeviceForms.unary(kernel))
  }

  // MARK: Signs and steps

  ///     y = -x            y' = -1
  static let negate = Primitive(elementwise: .negate, "negate") { _, _, t in try -t }
  ///     y = |x|            y' = sign x, 0 at 0
  static let abs = Primitive(elementwise: .abs, "abs", squared: .square) { x, _, t in
    try t.scaled(by: x.sign())
  }
  static let sign = Primitive(steps: .sign, "sign")
  static let floor = Primitive(steps: .floor, "floor")
  static let ceil = Primitive(steps: .ceil, "ceil")
  static let round = Primitive(steps: .round, "round")
  static let trunc = Primitive(steps: .trunc, "trunc")
  /// Attribute: the digits after the point.
  static let roundDigits = Primitive(
    constant: "round_digits",
    kernel: { (x: Tensor, attributes) in
      let digits = attributes.int
      return try x.rounded(digits: digits)
    })

  // MARK: Exponentials, logarithms, powers

  ///     y = eˣ            y' = y
  static let exp = Primitive(elementwise: .exp, "exp") { _, y, t in try t.scaled(by: y) }
  ///     y = eˣ - 1            y' = eˣ, of which y + 1 loses the digits below 0
  static let expm1 = Primitive(elementwise: .expm1, "expm1") { x, _, t in
    try t.scaled(by: x.exp())
  }
  ///     y = log x            y' = 1 / x
  static let log = Primitive(elementwise: .log, "log") { x, _, t in try t.over(x) }
  ///     y = log(1 + x)            y' = 1 / (1 + x)
  static let log1p = Primitive(elementwise: .log1p, "log1p") { x, _, t in try t.over(x + 1) }
  ///     y = log₂ x            y' = 1 / (x log 2)
  static let log2 = Primitive(elementwise: .log2, "log2") { x, _, t in
    try t.over(x * 0.6931471805599453)
  }
  ///     y = log₁₀ x            y' = 1 / (x log 10)
  static let log10 = Primitive(elementwise: .log10, "log10") { x, _, t in
    try t.over(x * 2.302585092994046)
  }
  ///     y = √x            y' = 1 / 2y, 0 at 0
  static let sqrt = Primitive(elementwise: .sqrt, "sqrt", squared: .squaredRoot) { _, y, t in
    try t.over((y + y).infiniteAtZero(.slope))
  }
  ///     y = 1 / √x            y' = -1 / (2 x √x)
  static let rsqrt = Primitive(elementwise: .rsqrt, "rsqrt") { x, _, t in
    try t.over(x * x.sqrt() * -2)
  }
  ///     y = x²            y' = 2x
  static let square = Primitive(elementwise: .square, "square") { x, _, t in try t.scaled(by: x + x)
  }
  ///     y = 1 / x            y' = -1 / x / x, where x² may overflow
  static let reciprocal = Primitive(elementwise: .reciprocal, "reciprocal") { x, _, t in
    try -(t.over(x).over(x))
  }

  // MARK: Trigonometry

  ///     y = sin x            y' = cos x
  static let sin = Primitive(elementwise: .sin, "sin") { x, _, t in try t.scaled(by: x.cos()) }
  ///     y = cos x            y' = -sin x
  static let cos = Primitive(elementwise: .cos, "cos") { x, _, t in try -t.scaled(by: x.sin()) }
  ///     y = tan x            y' = 1 + y²
  static let tan = Primitive(elementwise: .tan, "tan") { _, y, t in try t.scaled(by: y * y + 1) }
  ///     y = asin x            y' = 1 / √(1 - x²)
  static let asin = Primitive(elementwise: .asin, "asin") { x, _, t in
    try t.over(x.squareBelowOne().sqrt())
  }
  ///     y = acos x            y' = -1 / √(1 - x²)
  static let acos = Primitive(elementwise: .acos, "acos") { x, _, t in
    try -(t.over(x.squareBelowOne().sqrt()))
  }
  ///     y = atan x            y' = 1 / (1 + x²)
  static let atan = Primitive(elementwise: .atan, "atan") { x, _, t in try t.over(x * x + 1) }
  ///     y = sinh x            y' = cosh x
  static let sinh = Primitive(elementwise: .sinh, "sinh") { x, _, t in try t.scaled(by: x.cosh()) }
  ///     y = cosh x            y' = sinh x
  static let cosh = Primitive(elementwise: .cosh, "cosh") { x, _, t in try t.scaled(by: x.sinh()) }
  ///     y = tanh x            y' = 1 / cosh² x
  static let tanh = Primitive(elementwise: .tanh, "tanh") { x, _, t in
    try t.scaled(by: x.tanhSlope())
  }
  /// The derivative of tanh, of which 1 - tanh² loses the digits where that saturates.
  ///
  ///     y = 1 / cosh² x            y' = -2 y tanh x
  static let tanhSlope = Primitive(elementwise: .tanhSlope, "tanh_slope") { x, y, t in
    try t.scaled(by: y * x.tanh() * -2)
  }
  ///     y = asinh x            y' = 1 / √(x² + 1), in units of max(|x|, 1), where x² may overflow
  static let asinh = Primitive(elementwise: .asinh, "asinh") { x, _, t in
    let unit = try stopGradient(x.abs().maximum(.number(1, like: x)))
    let (p, q) = (try x.over(unit), try 1 / unit)
    return try t.over((p * p + q * q).sqrt()).over(unit)
  }
  ///     y = acosh x            y' = 1 / √(x - 1) / √(x + 1), nan below 1
  static let acosh = Primitive(elementwise: .acosh, "acosh") { x, _, t in
    try t.over((x - 1).sqrt()).over((x + 1).sqrt())
  }
  ///     y = atanh x            y' = 1 / (1 - x²)
  static let atanh = Primitive(elementwise: .atanh, "atanh") { x, _, t in
    try t.over(x.squareBelowOne())
  }

  // MARK: Special functions

  ///     y = erf x            y' = 2/√π e^(-x²)
  static let erf = Primitive(elementwise: .erf, "erf") { x, _, t in
    try t.scaled(by: (-(x * x)).exp()) * 1.1283791670955126
  }
  ///     y = 1 - erf x            y' = -2/√π e^(-x²)
  static let erfc = Primitive(elementwise: .erfc, "erfc") { x, _, t in
    try t.scaled(by: (-(x * x)).exp()) * -1.1283791670955126
  }
  ///     y = erf⁻¹ x            y' = √π/2 e^(y²)
  static let erfinv = Primitive(elementwise: .erfinv, "erfinv") { _, y, t in
    try (t * 0.886226925452758).over((-(y * y)).exp())
  }
  ///     y = log |Γ(x)|            y' = ψ(x)
  static let lgamma = Primitive(elementwise: .lgamma, "lgamma") { x, _, t in
    try t.scaled(by: x.digamma())
  }
  ///     y = ψ(x)            y' = ψ⁽¹⁾(x)
  static let digamma = Primitive(elementwise: .digamma, "digamma") { x, _, t in
    try t.scaled(by: x.polygamma(1))
  }
  /// The n-th derivative of ψ. Attribute: n.
  ///
  ///     y = ψ⁽ⁿ⁾(x)            y' = ψ⁽ⁿ⁺¹⁾(x)
  static let polygamma = Primitive(
    "polygamma",
    kernel: { x, attributes in try Tensor.polygamma(attributes.int, x) },
    forward: { x, _, attributes, t in try t.scaled(by: x.polygamma(attributes.int + 1)) },
    reverse: { x, _, attributes, t in try t.scaled(by: x.polygamma(attributes.int + 1)) })

  // MARK: Activations

  ///     y = max(x, 0)            y' = 0 for x ≤ 0, else 1
  static let relu = Primitive(elementwise: .relu, "relu") { x, _, t in
    try t.rectified(at: x)
  }
  /// Of operands of one shape, but that one of them may be mapped alone.
  ///
  ///     y = b ≤ 0 ? 0 : a            ẏ = b ≤ 0 ? 0 : ȧ            ā = b ≤ 0 ? 0 : ȳ, b̄ = 0
  static let reluGradient = Primitive(
    "relu_gradient", kernel: { a, b, _ in try Tensor.binary(.gate, a, b) },
    forward: { _, b, y, _, da, _ in try da?.rectified(at: b) ?? y.zerosLike() },
    reverse: { a, b, _, _, dy, needsA, _ in
      (needsA ? try dy.rectified(at: b).unbroadcast(to: a) : nil, nil)
    }, device: DeviceForms.binary(.gate))
  ///     y = 1 / (1 + e⁻ˣ) = σ(x)            y' = σ(x) σ(-x)
  static let sigmoid = Primitive(elementwise: .sigmoid, "sigmoid") { x, _, t in
    try t.scaled(by: x.sigmoidSlope())
  }
  /// The derivative of σ, of which σ (1 - σ) loses the digits where σ saturates.
  ///
  ///     y = σ(x) σ(-x)            y' = -y tanh(x / 2)
  static let sigmoidSlope = Primitive(elementwise: .sigmoidSlope, "sigmoid_slope") { x, y, t in
    try -t.scaled(by: y * (x * 0.5).tanh())
  }
  ///     y = log(1 + eˣ)            y' = σ(x)
  static let softplus = Primitive(elementwise: .softplus, "softplus") { x, _, t in
    try t.scaled(by: x.sigmoid())
  }
  ///     y = log σ(x)            y' = σ(-x)
  static let logSigmoid = Primitive(elementwise: .logSigmoid, "log_sigmoid") { x, _, t in
    try t.scaled(by: (-x).sigmoid())
  }
  ///     y = x σ(x)            y' = σ(x) (1 + x σ(-x)), 0 and 1 at -∞ and ∞
  static let silu = Primitive(elementwise: .silu, "silu") { x, _, t in
    try t.scaled(by: x.sigmoid().scaled(by: x.scaled(by: (-x).sigmoid()) + 1))
  }
  ///     y = x Φ(x)            y' = Φ(x) + x φ(x), with the normal distribution's Φ and φ; 0 and
  ///                           1 at -∞ and ∞
  static let gelu = Primitive(elementwise: .gelu, "gelu") { x, _, t in
    let cumulative = try (x * -0.7071067811865476).erfc() * 0.5
    let density = try (x * x * -0.5).exp() * 0.3989422804014327
    return try t.scaled(by: cumulative + x.scaled(by: density))
  }
}

extension Variable {
  fileprivate func tanhSlope() throws -> Variable { try apply(.tanhSlope, self) }

  fileprivate func sigmoidSlope() throws -> Variable { try apply(.sigmoidSlope, self) }

  /// `1 - x²`, with all its digits where x is near 1 or -1; the product's slope loses its own near 0.
  fileprivate func squareBelowOne() throws -> Variable {
    try abs().isLess(than: .number(0.5, like: self))
      .select(1 - self * self, (1 - self) * (self + 1))
  }

  /// What a tangent or cotangent becomes at a rectifier of x.
  fileprivate func rectified(at x: Variable) throws -> Variable {
    try apply(.reluGradient, self, x)
  }
}

extension Variable {
  /// `-x`, elementwise.
  package static prefix func - (x: Variable) throws -> Variable { try apply(.negate, x) }

  /// The elements with the other sign.
  ///
  /// - Throws: a value error for the least whole number, which has none.
  public func negated() throws -> Variable { try -self }

  /// |x|.
  public func abs() throws -> Variable { try apply(.abs, self) }
  /// -1, 0 or 1.
  public func sign() throws -> Variable { try apply(.sign, self) }
  /// The greatest whole number that is not above x.
  public func floor() throws -> Variable { try apply(.floor, self) }
  /// The least whole number that is not below x.
  public func ceil() throws -> Variable { try apply(.ceil, self) }
  /// The nearest whole number, halves to even.
  public func round() throws -> Variable { try apply(.round, self) }
  /// The nearest number with so many digits after the point.
  public func round(digits: Int) throws -> Variable {
    try apply(.roundDigits, floating(), .int(digits))
  }
  /// x without its fraction.
  public func trunc() throws -> Variable { try apply(.trunc, self) }
  /// eˣ.
  public func exp() throws -> Variable { try apply(.exp, floating()) }
  /// eˣ - 1, exact near 0.
  public func expm1() throws -> Variable { try apply(.expm1, floating()) }
  /// The natural logarithm.
  public func log() throws -> Variable { try apply(.log, floating()) }
  /// log(1 + x), exact near 0.
  public func log1p() throws -> Variable { try apply(.log1p, floating()) }
  /// The logarithm to base 2.
  public func log2() throws -> Variable { try apply(.log2, floating()) }
  /// The logarithm to base 10.
  public func log10() throws -> Variable { try apply(.log10, floating()) }
  /// √x; its derivative at 0 is 0.
  public func sqrt() throws -> Variable { try apply(.sqrt, floating()) }
  /// 1 / √x.
  public func rsqrt() throws -> Variable { try apply(.rsqrt, floating()) }
  /// x².
  public func square() throws -> Variable { try apply(.square, self) }
  /// 1 / x.
  public func reciprocal() throws -> Variable { try apply(.reciprocal, floating()) }
  /// The sine.
  public func sin() throws -> Variable { try apply(.sin, floating()) }
  /// The cosine.
  public func cos() throws -> Variable { try apply(.cos, floating()) }
  /// The tangent.
  public func tan() throws -> Variable { try apply(.tan, floating()) }
  /// The inverse sine.
  public func asin() throws -> Variable { try apply(.asin, floating()) }
  /// The inverse cosine.
  public func acos() throws -> Variable { try apply(.acos, floating()) }
  /// The inverse tangent.
  public func atan() throws -> Variable { try apply(.atan, floating()) }
  /// The hyperbolic sine.
  public func sinh() throws -> Variable { try apply(.sinh, floating()) }
  /// The hyperbolic cosine.
  public func cosh() throws -> Variable { try apply(.cosh, floating()) }
  /// The hyperbolic tangent.
  public func tanh() throws -> Variable { try apply(.tanh, floating()) }
  /// The inverse hyperbolic sine.
  public func asinh() throws -> Variable { try apply(.asinh, floating()) }
  /// The inverse hyperbolic cosine.
  public func acosh() throws -> Variable { try apply(.acosh, floating()) }
  /// The inverse hyperbolic tangent.
  public func atanh() throws -> Variable { try apply(.atanh, floating()) }
  /// The error function.
  public func erf() throws -> Variable { try apply(.erf, floating()) }
  /// 1 - erf x, exact for large x.
  public func erfc() throws -> Variable { try apply(.erfc, floating()) }
  /// The inverse error function.
  public func erfinv() throws -> Variable { try apply(.erfinv, floating()) }
  /// The logarithm of |Γ(x)|.
  public func lgamma() throws -> Variable { try apply(.lgamma, floating()) }
  /// The derivative of lgamma.
  public func digamma() throws -> Variable { try apply(.digamma, floating()) }
  /// The n-th derivative of digamma.
  public func polygamma(_ n: Int) throws -> Variable { try apply(.polygamma, floating(), .int(n)) }
  /// max(x, 0); the derivative at 0 is 0.
  public func relu() throws -> Variable { try apply(.relu, self) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() throws -> Variable { try apply(.sigmoid, floating()) }
  /// log(1 + eˣ).
  public func softplus() throws -> Variable { try apply(.softplus, floating()) }
  /// log σ(x).
  public func logSigmoid() throws -> Variable { try apply(.logSigmoid, floating()) }
  /// x σ(x).
  public func silu() throws -> Variable { try apply(.silu, floating()) }
  /// x Φ(x), the exact one.
  public func gelu() throws -> Variable { try apply(.gelu, floating()) }
}
