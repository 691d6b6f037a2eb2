// Losses: distances between what a model says and what is so.

import Tensors

/// What becomes of the losses of the elements.
public enum LossReduction: String, Sendable {
  case mean, sum, none
}

extension Bounds {
  fileprivate static let hubersDelta = Bounds(
    "`delta` of huber_loss", "above 0", from: .leastNonzeroMagnitude)

  fileprivate static let smoothnessBeta = Bounds("`beta` of smooth_l1_loss", "0 or more", from: 0)
}

extension Variable {
  /// The target of a loss of these predictions, which has their shape or is one number: what
  /// stretches by chance trains to nonsense.
  func target(_ target: Variable, of loss: String) throws -> Variable {
    guard target.shape == shape || target.rank == 0 else {
      throw Variable.unfitting(self, target, loss)
    }
    return target
  }

  /// What weighs the elements of this shape: one number for each, or what stretches to them.
  func weights(_ weights: Variable, of loss: String, named name: String = "weight") throws
    -> Variable
  {
    guard Shape.broadcast(weights.shape, shape) == shape else {
      throw TensorError(
        .shape,
        "`\(name)` of \(loss) does not fit: it is \(weights.typeDescription), and the prediction is "
          + typeDescription, hint: "it has the shape of the prediction, or one that stretches to it"
      )
    }
    return try weights.floating()
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
  func reduced(_ reduction: LossReduction) throws -> Variable {
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
    return try error.huber(delta.like(error)).reduced(reduction)
  }

  /// Both branches as one: with m = e kept between -δ and δ it is m (e - m / 2), smooth at 0, and the tie's
  /// shares cancel.
  private func huber(_ bound: Variable) throws -> Variable {
    let near = try minimum(bound).maximum(-bound)
    return try near * (self - near * 0.5)
  }

  /// Half the squared error over `beta` up to `beta`, the absolute error less `beta / 2` beyond: the Huber loss
  /// over `beta`, and the absolute error for 0.
  public func smoothAbsoluteLoss(
    _ target: Variable, beta: Scalar = 1, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let beta = try beta.bounded(by: .smoothnessBeta)
    let error = try floating() - self.target(target, of: "smooth_l1_loss")
    if beta.number == 0 { return try error.abs().reduced(reduction) }
    return try error.huber(beta.like(error)).divided(by: beta.like(error)).reduced(reduction)
  }
}
