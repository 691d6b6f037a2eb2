// Numbers less their mean, divided by their deviation: the heart of batch, layer and group normalization,
// fused forward and backward. Means are over the axes of the attribute, n elements each.
//
//     y = (x - mean x) r            r = 1 / √(mean (x - mean x)² + ε)
//     G(x, u) = r (u - mean u - y mean (u y))
//
// G is the derivative of y, and symmetric: it serves tangents and cotangents alike. Its own derivative is
// made of y, r and G again, so that every order is.

import Tensors

extension Attributes {
  fileprivate var standardization: Standardization { object(as: Standardization.self) }
}

extension Primitive {
  /// The standardized numbers.
  ///
  ///     ẏ = G(x, ẋ)            x̄ = G(x, ȳ)
  static let standardize: Primitive = Primitive(
    "standardize", kernel: { x, attributes in try x.standardized(attributes.standardization) },
    forward: { x, _, attributes, t in try apply(.standardizeDerivative, x, t, attributes) },
    reverse: { x, _, attributes, t in try apply(.standardizeDerivative, x, t, attributes) },
    batch: { x, attributes in try apply(.standardize, x, attributes) })

  /// What is multiplied with, r.
  ///
  ///     ṙ = -r² mean (ẋ y)            x̄ = -r² y r̄ / n
  static let inverseDeviation: Primitive = Primitive(
    "inverse_deviation",
    kernel: { x, attributes in try x.inverseDeviation(attributes.standardization) },
    forward: { x, r, attributes, t in
      let y = try apply(.standardize, x, attributes)
      let axes = attributes.standardization.axes(rank: x.rank)
      return try -t.scaled(by: y).mean(axes: axes, keepAxes: true).scaled(by: r.square())
    },
    reverse: { x, r, attributes, t in
      let y = try apply(.standardize, x, attributes)
      let axes = attributes.standardization.axes(rank: x.rank)
      let share = try t.scaled(by: r.square())
        .over(.number(-Double(x.shape.count(of: axes)), like: r))
      return try share.scaled(by: y)
    },
    batch: { x, attributes in try apply(.inverseDeviation, x, attributes) })

  /// G(x, u), linear in u.
  ///
  ///     Ġ = G(x, u̇) + C(x, u, ẋ)            ū = G(x, Ḡ), x̄ = C(x, u, Ḡ)
  ///     C(x, a, b) = -r (G(x, a) mean (b y) + G(x, b) mean (a y) + y mean (a G(x, b)))
  ///
  /// y is the gradient of n / r, so that C, which is made of the third derivatives of that, is symmetric in
  /// all it is put together with: tangents and cotangents have one formula.
  static let standardizeDerivative: Primitive = Primitive(
    "standardize_derivative",
    kernel: { x, u, attributes in
      try x.standardizedDerivative(of: u, attributes.standardization)
    },
    forward: { x, u, y, attributes, dx, du in
      let along = try du.map { try apply(.standardizeDerivative, x, $0, attributes) }
      guard let dx else { return try along ?? y.zerosLike() }
      let bent = try x.standardizedCurvature(u, y, dx, attributes)
      return try along.map { try $0 + bent } ?? bent
    },
    reverse: { x, u, y, attributes, t, needsX, needsU in
      (
        needsX ? try x.standardizedCurvature(u, y, t, attributes) : nil,
        needsU ? try apply(.standardizeDerivative, x, t, attributes) : nil
      )
    },
    batch: { x, xIsMapped, u, uIsMapped, attributes in
      let size = (xIsMapped ? x : u).shape[0]
      return try apply(
        .standardizeDerivative, mapped(x, xIsMapped, size: size), mapped(u, uIsMapped, size: size),
        attributes)
    })
}

extension Variable {
  /// C(x, a, b) of the derivative, which has G(x, a) already.
  fileprivate func standardizedCurvature(
    _ a: Variable, _ ga: Variable, _ b: Variable, _ attributes: Attributes
  ) throws -> Variable {
    let axes = attributes.standardization.axes(rank: rank)
    func mean(_ x: Variable, _ y: Variable) throws -> Variable {
      try x.scaled(by: y).mean(axes: axes, keepAxes: true)
    }
    let y = try apply(.standardize, self, attributes)
    let r = try apply(.inverseDeviation, self, attributes)
    let gb = try apply(.standardizeDerivative, self, b, attributes)
    let first = try mean(b, y).scaled(by: r).paired(with: ga)
    let second = try mean(a, y).scaled(by: r).paired(with: gb)
    let third = try gb.paired(with: a).mean(axes: axes, keepAxes: true).scaled(by: r).scaled(by: y)
    return try -(first + second + third)
  }

  /// `1 / √(variance + ε)` over axes, of floats, with axes of 1 in their places.
  package func inverseDeviation(axes: AxisSet, epsilon: Double) throws -> Variable {
    try apply(
      .inverseDeviation, self, .object(Standardization(axes, rank: rank, epsilon: epsilon)))
  }

  /// `(x - mean) / √(variance + ε)` over axes, of floats; in elementary operations where ε is differentiated.
  package func standardized(axes: AxisSet, epsilon: Scalar) throws -> Variable {
    guard case .number(let number) = epsilon else {
      let distance = try self - mean(axes: axes, keepAxes: true)
      let variance = try distance.square().mean(axes: axes, keepAxes: true)
      return try distance * (variance + epsilon).rsqrt()
    }
    return try apply(
      .standardize, self, .object(Standardization(axes, rank: rank, epsilon: number)))
  }
}
