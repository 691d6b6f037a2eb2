// Tests and choices: comparisons, which are constants, and `where`.

import Devices
import Kernels
import Tensors

extension Primitive {
  private convenience init(test kernel: BinaryKernel, _ name: String) {
    self.init(
      constant: name, kernel: { a, b, _ in try Tensor.binary(kernel, a, b) },
      device: DeviceForms.binary(kernel))
  }

  static let equal = Primitive(test: .equal, "equal")
  static let notEqual = Primitive(test: .notEqual, "not_equal")
  static let less = Primitive(test: .less, "less")
  static let lessEqual = Primitive(test: .lessEqual, "less_equal")
  static let greater = Primitive(test: .greater, "greater")
  static let greaterEqual = Primitive(test: .greaterEqual, "greater_equal")
  static let and = Primitive(test: .and, "and")
  static let or = Primitive(test: .or, "or")

  private convenience init(test kernel: UnaryKernel, _ name: String) {
    self.init(
      constant: name, kernel: { x, _ in try Tensor.unary(kernel, x) },
      device: DeviceForms.unary(kernel))
  }

  static let not = Primitive(test: .logicalNot, "not")
  static let isnan = Primitive(test: .isnan, "isnan")
  static let isinf = Primitive(test: .isinf, "isinf")
  static let isfinite = Primitive(test: .isfinite, "isfinite")

  /// The elements of a where a condition holds, else those of b.
  ///
  ///     y = c ? a : b            ẏ = c ? ȧ : ḃ            ā = c ? ȳ : 0, b̄ = c ? 0 : ȳ
  ///
  /// What was not taken gets a cotangent of exactly 0, and the rules of singular functions keep
  /// a 0 a 0.
  static let select = Primitive(
    "where", kernel: { inputs, _ in try Tensor.select(inputs[0], inputs[1], inputs[2]) },
    forward: { inputs, y, _, tangents in
      let zero = Variable.number(0, like: y)
      return try inputs[0].select(tangents[1] ?? zero, tangents[2] ?? zero)
        .broadcast(to: y.shape)
    },
    reverse: { inputs, _, _, dy, needs in
      let zero = Variable.number(0, like: dy)
      return [
        nil,
        needs[1] ? try inputs[0].select(dy, zero).unbroadcast(to: inputs[1]) : nil,
        needs[2] ? try inputs[0].select(zero, dy).unbroadcast(to: inputs[2]) : nil,
      ]
    },
    batch: { inputs, areMapped, _, _ in
      let ranks = zip(inputs, areMapped).map { $0.rank - ($1 ? 1 : 0) }
      let rank = ranks.reduce(0) { Swift.max($0, $1) }
      let aligned = try inputs.indices.map { i in
        areMapped[i] ? try padded(inputs[i], with: rank - ranks[i]) : inputs[i]
      }
      return try aligned[0].select(aligned[1], aligned[2])
    },
    device: { x, _, device in
      try DeviceTensor.select(x[0], x[1], x[2], on: device).map { [$0] }
    })
}

extension Variable {
  /// True where the elements are equal.
  public func isEqual(to b: Variable) throws -> Variable { try apply(.equal, self, b) }
  /// True where the elements differ.
  public func isNotEqual(to b: Variable) throws -> Variable { try apply(.notEqual, self, b) }
  /// True where this is less.
  public func isLess(than b: Variable) throws -> Variable { try apply(.less, self, b) }
  /// True where this is less or equal.
  public func isLessOrEqual(to b: Variable) throws -> Variable { try apply(.lessEqual, self, b) }
  /// True where this is greater.
  public func isGreater(than b: Variable) throws -> Variable { try apply(.greater, self, b) }
  /// True where this is greater or equal.
  public func isGreaterOrEqual(to b: Variable) throws -> Variable {
    try apply(.greaterEqual, self, b)
  }
  /// True where both are; of i64 the common bits.
  public func and(_ b: Variable) throws -> Variable { try apply(.and, self, b) }
  /// True where either is; of i64 all bits.
  public func or(_ b: Variable) throws -> Variable { try apply(.or, self, b) }
  /// True where this is false or zero.
  public func not() throws -> Variable { try apply(.not, self) }
  /// True where the element is nan.
  public func isnan() throws -> Variable { try apply(.isnan, self) }
  /// True where the element is infinite.
  public func isinf() throws -> Variable { try apply(.isinf, self) }
  /// True where the element is neither nan nor infinite.
  public func isfinite() throws -> Variable { try apply(.isfinite, self) }

  /// `a` where this is true, else `b`.
  public func select(_ a: Variable, _ b: Variable) throws -> Variable {
    // Plain tensors, without the list that operations on three operands take.
    if case .tensor(let condition) = self, case .tensor(let s) = a, case .tensor(let t) = b,
      mos_watches_get() == 0
    {
      return .tensor(try Tensor.select(condition, s, t))
    }
    return try apply(.select, [self, a, b])
  }

  /// The elements kept between two bounds; at a bound the derivative is 0, as in PyTorch and as
  /// relu's at 0.
  public func clip(_ low: Variable?, _ high: Variable?) throws -> Variable {
    var result = self
    if let low { result = try result.isLessOrEqual(to: low).select(low, result) }
    if let high { result = try result.isGreaterOrEqual(to: high).select(high, result) }
    return result
  }

  /// The elements with nan and infinities replaced; the derivative by the element is 0 there.
  ///
  /// - Parameters:
  ///   - nan: what stands for nan.
  ///   - positive: what stands for inf; nil for the greatest finite number of the dtype.
  ///   - negative: what stands for -inf; nil for the least finite number of the dtype.
  public func nanToNum(
    nan: Scalar = 0, positive: Scalar? = nil, negative: Scalar? = nil
  ) throws -> Variable {
    guard dtype.isFloat else { return self }
    let greatest =
      dtype == .f32 ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
    let zero = Variable.number(0, like: self)
    let signed = try isGreater(than: zero)
      .select(
        (positive ?? .number(greatest)).like(self), (negative ?? .number(-greatest)).like(self))
    let replaced = try isnan().select(nan.like(self), signed)
    return try isfinite().select(self, replaced)
  }
}
