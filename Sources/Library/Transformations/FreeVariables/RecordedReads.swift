// What a recording reads, in the order of the run that made it: the arguments, then each free variable
// when it was first read, with the pattern of what was found. Before the recording runs again the list is
// gone through once more, which gives the operands, or shows that the recording is for something else.
//
// An entry names what it reads by the objects that entries before it have found. So a closure or a model
// may be another one each time.

import Autodiff
import Language
import Tensors

/// One thing that a recording reads.
struct RecordedRead {
  enum Source {
    /// The function and its arguments, a list.
    case call
    case global(Int)
    /// A capture of a closure.
    case captured(object: Int, index: Int)
    case content(object: Int)
    case field(object: Int, slot: Int)
    case tensor(object: Int)
    case gradient(object: Int)
  }
  let source: Source
  let pattern: ReadPattern
}

/// The reads of a finished recording.
struct RecordedReads {
  let entries: [RecordedRead]
  /// The objects that are the same at each call.
  private let constants: [(index: Int, object: ReadObject)]
  let operandCount: Int
  private let objectCount: Int
  /// The objects of the run, where all have to be the very same ones; nil where they need not.
  let bound: [ReadObject]?
  let wantsDistinctOperands: Bool
  let modes: Modes

  /// What holds for a whole run and changes what operations do.
  struct Modes: Equatable {
    let defaultFloat: DType
    let detectsAnomalies: Bool

    init(_ context: Context) {
      defaultFloat = context.defaultFloat
      detectsAnomalies = context.detectsAnomalies
    }
  }

  fileprivate init(
    _ entries: [RecordedRead], _ constants: [(index: Int, object: ReadObject)],
    _ objects: [ReadObject], _ recording: Recording?, operandCount: Int, modes: Modes
  ) {
    self.entries = entries
    self.constants = constants
    self.operandCount = operandCount
    self.modes = modes
    objectCount = objects.count
    bound = recording?.callsFunctions == true ? objects : nil
    wantsDistinctOperands = recording?.takesGradients ?? false
  }

  /// What the recording finds for a call.
  enum Outcome {
    case found(operands: [Variable], objects: [ReadObject?])
    /// It is for something else; whether by the value of a number or a text alone.
    case other(byConstant: Bool)
  }

  /// Reads everything anew.
  func find(_ call: Value, _ interpreter: Interpreter) -> Outcome {
    guard modes == Modes(interpreter.context) else { return .other(byConstant: false) }
    var match = ReadMatch(operands: operandCount, objects: objectCount)
    for (index, object) in constants { match.set(object, at: index) }
    for entry in entries {
      guard let value = RecordedReads.read(entry.source, call, match.objects, interpreter),
        match.take(value, as: entry.pattern)
      else { return .other(byConstant: match.failedAtConstant) }
    }
    if let bound, !zip(bound, match.objects).allSatisfy({ $0.identity == $1?.identity }) {
      return .other(byConstant: false)
    }
    if wantsDistinctOperands, !match.operandsAreDistinct { return .other(byConstant: false) }
    var operands: [Variable] = []
    operands.reserveCapacity(operandCount)
    for case let operand? in match.operands { operands.append(operand) }
    guard operands.count == operandCount else { return .other(byConstant: false) }
    return .found(operands: operands, objects: match.objects)
  }

  private static func read(
    _ source: RecordedRead.Source, _ call: Value, _ objects: [ReadObject?],
    _ interpreter: Interpreter
  ) -> Value? {
    switch source {
    case .call: return call
    case .global(let slot): return interpreter.globals[slot]
    case .captured(let object, let index):
      guard case .closure(let closure)? = objects[object] else { return nil }
      return closure.captures[index]
    case .content(let object):
      guard case .box(let box)? = objects[object] else { return nil }
      return box.value
    case .field(let object, let slot):
      guard case .instance(let instance)? = objects[object] else { return nil }
      return instance.slots[slot]
    case .tensor(let object):
      guard case .parameter(let cell)? = objects[object] else { return nil }
      return .tensor(cell.value)
    case .gradient(let object):
      guard case .parameter(let cell)? = objects[object] else { return nil }
      return cell.gradient.map { .tensor($0) } ?? .nil
    }
  }
}

// MARK: - While the recording is made

/// Gives a run that is being recorded its operands in place of what it reads.
final class RecordedReader: FreeVariableWatcher {
  private let recording: Recording
  private let modes: RecordedReads.Modes
  private var entries: [RecordedRead] = []
  private var operandCount = 0
  /// How many of the operands and objects the arguments hold.
  private var argumentCounts = (operands: 0, objects: 0)
  private(set) var objects: [ReadObject] = []
  private var constants: [(index: Int, object: ReadObject)] = []
  private var places: [ObjectIdentifier: Int] = [:]
  /// Closures from outside, by their captures.
  private var closures: [UnsafeMutablePointer<Value>: Int] = [:]
  /// What has been read, as the run sees it.
  private var seen: [FreeVariable: Value] = [:]
  private var made: Set<ObjectIdentifier> = []
  private var madeCaptures: Set<UnsafeMutablePointer<Value>> = []

  init(_ recording: Recording, _ context: Context) {
    self.recording = recording
    modes = RecordedReads.Modes(context)
  }

  /// The reads, once the run has ended.
  var reads: RecordedReads {
    RecordedReads(
      entries, constants, objects, recording, operandCount: operandCount, modes: modes)
  }

  /// The function and its arguments as the run sees them.
  func arguments(_ call: Value) -> Value {
    let value = read(.call, call)
    argumentCounts = (operandCount, objects.count)
    return value
  }

