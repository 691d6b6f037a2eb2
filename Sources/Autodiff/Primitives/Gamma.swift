// Gamma numbers as functions of their shape.
//
// A number z of the gamma distribution of shape a whose share P(a, z) stays where it is moves with the
// shape, however it was drawn (implicit reparameterization, Figurnov, Mohamed & Mnih 2018):
//
//     dz/da = -∂P/∂a / p          p the density at z

import Tensors

extension Primitive {
  /// How a gamma number moves with its shape, and the second derivative that this has inside itself.
  /// Attribute: the order n, 1 or 2.
  ///
  ///     y = sₙ(a, x) = -∂ⁿP(a, x)/∂aⁿ / p          l = log x - ψ(a)
  ///     ∂y/∂x = -bₙ - y ((a - 1)/x - 1)            b₁ = l, b₂ = l² - ψ′(a)
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
    guard order == 1 else {
      throw TensorError(
        .value, "gamma numbers have no third derivative by their shape here",
        hint: "the first two are there; stop_gradient ends a derivative that is not meant")
    }
    return try apply(.gammaSlope, a, x, .int(2)) - y.scaled(by: x.log() - a.digamma())
  }

  private static func slopeByNumber(
    _ a: Variable, _ x: Variable, _ y: Variable, _ order: Int
  ) throws -> Variable {
    let l = try x.log() - a.digamma()
    let score = order == 1 ? l : try l * l - a.polygamma(1)
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
    let numbers = try words.drawing(with: stopGradient(shapes)) { try $0.gamma($1) }
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
