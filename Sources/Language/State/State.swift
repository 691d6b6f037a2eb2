// The state of a value: what a snapshot keeps of it and a file holds of it.
//
// Things with identity are told from plain values, because they come back in different ways: a
// parameter, a model and an optimizer stay who they are and take the state; a plain value is
// replaced.

import Autodiff
import Devices
import Tensors

/// What is kept of a value.
package enum State {
  case tensor(Variable)
  /// The tensor of a cell.
  case parameter(Variable)
  case list([State])
  case record([(key: String, value: State)])
  /// The fields of a model with the name of its type.
  case model(String, [(key: String, value: State)])
  /// The state tree of an optimizer or another host object, with the name of its type.
  indirect case object(String, State)
  /// A plain value, as it is.
  case value(Value)
  /// What no file can hold, a model inside itself, and a buffer that was left out, by the name of its
  /// type: whoever recovers keeps their own.
  case kept(String)
}

extension Snapshot {
  /// How tensors are kept.
  public enum Manner: String, Sendable, CaseIterable {
    /// The very tensors, graph and all.
    case reference
    /// Copies that stay connected to the graph.
    case copy
    /// Detached copies; recovered, they are new leaves.
    case deepcopy

    /// A tensor in this manner.
    func kept(_ variable: Variable, at place: Place? = nil) throws -> Variable {
      guard let place, variable.place != place else { return try kept(variable) }
      let moved = try variable.moved(to: place)
      return switch self {
      case .reference, .copy: moved
      case .deepcopy: variable.isLeaf ? try leaf(of: moved) : stopGradient(moved)
      }
    }

    private func kept(_ variable: Variable) throws -> Variable {
      switch self {
      case .reference: variable
      case .copy: variable.isTracked ? try variable.copied() : variable
      case .deepcopy: variable.isLeaf ? try leaf(of: variable) : stopGradient(variable)
      }
    }
  }
}

// MARK: - Reading

/// Reads the state of values.
struct StateReader {
  let manner: Snapshot.Manner
  /// False where the buffers of models are left out.
  let hasBuffers: Bool
  /// True where buffers are cut from their graphs, whatever the manner.
  let detachesBuffers: Bool
  /// Where tensors are put; nil for where they are.
  let place: Place?
  private var walk = Walk()
  /// The models that are being read, outer ones of the present place.
  private var open: Set<ObjectIdentifier> = []

  init(
    manner: Snapshot.Manner, hasBuffers: Bool = true, detachesBuffers: Bool = false,
    place: Place? = nil
  ) {
    self.manner = manner
    self.place = place
    self.hasBuffers = hasBuffers
    self.detachesBuffers = detachesBuffers
  }

  /// The state of a value.
  ///
  /// - Throws: a limit error for what is nested without end.
  mutating func read(
    _ value: Value, inBuffer: Bool = false, _ path: Path = .top
  ) throws -> State {
    switch value {
    case .tensor(let variable): return .tensor(try kept(variable, inBuffer))
    case .parameter(let cell): return .parameter(try kept(cell.value, inBuffer))
    case .list(let values):
      try walk.enter(path)
      return .list(
        try values.enumerated().map { try read($1, inBuffer: inBuffer, path[$0]) })
    case .record(let record):
      try walk.enter(path)
      return .record(
        try record.pairs.map { ($0, try read($1, inBuffer: inBuffer, path[$0])) })
    case .instance(let instance):
      guard open.insert(ObjectIdentifier(instance)).inserted else {
        return .kept(instance.type.name)
      }
      defer { open.remove(ObjectIdentifier(instance)) }
      try walk.enter(path)
      return .model(
        instance.type.name,
        try instance.stateFields.map { field, value in
          let isBuffer = inBuffer || field.kind == .buffer
          if isBuffer && !hasBuffers { return (field.name, .kept(value.typeName)) }
          return (field.name, try read(value, inBuffer: isBuffer, path[field.name]))
        })
    case .host(let host):
      guard let tree = host.watchedState else { return .value(value) }
      return .object(host.typeName, try read(tree, inBuffer: inBuffer, path))
    default: return .value(value)
    }
  }

  private func kept(_ variable: Variable, _ inBuffer: Bool) throws -> Variable {
    guard inBuffer && detachesBuffers else { return try manner.kept(variable, at: place) }
    return try stopGradient(variable).moved(to: place ?? variable.place)
  }
}

extension State {
  /// The state of a value, with the very tensors.
  init(of value: Value) throws {
    var reader = StateReader(manner: .reference)
    self = try reader.read(value)
  }
}

extension ModelInstance {
  /// The fields that are the instance's state: parameters, buffers, and what holds such things.
  var stateFields: [(field: ModelField, value: Value)] {
    ownedFields.filter { $0.field.kind != .let || $0.value.hasIdentity }
  }
}

extension Value {
  /// True for parameters, models and host objects with a state, and for structures with one inside.
  var hasIdentity: Bool {
    contains { value in
      switch value {
      case .parameter, .instance: true
      case .host(let host): host.stateTree != nil
      default: false
      }
    }
  }

  /// True for what `extract` takes.
  var canBeExtracted: Bool {
    switch self {
    case .tensor, .parameter, .instance, .list, .record: true
    case .host(let host): host.stateTree != nil
    default: false
    }
  }
}

// MARK: - As values

extension State {
  /// The state as a plain value: models are records, parameters their tensors.
  package var value: Value {
    switch self {
    case .tensor(let variable), .parameter(let variable): .tensor(variable)
    case .list(let states): .list(states.map(\.value))
    case .record(let pairs), .model(_, let pairs):
      .record(Record(pairs.map { ($0.key, $0.value.value) }))
    case .object(_, let state): state.value
    case .value(let value): value
    case .kept: .nil
    }
  }

