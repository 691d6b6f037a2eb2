// RMSprop: updates over the root of a moving mean square, or over a moving standard deviation.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Updates over the root of their mean square (Tieleman & Hinton 2012).
  ///
  ///     v ← α v + (1 - α) g²            u = g / (√v + ε)
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByRMS(
    alpha: Hyperparameter = 0.9, epsilon: Hyperparameter = 1e-8,
    initialScale: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    let second = try meanSquareSlot(alpha, epsilon, initialScale)
    return GradientTransformation(
      leafwise: "scale_by_rms", slots: [second], [alpha, epsilon]
    ) { step in
      let g = step.gradient
      let (α, ε) = (step.values[0], step.values[1])
      let v = try α * step.slots[0] + (1 - α) * g.square()
      return [try g / (v.sqrt() + ε), v]
    }
  }

  /// Updates over their standard deviation: centered RMSprop (Graves 2013, arXiv:1308.0850).
  ///
  ///     m ← α m + (1 - α) g            v ← α v + (1 - α) g²
  ///     u = g / (√max(v - m², 0) + ε)
  ///
  /// Rounding may leave v below m²; the variance is 0 there, and so is its derivative.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByStandardDeviation(
    alpha: Hyperparameter = 0.9, epsilon: Hyperparameter = 1e-8,
    initialScale: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    let second = try meanSquareSlot(alpha, epsilon, initialScale)
    return GradientTransformation(
      leafwise: "scale_by_stddev", slots: [.zeros("mu"), second], [alpha, epsilon]
    ) { step in
      let g = step.gradient
      let (α, ε) = (step.values[0], step.values[1])
      let m = try α * step.slots[0] + (1 - α) * g
      let v = try α * step.slots[1] + (1 - α) * g.square()
      let variance = try (v - m.square()).relu()
      return [try g / (variance.sqrt() + ε), m, v]
    }
  }

  private static func meanSquareSlot(
    _ alpha: Hyperparameter, _ epsilon: Hyperparameter, _ initialScale: Hyperparameter
  ) throws -> Slot {
    try alpha.require("alpha", .nonNegative)
    try epsilon.require("eps", .nonNegative)
    try initialScale.require("initial_scale", .nonNegative)
    return .filled("nu", with: initialScale)
  }

  /// RMSprop: weight decay as a part of the gradient, one of the two scalers, momentum, and the
  /// learning rate.
  ///
  /// Arguments, defaults and checks follow `torchopt.rmsprop`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func rmsprop(
    learningRate: Hyperparameter = 0.01, alpha: Hyperparameter = 0.99,
    epsilon: Hyperparameter = 1e-8, weightDecay: Hyperparameter = 0.0,
    momentum: Hyperparameter = 0.0, centered: Bool = false, initialScale: Hyperparameter = 0.0,
    nesterov: Bool = false, maximize: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let scaler = centered ? scaleByStandardDeviation : scaleByRMS
    let stages =
      try decayStage(weightDecay, maximize: maximize)
      + [scaler(alpha, epsilon, initialScale)]
      + momentumStage(momentum, nesterov: nesterov)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "rmsprop")
  }
}
