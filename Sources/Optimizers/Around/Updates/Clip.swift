// Updates kept within bounds: all together by their norm, or each element by itself.

import Autodiff
import Tensors

extension GradientTransformation {
  /// All updates times one factor, so that their common norm is at most `maximum`.
  ///
  ///     N = ‖g‖ₚ over all leaves            u = min(1, maximum / (N + 10⁻⁶)) g
  ///
  /// N is a constant of differentiation, as in TorchOpt and PyTorch, unless `differentiableNorm`
  /// says otherwise; its derivative where all updates are 0 is 0.
  /// - Throws: a value error for a negative maximum; from `update` for a norm that is not
  ///   finite, where `refusesNonfinite` says so.
  public static func clipByGlobalNorm(
    _ maximum: Hyperparameter, order: Double = 2, refusesNonfinite: Bool = false,
    differentiableNorm: Bool = false
  ) throws -> GradientTransformation {
    try maximum.require("max_norm", .nonNegative)
    guard !order.isNaN else { throw TensorError(.value, "norm_type must be a number, not nan") }
    let name = "clip_grad_norm"
    return GradientTransformation(
      name,
      initialize: { _ in maximum.isSchedule ? .record([("count", .count(0))]) : .list([]) },
      update: { updates, state, _ in
        let count = maximum.isSchedule ? try state.count(of: name) : 0
        let next = maximum.isSchedule ? .record([("count", .count(following(count)))]) : state
        guard let found = try updates.norm(order: order) else { return (updates, next) }
        if refusesNonfinite, let value = found.concrete?.firstDouble, !value.isFinite {
          throw TensorError(
            .value, "the norm of the updates, of order \(order), is \(value) and cannot be clipped",
            hint: "error_if_nonfinite=false lets it pass; nan_to_num() before it mends the updates")
        }
        let norm = differentiableNorm ? found : stopGradient(found)
        let limit = try maximum.scalar(at: count).like(norm)
        let factor = Scalar.variable(
          try (limit / (norm + 1e-6)).minimum(.number(1, like: norm)))
        return (try updates.map { try factor * $0 }, next)
      })
  }

  /// Each element kept between -maximum and maximum; its derivative beyond a bound is 0.
  ///
  /// - Throws: a value error for a negative maximum.
  public static func clipByValue(_ maximum: Hyperparameter) throws -> GradientTransformation {
    try maximum.require("clip_value", .nonNegative)
    return GradientTransformation(leafwise: "clip_grad_value", [maximum]) { step in
      let g = step.gradient
      return [try g.clip((-step.values[0]).like(g), step.values[0].like(g))]
    }
  }
}

extension Tree {
  /// The norm of all elements: of the norms of the leaves; nil where there is none.
  func norm(order: Double) throws -> Variable? {
    let norms = try leaves.map { leaf in
      let row = try leaf.flattened()
      return try row.norm(order: order, axes: .all(rank: 1))
    }
    guard let first = norms.first else { return nil }
    if norms.count == 1 { return first }
    let row = try Variable.stack(norms.map { try $0.converted(to: first.dtype) })
    return try row.norm(order: order, axes: .all(rank: 1))
  }
}
