// LAMB: Adam with steps as long, layer by layer, as the parameters are large.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = g ‖θ‖ / ‖g‖ for each leaf, and g where either norm is 0.
  public static let scaleByTrustRatio = GradientTransformation(
    leafwise: "scale_by_trust_ratio", usesParameters: true, isElementwise: false
  ) { step in
    let g = step.gradient
    guard let parameter = step.parameter else { return [g] }
    let norms = try [parameter, g].map { try $0.norm(order: 2, axes: .all(rank: $0.rank)) }
    let one = Variable.number(1, like: g)
    let isZero = try (norms[0] * norms[1]).isEqual(to: .number(0, like: g))
    let ratio = try isZero.select(one, norms[0] / isZero.select(one, norms[1]))
    return [try ratio * g]
  }

  /// LAMB (You et al. 2020, arXiv:1904.00962): `scaleByAdam`, weight decay apart from the gradient,
  /// `scaleByTrustRatio`, and the learning rate.
  ///
  /// Defaults follow `optax.lamb`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func lamb(
    learningRate: Hyperparameter, betas: Betas = Betas(0.9, 0.999),
    epsilon: Hyperparameter = 1e-6, rootEpsilon: Hyperparameter = 0.0,
    weightDecay: Hyperparameter = 0.0, mask: Selection? = nil
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let stages =
      try [scaleByAdam(betas, epsilon: epsilon, rootEpsilon: rootEpsilon)]
      + decoupledDecayStage(weightDecay, mask: mask)
      + [scaleByTrustRatio, scaleByLearningRate(learningRate)]
    return chain(stages, name: "lamb")
  }
}
