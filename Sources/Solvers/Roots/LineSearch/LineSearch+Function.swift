// A line search by itself, for programs that choose their own directions.

import Autodiff
import Tensors

extension LineSearch {
  /// A length α for x + α d; for derivatives it is a number.
  ///
  /// - Parameters:
  ///   - f: a function to minimize, one number.
  ///   - direction: d, tensors of the shapes of x.
  ///   - first: the α that is tried first.
  /// - Returns: the length, 0 where nothing descends; and how the search ended.
  /// - Throws: a shape error where the direction does not fit.
  public func length(
    of f: @escaping RootSolver.Function, from x: [Variable], along direction: [Variable],
    first: Double = 1, isStrict: Bool = false
  ) throws -> (length: Variable, report: RootReport) {
    let place = Context.current.place
    let raveling = Raveling(like: x)
    guard direction.map(\.shape) == x.map(\.shape) else {
      func list(_ tensors: [Variable]) -> String {
        tensors.map(\.typeDescription).joined(separator: ", ")
      }
      throw TensorError(
        .shape, "a direction must have the shapes of x: it is \(list(direction)) and x \(list(x))")
    }
    let (length, report) = try numbers { () -> (Variable, RootReport) in
      let calls = CallCounter()
      let objective = Objective(raveling: raveling, calls: calls, function: f)
      let d = try raveling.vector(direction.map(stopGradient)).converted(to: raveling.dtype)
      let point = try objective.point(at: raveling.vector(x.map(stopGradient)))
      let slope = try point.residual.inner(d)
      let zero = Variable.number(0, like: slope)
      let isFinite = try point.isFinite().and(d.isFiniteVector())
      let descends = try isFinite.and(slope.isLess(than: zero))
      let outcome = try run(
        from: Trial(length: zero, point: point, slope: slope), slope: slope,
        first: .number(first, like: slope), descends
      ) { length in
        let next = try objective.point(at: point.x + length * d)
        return Trial(length: length, point: next, slope: try next.residual.inner(d))
      }
      func code(_ outcome: RootReport.Outcome) -> Variable { Variable(Double(outcome.rawValue)) }
      let failure = try descends.pick(
        outcome.isUnbounded.pick(code(.unbounded), code(.searchFailed)), code(.ascent))
      let codes = try outcome.isFound.pick(
        code(.converged), isFinite.pick(failure, code(.notFinite)))
      let trial = outcome.trial
      let report = RootReport(
        method: "line_search by \(rule.rawValue)", measure: "slope",
        iterations: .tensor(Tensor(calls.count - 1)),
        residual: stopGradient(trial.slope ?? slope),
        step: stopGradient(try trial.length * d.length()),
        value: stopGradient(trial.point.value), evaluations: calls.count,
        codes: stopGradient(codes))
      return (stopGradient(try outcome.isDescent.pick(trial.length, zero)), report)
    }
    try report.tell(isStrict: isStrict, place: place)
    return (length, report)
  }
}
