// NAdam: Adam with Nesterov's momentum.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of NAdam (Dozat 2016), at a leaf's t-th step.
  ///
  ///     μₜ = β₁ (1 - ½ 0.96^(t ψ))       p ← p μₜ
  ///     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) g²
  ///     u = (μₜ₊₁ m / (1 - p μₜ₊₁) + (1 - μₜ) g / (1 - p)) / (√(v / (1 - β₂ᵗ)) + ε)
  ///
  /// p is the product of all μ so far, and ψ the `momentum_decay`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByNAdam(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-8,
    momentumDecay: Hyperparameter = 0.004
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    try momentumDecay.require("momentum_decay", .nonNegative)
    let product = Slot(name: "mu_product") { .number(1, like: $0) }
    return GradientTransformation(
      leafwise: "scale_by_nadam", slots: [.zeros("mu"), .zeros("nu"), product],
      [betas.first, betas.second, epsilon, momentumDecay]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε, ψ) = (step.values[0], step.values[1], step.values[2], step.values[3])
      func momentum(at t: Scalar) throws -> Scalar {
        try β1 * (1 - 0.5 * Scalar.number(0.96).power(t * ψ))
      }
      let (now, next) = (try momentum(at: t), try momentum(at: t + 1))
      let p = try Scalar.variable(step.slots[2]) * now
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let v = try β2 * step.slots[1] + (1 - β2) * g.square()
      let ahead = try next / (1 - p * next) * m + (1 - now) / (1 - p) * g
      let root = try (v / (1 - β2.power(t))).sqrt()
      return [try ahead / (root + ε), m, v, try p.like(g)]
    }
  }

  /// NAdam: weight decay, `scaleByNAdam`, and the learning rate.
  ///
  /// Arguments, defaults and checks follow `torch.optim.NAdam`; decoupled weight decay is AdamW's.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func nadam(
    learningRate: Hyperparameter = 0.002, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-8, weightDecay: Hyperparameter = 0.0,
    momentumDecay: Hyperparameter = 0.004, decoupledWeightDecay: Bool = false,
    maximize: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(decoupledWeightDecay ? 0.0 : weightDecay, maximize: maximize)
      + [scaleByNAdam(betas, epsilon: epsilon, momentumDecay: momentumDecay)]
      + decoupledDecayStage(decoupledWeightDecay ? weightDecay : 0.0, mask: nil)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "nadam")
  }
}
