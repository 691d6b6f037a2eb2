// Values as trees: every walk over a structure of a program's values is here.
//
// `ValueTree` takes a value apart into leaves and the structure around them, and puts it together
// again from other leaves. A leaf is a tensor, a number or a parameter's tensor; anything else
// (text, functions, nil) belongs to the structure and stays as it is. What has no leaf and is not
// empty either is no tree: who needs one takes it apart with `init(_:for:)`, and that is an error.

import Autodiff
import Tensors

/// A value taken apart into tensors and what is around them.
package struct ValueTree {
  /// One leaf.
  package struct Leaf {
    package var variable: Variable
    /// The cell it was read from, if any.
    package var cell: ParameterCell?
    /// `layers.0.weight`; empty for a bare tensor.
    package var path: String
    /// What a plain number was.
    package var number: NumberKind = .tensor
  }

  /// Whether a leaf was a tensor or a number of the language.
  package enum NumberKind { case tensor, int, float, bool }

  /// What stands around the leaves.
  package indirect enum Structure {
    case leaf
    case parameter(ParameterCell)
    case list([Structure])
    case record([(key: String, value: Structure)])
    /// A model: its fields as a record.
    case instance(ModelInstance, [(key: String, value: Structure)])
    /// A snapshot, and what stands around the leaves of its plain value.
    case snapshot(Snapshot, Structure)
    case other(Value)
  }

  package private(set) var leaves: [Leaf] = []
  package private(set) var structure: Structure = .leaf
  /// The models that are being taken apart, outer ones of the present place.
  private var open: Set<ObjectIdentifier> = []

  /// A tree of leaves and the structure that they stand in.
  package init(leaves: [Leaf], structure: Structure) {
    self.leaves = leaves
    self.structure = structure
  }

  /// The nesting at which a value is taken to be without end.
  package static let maximumDepth = 500

  /// - Throws: a limit error at a depth where a tree is taken to be without end.
  package static func require(depth: Int) throws {
    guard depth < maximumDepth else {
      throw RuntimeError(.limit, "a tree is nested more than \(maximumDepth) levels deep")
    }
  }

  /// Takes a value apart.
  ///
  /// - Parameters:
  ///   - numbersAreLeaves: whether plain numbers count as tensors.
  ///   - buffers: whether the buffers of models are leaves too.
  package init(_ value: Value, numbersAreLeaves: Bool = true, buffers: Bool = false) throws {
    structure = try take(
      value, path: "", numbersAreLeaves: numbersAreLeaves, buffers: buffers, depth: 0)
  }

  /// Takes a value apart that has to be a tree.
  ///
  /// - Parameter name: who needs it, for the message.
  /// - Throws: a type error for what has no leaf and is no empty structure: text, a function, nil.
  package init(_ value: Value, for name: String, numbersAreLeaves: Bool = true) throws {
    try self.init(value, numbersAreLeaves: numbersAreLeaves)
    guard structure.isNoTree || value.isNil else { return }
    throw ValueTree.noTree(value, for: name, numbersAreLeaves: numbersAreLeaves)
  }

  /// Takes arguments apart, as a list, each of which has to be a tree; nil stands for none.
  ///
  /// - Throws: a type error for another, and where nothing is left.
  package init(arguments values: [Value], for name: String) throws {
    try self.init(.list(values))
    guard case .list(let structures) = structure else { return }
    if let place = structures.firstIndex(where: \.isNoTree) {
      throw ValueTree.noTree(values[place], for: name)
    }
    if leaves.isEmpty, let first = values.first(where: \.isNil) {
      throw ValueTree.noTree(first, for: name)
    }
  }

  private static func noTree(
    _ value: Value, for name: String, numbersAreLeaves: Bool = true
  ) -> RuntimeError {
    RuntimeError(
      .type,
      "\(name) needs \(numbersAreLeaves ? "tensors or numbers" : "tensors"), and "
        + "\(value.shortDescription) has none",
      hint: "a tree is a tensor, a parameter, a model, a snapshot, or a list or record of them")
  }

  private mutating func take(
    _ value: Value, path: String, numbersAreLeaves: Bool, buffers: Bool, depth: Int
  ) throws -> Structure {
    try ValueTree.require(depth: depth)
    func inner(_ value: Value, _ path: String, _ tree: inout ValueTree) throws -> Structure {
      try tree.take(
        value, path: path, numbersAreLeaves: numbersAreLeaves, buffers: buffers, depth: depth + 1)
    }
    switch value {
    case .tensor(let variable):
      leaves.append(Leaf(variable: variable, path: path))
      return .leaf
    case .parameter(let cell):
      leaves.append(Leaf(variable: cell.value, cell: cell, path: path))
      return .parameter(cell)
    case .int, .float, .bool:
      guard numbersAreLeaves, let variable = value.variable else { return .other(value) }
      let kind: NumberKind
      switch value {
      case .int: kind = .int
      case .float: kind = .float
      default: kind = .bool
      }
      leaves.append(Leaf(variable: variable, path: path, number: kind))
      return .leaf
    case .list(let values):
      var structures: [Structure] = []
      for (index, value) in values.enumerated() {
        structures.append(try inner(value, path.dotted("\(index)"), &self))
      }
      return .list(structures)
    case .record(let record):
      var pairs: [(key: String, value: Structure)] = []
      for (key, value) in record.pairs {
        pairs.append((key, try inner(value, path.dotted(key), &self)))
      }
      return .record(pairs)
    case .instance(let instance):
      // A model that is a part of itself is taken apart once.
      guard open.insert(ObjectIdentifier(instance)).inserted else { return .other(value) }
      defer { open.remove(ObjectIdentifier(instance)) }
      var pairs: [(key: String, value: Structure)] = []
      for (field, value) in instance.ownedFields {
        if field.kind == .buffer && !buffers { continue }
        guard field.kind != .let || value.holdsState else { continue }
        pairs.append((field.name, try inner(value, path.dotted(field.name), &self)))
      }
      return .instance(instance, pairs)
    case .host(let snapshot as Snapshot):
      return .snapshot(snapshot, try inner(snapshot.plain, path, &self))
    default:
      return .other(value)
    }
  }

  /// True where something stands that is neither a leaf nor nothing.
  package var holdsOther: Bool { structure.holdsOther }

  /// The tensors of the leaves.
  package var variables: [Variable] { leaves.map(\.variable) }

  /// The cells of the leaves that have one.
  package var cells: [ParameterCell] { leaves.compactMap(\.cell) }

  /// The value with other leaves: a parameter's place takes the leaf itself, a model becomes a
  /// record of its fields, a snapshot stays one.
  package func rebuilt(with values: [Value]) -> Value {
    var next = 0
    func make(_ structure: Structure) -> Value {
      switch structure {
      case .leaf, .parameter:
        defer { next += 1 }
        return next < values.count ? values[next] : .nil
      case .list(let structures): return .list(structures.map(make))
      case .record(let pairs), .instance(_, let pairs):
        return .record(Record(pairs.map { ($0.key, make($0.value)) }))
      case .snapshot(let snapshot, let structure):
        return .host(snapshot.holding(make(structure)))
      case .other(let value): return value
      }
    }
    return make(structure)
  }

  /// The value as a function's argument, with other leaves: models and parameters are the same
  /// ones, with their tensors set for the duration of the body.
  package func substituted<R>(_ variables: [Variable], _ body: (Value) throws -> R) rethrows -> R {
    var next = 0
    var saved: [(ParameterCell, Variable)] = []
    func make(_ structure: Structure) -> Value {
      switch structure {
      case .leaf:
        defer { next += 1 }
        return .tensor(variables[next])
      case .parameter(let cell):
        defer { next += 1 }
        saved.append((cell, cell.value))
        cell.substitute(variables[next])
        return .parameter(cell)
      case .list(let structures): return .list(structures.map(make))
      case .record(let pairs):
        return .record(Record(pairs.map { ($0.key, make($0.value)) }))
      case .instance(let instance, let pairs):
        for pair in pairs { _ = make(pair.value) }
        return .instance(instance)
      case .snapshot(let snapshot, let structure):
        return .host(snapshot.holding(make(structure)))
      case .other(let value): return value
      }
    }
    let value = make(structure)
    defer { for (cell, variable) in saved.reversed() { cell.substitute(variable) } }
    return try body(value)
  }

  /// The tree of the numerical core, with `none` for what is not a tensor.
  package var tree: Tree {
    var next = 0
    func make(_ structure: Structure) -> Tree {
      switch structure {
      case .leaf, .parameter:
        defer { next += 1 }
        return .leaf(leaves[next].variable)
      case .list(let structures): return .list(structures.map(make))
      case .record(let pairs), .instance(_, let pairs):
        return .record(pairs.map { ($0.key, make($0.value)) })
      case .snapshot(_, let structure): return make(structure)
      case .other: return .none
      }
    }
    return make(structure)
  }
}

