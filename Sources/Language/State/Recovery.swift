// Putting states back: first everything is compared and noted, then, where nothing differs, done.
//
// Invariant: until `commit` nothing has changed, and `commit` changes all or nothing.

import Autodiff
import Tensors

/// States on their way into targets.
struct Recovery {
  /// What a place takes.
  enum Role {
    /// Tensors of the shape that is there, lists of the same length, records of the same keys.
    case plain
    /// Tensors of the shape that is there, into cells.
    case param
    /// Any plain value.
    case buffer
  }

  let manner: Snapshot.Manner
  /// True where what does not fit is left alone, and is no error.
  let isPartial: Bool
  /// True where the states come from a file, whose tensors go where those of the target live.
  let isOfFile: Bool

  /// Paths that take a state.
  private(set) var restored: [Path] = []
  /// Paths of the target that the state has nothing for.
  private(set) var missing: [Path] = []
  /// Those of values that other paths may lead to as well: parameters, models.
  private var unmet: [(path: Path, value: Value)] = []
  /// Paths of the state that the target has no place for.
  private(set) var extra: [Path] = []
  /// Paths where the two differ, with how.
  private(set) var different: [(path: Path, how: String)] = []

  private var cells: [(cell: ParameterCell, variable: Variable)] = []
  private var slots: [(instance: ModelInstance, slot: Int, value: Value)] = []
  private var hosts: [(host: HostObject, state: Value)] = []

  init(_ manner: Snapshot.Manner, isPartial: Bool = false, isOfFile: Bool = false) {
    self.manner = manner
    self.isOfFile = isOfFile
    self.isPartial = isPartial
  }

  /// Notes what it takes to put a state into a target; gives the value that the target's place is
  /// to hold.
  mutating func fit(
    _ state: State, to target: Value, path: Path = .top, role: Role = .plain
  ) throws -> Value {
    switch (state, target) {
    case (.kept, _): return target
    case (.tensor(let variable), .parameter(let cell)):
      try fit(variable, to: cell, path)
      return target
    case (.parameter(let variable), .parameter(let cell)):
      try fit(variable, to: cell, path)
      return target
    case (.value(.float(let number)), .parameter(let cell)):
      try fit(Variable(number, dtype: cell.value.dtype), to: cell, path)
      return target
    case (_, .instance(let instance)):
      guard let members = state.unfolded.members else { return differ(state, target, path) }
      try fit(members, to: instance, path)
      return target
    case (_, .host(let host)) where host.stateTree != nil:
      try fit(state, to: host, path)
      return target
    case (_, .parameter), (.model, _), (.object, _): return differ(state, target, path)
    case (_, .list(let values)) where state.elements != nil:
      return try fit(state.elements ?? [], to: values, path, role) ?? state.value
    case (.record(let members), .list(let values)) where role != .buffer || target.hasIdentity:
      return try fit(members, to: values, path, role)
    case (.record(let members), .record(let record)):
      let isFlat = members.contains { record[$0.key] == nil }
      let found = isFlat ? state.unfolded.members ?? members : members
      return try fit(found, to: record, path, role) ?? state.value
    case (.tensor(let variable), .tensor(let current)):
      guard role == .buffer || isAlike(variable, current, path) else { return target }
    default: break
    }
    let isOfOneKind = role == .buffer || target.isNil || state.isStructure == target.isStructure
    guard role != .param || isEmpty(state) && target.isNil, isOfOneKind, !state.hasIdentity,
      !target.hasIdentity
    else { return differ(state, target, path) }
    restored.append(path)
    let value = try renewed(state)
    return isOfFile ? try value.placed(like: target) : value
  }

  /// Does what was noted.
  ///
  /// - Throws: a value error that lists the differences; nothing has changed then.
  mutating func commit() throws {
    try settleUnmet()
    if !isPartial { try check() }
    // What may yet fail comes first, and is taken back.
    var before: [(host: HostObject, state: Value)] = []
    do {
      for (host, state) in hosts {
        Context.current.freeVariableWatcher?.willChange(.state(host.stateOwner), inPlace: true)
        if let old = host.stateTree { before.append((host, old)) }
        try host.restore(state)
      }
    } catch {
      Safepoint.withoutLooks {
        for (host, state) in before.reversed() { try? host.restore(state) }
      }
      throw error
    }
    for (cell, variable) in cells { cell.value = variable }
    for (instance, slot, value) in slots { instance[slot: slot] = value }
  }

