// Gradients of a smoothed function from values alone: evolution strategies.
//
// The smoothed function is f_σ(θ) = E f(θ + σ z), with E z = 0 and E[z zᵀ] = I, and
//
//     naive         ∇f_σ = 1/σ  E f(θ + σ z) z                             N evaluations
//     forward       ∇f_σ = 1/σ  E (f(θ + σ z) - f(θ)) z                    N, and f(θ)
//     antithetic    ∇f_σ = 1/2σ E (f(θ + σ z) - f(θ - σ z)) z              2N
//
// with N samples in place of the expectation (Salimans et al. 2017, arXiv:1703.03864; Choromanski
// et al. 2018; Mania et al. 2018, arXiv:1803.07055). TorchOpt 0.7.3 departs from its own
// documentation in `forward`, where it multiplies by σ and takes differences of differences; here
// the published formula holds.
//
// Everything is written with differentiable operations: an estimate can be differentiated through
// the function.

import Autodiff
import Tensors

/// How a gradient is estimated.
public struct Estimator: Sendable {
  /// Which values are compared.
  public enum Method: String, Sendable, CaseIterable { case naive, forward, antithetic }

  /// What is subtracted from the values of `naive`, whose mean does not change by it but whose
  /// variance does.
  public enum Baseline: String, Sendable, CaseIterable {
    case none
    /// The mean of all: the estimate is (N - 1) / N of itself in expectation.
    case mean
    /// For each sample the mean of the others: the expectation stays.
    case leaveOneOut = "leave_one_out"
  }

  /// Which values are compared.
  public var method: Method
  /// N, the number of directions.
  public var samples: Int
  /// σ, how far points lie from the middle along a direction.
  public var sigma: Double
  /// How values become weights.
  public var shaping: FitnessShaping
  /// What is subtracted from the values of `naive`.
  public var baseline: Baseline

  /// An estimator of so many samples at a distance.
  ///
  /// - Throws: a value error for numbers out of their ranges, and for a baseline where the method
  ///   has one already.
  public init(
    _ method: Method = .naive, samples: Int = 1, sigma: Double = 1,
    shaping: FitnessShaping = .none, baseline: Baseline = .none
  ) throws {
    guard samples >= 1, samples <= Estimator.maximumSamples else {
      throw TensorError(
        .value, "num_samples must be from 1 to \(Estimator.maximumSamples), not \(samples)")
    }
    guard sigma > 0, sigma.isFinite else {
      throw TensorError(.value, "sigma must be above 0 and finite, not \(sigma)")
    }
    guard baseline == .none || method == .naive else {
      throw TensorError(
        .value, "method \"\(method.rawValue)\" has a baseline by itself",
        hint: "baseline=\"\(baseline.rawValue)\" goes with method=\"naive\"")
    }
    self.method = method
    self.samples = samples
    self.sigma = sigma
    self.shaping = shaping
    self.baseline = baseline
  }

  /// Beyond this a count is taken to be a mistake.
  static let maximumSamples = 1 << 31
}

/// What an estimate gives.
public struct Estimate {
  /// The gradient, one variable for each leaf.
  public var gradient: [Variable]
  /// The standard error of each of its elements, where it was asked for.
  public var standardError: [Variable]?
  /// How many samples were left out because the function gave nan or inf there.
  public var failures: Int
}

extension Estimator {
  /// Estimates the gradient of a function at a point.
  ///
  /// A sample whose values are not finite is left out, and the mean is that of the others.
  /// - Parameters:
  ///   - value: f(θ) where it is known; evaluated for `forward` where it is nil.
  ///   - measuresError: whether the standard error is wanted.
  /// - Throws: what the function throws; a value error where no sample is finite.
  public func estimate(
    _ function: SampledFunction, at point: [Variable], value: Variable? = nil, noise: Noise,
    measuresError: Bool = false
  ) throws -> Estimate {
    let chunks = NoiseChunk.all(samples, point)
    let steps = method == .antithetic ? [sigma, -sigma] : [sigma]
    var values = steps.map { _ in [Variable]() }
    var directions: [Variable] = []
    for chunk in chunks {
      try Safepoint.look()
      directions = try noise.rows(of: chunk, point)
      let found = try function.values(at: point, along: directions, chunk, steps: steps)
      for s in steps.indices { values[s].append(found[s]) }
    }
    let base = method == .forward ? try value ?? function.value(at: point) : nil
    let weights = try Weights(self, values.map(Variable.joined), base)
    var sums: [Variable] = []
    var squares: [Variable] = []
    for chunk in chunks {
      try Safepoint.look()
      if chunks.count > 1 { directions = try noise.rows(of: chunk, point) }
      let part = try weights.values.part(chunk)
      try sums.add(directions.map { try part.weighted($0) })
      guard measuresError else { continue }
      let square = try part.square()
      try squares.add(directions.map { try square.weighted($0.square()) })
    }
    let gradient = try sums.map { try $0 * weights.share.converted(to: $0.dtype) }
    let errors =
      measuresError
      ? try zip(gradient, squares).map { try weights.standardError($0, $1) } : nil
    return Estimate(gradient: gradient, standardError: errors, failures: weights.failures)
  }
}

/// What the directions of an estimate are multiplied by.
private struct Weights {
  /// One number for each direction, 0 for one that is left out.
  let values: Variable
  /// 1 / the number of directions that count.
  let share: Variable
  let failures: Int

  init(_ estimator: Estimator, _ values: [Variable], _ base: Variable?) throws {
    var compared = try Weights.compared(values)
    if let base { compared = try compared - base.converted(to: compared.dtype) }
    var finite = try FiniteSamples(compared)
    switch estimator.shaping {
    case .none: compared = try finite.clearing(compared)
    case .zscore: compared = try finite.zscores(of: compared)
    case .ranks:
      // Ranks have a place for what is not finite: all samples count.
      let population = values[0].count
      let ranks = try centeredRanks(try Variable.concat(values))
      compared = try Weights.compared(try ranks.split(values.map { _ in population }))
      finite = try FiniteSamples(compared)
    }
    (share, failures) = (finite.share, finite.failures)
    if estimator.baseline != .none {
      compared = try finite.clearing(compared - compared.sum() * share)
    }
    if estimator.baseline == .leaveOneOut {
      let one = Variable.number(1, like: compared)
      compared = try compared * finite.count / (finite.count - 1).maximum(one)
    }
    self.values = try compared / estimator.sigma
  }

  /// The values of a step, or half the differences between those of two opposite ones.
  private static func compared(_ values: [Variable]) throws -> Variable {
    values.count == 2 ? try (values[0] - values[1]) * 0.5 : values[0]
  }

  /// The standard error of the mean of w z, from the mean and the sum of the squares.
  func standardError(_ mean: Variable, _ squares: Variable) throws -> Variable {
    let share = try share.converted(to: mean.dtype)
    let variance = try (squares * share - mean.square()).maximum(.number(0, like: mean))
    let others = try (1 / share - 1).maximum(.number(1, like: mean))
    return try (variance / others).sqrt()
  }
}
