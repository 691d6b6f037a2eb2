// Proximal gradients: minima of a smooth function plus one that has a proximal step, sets included.

import Autodiff
import Tensors

/// x ← prox(y - η ∇f(y), η) with the momentum of Beck & Teboulle (FISTA, 2009), begun anew where it points
/// uphill (O'Donoghue & Candès 2015):
///
///     t⁺ = (1 + √(1 + 4 t²)) / 2          y⁺ = x⁺ + (t - 1) / t⁺ (x⁺ - x)
///
/// A step is short enough where ⟨∇f(x⁺) - ∇f(y), δ⟩ ≤ ‖δ‖² / η for δ = x⁺ - y: a test by gradients, which
/// rounding does not spoil near the minimum. What vanishes is x - prox(x - ∇f(x), 1).
struct ProximalGradient: RootMethod {
  /// x ↦ the proximal step from x of a length.
  typealias Prox = (_ x: Variable, _ length: Variable) throws -> Variable

  let objective: Objective
  let prox: Prox
  let isAccelerated: Bool
  /// η where it is given; else it is searched for.
  let length: Variable?
  let name = "proximal_gradient"
  let measure = "residual"
  let defaultBudget = 10_000
  private var lookout: Variable?
  private var momentum: Variable?
  private var step: Variable?

  /// Halvings of η in one step: from the greatest number to the least.
  private static let mostHalvings = 100

  init(objective: Objective, prox: @escaping Prox, isAccelerated: Bool, length: Variable?) {
    self.objective = objective
    self.prox = prox
    self.isAccelerated = isAccelerated
    self.length = length
  }

  func point(at x: Variable) throws -> Point {
    try point(at: x, gradient: objective.point(at: x).residual)
  }

  /// The value is half the square of what vanishes: that it falls counts as a gain.
  private func point(at x: Variable, gradient: Variable) throws -> Point {
    let residual = try x - prox(x - gradient, .number(1, like: x))
    return Point(x: x, residual: residual, value: try residual.inner(residual) * 0.5)
  }

  mutating func step(from point: Point, _ progress: inout Progress) throws -> Point {
    let y = lookout ?? point.x
    let slope = try objective.point(at: y).residual
    var eta = try step ?? firstStep(y, slope)
    var next = try prox(y - eta * slope, eta)
    var slopeThere = try objective.point(at: next).residual
    var halvings = 0
    while length == nil, halvings < ProximalGradient.mostHalvings {
      try Safepoint.look()
      let way = try next - y
      let square = try way.inner(way)
      let isShort = try ((slopeThere - slope).inner(way) * eta).isLessOrEqual(to: square)
        .or(progress.isActive.not())
      guard try isShort.not().isTrueAnywhere else { break }
      eta = try isShort.pick(eta, eta * 0.5)
      next = try isShort.pick(next, prox(y - eta * slope, eta))
      slopeThere = try isShort.pick(slopeThere, objective.point(at: next).residual)
      halvings += 1
    }
    // Where the function is flatter later, steps become longer again.
    step = try length ?? (halvings == 0 ? eta * 1.1 : eta)
    if isAccelerated { try look(ahead: next, from: point.x, y) }
    return try self.point(at: next, gradient: slopeThere)
  }

  private mutating func look(ahead next: Variable, from x: Variable, _ y: Variable) throws {
    let one = Variable.number(1, like: try next.inner(next))
    let t = momentum ?? one
    let grown = try ((t * t * 4 + 1).sqrt() + 1) * 0.5
    let way = try next - x
    let pull = try (y - next).inner(way)
    let isUphill = try pull.isGreater(than: .number(0, like: pull))
    momentum = stopGradient(try isUphill.pick(one, grown))
    let share = stopGradient(try isUphill.pick(.number(0, like: t), (t - 1) / grown))
    lookout = try next + share * way
  }

  /// One over the curvature along the gradient, ‖g‖ / ‖H g‖; 1 where there is none.
  private func firstStep(_ x: Variable, _ gradient: Variable) throws -> Variable {
    if let length { return length }
    let size = try gradient.length()
    let curvature = try objective.hessianProduct(x, gradient).length()
    let isUsable = try curvature.isUsableDivisor().and(size.isUsableDivisor())
    let one = Variable.number(1, like: size)
    return stopGradient(try isUsable.select(size / curvature.safe(where: isUsable), one))
  }
}

extension RootSolver {
  /// A proximal step: from the tensors of a tree, of a length that is one number.
  public typealias ProximalStep = ([Variable], Variable) throws -> [Variable]

  /// The least `f(x)` plus the function, or within the set, that a proximal step is of.
  ///
  /// - Parameter length: of the steps; nil for a search.
  public func proximalGradient(
    _ f: @escaping Function, _ prox: @escaping ProximalStep, from start: [Variable],
    isAccelerated: Bool = true, length: Double? = nil
  ) throws -> Result {
    let gradient = Objective.gradient(of: f)
    let fitting: ProximalStep = { x, length in
      let found = try prox(x, length)
      try requireFit(found, x, called: "the proximal step")
      return found
    }
    let condition: Function = { x in
      let moved = try zip(x, gradient(x)).map { try $0 - $1 }
      let one = Variable(1, dtype: Raveling(like: x).dtype)
      return try zip(x, fitting(moved, one)).map { try $0 - $1 }
    }
    return try find(from: start, condition: condition) { raveling, calls in
      ProximalGradient(
        objective: Objective(raveling: raveling, calls: calls, function: f),
        prox: { try raveling.vector(fitting(raveling.parts($0), $1)) },
        isAccelerated: isAccelerated,
        length: length.map { Variable($0, dtype: raveling.dtype) })
    }
  }
}
