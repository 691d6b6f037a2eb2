// Trees: parameters, gradients, updates and optimizer states are tensors in lists and records.
//
// Everything that walks a structure walks it here. A path names a leaf in messages: `layers[0].w`.

import Tensors

/// Tensors in lists and records, nested as one likes.
public indirect enum Tree: Sendable {
  case leaf(Variable)
  case list([Tree])
  case record([(key: String, value: Tree)])
  /// Nothing where a leaf might be: a parameter without a gradient, a state that is not needed.
  case none
}

extension Tree {
  /// The leaves from left to right.
  public var leaves: [Variable] {
    var result: [Variable] = []
    func visit(_ tree: Tree) {
      switch tree {
      case .leaf(let variable): result.append(variable)
      case .list(let trees): trees.forEach(visit)
      case .record(let pairs): pairs.forEach { visit($0.value) }
      case .none: break
      }
    }
    visit(self)
    return result
  }

  /// The tree with each leaf replaced.
  public func map(_ transform: (Variable) throws -> Variable) rethrows -> Tree {
    switch self {
    case .leaf(let variable): .leaf(try transform(variable))
    case .list(let trees): .list(try trees.map { try $0.map(transform) })
    case .record(let pairs):
      .record(try pairs.map { ($0.key, try $0.value.map(transform)) })
    case .none: .none
    }
  }

  /// The tree of results for leaves at the same place in this tree and another.
  ///
  /// Where either has nothing, the result has what `missing` makes of this tree's leaf.
  /// - Throws: a shape error that names the path, where the structures differ.
  public func zip(
    _ other: Tree, missing: (Tree) -> Tree = { _ in .none },
    _ transform: (Variable, Variable) throws -> Variable
  ) throws -> Tree {
    try zip(other, path: "", missing: missing, transform)
  }

  private func zip(
    _ other: Tree, path: String, missing: (Tree) -> Tree,
    _ transform: (Variable, Variable) throws -> Variable
  ) throws -> Tree {
    switch (self, other) {
    case (.leaf(let a), .leaf(let b)): return .leaf(try transform(a, b))
    case (.none, _), (_, .none): return missing(self)
    case (.list(let a), .list(let b)) where a.count == b.count:
      return .list(
        try a.indices.map {
          try a[$0].zip(b[$0], path: "\(path)[\($0)]", missing: missing, transform)
        })
    case (.record(let a), .record(let b)) where a.map(\.key) == b.map(\.key):
      return .record(
        try a.indices.map { index in
          (
            a[index].key,
            try a[index].value.zip(
              b[index].value, path: "\(path).\(a[index].key)", missing: missing, transform)
          )
        })
    default:
      let place = path.isEmpty ? "" : " at \(path.hasPrefix(".") ? String(path.dropFirst()) : path)"
      throw TensorError(
        .shape, "the trees differ\(place): \(summary) there and \(other.summary) here")
    }
  }

  /// What stands at the top, for messages.
  private var summary: String {
    switch self {
    case .leaf(let variable): variable.typeDescription
    case .list(let trees): "a list of \(trees.count)"
    case .record(let pairs): "a record of \(pairs.map(\.key).joined(separator: ", "))"
    case .none: "nothing"
    }
  }

  /// Zeros of the same structure, shapes and dtypes.
  public func zerosLike() throws -> Tree { try map { try $0.zerosLike() } }

  /// The entry of a record.
  public subscript(key: String) -> Tree? {
    guard case .record(let pairs) = self else { return nil }
    return pairs.first { $0.key == key }?.value
  }
}
