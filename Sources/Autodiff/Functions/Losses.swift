// Losses: distances between what a model says and what is so.

import Tensors

/// What becomes of the losses of the elements.
public enum LossReduction: String, Sendable {
  case mean, sum, none
}

extension Bounds {
  fileprivate static let hubersDelta = Bounds(
    "`delta` of huber_loss", "above 0", from: .leastNonzeroMagnitude)

  fileprivate static let labelSmoothing = Bounds(
    "`label_smoothing` of cross_entropy", "from 0 to 1", from: 0, to: 1)

  fileprivate static let probability = Bounds(
    "a probability of binary_cross_entropy", "from 0 to 1", from: 0, to: 1,
    hint: "numbers of any size are logits: from_logits=true")

  fileprivate static let divergenceTarget = Bounds(
    "a target of kl_div", "0 or more", from: 0,
    hint: "logarithms of probabilities: log_target=true")

  fileprivate static let cosineEpsilon = Bounds("`eps` of cosine_similarity", "0 or more", from: 0)

  fileprivate static func classes(_ count: Int) -> Bounds {
    Bounds(from: 0, to: Double(count - 1)) { .noClass($0, of: count) }
  }
}

extension Variable {
  /// The target of a loss of these predictions, which has their shape or is one number: what
  /// stretches by chance trains to nonsense.
  private func target(_ target: Variable, of loss: String) throws -> Variable {
    guard target.shape == shape || target.rank == 0 else {
      throw Variable.unfitting(self, target, loss)
    }
    return target
  }

  /// The error for a prediction and a target of different shapes.
  package static func unfitting(
    _ prediction: Variable, _ target: Variable, _ loss: String
  ) -> TensorError {
    let hint =
      if prediction.count == target.count {
        "they have as many elements: target.reshape(prediction.shape) gives them one shape"
      } else if Shape.broadcast(target.shape, prediction.shape) == prediction.shape {
        "target.broadcast_to(prediction.shape) stretches it"
      } else {
        "each element of the prediction has one of the target; a plain number serves for all"
      }
    return TensorError(
      .shape,
      "\(loss) does not fit a prediction of \(prediction.typeDescription) and a target of "
        + target.typeDescription, hint: hint)
  }

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
    let (x, target) = (try floating(), try self.target(target, of: "mse_loss"))
    if reduction == .mean, x.shape == target.shape, x.dtype == target.dtype {
      return try x.meanSquaredDifference(target, axes: .all(rank: x.rank))
    }
    return try (x - target).square().reduced(reduction)
  }

  /// The absolute error.
  public func absoluteLoss(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    try (floating() - self.target(target, of: "l1_loss")).abs().reduced(reduction)
  }

  /// Half the squared error up to `delta`, linear beyond.
  ///
  ///     e = x - t            |e| ≤ δ: e² / 2            else: δ (|e| - δ / 2)
  public func huberLoss(
    _ target: Variable, delta: Scalar = 1, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let delta = try delta.bounded(by: .hubersDelta)
    let error = try floating() - self.target(target, of: "huber_loss")
    let bound = try delta.like(error)
    let near = try error.minimum(bound).maximum(-bound)
    // With m = e kept between -δ and δ, both branches are m (e - m / 2), smooth at 0, and the tie's
    // shares cancel.
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
    let smoothing = try labelSmoothing.bounded(by: .labelSmoothing)
    let logarithms = try logSoftmax(axis: last)
    let fit: Variable
    if target.dtype == .i64 && target.shape == shape.removing(axis: last) {
      let known = try target.bounded(by: .classes(shape[last]))
      fit = try logarithms.gather(known.expanded(at: -1), axis: last).squeezed(-1)
    } else if target.shape == shape && target.dtype.isFloat {
      fit = try (target * logarithms).sum(axes: AxisSet(last))
    } else {
      throw TensorError(
        .shape, "cross_entropy does not fit \(typeDescription) and \(target.typeDescription)",
        hint: "the target is an i64 class for each row, or a probability for each logit")
    }
    guard smoothing.number != 0 else { return try (-fit).reduced(reduction) }
    let even = try logarithms.mean(axes: AxisSet(last))
    return try (-((1 - smoothing) * fit + smoothing * even)).reduced(reduction)
  }

  /// The cross entropy of these probabilities and targets of 0 and 1, element by element; the
  /// logarithms are kept above -100, as PyTorch does.
  public func binaryCrossEntropy(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let target = try self.target(target, of: "binary_cross_entropy")
    let p = try floating().bounded(by: .probability)
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
    return try (x.softplus() - x * self.target(target, of: "binary_cross_entropy"))
      .reduced(reduction)
  }

  /// The divergence of target probabilities from these log-probabilities: Σ t (log t - x).
  public func klDivergence(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let t = try self.target(target, of: "kl_div").floating().bounded(by: .divergenceTarget)
    let zero = Variable.number(0, like: t)
    let isPositive = try t.isGreater(than: zero)
    let logarithm = try isPositive.select(t, .number(1, like: t)).log()
    return try isPositive.select(t * (logarithm - self), zero).reduced(reduction)
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
