// Random numbers of a key that is an operand, so that a recording draws with the key of each call; and
// gamma numbers as functions of their shape.
//
// A number z of the gamma distribution of shape a whose share P(a, z) stays where it is moves with the
// shape, however it was drawn (implicit reparameterization, Figurnov, Mohamed & Mnih 2018):
//
//     dz/da = -∂P/∂a / p          p the density at z

import Tensors

/// What is drawn from a stream with parameters.
private final class ParameterDraw: Sendable {
  typealias Body = @Sendable (inout RandomKey, Tensor, _ period: Int?) throws -> Tensor
  let body: Body
  /// After how many numbers the stream begins again: those of one example, of mapped parameters.
  let period: Int?

  init(_ body: @escaping Body, period: Int? = nil) {
    self.body = body
    self.period = period
  }
}

/// What is drawn from a stream.
private final class Draw: Sendable {
  let body: @Sendable (inout RandomKey) throws -> Tensor
  init(_ body: @escaping @Sendable (inout RandomKey) throws -> Tensor) { self.body = body }
}

/// What is drawn from a stream for each element of a tensor.
private final class DrawForEach: Sendable {
  let body: @Sendable (inout RandomKey, Shape, DType) throws -> Tensor
  init(_ body: @escaping @Sendable (inout RandomKey, Shape, DType) throws -> Tensor) {
    self.body = body
  }
}

extension Primitive {
  /// Numbers drawn with a key for each element of the second operand, those of all mapped examples
  /// included. Attribute: what is drawn.
  static let randomLike: Primitive = Primitive(
    constant: "random_like",
    kernel: { words, x, attributes in
      var key = RandomKey(words: words)
      return try attributes.object(as: DrawForEach.self).body(&key, x.shape, x.dtype)
    },
    batch: { words, areWordsMapped, x, isMapped, attributes in
      guard areWordsMapped else { return try apply(.randomLike, words, x, attributes) }
      return try Variable.stack(
        (0..<words.shape[0]).map { index in
          try apply(
            .randomLike, words.indexed(at: index), isMapped ? x.indexed(at: index) : x, attributes)
        })
    })

  /// Numbers drawn with a key, given as the two words that it consists of. Attribute: what is drawn.
  static let random: Primitive = Primitive(
    constant: "random",
    kernel: { words, attributes in
      var key = RandomKey(words: words)
      return try attributes.object(as: Draw.self).body(&key)
    },
    batch: { words, attributes in
      try Variable.stack(
        (0..<words.shape[0]).map { index in
          try apply(.random, words.indexed(at: index), attributes)
        })
    })

  /// Numbers drawn with a key for each element of a parameter. Attribute: what is drawn.
  ///
  /// Mapped parameters are drawn for in one go: every example uses the same part of the stream, as it
  /// would by itself.
  static let randomWith: Primitive = Primitive(
    constant: "random_with",
    kernel: { words, parameters, attributes in
      var key = RandomKey(words: words)
      let draw = attributes.object(as: ParameterDraw.self)
      return try draw.body(&key, parameters, draw.period)
    },
    batch: { words, areWordsMapped, parameters, areParametersMapped, attributes in
      guard areWordsMapped else {
        let draw = attributes.object(as: ParameterDraw.self)
        let count = parameters.count / Swift.max(parameters.shape[0], 1)
        return try apply(
          .randomWith, words, parameters,
          .object(ParameterDraw(draw.body, period: draw.period ?? count)))
      }
      return try Variable.stack(
        (0..<words.shape[0]).map { index in
          try apply(
            .randomWith, words.indexed(at: index),
            areParametersMapped ? parameters.indexed(at: index) : parameters, attributes)
        })
    })
}

extension RandomKey {
  /// The key and its counter as an i64 tensor of two.
  package func words() throws -> Tensor {
    try Tensor.make(Shape(2), .i64) { pointer in
      pointer.storeBytes(of: key, as: UInt64.self)
      pointer.storeBytes(of: counter, toByteOffset: 8, as: UInt64.self)
    }
  }

  /// The key of two words.
  package init(words: Tensor) {
    let numbers = words.integers
    self.init(
      key: UInt64(bitPattern: Int64(numbers[0])), counter: UInt64(bitPattern: Int64(numbers[1])))
  }
}

extension Variable {
  /// What a stream gives whose key stands in this variable's words.
  package func drawing(
    _ body: @escaping @Sendable (inout RandomKey) throws -> Tensor
  ) throws -> Variable {
    try apply(.random, self, .object(Draw(body)))
  }

