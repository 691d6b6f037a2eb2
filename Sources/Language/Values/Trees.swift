// Values as trees.
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
    /// Where it stands, `layers.0.weight`; the top for a bare tensor.
    package var path: Path
    /// What a plain number was.
    package var number: NumberKind = .tensor
  }

  /// What a leaf takes: itself, its path, its place in the structure, and a tensor where it was a number.
  fileprivate static let bytesOfLeaf = 2 * MemoryLayout<Leaf>.stride + Path.bytes + 192

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

  /// A tree of leaves and the structure that they stand in.
  package init(leaves: [Leaf], structure: Structure) {
    self.leaves = leaves
    self.structure = structure
  }

  /// Takes a value apart.
  ///
  /// - Parameters:
  ///   - numbersAreLeaves: whether plain numbers count as tensors.
  ///   - buffers: whether the buffers of models are leaves too.
  ///   - path: where the value stands.
  package init(
    _ value: Value, numbersAreLeaves: Bool = true, buffers: Bool = false, path: Path = .top
  ) throws {
    var taking = Taking(numbersAreLeaves: numbersAreLeaves, buffers: buffers)
    structure = try taking.take(value, path)
    leaves = taking.leaves
  }

  /// Takes a value apart that has to be a tree.
  ///
  /// - Parameter name: who needs it, for the message.
  /// - Throws: a type error for what has no leaf and is no empty structure: text, a function, nil.
  package init(
    _ value: Value, for name: String, numbersAreLeaves: Bool = true, path: Path = .top
  ) throws {
    try self.init(value, numbersAreLeaves: numbersAreLeaves, path: path)
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

  /// True where something stands that is neither a leaf nor nothing.
  package var holdsOther: Bool { structure.holdsOther }

  /// The tensors of the leaves.
  package var variables: [Variable] { leaves.map(\.variable) }

  /// The cells of the leaves that have one.
  package var cells: [ParameterCell] { leaves.compactMap(\.cell) }

  /// The value with other leaves: a parameter's place takes the leaf itself, a model becomes a
  /// record of its fields, a snapshot stays one.
  package func rebuilt(with values: [Value]) -> Value {
    var rest = values[...]
    return structure.folded(
      leaf: { _ in rest.popFirst() ?? .nil },
      list: { .list($0) },
      record: { pairs, _ in .record(Record(distinct: pairs)) },
      snapshot: { .host($0.holding($1)) },
      other: { $0 })
  }

  /// The value as a function's argument, with other leaves: models and parameters are the same
  /// ones, with their tensors set for the duration of the body.
  package func substituted<R>(_ variables: [Variable], _ body: (Value) throws -> R) rethrows -> R {
    var next = 0
    var saved: [(ParameterCell, Variable)] = []
    let value: Value = structure.folded(
      leaf: { cell in
        defer { next += 1 }
        guard let cell else { return .tensor(variables[next]) }
        saved.append((cell, cell.value))
        cell.substitute(variables[next])
        return .parameter(cell)
      },
      list: { .list($0) },
      record: { pairs, instance in
        instance.map { .instance($0) } ?? .record(Record(distinct: pairs))
      },
      snapshot: { .host($0.holding($1)) },
      other: { $0 })
    defer { for (cell, variable) in saved.reversed() { cell.substitute(variable) } }
    return try body(value)
  }

  /// The values of a list as a function's arguments, with other leaves, as in `substituted`.
  package func substitutedArguments<R>(
    _ variables: [Variable], _ body: ([Value]) throws -> R
  ) rethrows -> R {
    try substituted(variables) { substituted in
      guard case .list(let arguments) = substituted else {
        preconditionFailure("a list of arguments came back as another value; please report")
      }
      return try body(Array(arguments))
    }
  }

  /// The tree of the numerical core, with `none` for what is not a tensor.
  package var tree: Tree {
    var rest = leaves[...]
    return structure.folded(
      leaf: { _ in rest.popFirst().map { .leaf($0.variable) } ?? .none },
      list: { .list($0) },
      record: { pairs, _ in .record(pairs.map { ($0, $1) }) },
      snapshot: { $1 },
      other: { _ in .none })
  }
}

