// Updates times a number, fixed or scheduled.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = s g
  public static func scale(_ factor: Hyperparameter) -> GradientTransformation {
    if factor.isSchedule { return scaleBySchedule("scale_by_schedule", factor) }
    return GradientTransformation(stateless: "scale") { updates, _ in
      let factor = try factor.resolved(at: 0)
      return try updates.map { try factor.times($0) }
    }
  }

  /// u = s(count) g, with the count from 0.
  public static func scaleBySchedule(
    _ name: String, _ factor: Hyperparameter
  ) -> GradientTransformation {
    GradientTransformation(
      name, initialize: { _ in .record([("count", .count(0))]) },
      update: { updates, state, _ in
        let count = try state.count(of: name)
        let factor = try factor.resolved(at: count)
        return (
          try updates.map { try factor.times($0) },
          .record([("count", .count(count < Int.max ? count + 1 : count))])
        )
      })
  }

  /// u = -η g: the last stage of every optimizer, which makes a step of a direction.
  public static func scaleByLearningRate(_ rate: Hyperparameter) -> GradientTransformation {
    switch rate {
    case .schedule(let function):
      return scale(.schedule { try function($0).resolved(at: $0).negated() })
    default:
      return GradientTransformation(stateless: "scale") { updates, _ in
        let factor = try rate.resolved(at: 0).negated()
        return try updates.map { try factor.times($0) }
      }
    }
  }
}
