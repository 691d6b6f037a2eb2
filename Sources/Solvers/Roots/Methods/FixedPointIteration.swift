// Fixed points, by going where the function says and by Anderson's combination of the last steps.

import Autodiff
import Tensors

/// Fixed points of T, with f = T(x) - x and a damping β (Anderson 1965; Walker & Ni 2011):
///
///     x ← x + β f                                          plain, where nothing is remembered
///     x ← x + β f - (ΔX + β ΔF) γ,    ‖f - ΔF γ‖ → min     with the last changes ΔX of x, ΔF of f
///
/// γ comes from the normal equations with a ridge of 100 ε times their trace. A combination that makes
/// ‖f‖ ten times greater, or not finite, is taken back, and so is what is remembered.
struct FixedPointIteration: RootMethod {
  /// x ↦ T(x) - x
  let equations: Equations
  /// How many changes are remembered.
  let history: Int
  let damping: Double
  private var steps: [Variable] = []
  private var changes: [Variable] = []

  init(equations: Equations, history: Int, damping: Double) {
    self.equations = equations
    self.history = history
    self.damping = damping
  }

  var name: String { history > 0 ? "fixed_point by anderson" : "fixed_point" }
  let measure = "residual"
  let defaultBudget = 1000

  func point(at x: Variable) throws -> Point { try equations.point(at: x) }

  mutating func step(from point: Point, _ progress: inout Progress) throws -> Point {
    let plain = try point.x + point.residual * damping
    guard history > 0 else { return try self.point(at: plain) }
    var next = try self.point(at: combined(point, plain))
    if !steps.isEmpty {
      let isNear = try next.residual.length().isLessOrEqual(to: point.residual.length() * 10)
      let isSound = try next.isFinite().and(isNear).or(progress.isActive.not())
      if try isSound.not().isTrueAnywhere {
        let zeros = try point.x.zerosLike()
        steps = try steps.map { try isSound.pick($0, zeros) }
        changes = try changes.map { try isSound.pick($0, zeros) }
        next = try next.kept(where: isSound, else: self.point(at: isSound.pick(next.x, plain)))
      }
    }
    try remember(from: point, to: next, progress.isActive.and(next.isFinite()))
    return next
  }

  /// The combination of the plain step and of what is remembered.
  private func combined(_ point: Point, _ plain: Variable) throws -> Variable {
    guard !changes.isEmpty else { return plain }
    let differences = try Variable.stack(changes, axis: 1)
    let moves = try Variable.stack(steps, axis: 1) + differences * damping
    let gram = try differences.transposed().matmul(differences)
    let trace = try gram.trace()
    let isUsable = try trace.isUsableDivisor()
    let one = Variable.number(1, like: trace)
    let ridge = try isUsable.pick(trace * (100 * point.x.dtype.epsilon), one)
    let identity = try Variable.tensor(
      Tensor.eye(changes.count, changes.count, point.x.dtype)
    ).beside(point.x)
    let gamma = try (gram + identity * ridge).solve(
      differences.transposed().matmul(point.residual))
    return try plain - isUsable.pick(moves.matmul(gamma), plain.zerosLike())
  }

  /// Remembers a step of the items that take it.
  private mutating func remember(
    from point: Point, to next: Point, _ isTaken: Variable
  ) throws {
    let zeros = try point.x.zerosLike()
    steps.append(try isTaken.pick(next.x - point.x, zeros))
    changes.append(try isTaken.pick(next.residual - point.residual, zeros))
    guard steps.count > history else { return }
    steps.removeFirst()
    changes.removeFirst()
  }
}
