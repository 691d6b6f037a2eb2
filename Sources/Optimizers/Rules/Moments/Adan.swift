// Adan: Adam with the change of the gradient as Nesterov's look ahead.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Adan (Xie et al. 2022, arXiv:2208.06677), at a leaf's t-th step.
  ///
  ///     d = g - g of the step before, 0 at the first
  ///     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) d
  ///     n ← β₃ n + (1 - β₃) (g + (1 - β₂) d)²
  ///     u = (m / (1 - β₁ᵗ) + (1 - β₂) v / (1 - β₂ᵗ)) / (√(n / (1 - β₃ᵗ) + ε̂) + ε)
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByAdan(
    _ betas: Betas = Betas(0.98, 0.92), third: Hyperparameter = 0.99,
    epsilon: Hyperparameter = 1e-8, rootEpsilon: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try betas.require()
    try third.require("b3", .decay)
    try epsilon.require("eps", .nonNegative)
    try rootEpsilon.require("eps_root", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_adan",
      slots: [.zeros("mu"), .zeros("delta"), .zeros("nu"), .zeros("gradient")],
      [betas.first, betas.second, third, epsilon, rootEpsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, β3) = (step.values[0], step.values[1], step.values[2])
      let d = step.number.decides { $0 == 1 } ? try g.zerosLike() : try g - step.slots[3]
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let v = try β2 * step.slots[1] + (1 - β2) * d
      let n = try β3 * step.slots[2] + (1 - β3) * (g + (1 - β2) * d).square()
      let ahead = try m / (1 - β1.power(t)) + (1 - β2) * (v / (1 - β2.power(t)))
      let root = try (n / (1 - β3.power(t)) + step.values[4]).sqrt()
      return [try ahead / (root + step.values[3]), m, v, n, g]
    }
  }

  /// Adan: `scaleByAdan`, weight decay apart from the gradient, and the learning rate.
  ///
  /// Arguments and defaults follow `optax.adan`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adan(
    learningRate: Hyperparameter, betas: Betas = Betas(0.98, 0.92), third: Hyperparameter = 0.99,
    epsilon: Hyperparameter = 1e-8, rootEpsilon: Hyperparameter = 1e-8,
    weightDecay: Hyperparameter = 0.0, mask: Selection? = nil
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try [scaleByAdan(betas, third: third, epsilon: epsilon, rootEpsilon: rootEpsilon)]
      + decoupledDecayStage(weightDecay, mask: mask)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "adan")
  }
}
