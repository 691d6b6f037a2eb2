// Functions of logarithms and squares, composed so that nothing overflows on the way and no digits are lost.

import Tensors

extension Bounds {
  fileprivate static let logitEpsilon = Bounds("`eps` of logit", "from 0 to 0.5", from: 0, to: 0.5)
}

extension Variable {
  /// √(a² + b²), elementwise; its derivative at (0, 0) is 0.
  public func hypot(_ b: Variable) throws -> Variable {
    let (x, y) = try stretched(floating(), b.floating(), "hypot")
    // Beside an infinity the other counts for nothing, even nan.
    let zero = Variable.number(0, like: x)
    let legs = [
      try x.isnan().and(y.isinf()).select(zero, x), try y.isnan().and(x.isinf()).select(zero, y),
    ]
    // The norm has a rule of its own for its square, and units that no square overflows in.
    if x.rank < Shape.maximumRank { return try Variable.stack(legs).norm(axes: AxisSet(0)) }
    return try Variable.stack(legs.map { try $0.flattened() }).norm(axes: AxisSet(0))
      .reshape(to: x.shape)
  }

  /// log(eᵃ + eᵇ), elementwise.
  ///
  ///     y = a + log(1 + eᵇ⁻ᵃ) for a ≥ b            ∂y/∂a = σ(a - b), ∂y/∂b = σ(b - a)
  ///
  /// Equal infinities share the derivative.
  public func logaddexp(_ b: Variable) throws -> Variable {
    let (x, y) = try stretched(floating(), b.floating(), "logaddexp")
    let isOrdered = try x.isGreaterOrEqual(to: y)
    let (high, low) = (try isOrdered.select(x, y), try isOrdered.select(y, x))
    let isOne = try x.isEqual(to: y).and(x.isinf())
    let gap = try isOne.select(.number(0, like: x), low - high)
    return try isOne.select(x.maximum(y), high + gap.softplus())
  }

  /// x log y, elementwise; 0 where x is 0, but for a y of nan.
  public func xlogy(_ y: Variable) throws -> Variable {
    let (x, y) = try stretched(floating(), y.floating(), "xlogy")
    let zero = Variable.number(0, like: y)
    let hasNoLogarithm = try y.isLessOrEqual(to: zero).or(
      y.isEqual(to: .number(.infinity, like: y)))
    let isNothing = try x.isEqual(to: .number(0, like: x)).and(hasNoLogarithm)
    return try x * isNothing.select(.number(1, like: y), y).log()
  }

  /// log(x / (1 - x)), elementwise, of x kept from `epsilon` to `1 - epsilon` where that is given.
  ///
  ///     y' = 1 / x + 1 / (1 - x)
  ///
  /// Near 1/2 it is 2 artanh(2x - 1), which keeps the digits that the difference of logarithms loses.
  public func logit(epsilon: Double? = nil) throws -> Variable {
    var x = try floating()
    if let epsilon {
      try Bounds.logitEpsilon.require(epsilon)
      x = try x.clip(.number(epsilon, like: x), .number(1 - epsilon, like: x))
    }
    let half = Variable.number(0.5, like: x)
    let isNear = try (x - half).abs().isLess(than: .number(0.25, like: x))
    let near = try (isNear.select(x, half) * 2 - 1).atanh() * 2
    let far = try isNear.select(.number(0.25, like: x), x)
    return try isNear.select(near, far.log() - (-far).log1p())
  }

  /// The cross products of vectors of three numbers along an axis of the shape that both stretch to.
  public func cross(_ b: Variable, axis: Int = -1) throws -> Variable {
    let (x, y) = try stretched(self, b, "cross")
    let axis = try x.shape.axis(axis)
    guard x.shape[axis] == 3 else {
      throw TensorError(
        .shape,
        "cross needs vectors of 3 numbers, and axis \(axis) of \(x.typeDescription) and "
          + "\(y.typeDescription) has \(x.shape[axis])")
    }
    return try x.roll(-1, axis: axis) * y.roll(-2, axis: axis) - x.roll(-2, axis: axis)
      * y.roll(-1, axis: axis)
  }
}

/// Two operands in the shape and the dtype that both stretch to.
private func stretched(_ a: Variable, _ b: Variable, _ name: String) throws -> (Variable, Variable)
{
  guard let shape = Shape.broadcast(a.shape, b.shape) else {
    throw TensorError(
      .shape, "\(name) does not fit \(a.typeDescription) and \(b.typeDescription)",
      hint: "axes are matched from the right; an axis of 1 stretches")
  }
  let dtype = DType.promoted(a.dtype, b.dtype)
  return (
    try a.converted(to: dtype).broadcast(to: shape), try b.converted(to: dtype).broadcast(to: shape)
  )
}
