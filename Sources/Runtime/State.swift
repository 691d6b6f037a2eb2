// `extract` and `recover`: state as a value.
//
// A snapshot keeps a tree of plain values for each target: a model becomes a record of its
// fields, a parameter its tensor, an optimizer its state. Recovering checks the whole tree against
// the targets first; a tree that does not fit changes nothing.

import Autodiff
import Tensors

/// What `extract` gives: the state of models, parameters, optimizers and structures of them.
public final class Snapshot: HostObject {
  /// How tensors are kept.
  public enum Manner: String, Sendable {
    /// The very tensors, graph and all.
    case reference
    /// Copies that stay connected to the graph.
    case copy
    /// Detached copies; recovered, they are new leaves.
    case deepcopy
  }

  /// The state of each target, in order.
  public let targets: [Value]
  public let manner: Manner
  /// For `extract session`: each variable with its value and its value's state.
  let session: [(slot: Int, value: Value, state: Value)]?

  /// A snapshot of states, as they come from a file.
  public init(targets: [Value], manner: Manner) {
    self.targets = targets
    self.manner = manner
    session = nil
  }

  /// The state of values.
  public convenience init(of values: [Value], manner: Manner) throws {
    self.init(targets: try values.map { try StateReader(manner).read($0) }, manner: manner)
  }

  init(session variables: [(slot: Int, value: Value)], manner: Manner) throws {
    targets = []
    self.manner = manner
    session = try variables.map { ($0.slot, $0.value, try StateReader(manner).read($0.value)) }
  }

  public override var typeName: String { "Snapshot" }

  public override var summary: String {
    let values = session?.map(\.state) ?? targets
    let count = values.reduce(0) {
      $0 + ((try? ValueTree($1, numbersAreLeaves: false))?.leaves.count ?? 0)
    }
    let what =
      session.map { "session of \($0.count) variables" }
      ?? "\(targets.count) \(targets.count == 1 ? "target" : "targets")"
    return
      "<Snapshot of \(what), \(count) \(count == 1 ? "tensor" : "tensors"), by \(manner.rawValue)>"
  }

  public override var stateTree: Value? { nil }

  /// Puts the states back into the targets; gives the targets with plain values replaced.
  ///
  /// - Throws: a value error that lists what does not fit; then nothing is changed.
  public func recover(into values: [Value]) throws -> [Value] {
    guard session == nil else {
      throw RuntimeError(
        .value, "a snapshot of the session fits no other target",
        hint: "write `recover session from …`")
    }
    guard values.count == targets.count else {
      throw RuntimeError(
        .value,
        "the snapshot has \(targets.count) \(targets.count == 1 ? "target" : "targets"), "
          + "and \(values.count) \(values.count == 1 ? "was" : "were") named")
    }
    var writer = StateWriter(manner: manner)
    let results = zip(targets, values).map { writer.fit($0, to: $1, path: "") }
    try writer.commit()
    return results
  }

  func recoverSession(_ globals: Globals) throws {
    guard let session else {
      throw RuntimeError(.value, "the snapshot is not one of the session")
    }
    var writer = StateWriter(manner: manner)
    let results = session.map { entry in
      (entry.slot, writer.fit(entry.state, to: entry.value, path: globals.name(of: entry.slot)))
    }
    try writer.commit()
    for (slot, value) in results { globals[slot] = value }
  }
}

/// Reads a value's state as a tree of plain values.
private struct StateReader {
  let manner: Snapshot.Manner

  init(_ manner: Snapshot.Manner) { self.manner = manner }

  func read(_ value: Value, depth: Int = 0) throws -> Value {
    guard depth < ValueTree.maximumDepth else {
      throw RuntimeError(.limit, "the state is nested more than \(ValueTree.maximumDepth) deep")
    }
    switch value {
    case .tensor(let variable): return .tensor(try kept(variable))
    case .parameter(let cell): return .tensor(try kept(cell.value))
    case .list(let values): return .list(try values.map { try read($0, depth: depth + 1) })
    case .record(let record):
      return .record(Record(try record.pairs.map { ($0, try read($1, depth: depth + 1)) }))
    case .instance(let instance):
      let fields = instance.ownedFields.filter { $0.field.kind != .let || $0.value.holdsState }
      return .record(
        Record(try fields.map { ($0.field.name, try read($0.value, depth: depth + 1)) }))
    case .host(let host):
      guard let state = host.stateTree else { return value }
      return try read(state, depth: depth + 1)
    default: return value
    }
  }

  private func kept(_ variable: Variable) throws -> Variable {
    switch manner {
    case .reference: variable
    case .copy: try variable.reshape(to: variable.shape)
    case .deepcopy: stopGradient(variable)
    }
  }
}

/// Fits states to targets: notes what differs, and does what is to be done only when nothing does.
private struct StateWriter {
  let manner: Snapshot.Manner
  private var actions: [() throws -> Void] = []
  private var differences: [String] = []

  init(manner: Snapshot.Manner) { self.manner = manner }

