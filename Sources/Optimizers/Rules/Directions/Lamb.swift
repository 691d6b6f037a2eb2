// LAMB: Adam with steps as long, layer by layer, as the parameters are large.

import Autodiff
import Tensors

extension GradientTransformation {
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
      + [scaleByTrustRatio(), scaleByLearningRate(learningRate)]
    return chain(stages, name: "lamb")
  }
}