extension ValueTree.Structure {
  /// What the parts give, put together from the leaves upwards, left to right.
  ///
  /// - Parameters:
  ///   - leaf: what a leaf gives; a parameter's has its cell.
  ///   - record: what the named results of a record give, or of a model's fields.
  fileprivate func folded<R>(
    leaf: (ParameterCell?) -> R, list: ([R]) -> R,
    record: ([(String, R)], ModelInstance?) -> R, snapshot: (Snapshot, R) -> R,
    other: (Value) -> R
  ) -> R {
    func fold(_ structure: ValueTree.Structure) -> R {
      switch structure {
      case .leaf: leaf(nil)
      case .parameter(let cell): leaf(cell)
      case .list(let structures): list(structures.map(fold))
      case .record(let pairs): record(pairs.map { ($0.key, fold($0.value)) }, nil)
      case .instance(let instance, let pairs):
        record(pairs.map { ($0.key, fold($0.value)) }, instance)
      case .snapshot(let held, let structure): snapshot(held, fold(structure))
      case .other(let value): other(value)
      }
    }
    return fold(self)
  }

  /// True where one of the parts at the end of the structure is as wanted.
  private func contains(_ isWanted: (ValueTree.Structure) -> Bool) -> Bool {
    switch self {
    case .leaf, .parameter, .other: isWanted(self)
    case .list(let structures): structures.contains { $0.contains(isWanted) }
    case .record(let pairs), .instance(_, let pairs):
      pairs.contains { $0.value.contains(isWanted) }
    case .snapshot(_, let structure): structure.contains(isWanted)
    }
  }

  /// True where something stands that is neither a leaf nor nothing.
  fileprivate var holdsOther: Bool {
    contains { part in
      if case .other(let value) = part { !value.isNil } else { false }
    }
  }

  private var holdsLeaf: Bool {
    contains { part in
      if case .other = part { false } else { true }
    }
  }

  /// True where something stands, and none of it is a leaf.
  fileprivate var isNoTree: Bool { holdsOther && !holdsLeaf }
}

/// A value on its way into a tree.
private struct Taking {
  let numbersAreLeaves: Bool
  let buffers: Bool
  var leaves: [ValueTree.Leaf] = []
  private var walk = Walk()
  /// The models that are being taken apart, outer ones of the present place.
  private var open: Set<ObjectIdentifier> = []

  init(numbersAreLeaves: Bool, buffers: Bool) {
    self.numbersAreLeaves = numbersAreLeaves
    self.buffers = buffers
  }

  mutating func take(_ value: Value, _ path: Path) throws -> ValueTree.Structure {
    switch value {
    case .tensor(let variable):
      leaves.append(ValueTree.Leaf(variable: variable, path: path))
      return .leaf
    case .parameter(let cell):
      leaves.append(ValueTree.Leaf(variable: cell.value, cell: cell, path: path))
      return .parameter(cell)
    case .int: return number(value, .int, path)
    case .float: return number(value, .float, path)
    case .bool: return number(value, .bool, path)
    case .list(let values):
      try walk.enter(path)
      try MemoryAccount.require(values.count, of: ValueTree.bytesOfLeaf)
      var structures: [ValueTree.Structure] = []
      structures.reserveCapacity(values.count)
      for (index, value) in values.enumerated() {
        try Safepoint.look()
        structures.append(try take(value, path[index]))
      }
      return .list(structures)
    case .record(let record):
      try walk.enter(path)
      return .record(try record.pairs.map { ($0, try take($1, path[$0])) })
    case .instance(let instance):
      // A model that is a part of itself is taken apart once.
      guard open.insert(ObjectIdentifier(instance)).inserted else { return .other(value) }
      defer { open.remove(ObjectIdentifier(instance)) }
      try walk.enter(path)
      var pairs: [(key: String, value: ValueTree.Structure)] = []
      for (field, value) in instance.ownedFields {
        if field.kind == .buffer && !buffers { continue }
        guard field.kind != .let || value.holdsState else { continue }
        pairs.append((field.name, try take(value, path[field.name])))
      }
      return .instance(instance, pairs)
    case .host(let snapshot as Snapshot):
      return .snapshot(snapshot, try take(snapshot.plain, path))
    case .host(let number as RecordedNumber): return try take(number.plain, path)
    default: return .other(value)
    }
  }

  private mutating func number(
    _ value: Value, _ kind: ValueTree.NumberKind, _ path: Path
  ) -> ValueTree.Structure {
    guard numbersAreLeaves, let variable = value.variable else { return .other(value) }
    leaves.append(ValueTree.Leaf(variable: variable, path: path, number: kind))
    return .leaf
  }
}

extension Value {
  /// True for a value that holds parameters somewhere: models, cells, lists and records of them.
  package var holdsState: Bool {
    contains { value in
      switch value {
      case .parameter, .instance: true
      default: false
      }
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
