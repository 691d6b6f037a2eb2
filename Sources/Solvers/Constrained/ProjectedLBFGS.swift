// L-BFGS within bounds.

import Autodiff
import Tensors

/// Minima within bounds by projected quasi-Newton steps (Bertsekas 1982; Schmidt, Kim & Sra 2011):
///
///     x ← P(x + α d)            P the nearest point within the bounds
///
/// Elements near a bound that the gradient pushes against take a step of steepest descent; of the
/// others, the free ones, d is L-BFGS's, by the parts of the pairs that lie in them. The function is
/// never called outside the bounds. What vanishes is the gradient without the elements that are at a bound
/// and pushed against it.
struct ProjectedLBFGS: RootMethod {
  let objective: Objective
  let low: Variable
  let high: Variable
  let name = "minimize by lbfgs"
  let measure = "gradient"
  let defaultBudget = 1000
  private var pairs: [(step: Variable, change: Variable)] = []

  private static let memory = 10

  init(objective: Objective, low: Variable, high: Variable) {
    self.objective = objective
    self.low = low
    self.high = high
  }

  func point(at x: Variable) throws -> Point {
    var point = try objective.point(at: x)
    let zero = Variable.number(0, like: x)
    let isHeld = try x.isLessOrEqual(to: low).and(point.residual.isGreater(than: zero))
      .or(x.isGreaterOrEqual(to: high).and(point.residual.isLess(than: zero)))
    point.residual = try isHeld.select(zero, point.residual)
    return point
  }

  private func nearest(to x: Variable) throws -> Variable {
    // nan stays nan, which the loop sees.
    try x.isLess(than: low).select(low, x.isGreater(than: high).select(high, x))
  }

  mutating func step(from point: Point, _ progress: inout Progress) throws -> Point {
    let isFree = try free(at: point)
    var d = try direction(from: point, isFree)
    try progress.finish(where: d.isFiniteVector().not(), as: .notFinite)
    var slope = try point.residual.inner(d)
    let descends = try slope.isLess(than: .number(0, like: slope))
    d = try descends.pick(d, -point.residual * firstScale(point.residual))
    slope = try point.residual.inner(d)
    let start = LineSearch.Trial(length: .number(0, like: slope), point: point, slope: slope)
    let outcome = try LineSearch(.armijo).run(
      from: start, slope: slope, first: .number(1, like: slope), progress.isActive
    ) { length in
      let next = try self.point(at: nearest(to: point.x + length * d))
      return LineSearch.Trial(length: length, point: next, slope: try next.residual.inner(d))
    }
    let failed = try progress.isActive.and(outcome.isDescent.not())
    if failed.isTrueAnywhere {
      // Without what was learned the next step is one of steepest descent.
      var knows = try failed.and(failed.not())
      for pair in pairs { knows = try knows.or(pair.step.length().isUsableDivisor()) }
      try progress.finish(
        where: failed.and(knows.not()), at: point, stuckBefore: point.residual, self,
        otherwise: .searchFailed)
      let zeros = try point.x.zerosLike()
      for i in pairs.indices { pairs[i].step = try failed.pick(zeros, pairs[i].step) }
    }
    let next = try outcome.trial.point.kept(where: outcome.isDescent, else: point)
    pairs.append((try next.x - point.x, try next.residual - point.residual))
    // A gradient that begins or ends to be held changes for that reason alone.
    let stays = try isFree.and(free(at: next))
    let zero = Variable.number(0, like: point.x)
    let last = pairs.count - 1
    pairs[last] = try (
      stays.select(pairs[last].step, zero), stays.select(pairs[last].change, zero)
    )
    if pairs.count > ProjectedLBFGS.memory { pairs.removeFirst() }
    return next
  }

  /// Elements that are not near a bound that the gradient pushes them against. Near is as near as a
  /// step of the length of the gradient gets, a thousandth of x at most.
  private func free(at point: Point) throws -> Variable {
    let r = point.residual
    let zero = Variable.number(0, like: r)
    let way = try (point.x - nearest(to: point.x - r)).length()
    let greatest = try point.x.length().maximum(.number(1, like: way)) * 1e-3
    let margin = try way.minimum(greatest)
    let isHeld = try (point.x - low).isLessOrEqual(to: margin).and(r.isGreater(than: zero))
      .or((high - point.x).isLessOrEqual(to: margin).and(r.isLess(than: zero)))
    let isAtBound = try point.x.isLessOrEqual(to: low).or(point.x.isGreaterOrEqual(to: high))
      .and(r.isEqual(to: zero))
    return try isHeld.or(isAtBound).not()
  }

  /// L-BFGS's two loops on the free elements, and steepest descent on the others.
  private func direction(from point: Point, _ isFree: Variable) throws -> Variable {
    let zero = Variable.number(0, like: point.x)
    var q = try isFree.select(point.residual, zero)
    var scale = try firstScale(point.residual)
    var used: [(step: Variable, change: Variable, weight: Variable, share: Variable)] = []
    let one = Variable.number(1, like: scale)
    for pair in pairs {
      let s = try isFree.select(pair.step, zero)
      let y = try isFree.select(pair.change, zero)
      let curvature = try s.inner(y)
      let threshold = try s.length() * y.length() * s.dtype.epsilon
      let isSound = try curvature.isGreater(than: threshold).and(curvature.isUsableDivisor())
      let weight = try Variable.quotient(one, curvature, where: isSound)
      scale = try isSound.pick(.quotient(curvature, y.inner(y), where: isSound), scale)
      used.append((s, y, weight, weight))
    }
    for i in used.indices.reversed() {
      used[i].share = try used[i].weight * used[i].step.inner(q)
      q = try q - used[i].share * used[i].change
    }
    q = try q * scale
    for pair in used {
      q = try q + (pair.share - pair.weight * pair.change.inner(q)) * pair.step
    }
    return try -isFree.select(q, point.residual * scale)
  }

  private func firstScale(_ gradient: Variable) throws -> Variable {
    let length = try gradient.length()
    let one = Variable.number(1, like: length)
    return try one / length.maximum(one)
  }
}

extension RootSolver {
  /// The least `f(x)`, one number, of all x within bounds. The start is moved there first.
  public func minimize(
    _ f: @escaping Function, from start: [Variable], within box: BoxConstraint
  ) throws -> Result {
    let constants = (box.low + box.high).map(stopGradient)
    return try find(
      from: box.nearest(to: start), condition: box.condition(of: Objective.gradient(of: f))
    ) { raveling, calls in
      let bounds = options.isUnrolled ? box.low + box.high : constants
      return ProjectedLBFGS(
        objective: Objective(raveling: raveling, calls: calls, function: f),
        low: try raveling.vector(Array(bounds.prefix(box.low.count))),
        high: try raveling.vector(Array(bounds.dropFirst(box.low.count))))
    }
  }
}
