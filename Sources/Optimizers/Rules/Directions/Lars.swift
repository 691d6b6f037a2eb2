// LARS: momentum with steps as long, layer by layer, as the parameters are large.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = κ g ‖θ‖ / (‖g‖ + ε) for each leaf, and g where either norm is 0.
  public static func scaleByTrustRatio(
    coefficient: Hyperparameter = 1.0, epsilon: Hyperparameter = 0.0
  ) -> GradientTransformation {
    GradientTransformation(
      leafwise: "scale_by_trust_ratio", [coefficient, epsilon], usesParameters: true,
      isElementwise: false
    ) { step in
      let g = step.gradient
      guard let parameter = step.parameter else { return [g] }
      let norms = try [parameter, g].map { try $0.norm(order: 2, axes: .all(rank: $0.rank)) }
      let one = Variable.number(1, like: g)
      let isZero = try norms[0].minimum(norms[1]).isEqual(to: .number(0, like: g))
      let below = try isZero.select(one, norms[1] + step.values[1])
      return [try isZero.select(one, step.values[0] * norms[0] / below) * g]
    }
  }

  /// LARS (You, Gitman & Ginsburg 2017, arXiv:1708.03888): weight decay as a part of the gradient,
  /// `scaleByTrustRatio`, the learning rate, and momentum.
  ///
  /// Arguments and defaults follow `optax.lars`; the masks say which parameters decay and which are
  /// scaled.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func lars(
    learningRate: Hyperparameter, weightDecay: Hyperparameter = 0.0, decayMask: Selection? = nil,
    trustCoefficient: Hyperparameter = 0.001, epsilon: Hyperparameter = 0.0,
    trustMask: Selection? = nil, momentum: Hyperparameter = 0.9, nesterov: Bool = false
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    try trustCoefficient.require("trust_coefficient", .nonNegative)
    try epsilon.require("eps", .nonNegative)
    let ratio = scaleByTrustRatio(coefficient: trustCoefficient, epsilon: epsilon)
    let stages =
      try decoupledDecayStage(weightDecay, mask: decayMask)
      + [trustMask.map { .masked(ratio, $0) } ?? ratio, scaleByLearningRate(learningRate)]
      + momentumStage(momentum, nesterov: nesterov)
    return chain(stages, name: "lars")
  }
}
