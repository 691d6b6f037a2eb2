// Adagrad: steps that shrink with the sum of all squared gradients.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Updates over the root of the sum of squares (Duchi, Hazan & Singer 2011).
  ///
  ///     s ← s + g²            u = g / (√s + ε), 0 where that is 0 / 0
  ///
  /// At g = s = 0 the derivative of u in g is 1 / ε, its limit, and 0 for ε = 0: never nan.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scaleByRSS(
    initialAccumulator: Hyperparameter = 0.0, epsilon: Hyperparameter = 1e-10
  ) throws -> GradientTransformation {
    try initialAccumulator.require("initial_accumulator_value", .nonNegative)
    try epsilon.require("eps", .nonNegative)
    let initial = Slot.filled("sum_of_squares", with: initialAccumulator)
    return GradientTransformation(leafwise: "scale_by_rss", slots: [initial], [epsilon]) { step in
      let (g, ε) = (step.gradient, step.values[0])
      let s = try step.slots[0] + g.square()
      let root = try s.sqrt() + ε
      guard ε.number == 0 else { return [try g / root, s] }
      let zero = Variable.number(0, like: g)
      let isZero = try s.isEqual(to: zero)
      return [try isZero.select(zero, g / isZero.select(.number(1, like: g), root)), s]
    }
  }

  /// Adagrad: weight decay as a part of the gradient, `scaleByRSS`, and a learning rate of
  /// η / (1 + κ k) at a leaf's step k, from 0, where κ is `lr_decay`.
  ///
  /// Arguments, defaults and checks follow `torchopt.adagrad`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adagrad(
    learningRate: Hyperparameter = 0.01, learningRateDecay: Hyperparameter = 0.0,
    weightDecay: Hyperparameter = 0.0, initialAccumulator: Hyperparameter = 0.0,
    epsilon: Hyperparameter = 1e-10, maximize: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    try learningRateDecay.require("lr_decay", .nonNegative)
    let shrunk = learningRate.mapped { rate in
      .schedule(
        Schedule("lr / (1 + lr_decay count)") { count in
          let decay = try learningRateDecay.elements(at: count)
          return try rate.elements(at: count) / (1 + decay * .number(Double(count)))
        })
    }
    let rate = learningRateDecay.number == 0 ? learningRate : shrunk
    let stages =
      try decayStage(weightDecay, maximize: maximize)
      + [
        scaleByRSS(initialAccumulator: initialAccumulator, epsilon: epsilon),
        scaleByLearningRate(rate),
      ]
    return chain(stages, name: "adagrad")
  }
}