extension ValueTree.Structure {
  /// True where something stands that is neither a leaf nor nothing.
  fileprivate var holdsOther: Bool {
    switch self {
    case .leaf, .parameter, .other(.nil): false
    case .list(let structures): structures.contains(where: \.holdsOther)
    case .record(let pairs), .instance(_, let pairs): pairs.contains(where: \.value.holdsOther)
    case .snapshot(_, let structure): structure.holdsOther
    case .other: true
    }
  }

  private var holdsLeaf: Bool {
    switch self {
    case .leaf, .parameter: true
    case .list(let structures): structures.contains(where: \.holdsLeaf)
    case .record(let pairs), .instance(_, let pairs): pairs.contains(where: \.value.holdsLeaf)
    case .snapshot(_, let structure): structure.holdsLeaf
    case .other: false
    }
  }

  /// True where something stands, and none of it is a leaf.
  fileprivate var isNoTree: Bool { holdsOther && !holdsLeaf }
}

extension Value {
  /// True for a value that holds parameters somewhere: models, cells, lists and records of them.
  package var holdsState: Bool {
    switch self {
    case .parameter, .instance: true
    case .list(let values): values.contains(where: \.holdsState)
    case .record(let record): record.values.contains(where: \.holdsState)
    default: false
    }
  }

  /// A tree of the numerical core as a value: lists, records, tensors and nil.
  package init(_ tree: Tree) {
    switch tree {
    case .leaf(let variable): self = .tensor(variable)
    case .list(let trees): self = .list(trees.map(Value.init))
    case .record(let pairs):
      self = .record(Record(pairs.map { ($0.key, Value($0.value)) }))
    case .none: self = .nil
    }
  }
}

extension ValueTree.Leaf {
  /// The leaf as the program's value, numbers as numbers.
  package var value: Value { restored(variable) }

  /// A result in place of the leaf: a number where the leaf was one.
  package func restored(_ result: Variable) -> Value {
    guard number != .tensor, result.rank == 0, case .tensor(let tensor) = result.alive
    else { return .tensor(result) }
    switch tensor.dtype {
    case .bool: return .bool(tensor.firstInt != 0)
    case .i64: return .int(tensor.firstInt)
    case .f32, .f64: return .float(tensor.firstDouble)
    }
  }
}
