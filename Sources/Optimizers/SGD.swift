// Stochastic gradient descent, with momentum and weight decay.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Gradient descent.
  ///
  ///     g ← g + λ θ                       weight decay, or -g + λ θ with maximize
  ///     b ← μ b + (1 - d) g               momentum, see `trace`
  ///     u = -η b,  or -η (g + μ b) with nesterov
  ///
  /// Arguments, defaults and checks follow `torchopt.sgd`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func sgd(
    learningRate: Hyperparameter, momentum: Hyperparameter = .number(0),
    dampening: Hyperparameter = .number(0), weightDecay: Hyperparameter = .number(0),
    nesterov: Bool = false, maximize: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", "0 or more") { $0 >= 0 }
    try momentum.require("momentum", "0 or more") { $0 >= 0 }
    try weightDecay.require("weight_decay", "0 or more") { $0 >= 0 }
    if nesterov && (momentum.number == 0 || dampening.number != 0) {
      throw TensorError(.value, "nesterov momentum needs a momentum above 0 and no dampening")
    }
    var stages: [GradientTransformation] = []
    if maximize || weightDecay.number != 0 {
      stages.append(.addDecayedWeights(weightDecay, maximize: maximize))
    }
    if momentum.number != 0 {
      stages.append(.trace(momentum, dampening: dampening, nesterov: nesterov))
    }
    stages.append(.scaleByLearningRate(learningRate))
    let chained = GradientTransformation.chain(stages)
    return GradientTransformation("sgd", initialize: chained.initialize, update: chained.update)
  }
}