  /// The outcome as a record of paths.
  var report: Record {
    func list(_ paths: [Path]) -> Value { .list(paths.map { .string($0.description) }) }
    return Record([
      ("restored", list(restored)), ("missing", list(missing)), ("extra", list(extra)),
      ("different", list(different.map(\.path))),
    ])
  }
}

// MARK: - Structures

extension State {
  fileprivate var isStructure: Bool {
    switch self {
    case .list, .record, .model: true
    case .tensor, .parameter, .object, .value, .kept: false
    }
  }
}

extension Value {
  fileprivate var isStructure: Bool {
    switch self {
    case .list, .record: true
    default: false
    }
  }
}

extension Recovery {
  private mutating func fit(
    _ variable: Variable, to cell: ParameterCell, _ path: Path
  ) throws {
    guard isAlike(variable, cell.value, path, isFloat: true) else { return }
    restored.append(path)
    let isNewLeaf = manner == .deepcopy
    let variable = isOfFile ? try variable.moved(to: cell.value.place) : variable
    cells.append((cell, try isNewLeaf ? leaf(of: variable) : assigned(variable.alive)))
  }

  private mutating func fit(
    _ members: [(key: String, value: State)], to instance: ModelInstance, _ path: Path
  ) throws {
    let fields = instance.stateFields
    try match(members, fields.map { ($0.field.name, $0.value) }, path) { recovery, place, state in
      let (field, value) = fields[place]
      let role: Role = field.kind == .param ? .param : field.kind == .buffer ? .buffer : .plain
      let new = try recovery.fit(state, to: value, path: path[field.name], role: role)
      guard let slot = instance.type.slots[field.name] else { return }
      recovery.slots.append((instance, slot, new))
    }
  }

  /// The record with the states of its members; nil where it is a buffer that changes as a whole.
  private mutating func fit(
    _ members: [(key: String, value: State)], to record: Record, _ path: Path, _ role: Role
  ) throws -> Value? {
    if role == .buffer, members.map(\.key) != record.keys { return nil }
    var result = record
    let keys = record.keys
    try match(members, Array(record.pairs), path) { recovery, place, state in
      let key = keys[place]
      result[key] = try recovery.fit(
        state, to: record.values[place], path: path[key], role: role)
    }
    return .record(result)
  }

  /// Runs the body for each name that both have, with its place in the target.
  private mutating func match(
    _ members: [(key: String, value: State)], _ targets: [(name: String, value: Value)],
    _ path: Path,
    _ body: (inout Recovery, Int, State) throws -> Void
  ) throws {
    var states: [String: State] = [:]
    for (key, value) in members { states[key] = value }
    for (place, target) in targets.enumerated() {
      if let state = states.removeValue(forKey: target.name) {
        try body(&self, place, state)
      } else if target.value.holdsState {
        unmet.append((path[target.name], target.value))
      } else {
        missing.append(path[target.name])
      }
    }
    extra += members.map(\.key).filter { states[$0] != nil }.map { path[$0] }
  }

  /// What the state has nothing for is missing, unless all of its parameters take theirs from another
  /// path, as tied weights do.
  private mutating func settleUnmet() throws {
    let met = Set(cells.map { ObjectIdentifier($0.cell) })
    for (path, value) in unmet {
      let leaves = try ValueTree(value, numbersAreLeaves: false, buffers: true).leaves
      let isMet = leaves.allSatisfy { leaf in
        leaf.cell.map { met.contains(ObjectIdentifier($0)) } ?? false
      }
      if leaves.isEmpty || !isMet { missing.append(path) }
    }
    unmet = []
  }

  /// The list with the states of its elements; nil where it is a buffer that changes as a whole.
  private mutating func fit(
    _ states: [State], to values: List, _ path: Path, _ role: Role
  ) throws -> Value? {
    if states.count != values.count {
      if role == .buffer { return nil }
      guard isPartial else { return differ(.list(states), .list(values), path) }
      for i in min(states.count, values.count)..<max(states.count, values.count) {
        if i < states.count {
          extra.append(path[i])
        } else {
          missing.append(path[i])
        }
      }
    }
    var result = values
    for (i, (state, value)) in zip(states, values).enumerated() {
      result[i] = try fit(state, to: value, path: path[i], role: role)
    }
    return .list(result)
  }

