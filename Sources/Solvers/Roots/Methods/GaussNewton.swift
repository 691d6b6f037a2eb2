// Gauss and Newton's method for least squares.

import Autodiff
import Tensors

/// Gauss and Newton's method: ‖r + J d‖ → min, then a backtracking line search along d (Nocedal &
/// Wright, §10.3). Of several d the shortest is taken, so J may have any shape and rank.
struct GaussNewton: Descent {
  let problem: LeastSquares
  let name = "gauss_newton"
  let defaultBudget = 200
  let hasGradient = true

  func point(at x: Variable) throws -> Point { try problem.point(at: x) }

  func direction(from point: Point, _ progress: inout Progress) throws -> Variable {
    try problem.step(from: point, progress.isActive)
  }
}
