// How far to go along a direction, and where that leads.
//
// φ(α) is the value at x + α d. Conditions on α, with 0 < c₁ < c₂ < 1:
//
//     φ(α) ≤ φ(0) + c₁ α φ'(0)          enough decrease (Armijo)
//     |φ'(α)| ≤ c₂ |φ'(0)|              with it, the strong Wolfe conditions
//
// Near a minimum rounding hides a decrease while slopes still tell it; there
// φ'(α) ≤ (2 c₁ - 1) φ'(0) stands for enough decrease (Hager & Zhang 2005). Every item of a batch has an
// α of its own; one that has found it is looked at again there until all have.

import Autodiff
import Tensors

/// A line search.
public struct LineSearch: Sendable {
  /// What a step has to fulfil.
  public enum Rule: String, CaseIterable, Sendable {
    case armijo
    case wolfe
  }

  let rule: Rule
  /// c₁
  let decrease: Double
  /// c₂
  let curvature: Double
  /// The most points that are looked at.
  let budget: Int

  /// A search with Nocedal & Wright's constants.
  public init(
    _ rule: Rule, decrease: Double = 1e-4, curvature: Double = 0.9, budget: Int = 40
  ) {
    self.rule = rule
    self.decrease = decrease
    self.curvature = curvature
    self.budget = budget
  }

  /// A point along the direction.
  struct Trial {
    var length: Variable
    var point: Point
    /// φ'; nil where the method has no gradient of the value.
    var slope: Variable?

    /// This trial for items where the condition holds, and another for the others.
    func kept(where condition: Variable, else other: Trial) throws -> Trial {
      let slopes = try slope.flatMap { slope in
        try other.slope.map { try condition.pick(slope, $0) }
      }
      return Trial(
        length: try condition.pick(length, other.length),
        point: try point.kept(where: condition, else: other.point), slope: slopes)
    }
  }

  /// What a search found.
  struct Outcome {
    var trial: Trial
    /// True for items whose step fulfils the rule.
    var isFound: Variable
    /// True for items whose step at least descends enough.
    var isDescent: Variable
    /// True for items whose value fell however long the step was.
    var isUnbounded: Variable
  }

  /// φ at one length for each item.
  typealias Evaluation = (_ length: Variable) throws -> Trial

  /// Searches from a trial of length 0 on.
  ///
  /// - Parameters:
  ///   - first: the length that is tried first.
  ///   - isActive: the items to search for.
  func run(
    from start: Trial, slope: Variable, first: Variable, _ isActive: Variable,
    _ evaluate: Evaluation
  ) throws -> Outcome {
    switch rule {
    case .armijo: try backtrack(from: start, slope, first, isActive, evaluate)
    case .wolfe: try bracket(from: start, slope, first, isActive, evaluate)
    }
  }

  /// True for items that descend enough.
  func isDecrease(_ trial: Trial, from start: Trial, _ slope: Variable) throws -> Variable {
    let value = trial.point.value
    let bound = try start.point.value + trial.length * slope * decrease
    let isLower = try value.isLessOrEqual(to: bound)
    guard let end = trial.slope else { return try isLower.and(value.isfinite()) }
    let isLevel = try value.isLessOrEqual(to: start.point.value + rounding(of: start))
    let isFlatter = try end.isLessOrEqual(to: slope * (2 * decrease - 1))
    return try isLower.or(isLevel.and(isFlatter)).and(value.isfinite())
  }

  /// What rounding does to a value.
  func rounding(of trial: Trial) throws -> Variable {
    try trial.point.value.abs() * (8 * trial.point.value.dtype.epsilon)
  }

  /// Halves the length, or what the parabola through φ(0), φ'(0) and φ(α) says of it, until the step
  /// descends enough (Nocedal & Wright, §3.5).
  private func backtrack(
    from start: Trial, _ slope: Variable, _ first: Variable, _ isActive: Variable,
    _ evaluate: Evaluation
  ) throws -> Outcome {
    var trial = try evaluate(first)
    var isOpen = try isActive.and(isDecrease(trial, from: start, slope).not())
    var looked = 1
    while looked < budget, isOpen.isTrueAnywhere {
      try Safepoint.look()
      let length = trial.length
      let excess = try trial.point.value - start.point.value - length * slope
      let least = try -(slope * length * length) / (excess * 2)
      let low = try length * 0.1
      let guess = try least.maximum(low).minimum(length * 0.5)
      let next = try guess.isfinite().pick(guess, low)
      let candidate = try evaluate(isOpen.pick(next, length))
      trial = try candidate.kept(where: isOpen, else: trial)
      isOpen = try isOpen.and(isDecrease(trial, from: start, slope).not())
      looked += 1
    }
    let isFound = try isActive.and(isOpen.not())
    return try Outcome(
      trial: trial, isFound: isFound, isDescent: isFound, isUnbounded: isFound.and(isOpen))
  }
}