  /// The value that the target's place is to hold.
  mutating func fit(_ state: Value, to target: Value, path: String, isBuffer: Bool = false) -> Value
  {
    switch (state, target) {
    case (.tensor(let variable), .parameter(let cell)):
      compare(variable, cell.value, path)
      let manner = manner
      actions.append {
        cell.value = manner == .deepcopy ? try leaf(of: variable) : variable
      }
      return target
    case (.tensor(let variable), .tensor(let current)):
      if !isBuffer { compare(variable, current, path) }
      return state
    case (.list(let states), .list(let values)):
      guard isBuffer || states.count == values.count else {
        differences.append(
          "\(named(path)) has \(states.count) elements in the snapshot, \(values.count) in the target"
        )
        return target
      }
      guard states.count == values.count else { return state }
      return .list(
        zip(states, values).enumerated().map { i, pair in
          fit(pair.0, to: pair.1, path: "\(path)[\(i)]", isBuffer: isBuffer)
        })
    case (.record(let states), .record(let values)):
      guard !isBuffer || states.keys == values.keys else { return state }
      guard compare(states.keys, values.keys, path) else { return target }
      return .record(
        Record(
          values.pairs.map { key, value in
            (key, fit(states[key] ?? .nil, to: value, path: join(path, key), isBuffer: isBuffer))
          }))
    case (.record(let states), .instance(let instance)):
      let fields = instance.ownedFields.filter { $0.field.kind != .let || $0.value.holdsState }
      guard compare(states.keys, fields.map(\.field.name), path) else { return target }
      for (field, value) in fields {
        let new = fit(
          states[field.name] ?? .nil, to: value, path: join(path, field.name),
          isBuffer: field.kind == .buffer)
        guard let slot = instance.type.slots[field.name] else { continue }
        actions.append { instance[slot: slot] = new }
      }
      return target
    case (_, .host(let host)):
      guard host.stateTree != nil else { return target }
      if let misfit = host.misfit(of: state) { differences.append("\(named(path)) \(misfit)") }
      actions.append { try host.restore(state) }
      return target
    case (_, .parameter), (_, .instance):
      differences.append(
        "\(named(path)) is \(state.shortDescription) in the snapshot, \(target.shortDescription) in the target"
      )
      return target
    default: return state
    }
  }

  private mutating func compare(_ state: Variable, _ target: Variable, _ path: String) {
    guard state.shape != target.shape else { return }
    differences.append(
      "\(named(path)) is \(state.typeDescription) in the snapshot, \(target.typeDescription) in the target"
    )
  }

  private mutating func compare(_ states: [String], _ values: [String], _ path: String) -> Bool {
    let missing = values.filter { !states.contains($0) }
    let extra = states.filter { !values.contains($0) }
    differences += missing.map { "\(join(path, $0)) is missing in the snapshot" }
    differences += extra.map { "\(join(path, $0)) is not in the target" }
    return missing.isEmpty && extra.isEmpty
  }

  private func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
  }

  private func named(_ path: String) -> String { path.isEmpty ? "the target" : path }

  /// Does what was noted.
  func commit() throws {
    guard differences.isEmpty else {
      let shown = differences.prefix(6).joined(separator: "; ")
      let more = differences.count > 6 ? "; and \(differences.count - 6) more" : ""
      throw RuntimeError(
        .value, "the snapshot does not fit its target: \(shown)\(more)", hint: "nothing was changed"
      )
    }
    for action in actions { try action() }
  }
}

// MARK: - The commands

extension Machine {
  func extract(
    _ first: UnsafeMutablePointer<Value>, _ count: Int, _ manner: String, isSession: Bool
  ) throws -> Value {
    let manner = Snapshot.Manner(rawValue: manner) ?? .reference
    if isSession { return .host(try interpreter.sessionSnapshot(manner)) }
    let values = Array(UnsafeBufferPointer(start: first, count: count))
    for value in values where !value.canBeExtracted {
      throw RuntimeError(
        .type, "\(value.shortDescription) has no state to extract",
        hint: "targets are models, parameters, optimizers, and lists and records of them")
    }
    return .host(try Snapshot(of: values, manner: manner))
  }

  func recover(_ a: UnsafeMutablePointer<Value>, _ count: Int, isSession: Bool) throws {
    guard case .host(let host) = a.pointee, let snapshot = host as? Snapshot else {
      throw RuntimeError(
        .type, "recover takes a Snapshot, not \(a.pointee.shortDescription)",
        hint: "`extract net as start` makes one")
    }
    if isSession { return try snapshot.recoverSession(interpreter.globals) }
    let values = Array(UnsafeBufferPointer(start: a + 1, count: count))
    for (i, value) in try snapshot.recover(into: values).enumerated() { a[i + 1] = value }
  }
}

extension Interpreter {
  /// The state of every variable of the main program.
  public func sessionSnapshot(_ manner: Snapshot.Manner = .reference) throws -> Snapshot {
    let slots = globals.names(of: modules.main).compactMap { modules.main.slots[$0] }
    return try Snapshot(
      session: slots.compactMap { slot in
        globals[slot].isAbsent ? nil : (slot, globals[slot])
      }, manner: manner)
  }

  /// Puts the variables back that a snapshot of the session has.
  public func recoverSession(from snapshot: Snapshot) throws {
    try snapshot.recoverSession(globals)
  }
}

extension Value {
  fileprivate var canBeExtracted: Bool {
    switch self {
    case .tensor, .parameter, .instance, .list, .record: true
    case .host(let host): host.stateTree != nil
    default: false
    }
  }
}
