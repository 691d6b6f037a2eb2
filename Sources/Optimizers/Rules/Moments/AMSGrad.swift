// AMSGrad: Adam whose second moment never falls.

import Autodiff
import Tensors

/// Which second moments AMSGrad takes the greatest of.
public enum AMSGradMaximum: Sendable {
  /// Those that are corrected for their beginning at 0, as Optax does.
  case corrected
  /// Those before the correction, which the greatest then gets, as PyTorch does.
  case uncorrected
}

extension GradientTransformation {
  /// The direction of AMSGrad (Reddi, Kale & Kumar 2018, arXiv:1904.09237), at a leaf's t-th step.
  ///
  ///     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) g²
  ///     w ← max(w, v / (1 - β₂ᵗ))        u = m / (1 - β₁ᵗ) / (√(w + ε̂) + ε)
  ///
  /// With `.uncorrected` w is the greatest v, and w / (1 - β₂ᵗ) stands in the root.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByAMSGrad(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-8,
    rootEpsilon: Hyperparameter = 0.0, maximum: AMSGradMaximum = .corrected,
    correctsFirst: Bool = true, correctsSecond: Bool = true
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    try rootEpsilon.require("eps_root", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_amsgrad", slots: [.zeros("mu"), .zeros("nu"), .zeros("nu_max")],
      [betas.first, betas.second, epsilon, rootEpsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε, rootε) = (step.values[0], step.values[1], step.values[2], step.values[3])
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let v = try β2 * step.slots[1] + (1 - β2) * g.square()
      let correction = correctsSecond ? try 1 - β2.power(t) : 1
      let greatest: Variable
      let second: Variable
      switch maximum {
      case .corrected:
        greatest = try step.slots[2].maximum(v / correction)
        second = greatest
      case .uncorrected:
        greatest = try step.slots[2].maximum(v)
        second = try greatest / correction
      }
      let mean = correctsFirst ? try m / (1 - β1.power(t)) : m
      return [try mean / ((second + rootε).sqrt() + ε), m, v, greatest]
    }
  }

  /// AMSGrad: `scaleByAMSGrad` and the learning rate.
  ///
  /// Arguments and defaults follow `optax.amsgrad`; PyTorch's stands in `adam` and `adamw`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func amsgrad(
    learningRate: Hyperparameter, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-8, rootEpsilon: Hyperparameter = 0.0,
    correctsFirst: Bool = true, correctsSecond: Bool = true
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    return chain(
      [
        try scaleByAMSGrad(
          betas, epsilon: epsilon, rootEpsilon: rootEpsilon, correctsFirst: correctsFirst,
          correctsSecond: correctsSecond),
        try scaleByLearningRate(learningRate),
      ], name: "amsgrad")
  }
}
