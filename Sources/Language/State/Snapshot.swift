// `extract` and `recover`: state as a value.
//
// A snapshot of the session, and one that comes from a file, bring the stream of random numbers
// back too, so that a run goes on as it would have gone; any other leaves it alone, so that the
// tasks of a meta-learning loop draw numbers of their own.
//
// A snapshot is a tree: `SnapshotTree.swift`.

import Autodiff
import Devices
import Tensors

/// What `extract` gives: the state of models, parameters, optimizers and structures of them.
public final class Snapshot: HostObject {
  public override class var hostType: HostType { members }

  /// A variable of a session: its value, unless the snapshot comes from a file, and its state.
  typealias SessionVariable = (name: String, value: Value?, state: State)

  /// What a snapshot is of.
  enum Contents {
    case targets([State])
    case session([SessionVariable])
  }

  let contents: Contents
  /// What the program calls the targets, each by another name; nil where it does not say.
  package let names: [String]?
  /// How the tensors were kept.
  public let manner: Manner
  /// The name it was given.
  public let name: String?
  /// The variable that `extract … as` put it into, which pictures of graphs call its tensors by.
  private let variable: String?
  /// The stream of random numbers when it was made.
  let random: RandomKey
  /// True where it comes from a file.
  let isLoaded: Bool
  /// True where recovering it does more than put values back: one from a file, or of the session.
  package var isFromFile: Bool {
    if case .session = contents { return true }
    return isLoaded
  }

  init(
    _ contents: Contents, manner: Manner, names: [String]? = nil, name: String? = nil,
    variable: String? = nil, random: RandomKey = Context.current.random, isLoaded: Bool = false
  ) {
    self.contents = contents
    self.names = names.flatMap { Set($0).count == $0.count && !$0.contains("") ? $0 : nil }
    self.manner = manner
    self.name = name
    self.variable = variable
    self.random = random
    self.isLoaded = isLoaded
  }

  /// The state of values.
  ///
  /// - Parameters:
  ///   - hasBuffers: false where the buffers of models are left out, and stay as they are on recovery.
  ///   - place: where the tensors are put; nil for where they are.
  /// - Throws: a type error for what has no state.
  package convenience init(
    of values: [Value], manner: Manner, hasBuffers: Bool = true, detachesBuffers: Bool = false,
    place: Place? = nil, names: [String]? = nil, name: String? = nil, variable: String? = nil
  ) throws {
    for value in values where !value.canBeExtracted {
      throw RuntimeError(
        .type, "\(value.shortDescription) has no state to extract",
        hint: "targets are models, parameters, optimizers, and lists and records of them")
    }
    var reader = StateReader(
      manner: manner, hasBuffers: hasBuffers, detachesBuffers: detachesBuffers, place: place)
    self.init(
      .targets(try values.map { try reader.read($0) }), manner: manner, names: names, name: name,
      variable: variable)
  }

  /// What its tensors are called by where nobody says otherwise: its name, without TorchOpt's point at the end, or its
  /// variable.
  package var prefix: String? {
    guard var prefix = name ?? variable else { return nil }
    while prefix.hasSuffix(".") { prefix.removeLast() }
    return prefix.isEmpty ? nil : prefix
  }

  public override var mayHoldCode: Bool { false }

  public override var summary: String {
    let what =
      switch contents {
      case .targets(let states): "\(states.count) \(states.count == 1 ? "target" : "targets")"
      case .session(let variables): "session of \(variables.count) variables"
      }
    let count = entries.reduce(0) { $0 + $1.state.tensorCount }
    let title = name.map { "Snapshot \($0)" } ?? "Snapshot"
    return
      "<\(title) of \(what), \(count) \(count == 1 ? "tensor" : "tensors"), by \(manner.rawValue)>"
  }

  public override var count: Int? { try? leaves().count }

  public override func item(_ keys: [Value], _ interpreter: Interpreter) throws -> Value? {
    guard keys.count == 1, let name = keys[0].text else {
      throw RuntimeError(
        .type, "a snapshot is indexed by a String", hint: "keys(snapshot) lists the names")
    }
    return try part(at: name)
  }
}

extension Snapshot {
  private static let members = HostType(
    Snapshot.self, "Snapshot",
    """
    The state of models, parameters, optimizers and trees of them: what `extract` and
    `extract_state` give and `recover` takes. It is a tree: `s["layers.0.weight"]` is one of its
    leaves, `keys(s)` names them, and `len(s)` counts them.
    """,
    fields: [
      Field(
        "manner", "How the tensors were kept: `\"reference\"`, `\"copy\"` or `\"deepcopy\"`."
      ) { .string($0.manner.rawValue) },
      Field("name", "The name that `extract_state` was given, a String, or nil.") {
        $0.name.map { .string($0) } ?? .nil
      },
    ])
}

// MARK: - Recovering

extension Snapshot {
  /// Puts the states back into the targets; gives the targets with plain values replaced.
  ///
  /// - Throws: a value error that lists what does not fit; then nothing is changed.
  package func recover(into values: [Value]) throws -> [Value] {
    var recovery = Recovery(manner, isOfFile: isLoaded)
    let results = try fit(values, &recovery)
    try recovery.commit()
    if isLoaded { Context.current.random = random }
    return results
  }

