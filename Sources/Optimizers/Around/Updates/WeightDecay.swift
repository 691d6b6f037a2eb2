// Weight decay, and the sign for maximizing.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = g + λ θ; with `maximize`, u = -g + λ θ: decay shrinks in both directions.
  public static func addDecayedWeights(
    _ decay: Hyperparameter, maximize: Bool = false
  ) -> GradientTransformation {
    let name = "add_decayed_weights"
    if decay.number == 0 {
      return GradientTransformation(leafwise: name) { step in
        [maximize ? try -step.gradient : step.gradient]
      }
    }
    return GradientTransformation(leafwise: name, [decay], usesParameters: true) { step in
      let gradient = maximize ? try -step.gradient : step.gradient
      return [try step.parameter.map { try gradient + step.values[0] * $0 } ?? gradient]
    }
  }

  /// The first stage of an optimizer, where it needs one: weight decay as a part of the gradient,
  /// and the sign.
  static func decayStage(
    _ decay: Hyperparameter, maximize: Bool = false
  ) throws -> [GradientTransformation] {
    try decay.require("weight_decay", .nonNegative)
    return decay.number == 0 && !maximize ? [] : [addDecayedWeights(decay, maximize: maximize)]
  }

  /// Weight decay apart from the gradient, as AdamW has it, where the mask says so.
  static func decoupledDecayStage(
    _ decay: Hyperparameter, mask: Selection?
  ) throws -> [GradientTransformation] {
    try decay.require("weight_decay", .nonNegative)
    guard decay.number != 0 else { return [] }
    let decayed = addDecayedWeights(decay)
    return [mask.map { .masked(decayed, $0) } ?? decayed]
  }
}
