// Gradient descent, for minima.

import Autodiff
import Tensors

/// Gradient descent with a line search that begins at the length of Barzilai & Borwein (1988),
/// ⟨s, s⟩ / ⟨s, y⟩ of the last step s and the change y of the gradient; min(1, 1 / ‖g‖) at first, and
/// twice the last length where the function curved the other way.
struct GradientDescent: Descent {
  let objective: Objective
  let name = "minimize by gradient_descent"
  let defaultBudget = 10_000
  let hasGradient = true
  /// The length that the last step suggests; 0 for none.
  private var length: Variable?

  init(objective: Objective) { self.objective = objective }

  func point(at x: Variable) throws -> Point { try objective.point(at: x) }

  func direction(from point: Point, _ progress: inout Progress) throws -> Variable {
    let size = try point.residual.length()
    let one = Variable.number(1, like: size)
    let unknown = try one / size.maximum(one)
    guard let length else { return try -(point.residual * unknown) }
    return try -(point.residual * length.isUsableDivisor().pick(length, unknown))
  }

  mutating func learn(step: Variable, change: Variable) throws {
    let curvature = try step.inner(change)
    let zero = Variable.number(0, like: curvature)
    let isConvex = try curvature.isGreater(than: zero).and(curvature.isUsableDivisor())
    let suggested = try Variable.quotient(step.inner(step), curvature, where: isConvex)
    length = try isConvex.pick(suggested, (length ?? zero) * 2)
  }
}
