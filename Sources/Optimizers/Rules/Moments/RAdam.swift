// RAdam: Adam that waits until the variance of its step length is known.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of rectified Adam (Liu et al. 2020, arXiv:1908.03265), at a leaf's t-th step.
  ///
  ///     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) g²
  ///     ρ∞ = 2 / (1 - β₂) - 1            ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
  ///     u = m / (1 - β₁ᵗ)                where ρ ≤ 5, else times r / (√v + ε),
  ///     r = √((1 - β₂ᵗ) (ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))
  ///
  /// ε is added to the root of the moment that is not corrected, as in PyTorch and TorchOpt. For
  /// β₂ = 0.999 the rectification begins at t = 6.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByRAdam(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-6
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_radam", slots: [.zeros("mu"), .zeros("nu")],
      [betas.first, betas.second, epsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε) = (step.values[0], step.values[1], step.values[2])
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let v = try β2 * step.slots[1] + (1 - β2) * g.square()
      let mean = try m / (1 - β1.power(t))
      if case .variable(let variable) = β2, variable.count != 1 {
        throw TensorError(
          .shape,
          "the second beta of radam must be one number, not \(variable.typeDescription): elements "
            + "would differ in when they are rectified")
      }
      guard let r = try rectification(β2, t) else { return [mean, m, v] }
      return [try r * mean / (v.sqrt() + ε), m, v]
    }
  }

  /// r of `scaleByRAdam`; nil where ρ is at most 5.
  ///
  /// - Throws: a value error inside `vmap` over β₂, where one program cannot take both ways.
  private static func rectification(_ β2: Scalar, _ t: Scalar) throws -> Scalar? {
    let power = try β2.power(t)
    let limit = try 2 / (1 - β2) - 1
    let ρ = try limit - 2 * t * power / (1 - power)
    if case .variable = ρ {
      guard let value = ρ.value else {
        throw TensorError(.value, "the second beta of radam cannot be mapped over by vmap")
      }
      guard value > 5 else { return nil }
    } else {
      guard ρ.decides({ $0 > 5 }) else { return nil }
    }
    let above = try (ρ - 4) * (ρ - 2) * limit
    let below = try (limit - 4) * (limit - 2) * ρ
    return try ((1 - power) * above / below).sqrt()
  }

  /// RAdam: weight decay as a part of the gradient, `scaleByRAdam`, and the learning rate.
  ///
  /// Arguments, defaults and checks follow `torchopt.radam`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func radam(
    learningRate: Hyperparameter = 0.001, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-6, weightDecay: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(weightDecay)
      + [scaleByRAdam(betas, epsilon: epsilon), scaleByLearningRate(learningRate)]
    return chain(stages, name: "radam")
  }
}
