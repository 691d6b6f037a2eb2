// Yogi: Adam whose second moment grows no faster than the squared gradients ask for.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The direction of Yogi (Zaheer et al. 2018), at a leaf's t-th step; both moments begin at
  /// `initialAccumulator`.
  ///
  ///     m ← β₁ m + (1 - β₁) g            v ← v - (1 - β₂) sign(v - g²) g²
  ///     u = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ) + ε̂) + ε)
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByYogi(
    _ betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-3,
    rootEpsilon: Hyperparameter = 0.0, initialAccumulator: Hyperparameter = 1e-6
  ) throws -> GradientTransformation {
    try betas.require()
    try epsilon.require("eps", .nonNegative)
    try rootEpsilon.require("eps_root", .nonNegative)
    try initialAccumulator.require("initial_accumulator_value", .nonNegative)
    return GradientTransformation(
      leafwise: "scale_by_yogi",
      slots: [.filled("mu", with: initialAccumulator), .filled("nu", with: initialAccumulator)],
      [betas.first, betas.second, epsilon, rootEpsilon]
    ) { step in
      let (g, t) = (step.gradient, step.number.scalar)
      let (β1, β2, ε, rootε) = (step.values[0], step.values[1], step.values[2], step.values[3])
      let square = try g.square()
      let m = try β1 * step.slots[0] + (1 - β1) * g
      let v = try step.slots[1] - (1 - β2) * ((step.slots[1] - square).sign() * square)
      let root = try (v / (1 - β2.power(t)) + rootε).sqrt()
      return [try m / (1 - β1.power(t)) / (root + ε), m, v]
    }
  }

  /// Yogi: `scaleByYogi` and the learning rate.
  ///
  /// Arguments and defaults follow `optax.yogi`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func yogi(
    learningRate: Hyperparameter, betas: Betas = Betas(0.9, 0.999), epsilon: Hyperparameter = 1e-3
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    return chain(
      [try scaleByYogi(betas, epsilon: epsilon), try scaleByLearningRate(learningRate)],
      name: "yogi")
  }
}
