// What a search for a root or a minimum has to say beside what it found.

import Autodiff
import Tensors

/// How a search ended, with figures; under vmap those of each item.
public struct RootReport {
  /// The ways to end; the number is what reports keep for each item, the worse the greater.
  public enum Outcome: Int, CaseIterable, Sendable {
    case converged
    case exhausted
    case stagnated
    case searchFailed
    case ascent
    case unbounded
    case infeasible
    case singular
    case notFinite

    /// The words that follow the name of the method.
    public var words: String {
      switch self {
      case .converged: "converged"
      case .exhausted: "ran out of iterations"
      case .stagnated: "stopped getting better"
      case .searchFailed: "found no step that descends enough"
      case .ascent: "was given a direction that does not descend"
      case .unbounded: "met a function that falls without end"
      case .infeasible: "met constraints that contradict each other"
      case .singular: "met a singular Jacobian"
      case .notFinite: "met nan or inf"
      }
    }

    /// What to do about it.
    public var advice: String {
      switch self {
      case .converged: ""
      case .exhausted: "raise maxiter, loosen rtol, or start nearer"
      case .stagnated:
        "is there a solution near? start elsewhere, loosen rtol, or damp a fixed point"
      case .searchFailed:
        "is the function smooth there, and its gradient right? loosen rtol, or use f64"
      case .ascent: "give a direction along which the function falls, such as minus its gradient"
      case .unbounded: "is the function bounded below? add a penalty"
      case .infeasible: "loosen or leave out some of them; is a sign turned in G x ≤ h?"
      case .singular:
        "start elsewhere, or take levenberg_marquardt, which needs no regular Jacobian"
      case .notFinite:
        "start where the function is finite, or bound it: with anomaly_detection { … }"
      }
    }
  }

  /// The method, as messages name it.
  public let method: String
  /// What has to vanish: `residual` or `gradient`.
  public let measure: String
  /// The steps that each item took.
  public let iterations: Variable
  /// The length of what has to vanish, where each item ended.
  public let residual: Variable
  /// The length of the last step that each item took.
  public let step: Variable
  /// The function at the minimum; nil for roots.
  public let value: Variable?
  /// How many times the function was called; one call serves all items.
  public let evaluations: Int
  /// How each item ended, as a number.
  let codes: Variable

  /// How the item that came out worst ended.
  public var outcome: Outcome {
    let worst = codes.underlying.doubles.max().map { Int($0) }
    return worst.flatMap(Outcome.init(rawValue:)) ?? .converged
  }

  /// True for each item that ended with what was asked for.
  public func isConverged() throws -> Variable {
    try codes.isEqual(to: .number(0, like: codes))
  }

  /// Tells of items that did not converge: as an error where the search is strict, else as a notice.
  func tell(isStrict: Bool, place: UInt64) throws {
    guard outcome != .converged else { return }
    if isStrict { throw TensorError(.value, message, hint: outcome.advice) }
    Notice(message, hint: outcome.advice, place: place).send()
  }

  /// The sentence for a search that did not converge.
  private var message: String {
    let all = codes.underlying.doubles
    let failed = all.indices.filter { all[$0] != 0 }
    let residuals = residual.underlying.doubles
    let steps = iterations.underlying.doubles
    // A report of one item that was mapped in part has fewer numbers than items.
    let worst = failed.map { residuals.count == all.count ? residuals[$0] : residuals.first ?? 0 }
      .reduce(0) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
    let count = Int(steps.max() ?? 0)
    let items = all.count > 1 ? " for \(failed.count) of \(all.count) items" : ""
    let calls = evaluations == 0 ? "" : ", \(evaluations) evaluation\(evaluations == 1 ? "" : "s")"
    return "\(method) \(outcome.words)\(items): \(measure) \(SolveReport.shown(worst)), "
      + "\(count) iteration\(count == 1 ? "" : "s")\(calls)"
  }
}
