// Broyden's method for roots.

import Autodiff
import Tensors

/// Broyden's method: Newton's with an inverse Jacobian H that is computed where the search begins and
/// corrected by each step (Broyden 1965; Dennis & Schnabel 1996, §8.1):
///
///     s = -H F          y = F(x + s) - F(x)          H ← H + (s - H y) sᵀ H / ⟨s, H y⟩
///
/// Where no step along s makes ‖F‖ less, H is computed anew. H is a matrix of as many rows as there
/// are unknowns.
struct Broyden: Descent {
  let equations: Equations
  let name = "broyden"
  let defaultBudget = 200
  let hasGradient = false
  let failure = RootReport.Outcome.stagnated
  private var inverse: Variable?
  /// True for items whose H has to be computed.
  private var isStale: Variable?
  /// True for items whose H is that of where they are.
  private var isFresh: Variable?

  init(equations: Equations) { self.equations = equations }

  func point(at x: Variable) throws -> Point { try equations.point(at: x) }

  mutating func direction(from point: Point, _ progress: inout Progress) throws -> Variable {
    let stale = isStale ?? progress.isActive
    var h = inverse
    if stale.isTrueAnywhere {
      let computed = try equations.inverseJacobian(at: point.x, stale.and(progress.isActive))
      h = try h.map { try stale.pick(computed, $0) } ?? computed
      isFresh = try isFresh.map { try $0.or(stale) } ?? stale
    }
    isStale = try stale.and(stale.not())
    inverse = h
    guard let h else { return try -point.residual }
    return try -h.matmul(point.residual)
  }

  mutating func learn(step: Variable, change: Variable) throws {
    guard let h = inverse, let fresh = isFresh else { return }
    let moved = try h.matmul(change)
    let divisor = try step.inner(moved)
    let isSound = try divisor.isUsableDivisor()
    let correction = try (step - moved).outer(step.matmul(h)) / divisor.safe(where: isSound)
    inverse = try isSound.pick(h + correction, h)
    isFresh = try fresh.and(step.length().isGreater(than: .number(0, like: divisor)).not())
  }

  mutating func forget(where failed: Variable) throws -> Variable {
    guard let fresh = isFresh else { return try failed.and(failed.not()) }
    let again = try failed.and(fresh.not())
    isStale = again
    return again
  }
}
