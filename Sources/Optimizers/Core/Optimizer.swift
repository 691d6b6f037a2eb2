// An optimizer: parameters, a transformation, and the state that goes with them.
//
// The one thing in which a differentiable optimizer differs from a plain one is what a parameter
// holds after a step: the sum as it was computed, so that later results depend on it and on
// everything the step used, or a new leaf with the sum's numbers.

import Autodiff
import Tensors

/// Parameters with a transformation and its state.
public final class Optimizer {
  /// Parameters that share a transformation.
  public struct Group {
    /// The cells, in the structure of the target.
    public let target: ParameterTree
    /// The cells in order.
    public let parameters: [Parameter]
    /// What turns their gradients into updates.
    public fileprivate(set) var transformation: GradientTransformation
    /// What the transformation remembers.
    public var state: Tree
  }

  /// The groups in the order they were added.
  public private(set) var groups: [Group] = []
  /// True where steps stay in the graph.
  public let isDifferentiable: Bool

  /// An optimizer of parameters.
  ///
  /// - Throws: a value error where there is none.
  public init(
    _ target: ParameterTree, _ transformation: GradientTransformation,
    isDifferentiable: Bool = false
  ) throws {
    self.isDifferentiable = isDifferentiable
    try addGroup(target, transformation)
  }

  /// An optimizer of parameters in a list.
  ///
  ///     let optimizer = try Optimizer([weights, offset], .adam(learningRate: 0.01))
  ///
  /// - Parameter isDifferentiable: whether steps stay in the graph, for derivatives through them.
  /// - Throws: a value error where there is no parameter.
  public convenience init(
    _ parameters: [Parameter], _ transformation: GradientTransformation,
    isDifferentiable: Bool = false
  ) throws {
    try self.init(
      .list(parameters.map(ParameterTree.parameter)), transformation,
      isDifferentiable: isDifferentiable)
  }

  /// Adds parameters with a transformation of their own and a new state; one that stands at several
  /// places of the target moves once a step.
  ///
  /// - Throws: a value error where there is none, or where one is in a group already.
  public func addGroup(
    _ target: ParameterTree, _ transformation: GradientTransformation
  ) throws {
    let target = target.withoutRepeats()
    let added = target.parameters
    guard !added.isEmpty else {
      throw TensorError(
        .value, "an optimizer needs at least one parameter, and the target has none",
        hint: "declare fields with `param`, or pass param(…)")
    }
    var seen = Set(parameters.map(ObjectIdentifier.init))
    for parameter in added where !seen.insert(ObjectIdentifier(parameter)).inserted {
      throw TensorError(
        .value,
        "\(parameter.title) is in a group of the optimizer already")
    }
    // A parameter that was set to a constant for a while, as by an estimate, is a leaf from here on.
    for parameter in added where !parameter.value.isTracked && parameter.value.dtype.isFloat {
      parameter.value = try leaf(of: parameter.value)
    }
    groups.append(
      Group(
        target: target, parameters: added, transformation: transformation,
        state: try transformation.initialize(target.map(\.value))))
  }

  /// Puts another transformation in the place of a group's.
  ///
  /// - Parameter state: what it is to remember; nil for what the two have in common.
  package func setTransformation(
    _ transformation: GradientTransformation, ofGroup index: Int, state: Tree? = nil
  ) throws {
    let group = groups[index]
    groups[index].state =
      try state
      ?? transformation.continued(
        group.state, of: group.transformation, group.target.map(\.value))
    groups[index].transformation = transformation
  }

  /// What it holds beside the cells, to be put back.
  package var content: [Group] {
    get { groups }
    set { groups = newValue }
  }

  /// Every cell, in order.
  public var parameters: [Parameter] {
    groups.count == 1 ? groups[0].parameters : groups.flatMap(\.parameters)
  }

  /// Takes away the gradients that `backward` left.
  public func zeroGradients() {
    for parameter in parameters { parameter.gradient = nil }
  }

  /// One step with the gradients that `backward` left; a parameter without one stays.
  public func step() throws {
    try step(groups.map { group in group.target.map(\.gradient) })
  }

  /// One step down a loss.
  ///
  /// A differentiable optimizer takes the gradients without touching any `.grad`; a plain one
  /// leaves those of this loss there.
  /// - Returns: whether the loss depends on any of the parameters.
  @discardableResult
  public func step(_ loss: Variable) throws -> Bool {
    if !isDifferentiable {
      for parameter in parameters where !parameter.isLeaf {
        throw TensorError(
          .value,
          "\(parameter.title) is the result of a computation, so backward leaves no gradient in it",
          hint: "stop_gradient(…) makes it a leaf again; a Meta optimizer steps it as it is")
      }
      zeroGradients()
      guard try backward(loss) else { return false }
      try step(groups.map { group in group.target.map(\.gradient) }, loss: stopGradient(loss))
      return parameters.contains { $0.gradient != nil }
    }
    let flat = try gradients(of: loss, to: parameters.map(\.value))
    try step(gradients: flat, loss: loss)
    return flat.contains { $0 != nil }
  }

