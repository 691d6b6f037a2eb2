// What the nodes of a graph are called: by the program's own names, from a tree of parameters, models, optimizers
// and snapshots, or from its variables.

import Autodiff
import Language
import Tensors

/// The names of nodes, and where the parameters among them were declared.
struct GraphNames {
  private var names: [ObjectIdentifier: [String]] = [:]
  private var places: [ObjectIdentifier: UInt64] = [:]
  private var walk = Walk()

  /// The names that a tree gives.
  ///
  /// A snapshot in a list, or by itself, gives its own name, `step0.a`; other elements of a list that has no name
  /// have none either.
  init(of tree: Value) throws {
    try add(tree, .top)
  }

  /// The names of variables that hold models, parameters, optimizers or snapshots.
  init(of variables: [(name: String, value: Value)]) throws {
    for (name, value) in variables where value.isState {
      try add(value, .named(name), isState: true)
    }
  }

  /// What a node is called, by all its names where they are few; nil where it has none.
  func name(of node: ObjectIdentifier) -> String? {
    guard let known = names[node] else { return nil }
    let few = known.count <= GraphNames.most ? known : Array(known.prefix(GraphNames.most - 1))
    return few.map(GraphNames.inOneLine).joined(separator: ", ")
      + (few.count < known.count ? ", …" : "")
  }

  /// Where the parameter of a leaf was declared, as `Context.place` has it.
  func place(of node: ObjectIdentifier) -> UInt64? { places[node] }

  private static let most = 3

  private static func inOneLine(_ name: String) -> String {
    String(name.shortened.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  /// - Parameter isState: whether what holds no tensor is passed over, as texts and counts are in a state.
  private mutating func add(_ value: Value, _ path: Path, isState: Bool = false) throws {
    switch value {
    case .host(let snapshot as Snapshot):
      let path = path.isTop ? snapshot.prefix.map(Path.named) ?? path : path
      // The one target of a snapshot says nothing more.
      let plain = snapshot.entries.count > 1 ? snapshot.plain : snapshot.unnamed.plain
      return try add(plain, path, isState: true)
    case .host(let host):
      if let state = host.stateTree {
        guard !path.isTop else {
          throw RuntimeError(
            .type, "graph has no name for the moments of \(value.shortDescription)",
            hint: "give it one: params={optim: …}, or (net, {optim: …})")
        }
        return try add(state, path, isState: true)
      }
    case .list(let values):
      try walk.enter(path)
      for (index, part) in values.enumerated() {
        try add(part, path.isTop ? path : path[index, part], isState: isState)
      }
      return
    case .record(let record):
      try walk.enter(path)
      for (key, part) in record.pairs { try add(part, path[key], isState: isState) }
      return
    default: break
    }
    let tree =
      isState
      ? try ValueTree(value, numbersAreLeaves: false, path: path)
      : try ValueTree(value, for: "graph", numbersAreLeaves: false, path: path)
    for leaf in tree.leaves {
      guard let node = leaf.variable.nodeIdentity else { continue }
      if let cell = leaf.cell { places[node] = cell.place }
      guard let name = leaf.path.isTop ? leaf.cell?.name : leaf.path.description,
        names[node]?.contains(name) != true
      else { continue }
      names[node, default: []].append(name)
    }
  }
}

extension Path {
  /// An element of the list that stands here: a snapshot by its name, anything else by its number.
  fileprivate subscript(index: Int, value: Value) -> Path {
    guard case .host(let snapshot as Snapshot) = value, let prefix = snapshot.prefix else {
      return self[index]
    }
    return self[prefix]
  }
}

extension Value {
  /// True for what a program names its state by: models, parameters, optimizers, snapshots.
  fileprivate var isState: Bool {
    switch self {
    case .instance, .parameter: true
    case .host(let host): host is Snapshot || host.stateTree != nil
    default: false
    }
  }
}
