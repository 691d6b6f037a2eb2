// What an optimizer was given: parameters in the structure of its target.
//
// The structure is kept so that masks, labels and messages speak of a model's own fields, and so
// that a state has the structure of what it belongs to.

import Autodiff
import Tensors

/// Parameters in lists and records.
public enum ParameterTree: Sendable {
  case parameter(Parameter)
  case list([ParameterTree])
  case record([(key: String, value: ParameterTree)])
  /// Something that is not a parameter.
  case none

  /// The parameters from left to right.
  public var parameters: [Parameter] {
    switch self {
    case .parameter(let parameter): [parameter]
    case .list(let trees): trees.flatMap(\.parameters)
    case .record(let pairs): pairs.flatMap { $0.value.parameters }
    case .none: []
    }
  }

  /// The tree with each parameter at its first place alone: tied weights move once a step.
  func withoutRepeats() -> ParameterTree {
    var seen: Set<ObjectIdentifier> = []
    func visit(_ tree: ParameterTree) -> ParameterTree {
      switch tree {
      case .parameter(let parameter):
        seen.insert(ObjectIdentifier(parameter)).inserted ? tree : .none
      case .list(let trees): .list(trees.map(visit))
      case .record(let pairs): .record(pairs.map { ($0.key, visit($0.value)) })
      case .none: .none
      }
    }
    return visit(self)
  }

  /// The tree of what is found for each parameter; nothing for nil.
  public func map(_ transform: (Parameter) throws -> Variable?) rethrows -> Tree {
    switch self {
    case .parameter(let parameter): try transform(parameter).map(Tree.leaf) ?? .none
    case .list(let trees): .list(try trees.map { try $0.map(transform) })
    case .record(let pairs): .record(try pairs.map { ($0.key, try $0.value.map(transform)) })
    case .none: .none
    }
  }

  /// The parameters for which a tree has a leaf, with that leaf.
  ///
  /// - Throws: a shape error where the structures differ.
  func pairs(with tree: Tree) throws -> [(parameter: Parameter, leaf: Variable)] {
    var result: [(parameter: Parameter, leaf: Variable)] = []
    try forEach(with: tree) { result.append(($0, $1)) }
    return result
  }

  /// Runs a body for every parameter for which a tree has a leaf, with that leaf.
  ///
  /// - Throws: a shape error where the structures differ.
  func forEach(with tree: Tree, _ body: (Parameter, Variable) throws -> Void) throws {
    switch (self, tree) {
    case (.none, _), (_, .none): break
    case (.parameter(let parameter), .leaf(let leaf)): try body(parameter, leaf)
    case (.list(let trees), .list(let others)) where trees.count == others.count:
      for (tree, other) in zip(trees, others) { try tree.forEach(with: other, body) }
    case (.record(let pairs), .record(let others))
    where pairs.count == others.count && zip(pairs, others).allSatisfy({ $0.key == $1.key }):
      for (pair, other) in zip(pairs, others) { try pair.value.forEach(with: other.value, body) }
    default:
      throw TensorError(.shape, "the updates do not have the structure of the parameters")
    }
  }
}