  /// The state with the parts of a plain value of its structure in the place of its own. What counts in
  /// whole numbers does so still, where they are whole.
  func holding(_ value: Value) -> State {
    func members(_ pairs: [(key: String, value: State)]) -> [(key: String, value: State)]? {
      guard case .record(let record) = value, record.keys == pairs.map(\.key) else { return nil }
      return zip(pairs, record.values).map { ($0.key, $0.value.holding($1)) }
    }
    switch (self, value) {
    case (.kept, _): return self
    case (.parameter, _):
      if let variable = value.variable { return .parameter(variable) }
    case (.tensor(let variable), _):
      if let new = value.variable { return .tensor(new.whole(like: variable)) }
    case (.value(.int), .float(let number)):
      if let whole = Int(exactly: number) { return .value(.int(whole)) }
    case (.list(let states), .list(let values)) where states.count == values.count:
      return .list(zip(states, values).map { $0.holding($1) })
    case (.record(let pairs), _): if let pairs = members(pairs) { return .record(pairs) }
    case (.model(let name, let pairs), _):
      if let pairs = members(pairs) { return .model(name, pairs) }
    case (.object(let name, let state), _): return .object(name, state.holding(value))
    default: break
    }
    return State(value)
  }

  /// A plain value as a state.
  private init(_ value: Value) {
    switch value {
    case .tensor(let variable): self = .tensor(variable)
    case .parameter(let cell): self = .parameter(cell.value)
    case .list(let values): self = .list(values.map(State.init))
    case .record(let record): self = .record(record.pairs.map { ($0, State($1)) })
    case .host(let snapshot as Snapshot): self = State(snapshot.plain)
    default: self = .value(value)
    }
  }

  /// True for models and objects, and for structures with one inside.
  var hasIdentity: Bool {
    switch self {
    case .model, .object: true
    case .list(let states): states.contains(where: \.hasIdentity)
    case .record(let pairs): pairs.contains(where: \.value.hasIdentity)
    case .tensor, .parameter, .value, .kept: false
    }
  }

  /// The number of tensors.
  var tensorCount: Int {
    switch self {
    case .tensor, .parameter: 1
    case .list(let states): states.reduce(0) { $0 + $1.tensorCount }
    case .record(let pairs), .model(_, let pairs): pairs.reduce(0) { $0 + $1.value.tensorCount }
    case .object(_, let state): state.tensorCount
    case .value, .kept: 0
    }
  }

  /// What stands there, for messages.
  var description: String {
    switch self {
    case .tensor(let variable), .parameter(let variable): variable.typeDescription
    case .list(let states): "a List of \(states.count)"
    case .record: "a Record"
    case .model(let name, _), .object(let name, _), .kept(let name): "a \(name)"
    case .value(let value): value.shortDescription
    }
  }

  /// The keys and values of a record or a model.
  var members: [(key: String, value: State)]? {
    switch self {
    case .record(let pairs), .model(_, let pairs): pairs
    default: nil
    }
  }

  /// The elements of a list, or of a record with the keys 0, 1, …: the way other programs write
  /// paths into lists.
  var elements: [State]? {
    switch self {
    case .list(let states): states
    case .record(let pairs):
      pairs.enumerated().allSatisfy { $0.element.key == String($0.offset) }
        ? pairs.map(\.value) : nil
    default: nil
    }
  }
}

extension Variable {
  /// Whole elements as Ints where those of another variable are; itself where something would be lost.
  fileprivate func whole(like other: Variable) -> Variable {
    guard other.dtype == .i64, dtype.isFloat, let tensor = concrete,
      tensor.doubles.allSatisfy({ Int(exactly: $0) != nil })
    else { return self }
    return (try? converted(to: .i64)) ?? self
  }
}

extension State {
  /// A record whose keys are dotted paths, `layers.0.weight`, as the tree that they mean; any
  /// other state as it is.
  ///
  /// Where one key is the beginning of another's path nothing is taken apart.
  var unfolded: State {
    guard case .record(let pairs) = self, pairs.contains(where: { $0.key.contains(".") }) else {
      return self
    }
    var root = PathTree()
    for (key, value) in pairs {
      guard root.insert(value, at: key.split(separator: ".")[...]) else { return self }
    }
    return root.state
  }
}

/// States by the parts of their paths, in the order they came.
private struct PathTree {
  private var keys: [String] = []
  private var leaves: [String: State] = [:]
  private var branches: [String: PathTree] = [:]

  /// Adds a state; false where the path is taken, empty, or deeper than values may be.
  mutating func insert(_ state: State, at path: ArraySlice<Substring>) -> Bool {
    guard let first = path.first.map(String.init), path.count < 100, leaves[first] == nil else {
      return false
    }
    let isNew = branches[first] == nil
    if isNew { keys.append(first) }
    if path.count == 1 {
      leaves[first] = state
      return isNew
    }
    return branches[first, default: PathTree()].insert(state, at: path.dropFirst())
  }

  /// The tree as records; numbered keys in order, so that they can stand for lists.
  var state: State {
    let isNumbered = keys.allSatisfy { Int($0) != nil }
    let ordered = isNumbered ? keys.sorted { Int($0) ?? 0 < Int($1) ?? 0 } : keys
    return .record(
      ordered.map { ($0, leaves[$0] ?? branches[$0]?.state ?? .value(.nil)) })
  }
}
