// An optimizer that owns no parameters: it is given them, and gives new ones.

import Autodiff
import Tensors

/// A transformation with its state, for parameters that are handed through; every step stays in
/// the graph.
public final class FunctionalOptimizer {
  /// What turns gradients into updates.
  public let transformation: GradientTransformation
  /// What the transformation remembers; nil before the first step.
  public var state: Tree?

  /// An optimizer without a state yet.
  public init(_ transformation: GradientTransformation) { self.transformation = transformation }

  /// The parameters after a step down a loss that was computed from them.
  ///
  /// The first step makes the state. A parameter that the loss does not depend on stays.
  /// - Returns: the new parameters; nil where the loss depends on none of the old ones.
  public func step(_ loss: Variable, _ parameters: Tree) throws -> Tree? {
    let flat = try gradients(of: loss, to: parameters.leaves)
    guard flat.contains(where: { $0 != nil }) else { return nil }
    var next = flat.makeIterator()
    let found = parameters.compactMap { _ in next.next() ?? nil }
    let before = try state ?? transformation.initialize(parameters)
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
    let before = try state ?? transformation.initialize(parameters)
    let (updates, after) = try transformation.update(
      nil, before, StepObjective(objective, at: parameters))
    let result = try applyUpdates(parameters, updates)
    state = after
    return result
  }
}
