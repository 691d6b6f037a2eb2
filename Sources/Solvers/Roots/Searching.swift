// Methods that take a direction and search along it.

import Autodiff
import Tensors

/// A way to directions along which the value of a point falls.
protocol Descent {
  /// The name that reports show.
  var name: String { get }
  /// The most steps, unless the program says.
  var defaultBudget: Int { get }
  /// Whether what vanishes is the gradient of the value; else the direction is meant to solve
  /// F(x) + J d = 0, and the value ½ ‖F‖² has the slope -‖F‖² along it.
  var hasGradient: Bool { get }
  /// The function at x.
  func point(at x: Variable) throws -> Point
  /// Where to go; for items that are not active it may be anything.
  mutating func direction(from point: Point, _ progress: inout Progress) throws -> Variable
  /// Learns from a step and the change of what has to vanish; both are 0 for items that stay.
  mutating func learn(step: Variable, change: Variable) throws
  /// Gives up what it learned for items that found no step, so that they may try again.
  ///
  /// - Returns: the items for which there was something to give up.
  mutating func forget(where failed: Variable) throws -> Variable
  /// Items that found no step because the Jacobian had no inverse to find one by.
  func isSingular(at point: Point, _ direction: Variable) throws -> Variable?
  /// How other items end that found no step.
  var failure: RootReport.Outcome { get }
}

extension Descent {
  mutating func learn(step: Variable, change: Variable) throws {}

  mutating func forget(where failed: Variable) throws -> Variable { try failed.and(failed.not()) }

  func isSingular(at point: Point, _ direction: Variable) throws -> Variable? { nil }

  var failure: RootReport.Outcome { .searchFailed }
}

/// A method made of directions and a line search.
struct Searching<Directions: Descent>: RootMethod {
  private var directions: Directions
  private let search: LineSearch

  init(_ directions: Directions, _ search: LineSearch) {
    self.directions = directions
    self.search = search
  }

  var name: String { directions.name }
  var measure: String { directions.hasGradient ? "gradient" : "residual" }
  var defaultBudget: Int { directions.defaultBudget }

  func point(at x: Variable) throws -> Point { try directions.point(at: x) }

  mutating func step(from point: Point, _ progress: inout Progress) throws -> Point {
    let (d, slope) = try direction(from: point, &progress)
    let hasGradient = directions.hasGradient
    let start = LineSearch.Trial(
      length: .number(0, like: slope), point: point, slope: hasGradient ? slope : nil)
    let outcome = try search.run(
      from: start, slope: slope, first: .number(1, like: slope), progress.isActive
    ) { length in
      let next = try directions.point(at: point.x + length * d)
      return LineSearch.Trial(
        length: length, point: next, slope: hasGradient ? try next.residual.inner(d) : nil)
    }
    try progress.finish(where: outcome.isUnbounded, as: .unbounded)
    let failed = try progress.isActive.and(outcome.isDescent.not())
    if failed.isTrueAnywhere { try giveUp(where: failed, at: point, d, &progress) }
    let next = try outcome.trial.point.kept(where: outcome.isDescent, else: point)
    try directions.learn(step: next.x - point.x, change: next.residual - point.residual)
    return next
  }

  /// The direction, 0 for items that are not active, and the slope of the value along it. Where a
  /// gradient does not fall along what the method says, it is steepest descent.
  private mutating func direction(
    from point: Point, _ progress: inout Progress
  ) throws -> (direction: Variable, slope: Variable) {
    var d = try directions.direction(from: point, &progress)
    try progress.finish(where: d.isFiniteVector().not(), as: .notFinite)
    d = try progress.isActive.pick(d, d.zerosLike())
    guard directions.hasGradient else { return (d, try point.value * -2) }
    let slope = try point.residual.inner(d)
    let descends = try slope.isLess(than: .number(0, like: slope)).or(progress.isActive.not())
    d = try descends.pick(d, -point.residual)
    return (d, try point.residual.inner(d))
  }

  /// Ends items that found no step, but for those that can try again.
  private mutating func giveUp(
    where failed: Variable, at point: Point, _ d: Variable, _ progress: inout Progress
  ) throws {
    let isOver = try failed.and(directions.forget(where: failed).not())
    if let isSingular = try directions.isSingular(at: point, d) {
      try progress.finish(where: isOver.and(isSingular), as: .singular)
    }
    try progress.finish(
      where: isOver, at: point, stuckBefore: d, self, otherwise: directions.failure)
  }
}
