// Trees: parameters, gradients, updates and optimizer states are tensors in lists and records.
//
// Everything that walks a structure walks it here. A path names a leaf in messages: `layers.0.w`.

import Tensors

/// Tensors in lists and records, nested as one likes.
public enum Tree: Sendable {
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

  /// The tree with each leaf replaced, or taken out where that gives nil.
  public func compactMap(_ transform: (Variable) throws -> Variable?) rethrows -> Tree {
    switch self {
    case .leaf(let variable): try transform(variable).map(Tree.leaf) ?? .none
    case .list(let trees): .list(try trees.map { try $0.compactMap(transform) })
    case .record(let pairs):
      .record(try pairs.map { ($0.key, try $0.value.compactMap(transform)) })
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
    try Misfit.named { try zipped(other, missing, transform) }
  }

  private func zipped(
    _ other: Tree, _ missing: (Tree) -> Tree, _ transform: (Variable, Variable) throws -> Variable
  ) throws -> Tree {
    switch (self, other) {
    case (.leaf(let a), .leaf(let b)): return .leaf(try transform(a, b))
    case (.none, _), (_, .none): return missing(self)
    case (.list(let a), .list(let b)) where a.count == b.count:
      return .list(
        try a.indices.map { i in
          try Misfit.within("\(i)") { try a[i].zipped(b[i], missing, transform) }
        })
    case (.record(let a), .record(let b)) where Tree.haveSameKeys(a, b):
      return .record(
        try Swift.zip(a, b).map { a, b in
          (
            a.key,
            try Misfit.within(a.key) { try a.value.zipped(b.value, missing, transform) }
          )
        })
    default: throw Misfit(self, other)
    }
  }

  /// Walks this tree together with others of its structure.
  ///
  /// Where this tree has nothing, the others keep what they have.
  /// - Parameter transform: makes, of a leaf and those at the same place in the others, as many new
  ///   ones: the first for this tree, the next for the others.
  /// - Returns: this tree and the others with the new leaves.
  /// - Throws: a shape error that names the path, where the structures differ.
  public func scan(
    _ others: [Tree], _ transform: (Variable, [Variable]) throws -> [Variable]
  ) throws -> [Tree] {
    try Misfit.named { try scanned(others, transform) }
  }

  private func scanned(
    _ others: [Tree], _ transform: (Variable, [Variable]) throws -> [Variable]
  ) throws -> [Tree] {
    switch self {
    case .none: return [.none] + others
    case .leaf(let variable):
      let leaves = try others.map { other in
        guard case .leaf(let leaf) = other else { throw Misfit(self, other) }
        return leaf
      }
      return try transform(variable, leaves).map(Tree.leaf)
    case .list(let trees):
      let rows = try others.map { other in
        guard case .list(let row) = other, row.count == trees.count else {
          throw Misfit(self, other)
        }
        return row
      }
      let columns = try trees.indices.map { i in
        try Misfit.within("\(i)") { try trees[i].scanned(rows.map { $0[i] }, transform) }
      }
      return (0...others.count).map { place in .list(columns.map { $0[place] }) }
    case .record(let pairs):
      let rows = try others.map { other in
        guard case .record(let row) = other, Tree.haveSameKeys(row, pairs) else {
          throw Misfit(self, other)
        }
        return row
      }
      let columns = try pairs.indices.map { i in
        try Misfit.within(pairs[i].key) {
          try pairs[i].value.scanned(rows.map { $0[i].value }, transform)
        }
      }
      return (0...others.count).map { place in
        .record(Swift.zip(pairs, columns).map { ($0.key, $1[place]) })
      }
    }
  }

  private static func haveSameKeys(
    _ a: [(key: String, value: Tree)], _ b: [(key: String, value: Tree)]
  ) -> Bool {
    a.count == b.count && Swift.zip(a, b).allSatisfy { $0.key == $1.key }
  }

  /// Two structures that differ, on its way out of a walk: the path is gathered only then.
  private struct Misfit: Error {
    private let there: String
    private let here: String
    private var steps: [String] = []

    init(_ tree: Tree, _ other: Tree) {
      there = tree.summary
      here = other.summary
    }

    /// Runs a part of a walk that lies a step below.
    static func within<R>(_ step: @autoclosure () -> String, _ body: () throws -> R) throws -> R {
      do { return try body() } catch var misfit as Misfit {
        misfit.steps.append(step())
        throw misfit
      }
    }

    /// Runs a whole walk; a misfit becomes an error that names the path.
    static func named<R>(_ body: () throws -> R) throws -> R {
      do { return try body() } catch let misfit as Misfit {
        let path = misfit.steps.reversed().reduce(Path.top) { $0[$1] }
        throw TensorError(
          .shape, "the trees differ\(path.phrase): \(misfit.there) there and \(misfit.here) here",
          hint:
            "gradients, updates and parameters have one structure: the same keys, lists of one length"
        )
      }
    }
  }

  /// The leaves with their paths: `layers.0.w`, and the top for a bare leaf.
  package var paths: [(path: Path, leaf: Variable)] {
    var result: [(path: Path, leaf: Variable)] = []
    func visit(_ tree: Tree, _ path: Path) {
      switch tree {
      case .leaf(let variable): result.append((path, variable))
      case .list(let trees): for (i, tree) in trees.enumerated() { visit(tree, path[i]) }
      case .record(let pairs): for pair in pairs { visit(pair.value, path[pair.key]) }
      case .none: break
      }
    }
    visit(self, .top)
    return result
  }

  /// What stands at the top, for messages.
  package var summary: String {
    switch self {
    case .leaf(let variable): variable.typeDescription
    case .list(let trees): "a list of \(trees.count)"
    case .record(let pairs): "a record of \(pairs.map(\.key).joined(separator: ", ").shortened)"
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
