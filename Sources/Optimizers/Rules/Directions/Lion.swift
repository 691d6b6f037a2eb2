// Lion: steps of one length, in the direction of a sign.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Lion (Chen et al. 2023, arXiv:2302.06675).
  ///
  ///     u = sign(β₁ m + (1 - β₁) g)            m ← β₂ m + (1 - β₂) g
  ///
  /// The derivative of a sign is 0: gradients reach the learning rate and the weight decay, and the
  /// parameters as they were, but not what the loss was made of.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByLion(
    _ betas: Betas = Betas(0.9, 0.99)
  ) throws -> GradientTransformation {
    try betas.require()
    return GradientTransformation(
      leafwise: "scale_by_lion", slots: [.zeros("mu")], [betas.first, betas.second]
    ) { step in
      let (g, m) = (step.gradient, step.slots[0])
      let (β1, β2) = (step.values[0], step.values[1])
      return [try (β1 * m + (1 - β1) * g).sign(), try β2 * m + (1 - β2) * g]
    }
  }

  /// Lion: `scaleByLion`, weight decay apart from the gradient, and the learning rate.
  ///
  /// Defaults follow `optax.lion`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func lion(
    learningRate: Hyperparameter, betas: Betas = Betas(0.9, 0.99),
    weightDecay: Hyperparameter = 0.001, mask: Selection? = nil
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try [scaleByLion(betas)] + decoupledDecayStage(weightDecay, mask: mask)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "lion")
  }
}
