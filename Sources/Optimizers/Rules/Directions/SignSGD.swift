// SignSGD: steps of one length in the direction of the gradient's signs.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = sign(g), whose derivative is 0.
  public static let scaleBySign = GradientTransformation(leafwise: "scale_by_sign") { step in
    [try step.gradient.sign()]
  }

  /// SignSGD (Bernstein et al. 2018, arXiv:1802.04434): θ ← θ - η sign(g).
  ///
  /// - Throws: a value error for a negative learning rate.
  public static func signSGD(learningRate: Hyperparameter) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    return chain([scaleBySign, try scaleByLearningRate(learningRate)], name: "sign_sgd")
  }
}
