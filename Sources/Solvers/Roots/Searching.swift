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
  /// How far to go at first.
  func firstLength(along direction: Variable, from point: Point) throws -> Variable
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
  func firstLength(along direction: Variable, from point: Point) throws -> Variable {
    .number(1, like: point.value)
  }

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
    var d = try directions.direction(from: point, &progress)
    try progress.finish(where: d.isFiniteVector().not(), as: .notFinite)
    d = try progress.isActive.pick(d, d.zerosLike())
    var slope = try point.value * -2
    if directions.hasGradient {
      let descends = try point.residual.inner(d).isLess(than: .number(0, like: slope))
      d = try descends.or(progress.isActive.not()).pick(d, -point.residual)
      slope = try point.residual.inner(d)
    }
    let start = LineSearch.Trial(
      length: .number(0, like: slope), point: point, slope: directions.hasGradient ? slope : nil)
    let outcome = try search.run(
      from: start, slope: slope, first: directions.firstLength(along: d, from: point),
      progress.isActive
    ) { length in
      let next = try directions.point(at: point.x + length * d)
      return LineSearch.Trial(
        length: length, point: next,
        slope: directions.hasGradient ? try next.residual.inner(d) : nil)
    }
    try progress.finish(where: outcome.isUnbounded, as: .unbounded)
    let failed = try progress.isActive.and(outcome.isDescent.not())
    if failed.isTrueAnywhere {
      let isOver = try failed.and(directions.forget(where: failed).not())
      if let isSingular = try directions.isSingular(at: point, d) {
        try progress.finish(where: isOver.and(isSingular), as: .singular)
      }
      try progress.finish(
        where: isOver, at: point, stuckBefore: d, self, otherwise: directions.failure)
    }
    let next = try outcome.trial.point.kept(where: outcome.isDescent, else: point)
    try directions.learn(step: next.x - point.x, change: next.residual - point.residual)
    return next
  }
}
