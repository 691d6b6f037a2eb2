// Collectives on trees: tensors of one dtype go as one vector, so that a network is one exchange.

import Autodiff
import Language
import Tensors

/// A tree of which every rank gives one.
struct CollectiveTree {
  private let tree: WireValue
  private let name: String
  private let ranks: Ranks

  /// Takes a tree apart, for a collective of that name.
  ///
  /// - Throws: a type error for what other ranks cannot have.
  init(_ value: Value, for name: String, _ ranks: Ranks) throws {
    tree = try WireValue(value, of: name, leaves: .numbers)
    self.name = name
    self.ranks = ranks
  }

  private init(_ tree: WireValue, for name: String, _ ranks: Ranks) {
    self.tree = tree
    self.name = name
    self.ranks = ranks
  }

  /// What has to be the same on every rank: what stands around the tensors, their shapes and dtypes.
  var description: String {
    let leaves = zip(tree.paths, tree.leaves).map { path, leaf in
      path.isTop ? leaf.typeDescription : "\(path): \(leaf.typeDescription)"
    }
    let shown = leaves.prefix(4).joined(separator: ", ") + (leaves.count > 4 ? ", …" : "")
    let code = Code.word(of: tree.structure + Array(leaves.joined().utf8))
    let isPlain = leaves.count == 1 && tree.paths[0].isTop
    return isPlain ? shown : "{\(shown)} (tree \(String(code, radix: 16)))"
  }

  /// A word for that.
  private var code: UInt64 {
    var code = Code()
    code.add(Code.word(of: tree.structure))
    for leaf in tree.leaves { code.add(leaf.shape, leaf.dtype) }
    return code.word
  }

  // MARK: - Exchanges

  /// How a vector is exchanged, by a deed that is not this exchange alone.
  typealias Exchange = (Variable, (code: UInt64, text: () -> String)?) throws -> Variable

  /// The tree whose tensors a collective gives.
  func exchanged(by collective: Collective, comparesTrees: Bool = true) throws -> Value {
    try exchanged(
      takesRows: collective.takesRows, givesRows: collective.givesRows, comparesTrees: comparesTrees
    ) { try $0.exchanged(by: collective, as: $1) }
  }

  /// The same for whatever takes and gives vectors, one for each dtype. With the first the ranks make sure that their
  /// trees are alike.
  ///
  /// - Parameters:
  ///   - details: what stands behind the name, for messages.
  ///   - comparesTrees: whether they do.
  func exchanged(
    _ details: String = "", takesRows: Bool = false, givesRows: Bool = false,
    comparesTrees: Bool = true,
    _ exchange: Exchange
  ) throws -> Value {
    var whole = Code()
    whole.add(Code.word(of: name.utf8))
    whole.add(Code.word(of: details.utf8))
    whole.add(code)
    var deed: (code: UInt64, text: () -> String)? =
      comparesTrees ? (whole.word, { "\(name)\(details) of \(description)" }) : nil
    if comparesTrees, tree.leaves.isEmpty {
      _ = try ranks.meet("\(name)\(details) of \(description)")
    }
    var results = tree.leaves
    for dtype in DType.allCases {
      let places = tree.leaves.indices.filter { tree.leaves[$0].dtype == dtype }
      guard !places.isEmpty else { continue }
      if places.count == 1 {
        results[places[0]] = try exchange(tree.leaves[places[0]], deed)
        deed = nil
        continue
      }
      let extents = places.map { place in
        let leaf = tree.leaves[place]
        return takesRows ? leaf.shape.array.dropFirst().reduce(1, *) : leaf.count
      }
      let parts = try zip(places, extents).map { place, extent in
        let leaf = tree.leaves[place]
        return try leaf.reshape(to: Shape(takesRows ? [leaf.shape[0], extent] : [extent]))
      }
      let all = try exchange(Variable.concat(parts, axis: takesRows ? 1 : 0), deed)
      deed = nil
      var start = 0
      for (place, extent) in zip(places, extents) {
        let part = try all.sliced(axis: givesRows ? 1 : 0, from: start, to: start + extent)
        start += extent
        let inside = tree.leaves[place].shape.array.dropFirst(takesRows ? 1 : 0)
        results[place] = try part.reshape(to: Shape((givesRows ? [all.shape[0]] : []) + inside))
      }
    }
    return rebuilt(results)
  }

  private func rebuilt(_ leaves: [Variable]) -> Value {
    var leaves = leaves[...]
    return WireValue.value(tree.structure, &leaves)
  }

  // MARK: - One rank's tree

  /// A tree like that of one rank, with zeros where this is another: what it takes its place in an exchange by. Behind
  /// a first axis of ranks, others have no rows.
  func likeThat(of root: Int, hasRows: Bool) throws -> CollectiveTree {
    var writer = WireWriter()
    if ranks.rank == root {
      writer.add(tree.structure)
      writer.add(tree.leaves.count)
      for leaf in tree.leaves {
        writer.add(Int(leaf.dtype.rawValue))
        writer.add(leaf.rank)
        for extent in leaf.shape.array { writer.add(extent) }
      }
    }
    var reader = WireReader(try ranks.broadcast(writer.bytes, from: root))
    guard ranks.rank != root else { return self }
    let structure = reader.part()
    let leaves = try (0..<reader.int()).map { _ -> Variable in
      let dtype = DType.allCases[reader.int()]
      var extents = (0..<reader.int()).map { _ in reader.int() }
      if hasRows, !extents.isEmpty { extents[0] = 0 }
      return .tensor(try Tensor.zeros(Shape(), dtype).broadcast(to: Shape(extents)))
    }
    return CollectiveTree(WireValue(structure: structure, leaves: leaves), for: name, ranks)
  }

  // MARK: - What is asked of trees

  /// - Throws: a type error for bools, which have no sum.
  func requireNumbers() throws {
    for (path, leaf) in zip(tree.paths, tree.leaves) where leaf.dtype == .bool {
      throw RuntimeError(
        .type, "\(name) adds, and the tree has a \(leaf.typeDescription)\(path.phrase)",
        hint: "convert it with .to(i64), or use op=\"max\" on what that gives")
    }
  }

  /// - Throws: a shape error for a tensor without a row for each rank.
  func requireRows() throws {
    for (path, leaf) in zip(tree.paths, tree.leaves)
    where leaf.rank == 0 || leaf.shape[0] != ranks.count {
      throw RuntimeError(
        .shape,
        "\(name) needs a first axis of \(ranks.count), one row for each rank, and got "
          + "\(leaf.typeDescription)\(path.phrase)")
    }
  }
}
