// The moving average of updates.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The exponential moving average of the updates, at a leaf's t-th step.
  ///
  ///     m ← ρ m + (1 - ρ) g            u = m / (1 - ρᵗ),  or m without debias
  ///
  /// - Throws: a value error for a decay that is not at least 0 and below 1.
  public static func movingAverage(
    _ decay: Hyperparameter, debias: Bool = true
  ) throws -> GradientTransformation {
    try decay.require("decay", .decay)
    return GradientTransformation(leafwise: "ema", slots: [.zeros("ema")], [decay]) { step in
      let ρ = step.values[0]
      let m = try ρ * step.slots[0] + (1 - ρ) * step.gradient
      guard debias else { return [m, m] }
      return [try m / (1 - ρ.power(step.number.scalar)), m]
    }
  }
}