  /// One step with gradients from elsewhere, one for each of `parameters` in order; a parameter whose
  /// gradient is nil stays.
  ///
  /// - Throws: a shape error for another number of gradients, or one that does not fit its parameter.
  public func step(gradients: [Variable?]) throws { try step(gradients: gradients, loss: nil) }

  private func step(gradients: [Variable?], loss: Variable?) throws {
    guard gradients.count == parameters.count else {
      throw TensorError(
        .shape, "\(gradients.count) gradients were given for \(parameters.count) parameters")
    }
    var next = gradients.makeIterator()
    let groups = self.groups
    try step(groups.indices.map { groups[$0].target.map { _ in next.next() ?? nil } }, loss: loss)
  }

  /// All groups are computed before any parameter changes, so that an error changes nothing.
  private func step(_ gradients: [Tree], loss: Variable? = nil) throws {
    // Groups are asked where they lie in the list, since a copy of one counts a dozen references.
    let groups = self.groups
    func results() throws -> [Group.Result] {
      try groups.indices.map { try groups[$0].stepped(gradients[$0], loss) }
    }
    try apply(isDifferentiable ? results() : Context.current.withoutGradients(results))
  }

  /// One step down a function that computes the loss from the parameters as they are.
  ///
  /// Transformations that ask for it evaluate the function at other parameters, which are set for
  /// the time of the call alone.
  /// - Returns: the loss before the step.
  public func step(evaluating loss: @escaping () throws -> Variable) throws -> Variable {
    if groups.count == 1, !isDifferentiable,
      let stepInPlace = groups[0].transformation.stepInPlace,
      groups[0].parameters.allSatisfy({ $0.value.concrete != nil })
    {
      let result = try stepInPlace(groups[0].parameters, groups[0].state, loss, .identity)
      groups[0].state = result.state
      return result.value
    }
    var value: Variable?
    try apply(
      try groups.map { group in
        let step = StepObjective(
          group.target.objective(loss),
          at: group.target.map { isDifferentiable ? $0.value : stopGradient($0.value) })
        func stepped() throws -> Group.Result {
          let result = try group.stepped(step)
          if value == nil { value = try step.value() }
          return result
        }
        return isDifferentiable ? try stepped() : try Context.current.withoutGradients(stepped)
      })
    return value ?? Variable(.nan)
  }

  private func apply(_ results: [Group.Result]) throws {
    for (index, result) in results.enumerated() {
      groups[index].state = result.state
      for (parameter, value) in result.values {
        if isDifferentiable {
          parameter.value = value
        } else {
          let gradient = parameter.gradient
          parameter.value = try parameter.nextLeaf(of: value)
          parameter.gradient = gradient
        }
      }
    }
  }

  /// The states of the groups, in order; a list of another length changes nothing.
  public var state: Tree {
    get { .list(groups.map(\.state)) }
    set {
      guard case .list(let states) = newValue, states.count == groups.count else { return }
      for (index, state) in states.enumerated() { groups[index].state = state }
    }
  }
}

extension Optimizer.Group {
  /// What a step makes of the group: the new values of the parameters that move, and the state.
  fileprivate typealias Result = (values: [(Parameter, Variable)], state: Tree)

  /// - Parameter loss: its value, for transformations that look at it; nil where it is not known.
  fileprivate func stepped(_ gradients: Tree, _ loss: Variable?) throws -> Result {
    if let loss, transformation.guidedUpdate != nil {
      let (updates, state) = try transformation.update(
        gradients, state,
        StepObjective(value: loss.scalarLoss(), gradient: gradients, at: target.map(\.value)))
      return (try moved(by: updates), state)
    }
    let (updates, state) = try transformation.update(
      gradients, state, transformation.usesParameters ? target.map(\.value) : nil)
    return (try moved(by: updates), state)
  }

  fileprivate func stepped(_ step: StepObjective) throws -> Result {
    let (updates, state) = try transformation.update(nil, state, step)
    return (try moved(by: updates), state)
  }

  private func moved(by updates: Tree) throws -> [(Parameter, Variable)] {
    var values: [(Parameter, Variable)] = []
    values.reserveCapacity(parameters.count)
    try target.forEach(with: updates) { parameter, update in
      values.append((parameter, try parameter.value.updated(by: update)))
    }
    return values
  }
}

extension Parameter {
  /// What messages call it.
  fileprivate var title: String { name.map { "parameter \($0)" } ?? "a parameter" }
}
