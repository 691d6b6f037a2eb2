// Schedules from one value to the next, and what is made of such: one cycle, restarts, any schedule after
// a warm-up. Formulas, names and defaults follow Optax (github.com/google-deepmind/optax, schedules).

import Autodiff
import Platform
import Tensors

/// How a schedule goes from one value to the next.
public enum Interpolation: String, Sendable, CaseIterable {
  /// a + (b - a) p
  case linear
  /// a c + b (1 - c) with c = (1 + cos πp) / 2
  case cosine

  fileprivate func between(_ a: Scalar, _ b: Scalar, at share: Double) throws -> Scalar {
    switch self {
    case .linear: return try (b - a) * .number(share) + a
    case .cosine:
      let wave = (1 + cos(Double.pi * share)) / 2
      return try a * .number(wave) + b * .number(1 - wave)
    }
  }
}

extension Schedule {
  /// From a value at each boundary to that at the next, which is the one before times a scale.
  ///
  ///     p = (t - boundaryᵢ) / (boundaryᵢ₊₁ - boundaryᵢ)
  ///
  /// The first boundary is 0, with the initial value; after the last its value stays. Of two entries
  /// for a boundary the later counts.
  /// - Throws: a value error for a negative boundary or scale.
  public static func piecewiseInterpolate(
    _ interpolation: Interpolation, from initial: Hyperparameter,
    _ boundaries: [(count: Int, scale: Hyperparameter)]
  ) throws -> Schedule {
    var scales: [Int: Hyperparameter] = [:]
    for (count, scale) in boundaries {
      guard count >= 0 else {
        throw TensorError(.value, "a boundary must be 0 or more, not \(count)")
      }
      try scale.require("a scale", .nonNegative)
      scales[count] = scale
    }
    let sorted = scales.sorted { $0.key < $1.key }
    let pairs = sorted.map { "(\($0.key), \($0.value.text))" }.joined(separator: ", ")
    let name = "piecewise_interpolate_schedule(\"\(interpolation.rawValue)\", \(initial.text), "
    return Schedule("\(name)(\(pairs)))") { count in
      var (start, value) = (0, try initial.elements(at: count))
      for (boundary, scale) in sorted {
        let next = try value * scale.elements(at: count)
        if count < boundary {
          let share = (Double(count) - Double(start)) / (Double(boundary) - Double(start))
          return try interpolation.between(value, next, at: share)
        }
        (start, value) = (boundary, next)
      }
      return value
    }
  }

  /// One cycle in straight lines (Smith & Topin 2017, arXiv:1708.07120): up to the peak, down again, and
  /// on to almost nothing.
  ///
  /// - Parameters:
  ///   - start: the share of the steps that go up.
  ///   - final: the share after which the last part begins.
  ///   - initialDivisor: the peak over the value at first.
  ///   - finalDivisor: the value at first over that at last.
  /// - Throws: a value error for numbers out of their ranges.
  public static func linearOneCycle(
    steps: Int, peak: Hyperparameter, start: Double = 0.3, final: Double = 0.85,
    initialDivisor: Hyperparameter = 25.0, finalDivisor: Hyperparameter = 1e4
  ) throws -> Schedule {
    try requireCycle(steps, start, final, initialDivisor, finalDivisor)
    return try piecewiseInterpolate(
      .linear, from: peak.over(initialDivisor),
      [
        (Int(start * Double(steps)), initialDivisor),
        (Int(final * Double(steps)), Hyperparameter.number(1).over(initialDivisor)),
        (steps, Hyperparameter.number(1).over(finalDivisor)),
      ])
  }

  /// One cycle in cosine waves: up to the peak, and down to almost nothing; see `linearOneCycle`.
  ///
  /// - Throws: a value error for numbers out of their ranges.
  public static func cosineOneCycle(
    steps: Int, peak: Hyperparameter, start: Double = 0.3,
    initialDivisor: Hyperparameter = 25.0, finalDivisor: Hyperparameter = 1e4
  ) throws -> Schedule {
    try requireCycle(steps, start, start, initialDivisor, finalDivisor)
    return try piecewiseInterpolate(
      .cosine, from: peak.over(initialDivisor),
      [
        (Int(start * Double(steps)), initialDivisor),
        (steps, Hyperparameter.number(1).over(initialDivisor).over(finalDivisor)),
      ])
  }

  private static func requireCycle(
    _ steps: Int, _ start: Double, _ final: Double, _ initial: Hyperparameter,
    _ last: Hyperparameter
  ) throws {
    // Up to here a share of the steps is exact.
    guard steps > 0, steps <= 1 << 53 else {
      throw TensorError(
        .value, "a one-cycle schedule needs transition_steps of 1 or more, not \(steps)")
    }
    try Hyperparameter.number(start).require("pct_start", .fraction)
    try Hyperparameter.number(final).require("pct_final", .fraction)
    try initial.require("div_factor", .positive)
    try last.require("final_div_factor", .positive)
  }

  /// Warm restarts (Loshchilov & Hutter 2017, arXiv:1608.03983): one schedule after the other, each for
  /// so many steps.
  ///
  /// - Throws: a value error where there is none.
  public static func restarts(_ cycles: [(schedule: Schedule, steps: Int)]) throws -> Schedule {
    guard let first = cycles.first else {
      throw TensorError(.value, "warm restarts need at least one cycle")
    }
    guard cycles.count > 1 else { return first.schedule }
    var boundaries: [Int] = []
    for cycle in cycles.dropLast() {
      let (end, overflows) = (boundaries.last ?? 0).addingReportingOverflow(cycle.steps)
      boundaries.append(overflows ? Int.max : end)
    }
    return try joined(cycles.map(\.schedule), at: boundaries)
  }

  /// A straight line from a value to what a schedule begins with, and then the schedule.
  ///
  /// - Throws: a value error for a negative length.
  public static func warmup(
    _ schedule: Schedule, steps: Int, from initial: Hyperparameter = 0.0
  ) throws -> Schedule {
    guard steps >= 0 else {
      throw TensorError(.value, "warmup_steps must be 0 or more, not \(steps)")
    }
    guard steps > 0 else { return schedule }
    let first = Hyperparameter.schedule(
      Schedule("\(schedule.description)(0)") { _ in try schedule(0) })
    return try joined([linear(from: initial, to: first, steps: steps), schedule], at: [steps])
  }
}

extension Hyperparameter {
  /// The quotient, as a number where both are.
  fileprivate func over(_ divisor: Hyperparameter) -> Hyperparameter {
    if let number, let other = divisor.number { return .number(number / other) }
    return .schedule(
      Schedule("\(text) / \(divisor.text)") { count in
        try elements(at: count) / divisor.elements(at: count)
      })
  }
}
