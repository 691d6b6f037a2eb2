// Backtracking: an update is made shorter until the loss falls enough.

import Autodiff
import Tensors

/// How a backtracking line search goes.
public struct BacktrackingRule: Sendable {
  /// What a step must do.
  public enum Condition: String, Sendable, CaseIterable {
    /// f(a) < f(0) + c a s
    case armijo
    /// f(0) + (1 - c) a s < f(a) < f(0) + c a s
    case goldstein
    /// f(a) < f(0)
    case decrease
  }

  /// The step that is tried first.
  public var initial: Double
  /// What a step that is not taken is multiplied by, between 0 and 1.
  public var factor: Double
  /// c, the share of the slope that a step must descend by.
  public var sufficient: Double
  /// What a step must do.
  public var condition: Condition
  /// The most steps that are tried.
  public var trials: Int
  /// Whether a search begins shorter after one that found no step.
  public var isAdaptive: Bool

  /// A rule by its numbers.
  ///
  /// - Throws: a value error for numbers out of their ranges.
  public init(
    initial: Double = 1, factor: Double = 0.5, sufficient: Double = 1e-4,
    condition: Condition = .armijo, trials: Int = 10, isAdaptive: Bool = true
  ) throws {
    try Hyperparameter.number(initial).require("init", .positive)
    try Hyperparameter.number(sufficient).require("c", .nonNegative)
    guard factor > 0, factor < 1 else {
      throw TensorError(.value, "beta must be above 0 and below 1, not \(factor)")
    }
    guard trials >= 1 else {
      throw TensorError(.value, "maxiter must be 1 or more, not \(trials)")
    }
    self.initial = initial
    self.factor = factor
    self.sufficient = sufficient
    self.condition = condition
    self.trials = trials
    self.isAdaptive = isAdaptive
  }

  /// The step along a direction in which the loss falls; nil where no trial does.
  ///
  /// The trials are a, β a, β² a …; one that is not finite counts as too long. When the loss begins to
  /// rise again while trials get shorter, the trial before was better and is taken.
  func step(
    from start: Double, value: Double, slope: Double, _ loss: (Double) throws -> Double
  ) throws -> Double? {
    var step = start
    var previous: Double?
    for _ in 0..<trials {
      try Safepoint.look()
      let found = try loss(step)
      guard found.isFinite else {
        step *= factor
        continue
      }
      if let previous, found > previous, previous < value { return step / factor }
      previous = found
      if isEnough(found, value: value, step: step, slope: min(slope, 0)) { return step }
      step *= factor
    }
    return nil
  }

  private func isEnough(_ found: Double, value: Double, step: Double, slope: Double) -> Bool {
    let bound = value + sufficient * step * slope
    return switch condition {
    case .armijo: found < bound
    case .goldstein: found < bound && found > value + (1 - sufficient) * step * slope
    case .decrease: found < value
    }
  }
}

extension GradientTransformation {
  /// Scales the updates by the first step of a backtracking search along them, or by 0.
  ///
  /// With the slope s = ⟨g, u⟩ along the update u. Updates that point uphill, as a bare gradient
  /// does, are turned. An adaptive search begins where the last one ended in failure: each failure
  /// makes the first trial β^trials times shorter, until it would vanish beside the parameters
  /// (below 2⁻⁵² of the first), and then it starts over; a success starts over, too.
  ///
  /// Gradients pass through the updates; the step is a constant to them.
  public static func backtracking(_ rule: BacktrackingRule) -> GradientTransformation {
    let name = "backtracking"
    return GradientTransformation(
      guided: name,
      initialize: { _ in .record([("scale", .leaf(Variable(1)))]) },
      update: { updates, state, step in
        let gradient = try step.gradient()
        var direction = updates ?? gradient
        var slope = try gradient.dot(direction).plainNumber(name)
        if slope > 0 {
          direction = try direction.map { try -$0 }
          slope = -slope
        }
        guard case .leaf(let kept) = try state.entry("scale", of: name) else {
          throw TensorError(.value, "the scale in the state of \(name) is not a number")
        }
        let scale = try kept.plainNumber(name)
        let found = try rule.step(
          from: rule.initial * scale, value: try step.value().plainNumber(name), slope: slope
        ) { length in
          let point = try applyUpdates(step.parameters, direction.map { try $0 * length })
          return try step.objective.value(point).plainNumber(name)
        }
        let next = Tree.record([("scale", .leaf(Variable(rule.nextScale(scale, found: found))))])
        guard let found else { return (try direction.zerosLike(), next, step) }
        return (try direction.map { try $0 * found }, next, step)
      })
  }
}

extension BacktrackingRule {
  /// The scale of the next search's first trial.
  fileprivate func nextScale(_ scale: Double, found: Double?) -> Double {
    guard isAdaptive, found == nil else { return 1 }
    var next = scale
    for _ in 0..<min(trials, 1024) { next *= factor }
    return next < 0x1p-52 ? 1 : next
  }
}

extension Variable {
  /// The number that this variable is.
  ///
  /// - Throws: a value error inside `vmap`, where examples would differ in what is done.
  func plainNumber(_ name: String) throws -> Double {
    guard let tensor = concrete else {
      throw TensorError(
        .value, "\(name) cannot be mapped over by vmap: examples would differ in their steps")
    }
    return tensor.firstDouble
  }
}
