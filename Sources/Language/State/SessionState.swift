// Where a session stands between two runs: everything that a program can change, by reference. It is what a
// prompt goes back to when an entry is undone.
//
// Values are held and not copied: whoever changes a list, a record or a tensor that is held here finds it
// shared and changes a copy. What has identity (boxes, models, parameters, the objects of the library)
// changes in place, so that for each of these what it holds is noted. Boxes and models are in the rings of
// their interpreter; parameters and objects are found from them and from the variables.
//
// Invariant: while a state lives, the lists and records that it walked through are the same at the same
// address, so that the next state need not walk again through those that hold plain data alone.

import Autodiff
import Tensors

/// All that a session has, to be put back.
package final class SessionState {
  private let globals: [Value]
  private let names: [String: Int]
  private let loaded: [String: ModuleLoader.Loaded]
  private let testCount: Int
  private let random: RandomKey
  private let defaultFloat: DType
  private var boxes: [(box: Box, value: Value)] = []
  private var instances: [(instance: ModelInstance, slots: [Value])] = []
  private var cells: [(cell: ParameterCell, content: ParameterCell.Content)] = []
  private var gradients: [(leaf: Variable, gradient: Variable?)] = []
  private var restorers: [() -> Void] = []
  /// What objects lead to, which must outlive this state as what the variables lead to does.
  private let reached: [Value]
  /// The lists and records that hold nothing with identity, by the addresses of what they hold.
  private var plain: Set<UnsafeRawPointer> = []

  /// How much is noted, for who keeps many states.
  package var size: Int {
    globals.count + boxes.count + instances.count + cells.count + gradients.count
  }

  fileprivate init(of interpreter: Interpreter, after earlier: SessionState?) {
    globals = (0..<interpreter.globals.count).map { interpreter.globals[$0] }
    names = interpreter.modules.main.slots
    loaded = interpreter.modules.loaded
    testCount = interpreter.tests.count
    random = interpreter.context.random
    defaultFloat = interpreter.context.defaultFloat
    var walk = SessionWalk(known: earlier?.plain ?? [])
    walk.rest = globals
    for holder in interpreter.holders.all { walk.add(holder) }
    walk.run()
    (boxes, instances) = (walk.boxes, walk.instances)
    cells = walk.cells.map { ($0, $0.content) }
    gradients = walk.leaves.map { ($0, $0.keptGradient) }
    restorers = walk.hosts.compactMap { $0.restorer() }
    reached = walk.reached
    plain = walk.plain
  }

  fileprivate func putBack(into interpreter: Interpreter) {
    for slot in 0..<interpreter.globals.count {
      interpreter.globals[slot] = slot < globals.count ? globals[slot] : .absent
    }
    interpreter.modules.main.slots = names
    interpreter.modules.loaded = loaded
    for (box, value) in boxes { box.value = value }
    for (instance, slots) in instances {
      for (slot, value) in slots.enumerated() { instance.slots[slot] = value }
    }
    for (cell, content) in cells { cell.content = content }
    for (leaf, gradient) in gradients { leaf.keptGradient = gradient }
    for restore in restorers { restore() }
    interpreter.forgetSince(testCount: testCount)
    interpreter.context.random = random
    interpreter.context.defaultFloat = defaultFloat
  }
}

extension Interpreter {
  /// Where the session stands now, between two runs.
  ///
  /// - Parameter earlier: a state that still lives; what it found to be plain data is not walked again.
  package func sessionState(after earlier: SessionState? = nil) -> SessionState {
    SessionState(of: self, after: earlier)
  }

  /// Makes everything what it was. What was printed and written to files stays.
  ///
  /// - Throws: a value error within a run.
  package func putBack(_ state: SessionState) throws {
    guard !machine.isRunning else {
      throw RuntimeError(.value, "a program that runs cannot be undone")
    }
    _ = try performing {
      state.putBack(into: self)
      return .nil
    }
  }
}

