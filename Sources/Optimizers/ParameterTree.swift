// What an optimizer was given: parameters in the structure of its target.
//
// The structure is kept so that masks, labels and messages speak of a model's own fields, and so
// that a state has the structure of what it belongs to.

import Autodiff
import Tensors

/// Parameters in lists and records.
public indirect enum ParameterTree: Sendable {
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
  /// Where the structures differ there is nothing.
  func pairs(with tree: Tree) -> [(parameter: Parameter, leaf: Variable)] {
    switch (self, tree) {
    case (.parameter(let parameter), .leaf(let leaf)): [(parameter, leaf)]
    case (.list(let trees), .list(let others)):
      zip(trees, others).flatMap { $0.pairs(with: $1) }
    case (.record(let pairs), .record):
      pairs.flatMap { $0.value.pairs(with: tree[$0.key] ?? .none) }
    default: []
    }
  }
}
