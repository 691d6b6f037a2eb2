// The loss as a step may ask for it: its value and its gradient as functions of the parameters.
//
// Most transformations turn gradients into updates and need nothing else. A line search evaluates
// the loss along an update, a Newton step asks for gradients nearby, an estimate of the gradient
// evaluates the loss and replaces the objective's gradient for all transformations after it. These
// are made with a `GuidedUpdate`. It gets the updates as nil while nobody has asked for the
// gradient: then they are the gradient of the objective, computed when it is needed.

import Autodiff
import Tensors

/// A loss as functions of the parameters.
public struct Objective {
  /// The loss at some parameters.
  public typealias Value = (Tree) throws -> Variable
  /// The loss and its gradient; a leaf that it does not depend on is `none` in the gradient.
  public typealias ValueAndGradient = (Tree) throws -> (value: Variable, gradient: Tree)
  /// The Hessian at some parameters times a direction.
  public typealias HessianProduct = (_ parameters: Tree, _ direction: Tree) throws -> Tree

  /// The loss at some parameters.
  public let value: Value
  /// The loss and its gradient at some parameters.
  public let valueAndGradient: ValueAndGradient
  /// Nil where the gradient is an estimate, which automatic differentiation would pass by.
  public let hessianProduct: HessianProduct?

  /// An objective by its functions.
  public init(
    value: @escaping Value, valueAndGradient: @escaping ValueAndGradient,
    hessianProduct: HessianProduct? = nil
  ) {
    self.value = value
    self.valueAndGradient = valueAndGradient
    self.hessianProduct = hessianProduct
  }

  /// The objective of a function, with derivatives by automatic differentiation.
  ///
  /// The gradients that the function takes by itself are there in steps that record nothing, too.
  public init(_ loss: @escaping Value) {
    func gradient(_ parameters: Tree) throws -> (Variable, Tree) {
      let pull = try vjp(parameters.leaves) { [try loss(parameters.with($0)).scalarLoss()] }
      let found = try pull([pull.values[0].onesLike()])
      return (pull.values[0], parameters.replacing(found))
    }
    self.init(
      value: { parameters in
        try Context.current.recordingInside { try loss(parameters).scalarLoss() }
      },
      valueAndGradient: gradient,
      hessianProduct: { parameters, direction in
        let tangents = try parameters.zerosLike().zip(direction, missing: { $0 }) { $1 }
        let products = try jvp(parameters.leaves, tangents.leaves) { moved in
          try gradient(parameters.with(moved)).1.filled(like: parameters).leaves
        }
        return parameters.replacing(products.tangents)
      })
  }
}

extension Variable {
  /// This loss without axes.
  ///
  /// - Throws: a type error for anything but a float, a shape error for anything but one number.
  public func scalarLoss() throws -> Variable {
    guard dtype.isFloat else {
      throw TensorError(.type, "a loss must be a float, not \(typeDescription)")
    }
    guard count == 1 else {
      throw TensorError(
        .shape, "a loss must be one number, not \(typeDescription)",
        hint: "reduce it with sum or mean")
    }
    return rank == 0 ? self : try reshape(to: Shape())
  }
}

/// The objective at the parameters that a step begins from; what was computed there is kept.
public final class StepObjective {
  /// The loss as functions of the parameters.
  public let objective: Objective
  /// Where the step begins.
  public let parameters: Tree
  /// The loss, which stays the same where the gradient is replaced.
  private final class KnownValue { var value: Variable? }
  private let known: KnownValue
  private var knownGradient: Tree?

  /// An objective of which nothing is known yet.
  public init(_ objective: Objective, at parameters: Tree) {
    self.objective = objective
    self.parameters = parameters
    known = KnownValue()
  }

  /// The loss and its gradient at the parameters alone; whoever asks elsewhere gets an error.
  ///
  /// - Parameter gradient: nil where it is not known either.
  public init(value: Variable, gradient: Tree?, at parameters: Tree) {
    objective = Objective(
      value: { _ in throw StepObjective.isNoFunction },
      valueAndGradient: { _ in throw StepObjective.isNoFunction },
      hessianProduct: { _, _ in throw StepObjective.isNoFunction })
    self.parameters = parameters
    known = KnownValue()
    known.value = value
    knownGradient = gradient
  }

  private static let isNoFunction = TensorError(
    .value, "the transform needs the loss as a function, and the step was given its value alone",
    hint: "opt.step(() => loss(net)), or t.update(grads, state, params, f)")

