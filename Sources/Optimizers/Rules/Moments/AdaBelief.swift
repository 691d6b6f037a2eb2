// AdaBelief: steps by how far gradients are from what was expected of them.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of AdaBelief (Zhuang et al. 2020, arXiv:2010.07468), at a leaf's t-th step.
  ///
  ///     m ← β₁ m + (1 - β₁) g            s ← β₂ s + (1 - β₂) (g - m)² + ε̂
  ///     u = m / (1 - β₁ᵗ) / (√(s / (1 - β₂ᵗ)) + ε)
  ///
  /// With `nesterov` m is moved on as in `scaleByNesterovAdam`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByBelief(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-16,
    rootEpsilon: Hyperparameter = 1e-16, nesterov: Bool = false
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    try rootEpsilon.require("eps_root", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_belief", slots: [.zeros("mu"), .zeros("nu")],
      [betas.first, betas.second, epsilon, rootEpsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε, rootε) = (step.values[0], step.values[1], step.values[2], step.values[3])
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let s = try β2 * step.slots[1] + (1 - β2) * (g - m).square() + rootε
      let mean = nesterov ? try m.lookingAhead(g, β1, step.number) : try m / (1 - β1.power(t))
      return [try mean / ((s / (1 - β2.power(t))).sqrt() + ε), m, s]
    }
  }

  /// AdaBelief: `scaleByBelief` and the learning rate.
  ///
  /// Arguments and defaults follow `optax.adabelief`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adabelief(
    learningRate: Hyperparameter, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-16, rootEpsilon: Hyperparameter = 1e-16, nesterov: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    return chain(
      [
        try scaleByBelief(betas, epsilon: epsilon, rootEpsilon: rootEpsilon, nesterov: nesterov),
        try scaleByLearningRate(learningRate),
      ], name: "adabelief")
  }
}
