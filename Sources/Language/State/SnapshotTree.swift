// A snapshot as a tree: its leaves by name, arithmetic over it, and the snapshot of what comes out.
//
// A leaf's name is its path behind the name of its target: `net.layers.0.weight`. Where the program
// gave the target no name, the path alone for one target, and the target's number before it for
// several; so files name their tensors.

import Autodiff
import Tensors

extension Snapshot {
  /// The targets, or the variables of a session, by name; the name of a single target may be empty.
  package var entries: [(key: String, state: State)] {
    switch contents {
    case .session(let variables): variables.map { ($0.name, $0.state) }
    case .targets(let states):
      states.enumerated().map { place, state in
        (names?[place] ?? (states.count == 1 ? "" : "\(place)"), state)
      }
    }
  }

  /// The states as a plain value: a record of the targets, or the one target that has no name.
  package var plain: Value {
    let entries = entries
    if entries.count == 1, entries[0].key.isEmpty { return entries[0].state.value }
    return .record(Record(entries.map { ($0.key, $0.state.value) }))
  }

  /// The snapshot with other values: `value` has the structure of `plain`.
  ///
  /// It is no longer one from a file, which would bring the stream of random numbers back.
  package func holding(_ value: Value) -> Snapshot {
    let entries = entries
    var values = [value]
    if case .record(let record) = value, entries.first?.key.isEmpty == false {
      values = record.values
    }
    let states = zip(entries, values).map { $0.state.holding($1) }
    let contents: Contents =
      switch contents {
      case .targets: .targets(states)
      case .session(let variables):
        .session(zip(variables, states).map { ($0.name, $0.value, $1) })
      }
    return Snapshot(contents, manner: manner, names: names, name: name, random: random)
  }

  /// The same with numbers alone: tensors without graphs, and no code. It is one by deepcopy, and belongs
  /// to no interpreter.
  ///
  /// - Throws: a type error for a session, which holds functions; a value error inside `vmap`.
  package func detached() throws -> Snapshot {
    guard case .targets(let states) = contents else {
      throw RuntimeError(.type, "a snapshot of the session cannot leave its interpreter")
    }
    return Snapshot(
      .targets(try states.map { try $0.detached() }), manner: .deepcopy, names: names, name: name,
      random: random, isLoaded: isLoaded)
  }

  /// The same without the names of its targets, to be held beside another: what a program calls them
  /// does not count.
  package var unnamed: Snapshot {
    Snapshot(contents, manner: manner, name: name, random: random, isLoaded: isLoaded)
  }

  /// What stands under a name: a leaf, or a part of a target.
  ///
  /// - Throws: an index error with the nearest name.
  func part(at name: String) throws -> Value {
    let leaves = try leaves()
    if let part = leaves[name] ?? plain.part(at: name[...]) { return part }
    throw RuntimeError(
      .index, "the snapshot has nothing called \(name.excerpt)",
      hint: (leaves.keys.first { $0.hasSuffix(".\(name)") }
        ?? nearest(to: name, among: leaves.keys)).map { "did you mean \($0.excerpt)?" }
        ?? "keys(snapshot) lists the names")
  }

  /// The leaves by name; a target that is one bare tensor and has no name is called as in a file.
  package func leaves() throws -> Record {
    Record(
      try ValueTree(.host(self)).leaves.map {
        ($0.path.isTop ? "value" : $0.path.description, $0.value)
      })
  }
}

extension State {
  fileprivate func detached() throws -> State {
    func plain(_ variable: Variable) throws -> Variable {
      guard let tensor = variable.concrete else {
        throw RuntimeError(.value, "the state of what vmap maps over has no numbers of its own")
      }
      return .tensor(tensor)
    }
    func plain(_ pairs: [(key: String, value: State)]) throws -> [(key: String, value: State)] {
      try pairs.map { ($0.key, try $0.value.detached()) }
    }
    switch self {
    case .tensor(let variable): return .tensor(try plain(variable))
    case .parameter(let variable): return .parameter(try plain(variable))
    case .list(let states): return .list(try states.map { try $0.detached() })
    case .record(let pairs): return .record(try plain(pairs))
    case .model(let name, let fields): return .model(name, try plain(fields))
    case .object(let name, let state): return .object(name, try state.detached())
    case .value(.host(let snapshot as Snapshot)): return .value(.host(try snapshot.detached()))
    case .value(.host(let host)) where host.mayHoldCode: return .kept(host.typeName)
    case .value(let value): return value.isCallable ? .kept(value.typeName) : self
    case .kept: return self
    }
  }
}

extension Value {
  /// What stands at a dotted path inside records and lists; nil where nothing does.
  ///
  /// Keys may hold points themselves, so each key that the path begins with is tried.
  func part(at path: Substring) -> Value? {
    if path.isEmpty { return self }
    func part(_ key: String, _ value: Value) -> Value? {
      guard path.hasPrefix(key) else { return nil }
      let rest = path.dropFirst(key.count)
      return rest.isEmpty ? value : rest.first == "." ? value.part(at: rest.dropFirst()) : nil
    }
    switch self {
    case .record(let record): return record.pairs.lazy.compactMap(part).first
    case .list(let values):
      return values.enumerated().lazy.compactMap { part("\($0)", $1) }.first
    default: return nil
    }
  }
}