  /// The reads of the arguments alone.
  var readsOfArguments: RecordedReads {
    RecordedReads(
      Array(entries.prefix(1)), [], Array(objects.prefix(argumentCounts.objects)), nil,
      operandCount: argumentCounts.operands, modes: modes)
  }

  private func read(_ source: RecordedRead.Source, _ held: Value) -> Value {
    let (value, pattern) = replaced(held)
    entries.append(RecordedRead(source: source, pattern: pattern))
    return value
  }

  /// Nested deeper, what is read has no operands: patterns are let go of level by level.
  private static let deepest = 500

  /// A value with operands in the place of its tensors, and its pattern.
  private func replaced(_ value: Value, depth: Int = 0) -> (Value, ReadPattern) {
    guard depth <= RecordedReader.deepest else { return (value, .constant(value)) }
    func replaced(_ value: Value) -> (Value, ReadPattern) { self.replaced(value, depth: depth + 1) }
    switch value {
    case .tensor(let variable):
      let operand = recording.operand(for: variable)
      operandCount = max(operandCount, operand.index + 1)
      return (
        .tensor(operand.variable),
        .operand(operand.index, TensorPattern(variable, operand.tracking))
      )
    case .host(let host as KeyObject):
      guard let words = try? host.key.words() else { return (value, .constant(value)) }
      let operand = recording.operand(for: .tensor(words))
      operandCount = max(operandCount, operand.index + 1)
      return (.host(KeyObject(host.key, words: operand.variable)), .key(operand.index))
    case .list(let values):
      let parts = values.map(replaced)
      if parts.allSatisfy(\.1.isConstant) { return (value, .constant(value)) }
      return (.list(parts.map(\.0)), .list(parts.map(\.1)))
    case .record(let record):
      let parts = record.values.map(replaced)
      if parts.allSatisfy(\.1.isConstant) { return (value, .constant(value)) }
      return (
        .record(Record(Array(zip(record.keys, parts.map(\.0))))),
        .record(keys: record.keys, parts.map(\.1))
      )
    case .function(let closure):
      guard let receiver = closure.receiver else {
        let object = ReadObject.closure(closure)
        return (value, .object(add(object), object.pattern))
      }
      let object = ReadObject.instance(receiver)
      return (value, .method(code: closure.prototype.number, of: add(object), object.pattern))
    default:
      guard let object = ReadObject(value) else { return (value, .constant(value)) }
      return (value, .object(add(object), object.pattern))
    }
  }

  /// The number of an object.
  private func add(_ object: ReadObject) -> Int {
    if let index = places[object.identity] { return index }
    objects.append(object)
    places[object.identity] = objects.count - 1
    if case .closure(let closure) = object { closures[closure.captures] = objects.count - 1 }
    return objects.count - 1
  }

  /// The number of an object that a variable is part of. One that no entry has found was reached
  /// through something that never changes, so it is the same at each call.
  private func place(of object: ReadObject) -> Int {
    if let index = places[object.identity] { return index }
    let index = add(object)
    constants.append((index, object))
    return index
  }

  /// The number of an object that the recording has met; nil for any other.
  func known(_ object: ReadObject) -> Int? { places[object.identity] }
}

extension RecordedReader {
  func value(of variable: FreeVariable, held: Value) -> Value {
    if isOwn(variable) { return held }
    if let value = seen[variable] { return value }
    let value: Value
    switch variable {
    case .global(let slot): value = read(.global(slot), held)
    case .captured(let captures, let index):
      // What a closure holds by value never changes, so one that is always the same has constants.
      guard let object = closures[captures] else {
        value = constant(held)
        break
      }
      value = read(.captured(object: object, index: index), held)
    case .content(let box): value = read(.content(object: place(of: .box(box))), held)
    case .field(let instance, let slot):
      value = read(.field(object: place(of: .instance(instance)), slot: slot), held)
    case .tensor(let cell): value = read(.tensor(object: place(of: .parameter(cell))), held)
    case .gradient(let cell): value = read(.gradient(object: place(of: .parameter(cell))), held)
    case .state: value = held
    }
    seen[variable] = value
    return value
  }

  /// A value that is the same at each call, its tensors as operands that are.
  private func constant(_ held: Value) -> Value {
    read(.content(object: place(of: .box(Box(held)))), held)
  }

  func tensor(of parameter: ParameterCell, held: Variable) -> Variable {
    value(of: .tensor(parameter), held: .tensor(held)).variable ?? held
  }

  func gradient(of parameter: ParameterCell, held: Variable?) -> Variable? {
    let held = held.map { Value.tensor($0) } ?? .nil
    guard case .tensor(let variable) = value(of: .gradient(parameter), held: held) else {
      return nil
    }
    return variable
  }

  func willUse(_ host: HostObject) {
    guard host.birth < recording.start, host.stateTree != nil else { return }
    Context.current.meets(obstacle: "reads the state of a \(host.typeName) from outside it")
  }

  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {
    made.insert(identity)
    if let captures { madeCaptures.insert(captures) }
  }

  func isOwn(_ variable: FreeVariable) -> Bool {
    switch variable {
    case .global: false
    case .captured(let captures, _): madeCaptures.contains(captures)
    case .content(let box): made.contains(ObjectIdentifier(box))
    case .field(let instance, _): instance.birth >= recording.start
    case .tensor(let cell), .gradient(let cell): cell.birth >= recording.start
    case .state(let host): host.birth >= recording.start
    }
  }
}
