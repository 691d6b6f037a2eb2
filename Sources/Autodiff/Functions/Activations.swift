// Activations composed of primitives; those that are primitives stand in `Primitives/Elementwise.swift`.
//
// A factor that goes to 0 at an infinite element is multiplied by `scaled`, so that the product is the limit 0
// and no nan.

import Tensors

extension Bounds {
  fileprivate static let celuAlpha = Bounds(
    "`alpha` of celu", "above 0", from: .leastNonzeroMagnitude)

  fileprivate static let softplusBeta = Bounds(
    "`beta` of softplus", "above 0", from: .leastNonzeroMagnitude)

  fileprivate static func shrinkage(of name: String) -> Bounds {
    Bounds("`lambd` of \(name)", "0 or more", from: 0)
  }
}

extension Variable {
  // MARK: Lines with a bend

  /// x for x > 0, else `slope` x.
  public func leakyRelu(slope: Scalar = 0.01) throws -> Variable {
    let x = try floating()
    return try x.isPositive().select(x, slope * x)
  }

  /// x for x > 0, else a weight times x: one for all, or one for each channel, which axis 1 counts.
  public func prelu(_ weight: Variable) throws -> Variable {
    let x = try floating()
    let channels = rank < 2 ? 1 : shape[1]
    guard weight.rank <= 1, weight.count == 1 || weight.count == channels else {
      throw TensorError(
        .shape,
        "`weight` of prelu must have 1 element or one for each of \(channels) channels, and is "
          + weight.typeDescription,
        hint: "axis 1 of a tensor of two axes or more counts its channels")
    }
    let behind = weight.count == 1 ? [] : [channels] + Array(repeating: 1, count: rank - 2)
    return try x.isPositive().select(x, weight.floating().reshape(to: Shape(behind)) * x)
  }

  /// x kept between two numbers; the derivative at them is 0.
  ///
  /// - Throws: a value error where the lesser is greater.
  public func hardTanh(_ least: Scalar = -1, _ greatest: Scalar = 1) throws -> Variable {
    if let low = least.number, let high = greatest.number, low > high {
      throw TensorError(
        .value, "`min_val` of hardtanh must not be above `max_val`: \(low) is above \(high)")
    }
    let x = try floating()
    return try x.clip(least.like(x), greatest.like(x))
  }

  /// x kept between 0 and 6.
  public func relu6() throws -> Variable { try hardTanh(0, 6) }

  /// `(x + 3) / 6` kept between 0 and 1.
  public func hardSigmoid() throws -> Variable { try (floating() + 3).relu6() / 6 }

  /// `x hardSigmoid(x)`: 0 below -3 and x above 3.
  public func hardSwish() throws -> Variable {
    let x = try floating()
    return try x.scaled(by: x.hardSigmoid())
  }

  /// x where it is above a number, else another number.
  public func threshold(_ least: Scalar, _ value: Scalar) throws -> Variable {
    let x = try floating()
    return try x.isLessOrEqual(to: least.like(x)).select(value.like(x), x)
  }

  /// x moved towards 0 by λ, and 0 where it is within that.
  public func softShrink(_ lambda: Scalar = 0.5) throws -> Variable {
    let x = try floating()
    let lambda = try lambda.bounded(by: .shrinkage(of: "softshrink")).like(x)
    return try x.isWithin(lambda).select(.number(0, like: x), x - lambda * x.sign())
  }

  /// x, and 0 where it is within λ of that.
  public func hardShrink(_ lambda: Scalar = 0.5) throws -> Variable {
    let x = try floating()
    let lambda = try lambda.bounded(by: .shrinkage(of: "hardshrink")).like(x)
    return try x.isWithin(lambda).select(.number(0, like: x), x)
  }

  // MARK: Exponentials below 0

  /// x for x > 0, else `alpha` (eˣ - 1).
  public func elu(alpha: Scalar = 1) throws -> Variable {
    let x = try floating()
    let isPositive = try x.isPositive()
    return try isPositive.select(
      x, alpha * isPositive.select(.number(0, like: x), x).expm1())
  }

  /// x for x > 0, else α (e^(x/α) - 1), whose slope at 0 is 1 for every α.
  public func celu(alpha: Scalar = 1) throws -> Variable {
    let x = try floating()
    let alpha = try alpha.bounded(by: .celuAlpha)
    let isPositive = try x.isPositive()
    let below = try isPositive.select(.number(0, like: x), x / alpha)
    return try isPositive.select(x, alpha * below.expm1())
  }

  /// `elu` with the numbers that keep mean 0 and variance 1 from layer to layer.
  public func selu() throws -> Variable {
    try elu(alpha: 1.6732632423543772) * 1.0507009873554805
  }

  /// log(1 + e^(βx)) / β, and x itself where βx is above a threshold.
  ///
  /// It is exact without one; PyTorch has 20, above which the two differ by less than 2.1e-9.
  public func softplus(beta: Scalar, threshold: Scalar? = nil) throws -> Variable {
    let x = try floating()
    let beta = try beta.bounded(by: .softplusBeta)
    let scaled = try beta * x
    let smooth = try scaled.softplus() / beta
    guard let threshold else { return smooth }
    return try scaled.isGreater(than: threshold.like(x)).select(x, smooth)
  }

  // MARK: Gates

  /// The approximation of `x Φ(x)` by tanh.
  ///
  ///     x (1 + tanh u) / 2 = x σ(2u)            u = √(2/π) (x + 0.044715 x³)
  public func geluByTanh() throws -> Variable {
    let x = try floating()
    let u = try x * (x * x * 0.07135481627260025 + 1.5957691216057308)
    return try x.scaled(by: u.sigmoid())
  }

  /// `x tanh(log(1 + eˣ))`.
  public func mish() throws -> Variable {
    let x = try floating()
    return try x.scaled(by: x.softplus().tanh())
  }

  /// The first half along an axis times the sigmoid of the second.
  public func glu(axis: Int = -1) throws -> Variable {
    let place = try shape.axis(axis)
    let extent = shape[place]
    guard extent % 2 == 0 else {
      throw TensorError(
        .shape, "glu cannot halve axis \(axis) of \(typeDescription)",
        label: "its extent is \(extent)")
    }
    let x = try floating()
    return try x.sliced(axis: place, from: 0, to: extent / 2)
      * x.sliced(axis: place, from: extent / 2, to: extent).sigmoid()
  }

  // MARK: Between two bounds

  /// `x / (1 + |x|)`.
  public func softSign() throws -> Variable {
    let x = try floating()
    let isSmall = try x.abs().isLess(than: .number(1, like: x))
    let (near, far) = (
      try isSmall.select(x, .number(0, like: x)), try isSmall.select(.number(1, like: x), x)
    )
    // The quotient's slope loses its digits where |x| is large, and is nan where it is infinite.
    let sign = try far.sign()
    return try isSmall.select(near / (near.abs() + 1), sign - sign / (far.abs() + 1))
  }

  /// `x - tanh x`.
  public func tanhShrink() throws -> Variable {
    let x = try floating()
    return try x - x.tanh()
  }

  /// e⁻ˣ / Σ e⁻ˣ along an axis.
  public func softmin(axis: Int = -1) throws -> Variable { try (-floating()).softmax(axis: axis) }

  private func isPositive() throws -> Variable { try isGreater(than: .number(0, like: self)) }

  private func isWithin(_ bound: Variable) throws -> Variable {
    try abs().isLessOrEqual(to: bound)
  }
}
