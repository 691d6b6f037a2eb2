// Lookahead: slow parameters that follow fast ones every few steps.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Lookahead (Zhang et al. 2019, arXiv:1907.08610) around a transformation.
  ///
  /// The parameters are the fast ones. At every k-th step they and the slow ones φ become
  ///
  ///     φ ← φ + α (θ + u - φ)            so that the update is u + (1 - α) (φ - θ - u)
  ///
  /// - Parameters:
  ///   - period: k, the steps from one synchronization to the next.
  ///   - slowStep: α.
  ///   - resets: whether the transformation begins anew after each synchronization.
  /// - Throws: a value error for a period below 1 or an α outside 0 to 1.
  public static func lookahead(
    _ transformation: GradientTransformation, period: Int = 5, slowStep: Hyperparameter = 0.5,
    resets: Bool = false
  ) throws -> GradientTransformation {
    try slowStep.require("slow_step_size", .fraction)
    guard period > 0 else {
      throw TensorError(.value, "sync_period must be 1 or more, not \(period)")
    }
    let name = "lookahead(\(transformation.name))"
    return GradientTransformation(
      name, around: transformation,
      initialize: { parameters in
        .record([
          ("inner", try transformation.initialize(parameters)), ("slow", parameters),
          ("count", .count(0)),
        ])
      },
      update: { step, updates, state, parameters in
        guard let parameters else {
          throw TensorError(
            .value, "lookahead needs the parameters, and update was called without them",
            hint: "call update(grads, state, params)")
        }
        let count = try state.count(of: name)
        let slow = try state.entry("slow", of: name)
        var (fast, inner) = try step(updates, state.entry("inner", of: name), parameters)
        var next = slow
        if following(count) % period == 0 {
          let rest = try 1 - slowStep.scalar(at: count / period)
          let behind = try slow.zip(applyUpdates(parameters, fast)) { try rest * ($0 - $1) }
          fast = try fast.zip(behind) { try $0 + $1 }
          next = try slow.zip(applyUpdates(parameters, fast), missing: { $0 }) { $1 }
          if resets { inner = try transformation.initialize(next) }
        }
        return (
          fast,
          .record([
            ("inner", inner), ("slow", next),
            ("count", .count(following(count))),
          ])
        )
      })
  }
}
