// Newton's method for minima, with conjugate gradients inside.

import Autodiff
import Tensors

/// Newton's method whose systems H d = -g are solved by conjugate gradients, no further than it pays
/// (Nocedal & Wright, algorithm 7.1), with products H p by forward over reverse mode.
///
/// How far is Eisenstat & Walker's second choice (1996), and a tenth at most: with more, a step in a
/// narrow valley is little better than steepest descent. Their safeguard guards greater η alone.
///
///     ‖H d + g‖ ≤ η ‖g‖          η = min(0.1, 0.9 (‖g‖ / ‖g before‖)²)
///
/// A direction p with ⟨p, H p⟩ ≤ 0 ends the inner search: d so far is taken, of a first p steepest
/// descent.
struct NewtonConjugateGradient: Descent {
  let objective: Objective
  let name = "minimize by newton_cg"
  let defaultBudget = 200
  let hasGradient = true
  private var lastLength: Variable?

  init(objective: Objective) { self.objective = objective }

  func point(at x: Variable) throws -> Point { try objective.point(at: x) }

  mutating func direction(from point: Point, _ progress: inout Progress) throws -> Variable {
    let length = try point.residual.length()
    let goal = try length * force(length)
    var d = try point.x.zerosLike()
    var r = try -point.residual
    var p = r
    var gamma = try r.inner(r)
    var isActive = progress.isActive
    // In exact arithmetic as many steps as unknowns do.
    let budget = 20 + 2 * min(point.x.count, 1000)
    var steps = 0
    while steps < budget, isActive.isTrueAnywhere {
      try Safepoint.look()
      let q = try objective.hessianProduct(point.x, p)
      let curvature = try p.inner(q)
      // What rounding leaves of an inner product of vectors at right angles is no curvature.
      let rounding = try p.length() * q.length() * point.x.dtype.epsilon
      let isConvex = try curvature.isGreater(than: rounding).and(curvature.isfinite())
      if steps == 0 { d = try isActive.and(isConvex.not()).pick(r, d) }
      isActive = try isActive.and(isConvex)
      let alpha = try Variable.quotient(gamma, curvature, where: isActive)
      d = try isActive.pick(d + alpha * p, d)
      r = try isActive.pick(r - alpha * q, r)
      isActive = try isActive.and(r.length().isGreater(than: goal))
      let next = try r.inner(r)
      p = try r + Variable.quotient(next, gamma, where: isActive.and(gamma.isUsableDivisor())) * p
      gamma = next
      steps += 1
    }
    return d
  }

  /// η for a gradient of this length.
  private mutating func force(_ length: Variable) throws -> Variable {
    defer { lastLength = length }
    let greatest = Variable.number(0.1, like: length)
    guard let last = lastLength else { return greatest }
    let ratio = try Variable.quotient(length, last, where: last.isUsableDivisor())
    return try (ratio * ratio * 0.9).minimum(greatest)
  }
}
