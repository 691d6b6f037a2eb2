// Adamax: Adam with the greatest gradient in place of the mean square.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Adamax (Kingma & Ba 2015, arXiv:1412.6980, §7.1), at a leaf's t-th step.
  ///
  ///     m ← β₁ m + (1 - β₁) g            n ← max(β₂ n, |g| + ε)
  ///     u = m / (1 - β₁ᵗ) / n
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByAdamax(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-6
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_adamax", slots: [.zeros("mu"), .zeros("nu")],
      [betas.first, betas.second, epsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε) = (step.values[0], step.values[1], step.values[2])
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let n = try (β2 * step.slots[1]).maximum(g.abs() + ε)
      return [try m / n / (1 - β1.power(t)), m, n]
    }
  }

  /// Adamax: weight decay as a part of the gradient, `scaleByAdamax`, and the learning rate.
  ///
  /// Arguments, defaults and checks follow `torchopt.adamax`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adamax(
    learningRate: Hyperparameter = 0.001, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-6, weightDecay: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(weightDecay)
      + [scaleByAdamax(betas, epsilon: epsilon), scaleByLearningRate(learningRate)]
    return chain(stages, name: "adamax")
  }
}
