// Weight decay, and the sign for maximizing.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = g + λ θ; with `maximize`, u = -g + λ θ: decay shrinks in both directions.
  public static func addDecayedWeights(
    _ decay: Hyperparameter, maximize: Bool = false
  ) -> GradientTransformation {
    let isZero = decay.number == 0
    return GradientTransformation(stateless: "add_decayed_weights") { updates, parameters in
      let signed = maximize ? try updates.map { try -$0 } : updates
      if isZero { return signed }
      guard let parameters else {
        throw TensorError(
          .value, "weight decay needs the parameters, and update was called without them",
          hint: "call update(grads, state, params)")
      }
      let decay = try decay.resolved(at: 0)
      return try signed.zip(parameters) { try $0 + decay.times($1) }
    }
  }
}
