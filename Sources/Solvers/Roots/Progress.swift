// The loop that all searches share, and the account that it keeps of each item.
//
// A method proposes where to go; the loop takes the items there that are not done, leaves the others
// where they are, and decides which are done now. So under vmap one run serves all items, and what
// a method computes for an item that is done reaches nobody.
//
// A point counts as a solution where, to first order, a step to the solution would be no longer than
// `rtol` times x itself: F(x) ≈ J (x - x*), and the last step told how long J makes a vector.
//
//     ‖F(x)‖ ≤ max(atol, rtol L X)        L = min(‖ΔF‖, ‖J Δx‖) / ‖Δx‖        X = max(‖x‖, ε ‖x₀‖)
//
// This is free of scale in x and in F, and neither a function that is huge where the search begins nor a
// start far away makes it end too early: x is measured by itself, down to the rounding of x₀, which a
// solution 0 needs. J Δx is computed where ‖ΔF‖ alone would do: across a kink, where F jumps, it says
// anything.
//
// Of a minimum that is not enough: along a step J may be great, and along a valley small. There the step
// to the minimum itself is looked at, d with H d = -g.

import Autodiff
import Tensors

/// Where a search is.
struct Point {
  var x: Variable
  /// F(x), which has to vanish: of a minimum the gradient.
  var residual: Variable
  /// What a step must make less: ½ ‖F‖², or the function to minimize.
  var value: Variable

  /// This point for items where the condition holds, and another for the others.
  func kept(where condition: Variable, else other: Point) throws -> Point {
    Point(
      x: try condition.pick(x, other.x), residual: try condition.pick(residual, other.residual),
      value: try condition.pick(value, other.value))
  }

  /// True for items whose numbers are all finite.
  func isFinite() throws -> Variable {
    try residual.isFiniteVector().and(value.isfinite())
  }
}

/// A method that improves on a point step by step.
protocol RootMethod {
  /// The name that reports show.
  var name: String { get }
  /// What has to vanish, in reports: `residual` or `gradient`.
  var measure: String { get }
  /// The most steps, unless the program says.
  var defaultBudget: Int { get }
  /// The function at x.
  func point(at x: Variable) throws -> Point
  /// Where the next step leads to; for items that are not active it may be anything.
  mutating func step(from point: Point, _ progress: inout Progress) throws -> Point
}

/// What the loop knows of each item.
struct Progress {
  /// True for items that go on.
  private(set) var isActive: Variable
  /// ‖x₀‖
  private let startLength: Variable
  /// The length of the last step that each item took.
  private var stepLength: Variable
  private let relativeTolerance: Double
  private let absoluteTolerance: Double
  private var codes: Variable
  private var iterations: Variable
  /// The least ‖F‖ so far, and for how many steps neither it nor the value has become less.
  private var least: Variable
  private var stalls: Variable

  /// The steps without any gain after which an item is given up.
  private static let patience = 20.0
  /// The products with the Hessian that one look at a minimum may take.
  private static let mostProducts = 100

  private init(_ point: Point, _ options: RootOptions) throws {
    let zero = Variable.number(0, like: point.value)
    let isFinite = try point.isFinite().and(point.x.isFiniteVector())
    isActive = try isFinite.or(isFinite.not())
    startLength = try point.x.length()
    stepLength = try startLength.zerosLike()
    relativeTolerance = max(
      options.relativeTolerance(for: point.x.dtype), 4 * point.x.dtype.epsilon)
    absoluteTolerance = options.absoluteTolerance
    codes = Variable(0)
    iterations = Variable(0)
    least = try point.residual.length()
    stalls = Variable(0)
    try finish(where: isFinite.not(), as: .notFinite)
    try finish(
      where: point.residual.length().isLessOrEqual(to: .number(absoluteTolerance, like: zero)),
      as: .converged)
  }

