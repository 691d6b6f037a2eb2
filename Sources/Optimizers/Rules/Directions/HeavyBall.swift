// The heavy ball: a decaying sum of gradients.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Momentum after Polyak (1964).
  ///
  ///     b = μ b + (1 - d) g        b = 0 before the first step
  ///
  /// With a constant gradient and d = 0 it gives g, (1 + μ) g, (1 + μ + μ²) g …, as PyTorch's
  /// momentum; a buffer that begins as the first gradient would count it twice.
  /// - Throws: a value error for a negative momentum.
  public static func heavyBall(
    momentum: Hyperparameter = 0.9, dampening: Hyperparameter = 0.0
  ) throws -> GradientTransformation {
    try momentum.require("momentum", .nonNegative)
    try dampening.require("dampening", .anyNumber)
    return GradientTransformation(
      leafwise: "heavy_ball", slots: [.zeros("ball")], [momentum, dampening]
    ) { step in
      let b = try step.values[0] * step.slots[0] + (1 - step.values[1]) * step.gradient
      return [b, b]
    }
  }
}