/// A walk to everything with identity, each once.
private struct SessionWalk {
  var rest: [Value] = []
  private(set) var boxes: [(box: Box, value: Value)] = []
  private(set) var instances: [(instance: ModelInstance, slots: [Value])] = []
  private(set) var cells: [ParameterCell] = []
  private(set) var leaves: [Variable] = []
  private(set) var hosts: [HostObject] = []
  private(set) var reached: [Value] = []
  private(set) var plain: Set<UnsafeRawPointer> = []
  private let known: Set<UnsafeRawPointer>
  private var seen: Set<ObjectIdentifier> = []
  private var structures: Set<UnsafeRawPointer> = []
  /// Lists and records that are known to hold more than plain data.
  private var mixed: Set<UnsafeRawPointer> = []

  init(known: Set<UnsafeRawPointer>) { self.known = known }

  mutating func add(_ holder: Holder) {
    switch holder {
    case let box as Box: rest.append(.box(box))
    case let instance as ModelInstance: rest.append(.instance(instance))
    default: break
    }
  }

  mutating func run() {
    while let value = rest.popLast() { visit(value) }
  }

  private mutating func isNew(_ object: AnyObject) -> Bool {
    seen.insert(ObjectIdentifier(object)).inserted
  }

  private mutating func visit(_ value: Value) {
    switch value {
    case .int, .float, .bool, .string, .range, .nil, .absent, .builtin: break
    case .tensor(let variable): add(leaf: variable)
    case .list, .record: visit(structure: value)
    case .parameter(let cell):
      guard isNew(cell) else { return }
      cells.append(cell)
      add(leaf: cell.content.variable)
    case .box(let box):
      guard isNew(box) else { return }
      boxes.append((box, box.value))
      rest.append(box.value)
    case .instance(let instance):
      guard isNew(instance) else { return }
      let slots = Array(
        UnsafeBufferPointer(start: instance.slots, count: instance.type.fields.count))
      instances.append((instance, slots))
      rest += slots
      rest.append(.model(instance.type))
    case .function(let closure):
      guard isNew(closure) else { return }
      if let receiver = closure.receiver { return rest.append(.instance(receiver)) }
      rest += UnsafeBufferPointer(
        start: closure.captures, count: closure.prototype.captureSources.count)
    case .model(let type):
      guard isNew(type) else { return }
      rest += type.closures.map(Value.function)
    case .host(let host):
      guard isNew(host) else { return }
      hosts.append(host)
      let values = host.reached
      reached += values
      rest += values
    case .module: break  // its variables are global ones
    }
  }

  private mutating func add(leaf variable: Variable) {
    guard variable.isLeaf, case .traced(let traced) = variable, isNew(traced) else { return }
    leaves.append(variable)
  }

  /// Walks through a list or a record, unless it holds plain data alone.
  private mutating func visit(structure value: Value) {
    guard let address = value.contentAddress, structures.insert(address).inserted,
      !holdsPlainData(value, address, depth: 0)
    else { return }
    rest += value.partValues ?? []
  }

  /// True where nothing in a list or a record, at any depth, has identity. One that is nested deeper than
  /// structures are is walked through level by level.
  private mutating func holdsPlainData(
    _ value: Value, _ address: UnsafeRawPointer, depth: Int
  ) -> Bool {
    if plain.contains(address) { return true }
    if known.contains(address) {
      plain.insert(address)
      return true
    }
    guard depth < 32, !mixed.contains(address) else { return false }
    var isPlain = true
    func look(_ walk: inout SessionWalk, _ part: Value) {
      if let inner = part.contentAddress {
        isPlain = isPlain && walk.holdsPlainData(part, inner, depth: depth + 1)
      } else {
        isPlain = isPlain && part.isPlain
      }
    }
    switch value {
    case .list(let list):
      list.withUnsafeBufferPointer { for part in $0 where isPlain { look(&self, part) } }
    case .record(let record): for part in record.values where isPlain { look(&self, part) }
    default: return false
    }
    if isPlain { plain.insert(address) } else { mixed.insert(address) }
    return isPlain
  }
}

extension Value {
  /// True for what has no identity and leads to nothing that has.
  fileprivate var isPlain: Bool {
    switch self {
    case .int, .float, .bool, .string, .range, .nil, .absent, .builtin: true
    case .tensor(let variable): !variable.isLeaf
    default: false
    }
  }
}
