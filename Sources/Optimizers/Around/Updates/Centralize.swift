// Updates without their means.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = g - the mean of each row of g, over all axes but the first; leaves of fewer than two axes stay
  /// (Yong et al. 2020, arXiv:2004.01461).
  public static let centralize = GradientTransformation(
    leafwise: "centralize", isElementwise: false
  ) { step in
    let g = step.gradient
    guard g.rank > 1 else { return [g] }
    let axes = AxisSet(bits: AxisSet.all(rank: g.rank).bits & ~1)
    guard g.count > 0 else { return [g] }
    return [try g - g.mean(axes: axes, keepAxes: true)]
  }
}
