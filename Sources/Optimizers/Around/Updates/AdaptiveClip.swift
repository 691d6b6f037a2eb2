// Updates kept in proportion to the parameters, unit by unit.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Adaptive gradient clipping (Brock et al. 2021, arXiv:2102.06171): the norm of each unit's gradient is
  /// at most λ times that of its parameters.
  ///
  ///     u = g min(1, λ max(‖θ‖, ε) / max(‖g‖, 10⁻⁶))
  ///
  /// The units of vectors and of leaves with at most one long axis are the leaf itself; of matrices and
  /// stacks of them the columns along axis 0; of kernels with four or five axes the last axis. `axes` says
  /// otherwise.
  /// - Throws: a value error for a hyperparameter out of its range; from `update` for a leaf of more than
  ///   five axes without `axes`.
  public static func adaptiveClip(
    _ clipping: Hyperparameter, epsilon: Hyperparameter = 1e-3, axes: [Int]? = nil
  ) throws -> GradientTransformation {
    try clipping.require("clipping", .nonNegative)
    try epsilon.require("eps", .nonNegative)
    let name = "adaptive_clip"
    return GradientTransformation(
      leafwise: name, [clipping, epsilon], usesParameters: true, isElementwise: false
    ) { step in
      let g = step.gradient
      guard let parameter = step.parameter else { return [g] }
      let units = try axes.map { try AxisSet($0, of: g.shape) } ?? unitAxes(of: g.shape, name)
      let limit =
        try step.values[0]
        * parameter.norm(axes: units, keepAxes: true).maximum(step.values[1].like(parameter))
      let norm = try g.norm(axes: units, keepAxes: true)
      let bound = try Scalar.variable(limit).like(norm)
      let factor = try bound / norm.maximum(.number(1e-6, like: norm))
      return [try norm.isLess(than: bound).select(g, g * factor)]
    }
  }

  /// The axes that the norm of a unit is taken over.
  private static func unitAxes(of shape: Shape, _ name: String) throws -> AxisSet {
    let long = (0..<shape.rank).filter { shape[$0] != 1 }.count
    switch shape.rank {
    case _ where long <= 1: return .all(rank: shape.rank)
    case 2, 3: return AxisSet(0)
    case 4: return AxisSet(bits: 0b111)
    case 5: return AxisSet(bits: 0b1111)
    default:
      throw TensorError(
        .shape, "\(name) does not know the units of a leaf of shape \(shape)",
        hint: "axis=… says over which axes a norm is taken")
    }
  }
}
