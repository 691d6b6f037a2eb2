// Optimistic gradient descent: a step that expects the next gradient to change as the last one did.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = (α + β) g - β g′ with g′ the gradient of the step before, g itself at the first.
  ///
  /// - Throws: a value error for nan.
  public static func scaleByOptimisticGradient(
    alpha: Hyperparameter = 1.0, beta: Hyperparameter = 1.0
  ) throws -> GradientTransformation {
    try alpha.require("alpha", .anyNumber)
    try beta.require("beta", .anyNumber)
    return GradientTransformation(
      leafwise: "scale_by_optimistic_gradient", slots: [.zeros("gradient")], [alpha, beta]
    ) { step in
      let (g, α, β) = (step.gradient, step.values[0], step.values[1])
      let before = step.number.decides { $0 == 1 } ? g : step.slots[0]
      return [try (α + β) * g - β * before, g]
    }
  }

  /// Optimistic gradient descent (Mokhtari, Ozdaglar & Pattathil 2019, arXiv:1901.08511), for games whose
  /// last iterate is to converge: `scaleByOptimisticGradient` and the learning rate.
  ///
  /// Arguments and defaults follow `optax.optimistic_gradient_descent`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func optimisticGradientDescent(
    learningRate: Hyperparameter, alpha: Hyperparameter = 1.0, beta: Hyperparameter = 1.0
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    return chain(
      [
        try scaleByOptimisticGradient(alpha: alpha, beta: beta),
        try scaleByLearningRate(learningRate),
      ], name: "optimistic")
  }
}
