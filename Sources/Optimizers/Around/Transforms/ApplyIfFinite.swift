// Steps that are left out where something in them is not finite.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Leaves a step out whose gradients or updates hold nan or an infinity: the updates are 0 then,
  /// and the transformation's state stays.
  ///
  /// After more than `tolerated` such steps in a row it stops with an error that names the leaves;
  /// unlike Optax it never lets nan through.
  /// - Throws: from `update`, a value error for one bad step too many.
  public static func applyIfFinite(
    _ transformation: GradientTransformation, tolerated: Int = 5
  ) throws -> GradientTransformation {
    guard tolerated >= 0 else {
      throw TensorError(.value, "max_consecutive_errors must be 0 or more, not \(tolerated)")
    }
    let name = "apply_if_finite(\(transformation.name))"
    return GradientTransformation(
      name, around: transformation,
      initialize: { parameters in
        .record([
          ("inner", try transformation.initialize(parameters)), ("in_a_row", .count(0)),
          ("in_all", .count(0)),
        ])
      },
      update: { step, updates, state, parameters in
        let inner = try state.entry("inner", of: name)
        let (inRow, inAll) = (
          try state.count("in_a_row", of: name), try state.count("in_all", of: name)
        )
        var report = try updates.nonfinite("gradient")
        if report == nil {
          let result = try step(updates, inner, parameters)
          report = try result.updates.nonfinite("update")
          if report == nil {
            return (
              result.updates,
              .record([("inner", result.state), ("in_a_row", .count(0)), ("in_all", .count(inAll))])
            )
          }
        }
        guard inRow < tolerated else {
          throw TensorError(
            .value,
            "apply_if_finite stops at \(inRow + 1) \(inRow == 0 ? "step" : "steps in a row") "
              + "with numbers that are not finite: \(report ?? "")",
            hint: "the parameters are as they were before; max_consecutive_errors says how many "
              + "are left out")
        }
        return (
          try updates.zerosLike(),
          .record([
            ("inner", inner), ("in_a_row", .count(inRow + 1)),
            ("in_all", .count(following(inAll))),
          ])
        )
      })
  }
}

extension Tree {
  /// What is not finite in this tree: `the gradient of layers.0.w holds nan`; nil for nothing.
  fileprivate func nonfinite(_ what: String) throws -> String? {
    var found: [String] = []
    for (path, leaf) in paths {
      guard let tensor = leaf.concrete else {
        throw TensorError(
          .value,
          "apply_if_finite cannot be mapped over by vmap: examples would differ in whether "
            + "they step")
      }
      guard let bad = tensor.doubles.first(where: { !$0.isFinite }) else { continue }
      found.append(
        path.isTop ? "the \(what) holds \(bad)" : "the \(what) of \(path) holds \(bad)")
    }
    guard !found.isEmpty else { return nil }
    let more = found.count > 4 ? ", and \(found.count - 4) more" : ""
    return found.prefix(4).joined(separator: ", ") + more
  }
}