  /// A step's objective with another gradient of the same loss.
  public init(_ step: StepObjective, replacingGradient: (Objective) -> Objective) {
    objective = replacingGradient(step.objective)
    parameters = step.parameters
    known = step.known
  }

  /// A step's objective as a function of other parameters, with the same loss.
  init(_ step: StepObjective, _ objective: Objective, at parameters: Tree) {
    self.objective = objective
    self.parameters = parameters
    known = step.known
  }

  /// The step with another gradient at its parameters; elsewhere the gradient stays what it is.
  public init(_ step: StepObjective, gradient: Tree) {
    objective = step.objective
    parameters = step.parameters
    known = step.known
    knownGradient = gradient
  }

  /// The loss at the parameters, where it has been computed.
  public var knownValue: Variable? { known.value }

  /// Takes note of the loss at the parameters, unless it is known.
  public func noteValue(_ value: Variable) { known.value = known.value ?? value }

  /// The loss at the parameters.
  public func value() throws -> Variable {
    if let value = known.value { return value }
    let value = try objective.value(parameters)
    known.value = value
    return value
  }

  /// The gradient at the parameters.
  public func gradient() throws -> Tree {
    if let knownGradient { return knownGradient }
    let found = try objective.valueAndGradient(parameters)
    known.value = known.value ?? found.value
    knownGradient = found.gradient
    return found.gradient
  }
}

extension GradientTransformation {
  /// Turns updates into updates with the loss at hand, and says how the loss is seen from here on.
  public typealias GuidedUpdate = (
    _ updates: Tree?, _ state: Tree, _ step: StepObjective
  ) throws -> (updates: Tree?, state: Tree, step: StepObjective)

  /// Makes a step where the parameters lie, and passes the estimated gradient through a
  /// transformation that is elementwise.
  public typealias StepInPlace = (
    _ parameters: [Parameter], _ state: Tree, _ loss: () throws -> Variable,
    _ after: GradientTransformation
  ) throws -> (value: Variable, state: Tree)

  /// A transformation that may ask for the loss.
  public init(
    guided name: String, stepInPlace: StepInPlace? = nil, initialize: @escaping Initialize,
    update: @escaping GuidedUpdate
  ) {
    self.init(
      name, initialize: initialize,
      update: { _, _, _ in
        throw TensorError(
          .value, "\(name) needs the loss as a function, and the step was made without it",
          hint: "opt.step(() => loss(net)), or t.update(grads, state, params, f)")
      }, guidedUpdate: update, stepInPlace: stepInPlace, isElementwise: false)
  }

  /// The update of a step for which the loss is at hand.
  ///
  /// - Parameter updates: nil for the gradient of the objective.
  public func update(
    _ updates: Tree?, _ state: Tree, _ step: StepObjective
  ) throws -> (updates: Tree, state: Tree) {
    let result = try guided(updates, state, step)
    return (try result.updates ?? result.step.gradient(), result.state)
  }

  /// One member's part of `update`.
  func guided(
    _ updates: Tree?, _ state: Tree, _ step: StepObjective
  ) throws -> (updates: Tree?, state: Tree, step: StepObjective) {
    if let guidedUpdate { return try guidedUpdate(updates, state, step) }
    let result = try update(try updates ?? step.gradient(), state, step.parameters)
    return (result.updates, result.state, step)
  }
}

extension ParameterTree {
  /// A loss that reads these parameters, as a function of what they hold.
  func objective(_ loss: @escaping () throws -> Variable) -> Objective {
    Objective { tree in
      func holding(_ pairs: ArraySlice<(parameter: Parameter, leaf: Variable)>) throws -> Variable {
        guard let (parameter, leaf) = pairs.first else { return try loss() }
        return try parameter.holding(leaf) { try holding(pairs.dropFirst()) }
      }
      return try holding(try self.pairs(with: tree)[...])
    }
  }
}

extension Tree {
  /// The tree with other leaves, in order.
  public func with(_ leaves: [Variable]) -> Tree {
    var next = leaves.makeIterator()
    return map { next.next() ?? $0 }
  }

  /// The tree with other leaves, in order, nothing for nil.
  func replacing(_ leaves: [Variable?]) -> Tree {
    var next = leaves.makeIterator()
    return compactMap { _ in next.next() ?? nil }
  }

  /// The tree with zeros like another's leaves where it has nothing.
  func filled(like other: Tree) throws -> Tree {
    try other.zerosLike().zip(self, missing: { $0 }) { $1 }
  }
}