  /// Puts back what fits; gives the paths of what was done and what was not.
  package func recoverPartially(into values: [Value]) throws -> Record {
    var recovery = Recovery(manner, isPartial: true, isOfFile: isLoaded)
    _ = try fit(values, &recovery)
    try recovery.commit()
    return recovery.report
  }

  private func fit(_ values: [Value], _ recovery: inout Recovery) throws -> [Value] {
    guard case .targets(let states) = contents else {
      throw RuntimeError(
        .value, "a snapshot of the session fits no other target",
        hint: "write `recover session from …`")
    }
    if states.count == 1, values.count == 1 {
      return [try recovery.fit(states[0], to: values[0])]
    }
    // Several targets are the same as one list of them.
    if values.count == 1, case .list(let elements) = values[0], elements.count == states.count {
      return [.list(try fit(states, to: Array(elements), &recovery))]
    }
    if states.count == 1, let elements = states[0].unfolded.elements, elements.count == values.count
    {
      return try fit(elements, to: values, &recovery)
    }
    guard states.count == values.count else {
      throw RuntimeError(
        .value,
        "the snapshot has \(states.count) \(states.count == 1 ? "target" : "targets"), "
          + "and \(values.count) \(values.count == 1 ? "was" : "were") named")
    }
    return try fit(states, to: values, &recovery)
  }

  private func fit(
    _ states: [State], to values: [Value], _ recovery: inout Recovery
  ) throws -> [Value] {
    var results: [Value] = []
    for (i, (state, value)) in zip(states, values).enumerated() {
      results.append(try recovery.fit(state, to: value, path: .named(names?[i] ?? String(i))))
    }
    return results
  }
}

// MARK: - The session

extension Interpreter {
  /// The state of every variable of the main program.
  public func sessionSnapshot(_ manner: Snapshot.Manner = .reference) throws -> Snapshot {
    var reader = StateReader(manner: manner)
    return Snapshot(
      .session(try variables.map { ($0.name, $0.value, try reader.read($0.value)) }),
      manner: manner,
      random: context.random)
  }

  /// Puts the variables back that a snapshot of the session has, and the stream of random numbers.
  ///
  /// Variables that a file has and the program has not are declared, where they are plain values.
  /// - Throws: a value error that lists what does not fit; then nothing is changed.
  public func recoverSession(from snapshot: Snapshot) throws {
    guard case .session(let entries) = snapshot.contents else {
      throw RuntimeError(.value, "the snapshot is not one of the session")
    }
    let current = Dictionary(variables.map { ($0.name, $0.value) }) { first, _ in first }
    var recovery = Recovery(snapshot.manner, isOfFile: snapshot.isLoaded)
    var results: [(name: String, value: Value)] = []
    for (name, value, state) in entries {
      let known = value ?? current[name]
      if known == nil, case .kept = state { continue }
      let target = known ?? .nil
      // A plain variable is replaced whole, whatever it has become.
      let role: Recovery.Role = target.hasIdentity ? .plain : .buffer
      results.append((name, try recovery.fit(state, to: target, path: .named(name), role: role)))
    }
    for (_, value) in results { try requireOwn(value) }
    try recovery.commit()
    for (name, value) in results { assign(name, value) }
    context.random = snapshot.random
  }
}

// MARK: - The commands

extension Machine {
  func extract(
    _ first: UnsafeMutablePointer<Value>, _ count: Int, _ firstName: UInt16,
    _ header: UnsafeMutablePointer<CodeHeader>, isSession: Bool
  ) throws -> Value {
    let manner = Snapshot.Manner(rawValue: name(firstName, header)) ?? .reference
    if isSession {
      Context.current.meets(obstacle: "takes the state of the session")
      return .host(try interpreter.sessionSnapshot(manner))
    }
    let values = Array(UnsafeBufferPointer(start: first, count: count))
    let names = values.indices.map { name(firstName + 1 + UInt16($0), header) }
    let variable = name(firstName + 1 + UInt16(count), header)
    return .host(
      try Snapshot(
        of: values, manner: manner, names: names, variable: variable.isEmpty ? nil : variable))
  }

  func recover(_ a: UnsafeMutablePointer<Value>, _ count: Int, isSession: Bool) throws {
    let snapshot = try Snapshot.recovering(a.pointee)
    if isSession { return try interpreter.recoverSession(from: snapshot) }
    let values = Array(UnsafeBufferPointer(start: a + 1, count: count))
    for (i, value) in try snapshot.recover(into: values).enumerated() { a[i + 1] = value }
  }
}

extension Snapshot {
  /// The snapshot that a value is, or the tree of tensors that it is as a snapshot of one target.
  package static func recovering(_ value: Value) throws -> Snapshot {
    switch value {
    case .host(let host as Snapshot): return host
    case .record, .list, .tensor:
      let state = try State(of: value)
      return Snapshot(.targets([state]), manner: .reference)
    default:
      throw RuntimeError(
        .type, "recover takes a Snapshot, not \(value.shortDescription)",
        hint: "`extract net as start` makes one")
    }
  }
}
