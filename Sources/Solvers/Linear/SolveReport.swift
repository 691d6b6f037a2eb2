// What a solve has to say beside its solution.

import Tensors

/// How a solve ended, with figures; of a batch, those of the item that came out worst.
public struct SolveReport: Sendable {
  /// The ways to end.
  public enum Outcome: String, Sendable {
    case converged
    case exhausted = "ran out of iterations"
    case stagnated = "stopped getting better"
    case broke = "broke down on a division by zero"
    case singular = "met a singular matrix"
    case notFinite = "met nan or inf"
    case illConditioned = "is too ill-conditioned for its dtype"

    /// What to do about it.
    var advice: String {
      switch self {
      case .converged: ""
      case .exhausted: "raise maxiter, loosen rtol, or give a preconditioner"
      case .stagnated: "loosen rtol, use f64, or a direct solver: lu_solve()"
      case .broke: "is the matrix definite, as cg needs it? minres takes symmetric ones, gmres any"
      case .singular: "add a ridge, or take lstsq_solve() for the solution of least length"
      case .notFinite: "look for nan in the matrix or the right side: with anomaly_detection { … }"
      case .illConditioned: "use f64, add a ridge, or scale the unknowns"
      }
    }
  }

  /// The method that was used, `auto_solve`'s choice included.
  public var solver: String
  /// The steps of an iterative method; 0 for a direct one.
  public var iterations = 0
  /// ‖b - A x‖ / ‖b‖, computed from the solution.
  public var residual = 0.0
  /// How it ended.
  public var outcome = Outcome.converged
  /// An estimate of ‖A‖ ‖A⁻¹‖; nil where nothing was learned about it.
  public var condition: Double?
  /// An estimate of ‖x - A⁻¹ b‖ / ‖x‖; nil where nothing is known.
  public var error: Double?

  /// True where the solution is what was asked for.
  public var isConverged: Bool { outcome == .converged }

  /// The sentence for a solve that did not converge.
  func message(_ purpose: String) -> String {
    var figures = ["residual \(SolveReport.shown(residual))"]
    if iterations > 0 {
      figures.append("\(iterations) \(iterations == 1 ? "iteration" : "iterations")")
    }
    if let condition { figures.append("condition about \(SolveReport.shown(condition))") }
    return "\(purpose) by \(solver) \(outcome.rawValue): \(figures.joined(separator: ", "))"
  }

  /// A number in two digits.
  static func shown(_ value: Double) -> String {
    (try? FormatSpecification.parse(".2g").format(value)) ?? "\(value)"
  }
}
