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
    /// The cells, in order.
    public let parameters: [Parameter]
    /// What turns their gradients into updates.
    public let transformation: GradientTransformation
    /// What the transformation remembers.
    public var state: Tree
  }

  /// The groups in the order they were added.
  public private(set) var groups: [Group] = []
  /// True where steps stay in the graph.
  public let isDifferentiable: Bool

  /// An optimizer of parameters.
  ///
  /// - Throws: a value error where there is none, or where one is listed twice.
  public init(
    _ parameters: [Parameter], _ transformation: GradientTransformation, isDifferentiable: Bool
  ) throws {
    self.isDifferentiable = isDifferentiable
    try addGroup(parameters, transformation)
  }

  /// Adds parameters with a transformation of their own and a new state.
  public func addGroup(
    _ parameters: [Parameter], _ transformation: GradientTransformation
  ) throws {
    guard !parameters.isEmpty else {
      throw TensorError(
        .value, "an optimizer needs at least one parameter, and the target has none",
        hint: "declare fields with `param`, or pass param(…)")
    }
    var seen = Set(groups.flatMap(\.parameters).map(ObjectIdentifier.init))
    for parameter in parameters where !seen.insert(ObjectIdentifier(parameter)).inserted {
      throw TensorError(
        .value, "parameter \(parameter.name ?? "without a name") is given to the optimizer twice")
    }
    let tree = Optimizer.tree(parameters)
    groups.append(
      Group(
        parameters: parameters, transformation: transformation,
        state: try transformation.initialize(tree)))
  }

  /// Every cell, in order.
  public var parameters: [Parameter] { groups.flatMap(\.parameters) }

  /// Takes away the gradients that `backward` left.
  public func zeroGradients() {
    for group in groups {
      for parameter in group.parameters { parameter.gradient = nil }
    }
  }

  /// One step with the gradients that `backward` left; a parameter without one stays.
  public func step() throws {
    let gradients = groups.map { group in group.parameters.map(\.gradient) }
    try step(gradients)
  }

  /// One step down a loss.
  ///
  /// A differentiable optimizer takes the gradients without touching any `.grad`; a plain one
  /// leaves those of this loss there.
  /// - Returns: whether the loss depends on any of the parameters.
  @discardableResult
  public func step(_ loss: Variable) throws -> Bool {
    if !isDifferentiable {
      zeroGradients()
      try backward(loss)
      let found = parameters.contains { $0.gradient != nil }
      try step()
      return found
    }
    let flat = try gradients(of: loss, to: parameters.map(\.value))
    var next = 0
    try step(
      groups.map { group in
        defer { next += group.parameters.count }
        return Array(flat[next..<next + group.parameters.count])
      })
    return flat.contains { $0 != nil }
  }

  /// All groups are computed before any parameter changes, so that an error changes nothing.
  private func step(_ gradients: [[Variable?]]) throws {
    var results: [(values: [Variable?], state: Tree)] = []
    for (group, found) in zip(groups, gradients) {
      let parameters = Optimizer.tree(group.parameters)
      let updates = Tree.list(found.map { $0.map(Tree.leaf) ?? .none })
      let compute = {
        let (updates, state) = try group.transformation.update(updates, group.state, parameters)
        return (try applyUpdates(parameters, updates), updates, state)
      }
      let (next, given, state) =
        isDifferentiable ? try compute() : try Context.current.withoutGradients(compute)
      guard case .list(let values) = next, case .list(let moved) = given else {
        throw TensorError(
          .value, "\(group.transformation.name) gave updates of another structure")
      }
      results.append(
        (
          zip(values, moved).map { value, update in
            if case .leaf(let variable) = value, case .leaf = update { return variable }
            return nil
          }, state
        ))
    }
    for (index, result) in results.enumerated() {
      groups[index].state = result.state
      for (parameter, value) in zip(groups[index].parameters, result.values) {
        guard let value else { continue }
        if isDifferentiable {
          parameter.value = value
        } else {
          let gradient = parameter.gradient
          parameter.value = try leaf(of: value)
          parameter.gradient = gradient
        }
      }
    }
  }

  /// The states of the groups.
  public var state: Tree {
    get { .list(groups.map(\.state)) }
    set {
      guard case .list(let states) = newValue, states.count == groups.count else { return }
      for (index, state) in states.enumerated() { groups[index].state = state }
    }
  }

  private static func tree(_ parameters: [Parameter]) -> Tree {
    .list(parameters.map { .leaf($0.value) })
  }
}
