// Adam, and AdamW with weight decay apart from the gradient.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Adam (Kingma & Ba 2015, arXiv:1412.6980), at a leaf's t-th step.
  ///
  ///     m ← β₁ m + (1 - β₁) g            v ← β₂ v + (1 - β₂) g²
  ///     u = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ) + ε̂) + ε)
  ///
  /// ε stands outside the root and ε̂ (`eps_root`) inside. Where v is 0 the derivative of the root
  /// counts as 0, so that the update's derivative in g at g = 0 is 1 / ε at the first step, its
  /// limit, and never nan.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByAdam(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-8,
    rootEpsilon: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    try rootEpsilon.require("eps_root", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_adam", slots: [.zeros("mu"), .zeros("nu")],
      [betas.first, betas.second, epsilon, rootEpsilon], step: adamStep)
  }

  /// One leaf's step of `scaleByAdam`: the update, and the next m and v.
  ///
  /// Where every hyperparameter is a plain number it is one fused operation; gradients to a
  /// hyperparameter need the step in its parts.
  private static func adamStep(_ step: LeafStep) throws -> [Variable] {
    let (g, t) = (step.gradient, step.number.scalar)
    let (β1, β2, ε, rootε) = (step.values[0], step.values[1], step.values[2], step.values[3])
    if let beta1 = β1.number, let beta2 = β2.number, let epsilon = ε.number,
      let epsilonRoot = rootε.number, step.isUniform
    {
      let fused = AdamStep(
        beta1: beta1, beta2: beta2, epsilon: epsilon, epsilonRoot: epsilonRoot,
        count: step.number.value)
      let (u, m, v) = try Variable.adamStep(
        gradient: g, firstMoment: step.slots[0], secondMoment: step.slots[1], fused,
        corrections: (1 - β1.power(t), 1 - β2.power(t)))
      return [u, m, v]
    }
    let m = try β1 * step.slots[0] + (1 - β1) * g
    let v = try β2 * step.slots[1] + (1 - β2) * g.square()
    let mean = try m / (1 - β1.power(t))
    let root = try (v / (1 - β2.power(t)) + rootε).sqrt()
    return [try mean / (root + ε), m, v]
  }

  /// The scaler of Adam, or of PyTorch's AMSGrad.
  private static func adamStage(
    _ betas: Betas, _ epsilon: Hyperparameter, _ rootEpsilon: Hyperparameter, amsgrad: Bool
  ) throws -> GradientTransformation {
    amsgrad
      ? try scaleByAMSGrad(
        betas, epsilon: epsilon, rootEpsilon: rootEpsilon, maximum: .uncorrected)
      : try scaleByAdam(betas, epsilon: epsilon, rootEpsilon: rootEpsilon)
  }

  /// Adam: weight decay as a part of the gradient, `scaleByAdam`, and the learning rate.
  ///
  /// Arguments, defaults and checks follow `torchopt.adam`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adam(
    learningRate: Hyperparameter = 0.001, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-8, weightDecay: Hyperparameter = 0.0,
    rootEpsilon: Hyperparameter = 0.0, maximize: Bool = false, amsgrad: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(weightDecay, maximize: maximize)
      + [
        adamStage(betas, epsilon, rootEpsilon, amsgrad: amsgrad), scaleByLearningRate(learningRate),
      ]
    return chain(stages, name: "adam")
  }

  /// AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101): θ ← θ - η (u + λ θ), u by `scaleByAdam`.
  ///
  /// Arguments, defaults and checks follow `torchopt.adamw`; the mask says which parameters decay.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adamw(
    learningRate: Hyperparameter = 0.001, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-8, weightDecay: Hyperparameter = 0.01,
    rootEpsilon: Hyperparameter = 0.0, mask: Selection? = nil, maximize: Bool = false,
    amsgrad: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try decayStage(0.0, maximize: maximize)
      + [adamStage(betas, epsilon, rootEpsilon, amsgrad: amsgrad)]
      + decoupledDecayStage(weightDecay, mask: mask)
      + [scaleByLearningRate(learningRate)]
    return chain(stages, name: "adamw")
  }
}

/// The factors of an optimizer's two moving averages.
public struct Betas: Sendable {
  /// Of the gradients.
  public let first: Hyperparameter
  /// Of their squares, or what an algorithm has in their place.
  public let second: Hyperparameter

  /// Two factors.
  public init(_ first: Hyperparameter, _ second: Hyperparameter) {
    self.first = first
    self.second = second
  }

  /// - Throws: a value error unless both are at least 0 and below 1.
  func require() throws {
    try first.require("betas[0]", .decay)
    try second.require("betas[1]", .decay)
  }
}
