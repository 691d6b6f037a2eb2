// Adadelta: a step's length from the lengths of the steps before.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Adadelta (Zeiler 2012, arXiv:1212.5701).
  ///
  ///     m ← ρ m + (1 - ρ) g²
  ///     u = g √((n + ε) / (m + ε))
  ///     n ← ρ n + (1 - ρ) u²
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByAdadelta(
    rho: Hyperparameter = 0.9, epsilon: Hyperparameter = 1e-6
  ) throws -> GradientTransformation {
    try rho.require("rho", .decay)
    try epsilon.require("eps", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_adadelta", slots: [.zeros("mu"), .zeros("nu")], [rho, epsilon]
    ) { step in
      let g = step.gradient
      let (ρ, ε) = (step.values[0], step.values[1])
      let m = try ρ * step.slots[0] + (1 - ρ) * g.square()
      let u = try g * ((step.slots[1] + ε) / (m + ε)).sqrt()
      let n = try ρ * step.slots[1] + (1 - ρ) * u.square()
      return [u, m, n]
    }
  }

  /// Adadelta: weight decay as a part of the gradient, `scaleByAdadelta`, and the learning rate.
  ///
  /// Arguments, defaults and checks follow `torchopt.adadelta`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adadelta(
    learningRate: Hyperparameter = 0.001, rho: Hyperparameter = 0.9,
    epsilon: Hyperparameter = 1e-6, weightDecay: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(weightDecay)
      + [scaleByAdadelta(rho: rho, epsilon: epsilon), scaleByLearningRate(learningRate)]
    return chain(stages, name: "adadelta")
  }
}
