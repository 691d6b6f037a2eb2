// Schedules: learning rates and other numbers that change with the step.
//
// t is the step count, from 0. Formulas and names follow TorchOpt 0.7.3 where it has the schedule,
// else Optax (github.com/google-deepmind/optax, schedules). Every number of a formula may be a
// tensor or a parameter, and gradients reach it; a parameter is read at each call.

import Autodiff
import Platform
import Tensors

extension Schedule {
  /// The same number at every step.
  public static func constant(_ value: Hyperparameter) -> Schedule {
    Schedule("constant_schedule(\(value.text))") { try value.elements(at: $0) }
  }

  /// From one number to another along a power.
  ///
  ///     k = min(max(t - begin, 0), steps)
  ///     s = (initial - end) (1 - k / steps)ᵖ + end
  ///
  /// Without steps it is the initial number for ever; a begin below 0 counts as 0.
  public static func polynomial(
    _ name: String = "polynomial_schedule", from initial: Hyperparameter, to end: Hyperparameter,
    power: Hyperparameter = 1.0, steps: Int, begin: Int = 0
  ) -> Schedule {
    let begin = Swift.max(begin, 0)
    let shown = name == "linear_schedule" ? [] : [power.text]
    let arguments = [initial.text, end.text] + shown + ["\(steps)", "\(begin)"]
    return Schedule("\(name)(\(arguments.joined(separator: ", ")))") { count in
      let (first, last) = (try initial.elements(at: count), try end.elements(at: count))
      guard steps > 0 else { return first }
      let passed = Swift.min(Swift.max(Double(count) - Double(begin), 0), Double(steps))
      let left = Scalar.number(1 - passed / Double(steps))
      let power = try power.scalar(at: count)
      let share = power.number == 1 ? left : try left.power(power)
      return try (first - last) * share + last
    }
  }

  /// From one number to another in a straight line: `polynomial` of power 1.
  public static func linear(
    from initial: Hyperparameter, to end: Hyperparameter, steps: Int, begin: Int = 0
  ) -> Schedule {
    polynomial("linear_schedule", from: initial, to: end, steps: steps, begin: begin)
  }

  /// A number that decays, or grows, by a factor.
  ///
  ///     k = t - begin,  p = k / steps, rounded down with staircase
  ///     s = initial                 for k ≤ 0
  ///         initial rateᵖ           else, not beyond the end
  ///
  /// The end is a lower bound for a rate below 1 and an upper bound otherwise. Without steps, or
  /// with a rate of 0, it is the initial number for ever.
  public static func exponential(
    from initial: Hyperparameter, rate: Hyperparameter, begin: Int = 0, steps: Int = 1,
    staircase: Bool = false, end: Hyperparameter? = nil
  ) -> Schedule {
    let begin = Swift.max(begin, 0)
    let shown = [initial.text, rate.text, "\(begin)", "\(steps)"]
    return Schedule("exponential_decay(\(shown.joined(separator: ", ")))") { count in
      let (first, rate) = (try initial.elements(at: count), try rate.scalar(at: count))
      let passed = Double(count) - Double(begin)
      guard steps > 0, rate.value != 0, passed > 0 else { return first }
      let share = passed / Double(steps)
      let decayed = try first * rate.power(.number(staircase ? floor(share) : share))
      guard let end = try end?.scalar(at: count) else { return decayed }
      return (rate.value ?? 0) < 1 ? try decayed.maximum(end) : try decayed.minimum(end)
    }
  }

