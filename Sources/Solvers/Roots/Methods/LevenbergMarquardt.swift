// Levenberg and Marquardt's method for least squares.

import Autodiff
import Tensors

/// Levenberg and Marquardt's method with Nielsen's damping (Madsen, Nielsen & Tingleff 2004, §3.2):
///
///     (JᵀJ + μ D²) d = -Jᵀ r          ρ = (φ(x) - φ(x + d)) / ½ ⟨d, μ D² d - Jᵀ r⟩
///     ρ > 0:  x ← x + d,  μ ← μ max(⅓, 1 - (2 ρ - 1)³),  ν ← 2          else  μ ← μ ν,  ν ← 2 ν
///
/// φ = ½ ‖r‖². D is the greatest length that each column of J has had (Moré 1978), so the search does not
/// depend on the units of the unknowns; with too many unknowns to make J it is 1. A step whose gain is
/// below rounding is taken: the gradient says where it ends.
struct LevenbergMarquardt: RootMethod {
  let problem: LeastSquares
  let name = "levenberg_marquardt"
  let measure = "gradient"
  let defaultBudget = 200
  private var damping: Variable?
  private var growth: Variable?
  private var scale: Variable?

  init(problem: LeastSquares) { self.problem = problem }

  func point(at x: Variable) throws -> Point { try problem.point(at: x) }

  mutating func step(from point: Point, _ progress: inout Progress) throws -> Point {
    let isActive = progress.isActive
    let zero = Variable.number(0, like: point.value)
    let mu = damping ?? .number(1e-3, like: zero)
    let nu = growth ?? .number(2, like: zero)
    let (d, d2) = try problem.dampedStep(from: point, isActive, damping: mu, &scale)
    try progress.finish(where: d.isFiniteVector().not(), as: .notFinite)
    let next = try self.point(at: point.x + progress.isActive.pick(d, d.zerosLike()))
    let expected = try d.inner(d * d2 * mu - point.residual) * 0.5
    let gain = try (point.value - next.value) / expected
    let isBelowRounding = try expected.isLessOrEqual(
      to: point.value * (4 * point.x.dtype.epsilon))
    let isBetter = try gain.isGreater(than: zero).or(isBelowRounding).and(next.isFinite())
    let cube = try (gain * 2 - 1).power(3)
    let factor = try (1 - cube).maximum(.number(1.0 / 3, like: zero))
      .minimum(.number(2, like: zero))
    damping = try isBetter.pick(isBelowRounding.pick(mu, mu * factor), mu * nu)
    growth = try isBetter.pick(.number(2, like: zero), nu * 2)
    // μ grows until the step is too short to change x.
    let isStuck = try isBetter.not().and(
      d.length().isLessOrEqual(to: point.x.length() * point.x.dtype.epsilon)
        .or((mu * nu).isfinite().not()))
    try progress.finish(where: isStuck, as: .stagnated)
    return try next.kept(where: isBetter, else: point)
  }
}
