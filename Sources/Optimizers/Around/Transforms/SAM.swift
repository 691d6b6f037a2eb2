// Sharpness-aware minimization: gradients from where the loss is worse nearby.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Sharpness-aware minimization (Foret et al. 2020, arXiv:2010.01412) around a transformation.
  ///
  /// Of `period` steps all but the last go uphill, by the turned updates of `adversary`; the last goes
  /// back to where they began and moves by the transformation's update for the gradient at the worse
  /// place. Seen from outside, the parameters stand at the worse place in between. With
  /// `asksForGradients` one step does all of it, with gradients of the loss that it asks for.
  ///
  /// Arguments and defaults follow `optax.contrib.sam`.
  /// - Parameter resets: whether the adversary begins anew each time.
  /// - Throws: a value error for a period below 1.
  public static func sharpnessAware(
    _ transformation: GradientTransformation, adversary: GradientTransformation, period: Int = 2,
    resets: Bool = true, asksForGradients: Bool = false
  ) throws -> GradientTransformation {
    guard period > 0 else {
      throw TensorError(.value, "sync_period must be 1 or more, not \(period)")
    }
    let rule = SharpnessAware(
      descent: transformation, adversary: adversary, period: period, resets: resets)
    if asksForGradients {
      return GradientTransformation(
        guided: SharpnessAware.name,
        initialize: { parameters in try rule.initialize(parameters, keepsPlace: false) },
        update: { updates, state, step in
          let result = try rule.stepAtOnce(updates, state, step)
          return (result.updates, result.state, step)
        })
    }
    return GradientTransformation(
      SharpnessAware.name,
      initialize: { parameters in try rule.initialize(parameters, keepsPlace: true) },
      update: rule.step)
  }

  /// u = g / ‖g‖ over all leaves, 0 where the norm is.
  static let normalize = GradientTransformation(stateless: "normalize") { updates, _ in
    guard let norm = try updates.norm(order: 2) else { return updates }
    let one = Variable.number(1, like: norm)
    let isZero = try norm.isEqual(to: .number(0, like: norm))
    let factor = Scalar.variable(try one / isZero.select(one, norm))
    return try updates.map { try factor * $0 }
  }

  /// The adversary that goes a distance along the gradient.
  public static func sharpnessAdversary(
    _ distance: Hyperparameter
  ) throws -> GradientTransformation {
    try distance.require("rho", .nonNegative)
    return chain([normalize, try scaleByLearningRate(distance)])
  }
}

/// The steps of `sharpnessAware`.
private struct SharpnessAware: @unchecked Sendable {
  static let name = "sam"
  let descent: GradientTransformation
  let adversary: GradientTransformation
  let period: Int
  let resets: Bool

  func initialize(_ parameters: Tree, keepsPlace: Bool) throws -> Tree {
    .record([
      ("inner", try descent.initialize(parameters)),
      ("adversary", try adversary.initialize(parameters)),
      ("place", keepsPlace ? parameters : .none), ("count", .count(0)),
    ])
  }

  private func state(_ descent: Tree, _ adversary: Tree, _ place: Tree, _ count: Int) -> Tree {
    .record([
      ("inner", descent), ("adversary", adversary), ("place", place), ("count", .count(count)),
    ])
  }

  /// A step up, or the one down that ends a period.
  func step(
    _ updates: Tree, _ before: Tree, _ parameters: Tree?
  ) throws -> (updates: Tree, state: Tree) {
    let name = SharpnessAware.name
    guard let parameters else {
      throw TensorError(
        .value, "\(name) needs the parameters, and update was called without them",
        hint: "call update(grads, state, params)")
    }
    let count = try before.count(of: name)
    let inner = try before.entry("inner", of: name)
    let worse = try before.entry("adversary", of: name)
    let place = count == 0 ? parameters : try before.entry("place", of: name)
    guard count >= period - 1 else {
      let up = try adversary.update(updates, worse, parameters)
      return (try up.updates.map { try -$0 }, state(inner, up.state, place, count + 1))
    }
    let down = try descent.update(updates, inner, place)
    // A leaf without a gradient goes back, too.
    let back = try place.minus(parameters).zip(down.updates, missing: { $0 }) { try $0 + $1 }
    let next = resets ? try adversary.initialize(place) : worse
    return (back, state(down.state, next, place, 0))
  }

  /// A whole period at once, by gradients that are asked for.
  func stepAtOnce(
    _ updates: Tree?, _ before: Tree, _ step: StepObjective
  ) throws -> (updates: Tree, state: Tree) {
    let name = SharpnessAware.name
    let begun = try before.entry("adversary", of: name)
    var (worse, place) = (begun, step.parameters)
    var gradient = try updates ?? step.gradient()
    for _ in 1..<period {
      try Safepoint.look()
      let up = try adversary.update(gradient, worse, place)
      worse = up.state
      place = try applyUpdates(place, up.updates.map { try -$0 })
      gradient = try step.objective.valueAndGradient(place).gradient
    }
    let down = try descent.update(
      gradient, before.entry("inner", of: name), step.parameters)
    let next = resets ? try adversary.initialize(step.parameters) : worse
    return (down.updates, state(down.state, next, .none, 0))
  }
}
