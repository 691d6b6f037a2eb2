// Losses: distances between what a model says and what is so.

import Tensors

/// What becomes of the losses of the elements.
public enum LossReduction: String, Sendable {
  case mean, sum, none
}

extension Variable {
  /// The elements put together as a loss says.
  private func reduced(_ reduction: LossReduction) throws -> Variable {
    switch reduction {
    case .mean: try mean()
    case .sum: try sum()
    case .none: self
    }
  }

  /// The squared error.
  public func squaredLoss(_ target: Variable, _ reduction: LossReduction = .mean) throws -> Variable
  {
    let x = try floating()
    if reduction == .mean, x.shape == target.shape, x.dtype == target.dtype {
      return try x.meanSquaredDifference(target, axes: .all(rank: x.rank))
    }
    return try (x - target).square().reduced(reduction)
  }

  /// The absolute error.
  public func absoluteLoss(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    try (floating() - target).abs().reduced(reduction)
  }

  /// Half the squared error up to `delta`, linear beyond.
  ///
  ///     e = |x - t|            e ≤ δ: e² / 2            else: δ (e - δ / 2)
  public func huberLoss(
    _ target: Variable, delta: Scalar = 1, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let error = try (floating() - target).abs()
    let near = try error.minimum(delta.like(error))
    // With m = min(e, δ), both branches are m (e - m / 2), and the tie's shares cancel.
    return try (near * (error - near * 0.5)).reduced(reduction)
  }

  /// The cross entropy of these logits and classes, over the last axis.
  ///
  /// - Parameter target: i64 classes, one for each row; or probabilities, of this shape.
  public func crossEntropy(
    _ target: Variable, labelSmoothing: Scalar = 0, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    guard rank >= 1 else {
      throw TensorError(
        .shape, "cross_entropy needs an axis of classes, and got \(typeDescription)")
    }
    let last = rank - 1
    let logarithms = try logSoftmax(axis: last)
    let fit: Variable
    if target.dtype == .i64 && target.shape == shape.removing(axis: last) {
      fit = try logarithms.gather(target.expanded(at: -1), axis: last).squeezed(-1)
    } else if target.shape == shape && target.dtype.isFloat {
      fit = try (target * logarithms).sum(axes: AxisSet(last))
    } else {
      throw TensorError(
        .shape, "cross_entropy does not fit \(typeDescription) and \(target.typeDescription)",
        hint: "the target is an i64 class for each row, or a probability for each logit")
    }
    guard labelSmoothing.number != 0 else { return try (-fit).reduced(reduction) }
    let even = try logarithms.mean(axes: AxisSet(last))
    return try (-((1 - labelSmoothing) * fit + labelSmoothing * even)).reduced(reduction)
  }

  /// The cross entropy of these probabilities and targets of 0 and 1, element by element; the
  /// logarithms are kept above -100, as PyTorch does.
  public func binaryCrossEntropy(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let p = try floating()
    let least = Variable.number(-100, like: p)
    let yes = try p.log().clip(least, nil)
    let no = try (-p).log1p().clip(least, nil)
    return try (-(target * yes + (1 - target.floating()) * no)).reduced(reduction)
  }

  /// The cross entropy of these logits and targets of 0 and 1, element by element.
  public func binaryCrossEntropyWithLogits(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let x = try floating()
    return try (x.softplus() - x * target).reduced(reduction)
  }

  /// The divergence of target probabilities from these log-probabilities: Σ t (log t - x).
  public func klDivergence(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let t = try target.floating()
    let zero = Variable.number(0, like: t)
    let isPositive = try t.isGreater(than: zero)
    let logarithm = try isPositive.select(t, .number(1, like: t)).log()
    return try isPositive.select(t * (logarithm - self), zero).reduced(reduction)
  }

  /// The cosine of the angle between vectors along an axis; 0 beside a vector of zeros.
  public func cosineSimilarity(
    _ b: Variable, axis: Int = -1, epsilon: Scalar = 1e-8
  ) throws -> Variable {
    let (a, b) = (try floating(), try b.floating())
    let axes = AxisSet(try a.shape.axis(axis))
    let other = AxisSet(try b.shape.axis(axis))
    let product = try a * b
    let lengths =
      try a.norm(axes: axes).maximum(epsilon.like(a))
      * b.norm(axes: other).maximum(epsilon.like(b))
    return try product.sum(axes: AxisSet(product.shape.axis(axis))) / lengths
  }
}
