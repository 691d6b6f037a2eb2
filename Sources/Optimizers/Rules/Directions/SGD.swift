// Stochastic gradient descent, with momentum and weight decay.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Gradient descent.
  ///
  ///     g ← g + λ θ                       weight decay, or -g + λ θ with maximize
  ///     b ← μ b + (1 - d) g               momentum, see `trace`
  ///     u = -η b,  or -η (g + μ b) with nesterov
  ///
  /// Arguments, defaults and checks follow `torchopt.sgd`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func sgd(
    learningRate: Hyperparameter, momentum: Hyperparameter = 0.0, dampening: Hyperparameter = 0.0,
    weightDecay: Hyperparameter = 0.0, nesterov: Bool = false, maximize: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(weightDecay, maximize: maximize)
      + momentumStage(momentum, dampening: dampening, nesterov: nesterov)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "sgd")
  }
}
