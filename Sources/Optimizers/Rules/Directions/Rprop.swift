// Rprop: each element goes by the sign of its gradient, with a step size of its own.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Resilient backpropagation (Riedmiller & Braun 1993), without going back.
  ///
  ///     s ← clamp(s η⁺)    where g has the sign of the step before
  ///         clamp(s η⁻)    where it has the other, and g counts as 0 then, now and at the next step
  ///         clamp(s)       where either is 0
  ///     u = -s sign(g)
  ///
  /// Step sizes begin as the learning rate, which is read once, at a parameter's first state, and are
  /// kept between the two of `stepSizes`. Gradients reach the learning rate and the factors, not what
  /// the loss was made of. Arguments, defaults and numbers follow `torch.optim.Rprop`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func rprop(
    learningRate: Hyperparameter = 0.01, etas: Betas = Betas(0.5, 1.2),
    stepSizes: Betas = Betas(1e-6, 50.0), maximize: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    try etas.first.require("etas[0]", .shrinking)
    try etas.second.require("etas[1]", .growing)
    try stepSizes.first.require("step_sizes[0]", .nonNegative)
    try stepSizes.second.require("step_sizes[1]", .nonNegative)
    if let least = stepSizes.first.number, let most = stepSizes.second.number, least > most {
      throw TensorError(
        .value, "step_sizes are the least and the most, and \(least) is above \(most)")
    }
    let rule = GradientTransformation(
      leafwise: "rprop", slots: [.zeros("gradient"), .filled("step_size", with: learningRate)],
      [etas.first, etas.second, stepSizes.first, stepSizes.second]
    ) { step in
      let g = step.gradient
      let zero = Variable.number(0, like: g)
      let agreement = try g.sign() * step.slots[0].sign()
      let turns = try agreement.isLess(than: zero)
      let factor = try turns.select(
        step.values[0].like(g),
        agreement.isGreater(than: zero).select(step.values[1].like(g), .number(1, like: g)))
      let size = try (step.slots[1] * factor)
        .maximum(step.values[2].like(g)).minimum(step.values[3].like(g))
      let kept = try turns.select(zero, g)
      return [try -(size * kept.sign()), kept, size]
    }
    return chain(try decayStage(0.0, maximize: maximize) + [rule], name: "rprop")
  }
}

extension HyperparameterRange {
  /// Factors of steps that are made shorter.
  fileprivate static let shrinking = HyperparameterRange(words: "above 0 and below 1") {
    $0 > 0 && $0 < 1
  }
  /// Factors of steps that are made longer.
  fileprivate static let growing = HyperparameterRange(words: "above 1") { $0 > 1 }
}
