// NAdamW: Adam with Nesterov's momentum, and weight decay apart from the gradient.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Adam with Nesterov's momentum (Dozat 2016), at a leaf's t-th step.
  ///
  ///     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) g²
  ///     n = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ)
  ///     u = n / (√(v / (1 - β₂ᵗ) + ε̂) + ε)
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByNesterovAdam(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-8,
    rootEpsilon: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    try rootEpsilon.require("eps_root", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_nesterov_adam", slots: [.zeros("mu"), .zeros("nu")],
      [betas.first, betas.second, epsilon, rootEpsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε, rootε) = (step.values[0], step.values[1], step.values[2], step.values[3])
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let v = try β2 * step.slots[1] + (1 - β2) * g.square()
      let ahead = try m.lookingAhead(g, β1, step.number)
      return [try ahead / ((v / (1 - β2.power(t)) + rootε).sqrt() + ε), m, v]
    }
  }

  /// NAdamW: `scaleByNesterovAdam`, weight decay apart from the gradient, and the learning rate.
  ///
  /// Arguments and defaults follow `optax.nadamw`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func nadamw(
    learningRate: Hyperparameter, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-8, rootEpsilon: Hyperparameter = 0.0,
    weightDecay: Hyperparameter = 1e-4, mask: Selection? = nil
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try [scaleByNesterovAdam(betas, epsilon: epsilon, rootEpsilon: rootEpsilon)]
      + decoupledDecayStage(weightDecay, mask: mask)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "nadamw")
  }
}

extension Variable {
  /// The moving average m after the t-th gradient g, corrected and moved on as if g came once more.
  ///
  ///     β m / (1 - βᵗ⁺¹) + (1 - β) g / (1 - βᵗ)
  func lookingAhead(_ g: Variable, _ β: Scalar, _ t: Count) throws -> Variable {
    let (now, next) = (t.scalar, t.number { Double($0) + 1 })
    return try β * (self / (1 - β.power(next))) + (1 - β) * (g / (1 - β.power(now)))
  }
}