  /// Runs a method until every item is done.
  static func run<M: RootMethod>(
    _ method: M, from x: Variable, _ options: RootOptions, _ calls: CallCounter
  ) throws -> (x: Variable, report: RootReport) {
    var method = method
    var point = try method.point(at: x)
    var progress = try Context.current.withoutGradients { try Progress(point, options) }
    let budget = options.maximumIterations ?? method.defaultBudget
    var steps = 0
    while steps < budget, progress.isActive.isTrueAnywhere {
      try Safepoint.look()
      let next = try method.step(from: point, &progress)
      let moved = try progress.moved(from: point, to: next)
      try Context.current.withoutGradients { try progress.judge(moved, after: point, method) }
      point = moved
      steps += 1
    }
    try progress.finish(where: progress.isActive, as: .exhausted)
    return (point.x, try progress.report(method.name, method.measure, point, calls.count))
  }

  /// The next point for the items that go on; where it is not finite an item ends where it is.
  private mutating func moved(from point: Point, to next: Point) throws -> Point {
    try finish(where: next.isFinite().not(), as: .notFinite)
    return try next.kept(where: isActive, else: point)
  }

  private mutating func judge<M: RootMethod>(
    _ point: Point, after last: Point, _ method: M
  ) throws {
    iterations = try iterations + isActive.pick(Variable(1), Variable(0))
    let step = try point.x - last.x
    let length = try step.length()
    let isMove = try length.isUsableDivisor()
    let change = try (point.residual - last.residual).length()
    let slope = try Variable.quotient(change, length, where: isMove)
    stepLength = try isActive.and(isMove).pick(length, stepLength)
    let goal = try size(of: point) * relativeTolerance
    let isNear = try isActive.and(isWithin(goal, at: point, slope))
    if isNear.isTrueAnywhere {
      try finish(
        where: isNear.and(isSolution(point, within: goal, along: step, method)), as: .converged)
    }
    try countStalls(point, after: last, method)
  }

  /// X, by which an error of x is measured.
  private func size(of point: Point) throws -> Variable {
    try point.x.length().maximum(startLength * point.x.dtype.epsilon)
  }

  /// ‖F(x)‖ ≤ max(atol, L e) for an error e of x.
  private func isWithin(_ error: Variable, at point: Point, _ slope: Variable) throws -> Variable {
    let goal = try slope * error
    return try point.residual.length().isLessOrEqual(
      to: goal.maximum(.number(absoluteTolerance, like: goal)))
  }

  /// The same with the L that J has along a step; and of a minimum, where a step to it would be no
  /// longer either.
  private func isSolution<M: RootMethod>(
    _ point: Point, within error: Variable, along step: Variable, _ method: M
  ) throws -> Variable {
    let moved = try jvp([point.x], [step]) { [try method.point(at: $0[0]).residual] }.tangents[0]
    let length = try step.length()
    let slope = try Variable.quotient(
      (moved ?? step.zerosLike()).length(), length, where: length.isUsableDivisor())
    let isThere = try isWithin(error, at: point, slope)
    guard method.measure == "gradient", isThere.isTrueAnywhere else { return isThere }
    let isExact = try point.residual.length().isLessOrEqual(
      to: .number(absoluteTolerance, like: error))
    return try isThere.and(isExact.or(isNearMinimum(point, within: error, where: isThere, method)))
  }