  /// The list with the states of those elements that a record names by their numbers.
  private mutating func fit(
    _ members: [(key: String, value: State)], to values: List, _ path: Path, _ role: Role
  ) throws -> Value {
    var result = values
    let targets = values.enumerated().map { ("\($0)", $1) }
    try match(members, targets, path) { recovery, place, state in
      result[place] = try recovery.fit(
        state, to: values[place], path: path[place], role: role)
    }
    return .list(result)
  }

  /// A host object takes its state whole.
  private mutating func fit(_ state: State, to host: HostObject, _ path: Path) throws {
    var tree = state
    if case .object(_, let inner) = state { tree = inner }
    Context.current.freeVariableWatcher?.willUse(host.stateOwner)
    if let misfit = host.misfit(of: tree.value) {
      different.append((path, misfit))
      return
    }
    // A state has the structure of the one that is there, or of one at the beginning.
    let shown = try State(of: host.structure(of: tree.value))
    if let current = host.stateTree.map(host.structure),
      try difference(of: shown, from: current, path) != nil,
      let fresh = try difference(
        of: shown, from: host.freshStateTree(for: tree.value) ?? current, path)
    {
      missing += fresh.missing
      extra += fresh.extra
      different += fresh.different
      return
    }
    restored.append(path)
    hosts.append((host, try isOfFile ? tree.value.placed(like: host.stateTree) : tree.value))
  }

  /// What is wrong with a state beside another; nil where nothing is.
  private func difference(
    of state: State, from tree: Value, _ path: Path
  ) throws -> Recovery? {
    var trial = Recovery(manner)
    trial.compare(state, try State(of: tree), path)
    return trial.isFlawless ? nil : trial
  }

  private var isFlawless: Bool { missing.isEmpty && extra.isEmpty && different.isEmpty }

  /// Notes where the structures of two states of a host object differ. Nothing stands for a tensor
  /// that is not there yet, and no elements for a history that has not begun.
  private mutating func compare(_ state: State, _ current: State, _ path: Path) {
    if isEmpty(state) || isEmpty(current) { return }
    switch (state, current) {
    case (.tensor(let a), .tensor(let b)): _ = isAlike(a, b, path, isFloat: b.dtype.isFloat)
    case (.list(let a), .list(let b)) where a.count == b.count || a.isEmpty || b.isEmpty:
      for (i, (a, b)) in zip(a, b).enumerated() { compare(a, b, path[i]) }
    case (.record(let a), .record(let b)):
      try? match(a, b.map { ($0.key, .nil) }, path) { recovery, place, state in
        recovery.compare(state, b[place].value, path[b[place].key])
      }
    case (.value(let a), .value(let b)) where a.typeName == b.typeName: break
    default:
      different.append(
        (path, "is \(state.description) in the snapshot, \(current.description) in the target"))
    }
  }

  private func isEmpty(_ state: State) -> Bool {
    if case .value(.nil) = state { true } else { false }
  }

  private mutating func isAlike(
    _ state: Variable, _ target: Variable, _ path: Path, isFloat: Bool? = nil
  ) -> Bool {
    if state.shape == target.shape, isFloat == nil || state.dtype.isFloat == isFloat { return true }
    different.append(
      (path, "is \(state.typeDescription) in the snapshot, \(target.typeDescription) in the target")
    )
    return false
  }

  private mutating func differ(_ state: State, _ target: Value, _ path: Path) -> Value {
    different.append(
      (path, "is \(state.description) in the snapshot, \(target.shortDescription) in the target"))
    return target
  }

  /// The value of a state; leaves that were copied deeply are new ones at each recovery.
  private func renewed(_ state: State) throws -> Value {
    guard manner == .deepcopy else { return state.value }
    switch state {
    case .tensor(let variable) where variable.isLeaf: return .tensor(try leaf(of: variable))
    case .parameter(let variable): return .tensor(try leaf(of: variable))
    case .list(let states): return .list(try states.map(renewed))
    case .record(let pairs):
      return .record(Record(try pairs.map { ($0.key, try renewed($0.value)) }))
    default: return state.value
    }
  }

  private func check() throws {
    let all =
      missing.map { "\($0.shortened) is missing in the snapshot" }
      + extra.map { "\($0.shortened) is not in the target" }
      + different.map { "\($0.path.isTop ? "the target" : $0.path.shortened) \($0.how)" }
    guard !all.isEmpty else { return }
    let more = all.count > 6 ? "; and \(all.count - 6) more" : ""
    throw RuntimeError(
      .value,
      "the snapshot does not fit its target: \(all.prefix(6).joined(separator: "; "))\(more)",
      hint: "nothing was changed")
  }
}