  /// What a stream whose key stands in this variable's words gives for each element of another, a constant;
  /// inside `vmap` every example has numbers of its own.
  package func drawing(
    like x: Variable,
    _ body: @escaping @Sendable (inout RandomKey, Shape, DType) throws -> Tensor
  ) throws -> Variable {
    try apply(.randomLike, self, x, .object(DrawForEach(body)))
  }

  /// What a stream whose key stands in this variable's words gives for each element of parameters.
  package func drawing(
    with parameters: Variable,
    _ body: @escaping @Sendable (inout RandomKey, Tensor, _ period: Int?) throws -> Tensor
  ) throws -> Variable {
    try apply(.randomWith, self, parameters, .object(ParameterDraw(body)))
  }
}

extension Primitive {
  /// How a gamma number moves with its shape, and what derivatives of this are made of. Attribute: the
  /// order n, 1 to 3.
  ///
  ///     y = sₙ(a, x) = -∂ⁿP(a, x)/∂aⁿ / p          l = log x - ψ(a)
  ///     ∂y/∂x = -bₙ - y ((a - 1)/x - 1)            b₁ = l, b₂ = l² - ψ′(a), b₃ = l³ - 3 l ψ′(a) - ψ″(a)
  ///     ∂y/∂a = sₙ₊₁ - y l
  static let gammaSlope: Primitive = Primitive(
    "gamma_slope",
    kernel: { a, x, attributes in try Tensor.gammaSlope(attributes.int, a, x) },
    forward: { a, x, y, attributes, da, dx in
      let along = try da.map { try $0.scaled(by: slopeByShape(a, x, y, attributes.int)) }
      let across = try dx.map { try $0.scaled(by: slopeByNumber(a, x, y, attributes.int)) }
      if let along, let across { return try along + across }
      return try along ?? across ?? y.zerosLike()
    },
    reverse: { a, x, y, attributes, dy, needsA, needsX in
      (
        needsA
          ? try dy.scaled(by: slopeByShape(a, x, y, attributes.int)).unbroadcast(to: a) : nil,
        needsX
          ? try dy.scaled(by: slopeByNumber(a, x, y, attributes.int)).unbroadcast(to: x) : nil
      )
    })

  private static func slopeByShape(
    _ a: Variable, _ x: Variable, _ y: Variable, _ order: Int
  ) throws -> Variable {
    guard order < 3 else {
      throw TensorError(
        .value, "gamma numbers have no fourth derivative by their shape here",
        hint: "the first three are there; stop_gradient ends a derivative that is not meant")
    }
    return try apply(.gammaSlope, a, x, .int(order + 1)) - y.scaled(by: x.log() - a.digamma())
  }

  private static func slopeByNumber(
    _ a: Variable, _ x: Variable, _ y: Variable, _ order: Int
  ) throws -> Variable {
    let l = try x.log() - a.digamma()
    let score: Variable
    switch order {
    case 1: score = l
    case 2: score = try l * l - a.polygamma(1)
    default: score = try l * (l * l - a.polygamma(1) * 3) - a.polygamma(2)
    }
    return try -score - y.scaled(by: (a - 1) / x - 1)
  }
}

extension Variable {
  /// How gamma numbers of these shapes move with them.
  package func gammaSlope(at numbers: Variable) throws -> Variable {
    try apply(.gammaSlope, self, numbers, .int(1))
  }

  /// Gamma numbers of scale 1, one for each of these shapes, differentiable by the shapes.
  ///
  /// - Parameter words: those of the key that they are drawn with.
  /// - Throws: a value error for a shape that is not above 0.
  package func gammaNumbers(words: Variable) throws -> Variable {
    let least = dtype == .f32 ? Double(Float.leastNonzeroMagnitude) : .leastNonzeroMagnitude
    let shapes = try bounded(by: Bounds("the shape of a gamma number", "above 0", from: least))
    let numbers = try words.drawing(with: stopGradient(shapes)) { try $0.gamma($1, period: $2) }
    return try Variable.gammaNumbers(numbers, of: shapes)
  }

  /// The numbers as functions of their shapes, at every order that slopes have.
  private static func gammaNumbers(_ numbers: Variable, of shapes: Variable) throws -> Variable {
    let function = CustomFunction(
      "rand_gamma", results: 1, value: { [$0[0]] },
      forward: { given, tangents in
        let z = try gammaNumbers(given[0], of: given[1])
        return [try tangents[1].map { try $0.scaled(by: given[1].gammaSlope(at: z)) }]
      },
      reverse: { given, cotangents in
        let z = try gammaNumbers(given[0], of: given[1])
        return [nil, try cotangents[0].map { try $0.scaled(by: given[1].gammaSlope(at: z)) }]
      })
    return try function([numbers, shapes])
  }
}
