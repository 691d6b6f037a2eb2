// Momentum: a decaying sum of the updates that came before.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Momentum as in SGD.
  ///
  ///     first step    b = g
  ///     later         b = μ b + (1 - d) g
  ///     output        b; with nesterov g + μ b, where b = μ b + g
  ///
  /// Dampening does not hold at the first step, as in PyTorch. Whether it is the first stands in
  /// the state, so that an optimizer may be used again and resumed.
  /// - Throws: a value error, from `init` and `update`, for nesterov with dampening.
  public static func trace(
    _ momentum: Hyperparameter, dampening: Hyperparameter = .number(0), nesterov: Bool = false
  ) -> GradientTransformation {
    GradientTransformation(
      "trace",
      initialize: { parameters in
        .record([("trace", try parameters.zerosLike()), ("count", .count(0))])
      },
      update: { updates, state, _ in
        let count = try state.count(of: "trace")
        let momentum = try momentum.resolved(at: count)
        let weight = try dampening.resolved(at: count).complement()
        let keepsWeight = weight.number == 1
        let before = try state.entry("trace", of: "trace")
        let buffer = try updates.zip(before) { gradient, buffer in
          if count == 0 { return try buffer + gradient }
          let damped = keepsWeight ? gradient : try weight.times(gradient)
          return try momentum.times(buffer) + damped
        }
        let next = Tree.record([
          ("trace", try before.filled(from: buffer)),
          ("count", .count(count < Int.max ? count + 1 : count)),
        ])
        guard nesterov else { return (buffer, next) }
        return (try updates.zip(buffer) { try $0 + momentum.times($1) }, next)
      })
  }
}

extension Tree {
  /// This tree with the leaves of another, where that has them.
  func filled(from other: Tree) throws -> Tree { try zip(other, missing: { $0 }) { $1 } }
}
