// Momentum: a decaying sum of the updates that came before.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Momentum as in SGD.
  ///
  ///     first step    b = b + g
  ///     later         b = μ b + (1 - d) g
  ///     output        b; with nesterov g + μ b
  ///
  /// Dampening does not hold at a parameter's first step, as in PyTorch. Whether it is the first
  /// stands in the state, so that an optimizer may be used again and resumed.
  /// - Throws: a value error for a negative momentum, and for nesterov without momentum or with
  ///   dampening.
  public static func trace(
    _ momentum: Hyperparameter, dampening: Hyperparameter = 0.0, nesterov: Bool = false
  ) throws -> GradientTransformation {
    try momentum.require("momentum", .nonNegative)
    try dampening.require("dampening", .anyNumber)
    if nesterov && (momentum.number == 0 || dampening.number != 0) {
      throw TensorError(.value, "nesterov momentum needs a momentum above 0 and no dampening")
    }
    return GradientTransformation(
      leafwise: "trace", slots: [.zeros("trace")], [momentum, dampening]
    ) { step in
      let (g, before) = (step.gradient, step.slots[0])
      let (momentum, dampening) = (step.values[0], step.values[1])
      let b =
        step.number.decides { $0 == 1 }
        ? try before + g : try momentum * before + (1 - dampening) * g
      return [nesterov ? try g + momentum * b : b, b]
    }
  }

  /// Momentum where there is any.
  static func momentumStage(
    _ momentum: Hyperparameter, dampening: Hyperparameter = 0.0, nesterov: Bool
  ) throws -> [GradientTransformation] {
    let stage = try trace(momentum, dampening: dampening, nesterov: nesterov)
    return momentum.number == 0 ? [] : [stage]
  }
}
