// The search for a step with the strong Wolfe conditions: Nocedal & Wright, algorithms 3.5 and 3.6.
//
// `low` is the best step so far that descends enough, at first that of length 0, and `high` the other
// end of an interval that holds a step to be found. Before there is such an interval the length
// grows. Both algorithms, for items that are in the one and in the other, are one loop: what they do with
// a trial differs only in where the next one lies.

import Autodiff
import Tensors

extension LineSearch {
  /// Brackets a step and closes in on it.
  func bracket(
    from start: Trial, _ slope: Variable, _ first: Variable, _ isActive: Variable,
    _ evaluate: Evaluation
  ) throws -> Outcome {
    let zero = Variable.number(0, like: slope)
    let bound = try slope.abs() * curvature
    var low = start
    var high = start
    var found = start
    var isFound = try isActive.and(isActive.not())
    var isBracketed = isFound
    var isOpen = isActive
    var trial = try evaluate(first)
    var looked = 1
    while true {
      try Safepoint.look()
      let end = trial.slope ?? zero
      let isBest = try trial.point.value.isLessOrEqual(
        to: low.point.value + rounding(of: start))
      let descends = try isDecrease(trial, from: start, slope).and(isBest)
      let fulfils = try descends.and(end.abs().isLessOrEqual(to: bound)).and(isOpen)
      found = try trial.kept(where: fulfils, else: found)
      isFound = try isFound.or(fulfils)
      isOpen = try isOpen.and(fulfils.not())
      let ahead = try isBracketed.pick(high.length - low.length, trial.length)
      let turns = try descends.and((end * ahead).isGreaterOrEqual(to: zero))
      let other = try trial.kept(where: descends.not(), else: low.kept(where: turns, else: high))
      low = try trial.kept(where: descends.and(isOpen), else: low)
      high = other
      isBracketed = try isBracketed.or(descends.not()).or(turns)
      guard looked < budget, isOpen.isTrueAnywhere else { break }
      let next = try isBracketed.pick(LineSearch.between(low, high), trial.length * 3)
      let candidate = try evaluate(isOpen.pick(next, trial.length))
      trial = try candidate.kept(where: isOpen, else: trial)
      looked += 1
    }
    // A step that descends is better than none.
    let isDescent = try isFound.or(isActive.and(low.length.isGreater(than: zero)))
    return try Outcome(
      trial: found.kept(where: isFound, else: low), isFound: isFound, isDescent: isDescent,
      isUnbounded: isOpen.and(isBracketed.not()))
  }

  /// The minimum of the cubic through the values and slopes at both ends (equation 3.59), kept a tenth of
  /// the interval away from them; the middle where there is no such cubic.
  ///
  ///     d₁ = φ'(a) + φ'(b) - 3 (φ(a) - φ(b)) / (a - b)          d₂ = ±√(d₁² - φ'(a) φ'(b))
  ///     α = b - (b - a) (φ'(b) + d₂ - d₁) / (φ'(b) - φ'(a) + 2 d₂)
  private static func between(_ a: Trial, _ b: Trial) throws -> Variable {
    let width = try b.length - a.length
    let middle = try a.length + width * 0.5
    guard let before = a.slope, let after = b.slope else { return middle }
    let secant = try (b.point.value - a.point.value) / width
    let first = try before + after - secant * 3
    let square = try first * first - before * after
    let root = try square.maximum(.number(0, like: square)).sqrt() * width.sign()
    let share = try (after + root - first) / (after - before + root * 2)
    // As a share of the interval, which may lie either way.
    let place = try (1 - share).maximum(.number(0.1, like: share))
      .minimum(.number(0.9, like: share))
    let guess = try a.length + width * place
    return try square.isGreaterOrEqual(to: .number(0, like: square)).and(guess.isfinite())
      .pick(guess, middle)
  }
}
