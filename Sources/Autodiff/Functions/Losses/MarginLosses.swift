// Losses that ask for a margin: on the right side of a line, between distances, between ranks. What fulfils
// it costs nothing.

import Tensors

extension Bounds {
  fileprivate static let cosineEpsilon = Bounds("`eps` of cosine_similarity", "0 or more", from: 0)

  /// Of the size of a target that is a sign.
  fileprivate static func sign(of loss: String) -> Bounds {
    Bounds(from: 1, to: 1) {
      TensorError(
        .value, "a target of \(loss) must be -1 or 1, and one has the size \($0)",
        hint: "2 * t - 1 makes them of 0 and 1")
    }
  }
}

extension Variable {
  /// The hinge loss of these scores and targets of -1 and 1.
  ///
  ///     max(0, 1 - t x)
  public func hingeLoss(_ target: Variable, _ reduction: LossReduction = .mean) throws -> Variable {
    let sign = try self.target(target, of: "hinge_loss").sign(of: "hinge_loss")
    return try (1 - floating() * sign).relu().reduced(reduction)
  }

  /// These distances where the target is 1, and what they lack of a margin where it is -1.
  public func hingeEmbeddingLoss(
    _ target: Variable, margin: Scalar = 1, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let x = try floating()
    let sign = try self.target(target, of: "hinge_embedding_loss").sign(of: "hinge_embedding_loss")
    let apart = try (margin.like(x) - x).relu()
    return try sign.isGreater(than: .number(0, like: sign)).select(x, apart).reduced(reduction)
  }

  /// What these scores lack of being a margin above others, where the target is 1; below, where it is -1.
  ///
  ///     max(0, m - t (a - b))
  public func marginRankingLoss(
    _ b: Variable, _ target: Variable, margin: Scalar = 0, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let difference = try floating() - self.target(b, of: "margin_ranking_loss").floating()
    let sign = try difference.target(target, of: "margin_ranking_loss")
      .sign(of: "margin_ranking_loss")
    return try (margin.like(difference) - sign * difference).relu().reduced(reduction)
  }

  /// How much farther these vectors, along the last axis, are from others that they should be near to than from
  /// those they should be far from, and a margin.
  ///
  ///     max(0, d(a, p) - d(a, n) + m)            d(a, b) = ‖a - b + ε‖ₚ
  ///
  /// - Parameter swaps: whether the second distance is the lesser of `d(a, n)` and `d(p, n)`.
  public func tripletLoss(
    _ positive: Variable, _ negative: Variable, margin: Scalar = 1, order p: Double = 2,
    epsilon: Scalar = 1e-6, swaps: Bool = false, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    guard rank >= 1, positive.shape == shape, negative.shape == shape else {
      throw TensorError(
        .shape,
        "triplet_loss does not fit \(typeDescription), \(positive.typeDescription) and "
          + negative.typeDescription, hint: "they are vectors along the last axis, of one shape")
    }
    func distance(_ a: Variable, _ b: Variable) throws -> Variable {
      let apart = try a.floating() - b.floating() + epsilon
      return try apart.norm(order: p, axes: AxisSet(rank - 1))
    }
    let near = try distance(self, positive)
    var far = try distance(self, negative)
    if swaps { far = try far.minimum(distance(positive, negative)) }
    return try (near - far + margin).relu().reduced(reduction)
  }

  /// How far the angle between vectors, along the last axis, is from none where the target is 1; how far its
  /// cosine is above a margin where it is -1.
  ///
  ///     t = 1: 1 - cos            t = -1: max(0, cos - m)            cos = a·b / √(|a|² + ε) / √(|b|² + ε)
  public func cosineEmbeddingLoss(
    _ b: Variable, _ target: Variable, margin: Scalar = 0, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    guard rank >= 1, b.shape == shape, target.shape == shape.removing(axis: rank - 1) else {
      throw TensorError(
        .shape,
        "cosine_embedding_loss does not fit \(typeDescription), \(b.typeDescription) and a target of "
          + target.typeDescription,
        hint: "they are vectors along the last axis, with a target of -1 or 1 for each pair")
    }
    let sign = try target.sign(of: "cosine_embedding_loss")
    let (x, y, last) = (try floating(), try b.floating(), AxisSet(rank - 1))
    func length(_ x: Variable) throws -> Variable {
      try (x.square().sum(axes: last) + 1e-12).sqrt()
    }
    let cosine = try (x * y).sum(axes: last) / length(x) / length(y)
    let apart = try (cosine - margin.like(cosine)).relu()
    return try sign.isGreater(than: .number(0, like: sign)).select(1 - cosine, apart)
      .reduced(reduction)
  }

  /// This target as floats, each of which must be -1 or 1.
  private func sign(of loss: String) throws -> Variable {
    let target = try floating()
    // The size is 1, and a factor so that a recording keeps the look at it.
    return try target * target.abs().bounded(by: .sign(of: loss))
  }

  /// The cosine of the angle between vectors along an axis of the shape that both stretch to; 0
  /// beside a vector of zeros.
  public func cosineSimilarity(
    _ b: Variable, axis: Int = -1, epsilon: Scalar = 1e-8
  ) throws -> Variable {
    let (a, b) = (try floating(), try b.floating())
    let epsilon = try epsilon.bounded(by: .cosineEpsilon)
    let shape = try Shape.broadcast(a.shape, b.shape) ?? (a * b).shape
    let axes = AxisSet(try shape.axis(axis))
    // Each divided by its own length: the product of two long vectors may overflow.
    func unit(_ x: Variable) throws -> Variable {
      let x = try x.broadcast(to: shape)
      return try x / x.norm(axes: axes, keepAxes: true).maximum(epsilon.like(x))
    }
    return try (unit(a) * unit(b)).sum(axes: axes)
  }
}