  /// True for items where d with H d = -g is no longer than an error, as far as conjugate gradients
  /// tell: their d only becomes longer (Steihaug 1983), so one that is too long shows before the end.
  private func isNearMinimum<M: RootMethod>(
    _ point: Point, within error: Variable, where isAsked: Variable, _ method: M
  ) throws -> Variable {
    var d = try point.x.zerosLike()
    var r = try -point.residual
    var p = r
    var gamma = try r.inner(r)
    // Components of g along which H is small are what is looked for, and small themselves.
    let rest = try gamma * 1e-10
    var isShort = try isAsked.or(isAsked.not())
    var isOpen = isAsked
    var products = 0
    while products < min(2 * point.x.count, Progress.mostProducts), isOpen.isTrueAnywhere {
      try Safepoint.look()
      let q =
        try jvp([point.x], [p]) { [try method.point(at: $0[0]).residual] }.tangents[0]
        ?? p.zerosLike()
      let curvature = try p.inner(q)
      isOpen = try isOpen.and(curvature.isGreater(than: .number(0, like: curvature)))
      let alpha = try Variable.quotient(
        gamma, curvature, where: isOpen.and(curvature.isUsableDivisor()))
      d = try d + alpha * p
      r = try r - alpha * q
      isShort = try isShort.and(isOpen.not().or(d.length().isLessOrEqual(to: error)))
      let next = try r.inner(r)
      isOpen = try isOpen.and(isShort).and(next.isGreater(than: rest))
      p = try r + Variable.quotient(next, gamma, where: gamma.isUsableDivisor()) * p
      gamma = next
      products += 1
    }
    return isShort
  }

  /// Ends items that have not gained anything for long: a lower value, or an F shorter by a hundredth.
  private mutating func countStalls<M: RootMethod>(
    _ point: Point, after last: Point, _ method: M
  ) throws {
    let rounding = try last.value.abs() * (4 * point.x.dtype.epsilon)
    let length = try point.residual.length()
    let isBetter = try point.value.isLess(than: last.value - rounding)
      .or(length.isLess(than: least * 0.99))
    least = try least.minimum(length)
    stalls = try isBetter.pick(Variable(0), stalls + 1)
    let isStalled = try stalls.isGreaterOrEqual(to: Variable(Progress.patience))
    guard try isActive.and(isStalled).isTrueAnywhere else { return }
    try finish(
      where: isStalled, at: point, stuckBefore: point.residual, method, otherwise: .stagnated)
  }

  /// Ends the items where a condition holds, those of them that go on.
  mutating func finish(where condition: Variable, as outcome: RootReport.Outcome) throws {
    guard condition.isTrueAnywhere else { return }
    let ends = try isActive.and(condition)
    codes = try ends.pick(Variable(Double(outcome.rawValue)), codes)
    isActive = try isActive.and(condition.not())
  }

  /// Ends items that cannot take a step towards the solution: with what J makes of that step, they may
  /// be as near to it as rounding lets them. Near 0 that is measured by the start, or by 1.
  mutating func finish<M: RootMethod>(
    where condition: Variable, at point: Point, stuckBefore step: Variable, _ method: M,
    otherwise outcome: RootReport.Outcome
  ) throws {
    let isThere = try Context.current.withoutGradients {
      let scale = try startLength.minimum(.number(1, like: startLength))
      let error = try size(of: point).maximum(scale) * (10 * relativeTolerance)
      return try isSolution(point, within: error, along: step, method)
    }
    try finish(where: condition.and(isThere), as: .converged)
    try finish(where: condition, as: outcome)
  }

  private func report(
    _ method: String, _ measure: String, _ point: Point, _ evaluations: Int
  ) throws -> RootReport {
    RootReport(
      method: method, measure: measure,
      iterations: stopGradient(try iterations.converted(to: .i64)),
      residual: stopGradient(try point.residual.length()), step: stopGradient(stepLength),
      value: measure == "gradient" ? stopGradient(point.value) : nil, evaluations: evaluations,
      codes: stopGradient(codes))
  }
}

/// Counts the calls of a program's function.
final class CallCounter {
  var count = 0
}

extension Variable {
  /// `a` for items where the condition holds, else `b`; where nothing is mapped that is one of
  /// them, and nothing is computed.
  func pick(_ a: Variable, _ b: Variable) throws -> Variable {
    if let flag = concrete, flag.count == 1 { return flag.firstInt != 0 ? a : b }
    return try select(a, b)
  }

  /// True for items of which all elements are finite.
  func isFiniteVector() throws -> Variable { try isfinite().all(axes: AxisSet(0)) }
}
