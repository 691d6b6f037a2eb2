// Parameters that stay where they are.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = 0.
  public static let setToZero = GradientTransformation(leafwise: "set_to_zero") { step in
    [try step.gradient.zerosLike()]
  }

  /// Updates of 0 where the mask is true; the others pass.
  public static func freeze(_ mask: Selection) -> GradientTransformation {
    masked(setToZero, mask)
  }
}