  /// Half a cosine wave from a number to `alpha` times it, as in SGDR (Loshchilov & Hutter 2017).
  ///
  ///     c = (1 + cos(π min(t, steps) / steps)) / 2
  ///     s = initial ((1 - alpha) cᵖ + alpha)
  public static func cosine(
    from initial: Hyperparameter, steps: Int, alpha: Hyperparameter = 0.0,
    exponent: Hyperparameter = 1.0
  ) throws -> Schedule {
    guard steps > 0 else {
      throw TensorError(.value, "a cosine schedule needs decay_steps of 1 or more, not \(steps)")
    }
    let shown = [initial.text, "\(steps)", alpha.text, exponent.text]
    return Schedule("cosine_decay_schedule(\(shown.joined(separator: ", ")))") { count in
      let (first, alpha) = (try initial.elements(at: count), try alpha.elements(at: count))
      let wave = 0.5 * (1 + cos(Double.pi * Double(Swift.min(count, steps)) / Double(steps)))
      let power = try exponent.scalar(at: count)
      let share = power.number == 1 ? .number(wave) : try Scalar.number(wave).power(power)
      return try first * ((1 - alpha) * share + alpha)
    }
  }

  /// A straight line up to a peak, then a cosine down to the end.
  ///
  /// - Parameter steps: the length of both together.
  public static func warmupCosine(
    from initial: Hyperparameter, peak: Hyperparameter, warmup: Int, steps: Int,
    end: Hyperparameter = 0.0, exponent: Hyperparameter = 1.0
  ) throws -> Schedule {
    guard steps > warmup, warmup >= 0 else {
      throw TensorError(
        .value,
        "decay_steps counts the warm-up too, so it must be above warmup_steps: "
          + "\(steps) and \(warmup) were given")
    }
    let alpha = Hyperparameter.schedule(
      Schedule("end / peak") { count in
        let peak = try peak.scalar(at: count)
        return peak.value == 0 ? 0 : try end.scalar(at: count) / peak
      })
    let joined = try joined(
      [
        linear(from: initial, to: peak, steps: warmup),
        cosine(from: peak, steps: steps - warmup, alpha: alpha, exponent: exponent),
      ], at: [warmup])
    let shown = [initial.text, peak.text, "\(warmup)", "\(steps)", end.text]
    return Schedule("warmup_cosine_schedule(\(shown.joined(separator: ", ")))") { try joined($0) }
  }

  /// A number that is multiplied by a factor from each boundary on.
  ///
  ///     s = initial ∏ scaleᵢ  over boundaryᵢ ≤ t
  public static func piecewiseConstant(
    _ initial: Hyperparameter, _ boundaries: [(count: Int, scale: Hyperparameter)]
  ) -> Schedule {
    let pairs = boundaries.map { "(\($0.count), \($0.scale.text))" }.joined(separator: ", ")
    return Schedule("piecewise_constant(\(initial.text), (\(pairs)))") { count in
      var value = try initial.elements(at: count)
      for boundary in boundaries where boundary.count <= count {
        value = try value * boundary.scale.elements(at: count)
      }
      return value
    }
  }

  /// One schedule after the other; each counts from the boundary where it begins.
  public static func joined(_ schedules: [Schedule], at boundaries: [Int]) throws -> Schedule {
    guard let first = schedules.first, schedules.count == boundaries.count + 1 else {
      throw TensorError(
        .value,
        "\(schedules.count) schedules join at \(Swift.max(schedules.count - 1, 0)) boundaries, "
          + "and \(boundaries.count) were given")
    }
    guard zip(boundaries, boundaries.dropFirst()).allSatisfy(<) else {
      throw TensorError(.value, "the boundaries of schedules must increase: \(boundaries)")
    }
    let names = schedules.map(\.description).joined(separator: ", ")
    let places = boundaries.map(String.init).joined(separator: ", ")
    return Schedule("join_schedules((\(names)), (\(places)))") { count in
      guard let last = boundaries.lastIndex(where: { $0 <= count }) else {
        return try first(count)
      }
      let (passed, overflows) = count.subtractingReportingOverflow(boundaries[last])
      return try schedules[last + 1](overflows ? Int.max : passed)
    }
  }
}

extension Hyperparameter {
  /// The number as a schedule's description shows it.
  var text: String {
    switch self {
    case .number(let value): "\(value)"
    case .variable, .parameter: (try? scalar(at: 0).value).map { "\($0)" } ?? "a tensor"
    case .schedule(let schedule): schedule.description
    case .list, .record: "a tree"
    }
  }
}
