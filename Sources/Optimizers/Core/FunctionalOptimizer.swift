// An optimizer that owns no parameters: it is given them, and gives new ones.

import Autodiff
import Tensors

/// A transformation with its state, for parameters that are handed through; every step stays in
/// the graph.
public final class FunctionalOptimizer {
  /// What turns gradients into updates.
  public private(set) var transformation: GradientTransformation
  /// What the transformation remembers; nil before the first step.
  public var state: Tree? { didSet { former = nil } }
  /// Whose the state is, where another transformation has come since.
  private var former: GradientTransformation?

  /// An optimizer without a state yet.
  public init(_ transformation: GradientTransformation) { self.transformation = transformation }

  /// What it holds, to be put back.
  package struct Content {
    fileprivate let transformation: GradientTransformation
    fileprivate let state: Tree?
    fileprivate let former: GradientTransformation?
  }

  /// What it holds, to be put back.
  package var content: Content {
    get { Content(transformation: transformation, state: state, former: former) }
    set {
      (transformation, state) = (newValue.transformation, newValue.state)
      former = newValue.former
    }
  }

  /// Puts another transformation in the place of this one, with what the two states have in common.
  package func setTransformation(_ transformation: GradientTransformation) {
    if state != nil { former = former ?? self.transformation }
    self.transformation = transformation
  }

  private func begun(_ parameters: Tree) throws -> Tree {
    guard let state else { return try transformation.initialize(parameters) }
    return try former.map { try transformation.continued(state, of: $0, parameters) } ?? state
  }

  /// The parameters after a step down a loss that was computed from them.
  ///
  /// The first step makes the state. A parameter that the loss does not depend on stays.
  /// - Returns: the new parameters; nil where the loss depends on none of the old ones.
  public func step(_ loss: Variable, _ parameters: Tree) throws -> Tree? {
    let flat = try gradients(of: loss, to: parameters.leaves)
    guard flat.contains(where: { $0 != nil }) else { return nil }
    var next = flat.makeIterator()
    let found = parameters.compactMap { _ in next.next() ?? nil }
    let before = try begun(parameters)
    let (updates, after) =
      transformation.guidedUpdate == nil
      ? try transformation.update(found, before, parameters)
      : try transformation.update(
        found, before,
        StepObjective(value: loss.scalarLoss(), gradient: found, at: parameters))
    let result = try applyUpdates(parameters, updates)
    state = after
    return result
  }

  /// The parameters after a step for which the loss is at hand as a function of them.
  public func step(_ parameters: Tree, _ objective: Objective) throws -> Tree {
    let before = try begun(parameters)
    let (updates, after) = try transformation.update(
      nil, before, StepObjective(objective, at: parameters))
    let result = try applyUpdates(parameters, updates)
    state = after
    return result
  }
}
