// Updates times a number, fixed or scheduled.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = s g; a schedule is taken at the number of steps that the leaf has made.
  public static func scale(
    _ factor: Hyperparameter, name: String = "scale"
  ) -> GradientTransformation {
    GradientTransformation(leafwise: name, [factor]) { step in
      [try step.values[0] * step.gradient]
    }
  }

  /// u = -η g: the last stage of every optimizer, which makes a step of a direction.
  public static func scaleByLearningRate(_ rate: Hyperparameter) throws -> GradientTransformation {
    GradientTransformation(leafwise: "scale_by_learning_rate", [rate]) { step in
      [try (-step.values[0]) * step.gradient]
    }
  }
}
