// Newton's method for roots.

import Autodiff
import Tensors

/// Newton's method, damped: F(x) + J d = 0, x ← x + t d with the first t of a backtracking line search
/// that makes ‖F‖ less (Dennis & Schnabel 1996, §6.5).
struct Newton: Descent {
  let equations: Equations
  let name = "newton_root"
  let defaultBudget = 100
  let hasGradient = false
  let failure = RootReport.Outcome.stagnated

  func point(at x: Variable) throws -> Point { try equations.point(at: x) }

  func direction(from point: Point, _ progress: inout Progress) throws -> Variable {
    guard let step = try equations.newtonStep(from: point, progress.isActive) else {
      try progress.finish(where: progress.isActive, as: .singular)
      return try point.x.zerosLike()
    }
    return step
  }

  /// Where J d is far from -F.
  func isSingular(at point: Point, _ direction: Variable) throws -> Variable? {
    let left = try point.residual + equations.product(point.x, direction)
    return try left.length().isLessOrEqual(to: point.residual.length() * 0.5).not()
  }
}
