// A run that is being recorded, as it reads and changes what was there before it.
//
// What it reads it is given operands for. What it changes it does change, so that what it reads after that is
// what it has written; what was there before is noted in a journal, and put back at the end, whatever the end
// is. What then stands where the run has written is a result of the recording (`RecordedWrites`).

import Autodiff
import Language
import Tensors

/// Gives a run that is being recorded its operands in place of what it reads.
final class RecordedReader: FreeVariableWatcher {
  let recording: Recording
  private let interpreter: Interpreter
  private let modes: RecordedReads.Modes
  private var entries: [RecordedRead] = []
  /// How many of the operands and objects the arguments hold.
  private var argumentCounts = (operands: 0, objects: 0)
  private(set) var objects: [ReadObject] = []
  private var constants: [(index: Int, object: ReadObject)] = []
  private var places: [ObjectIdentifier: Int] = [:]
  /// Closures from outside, by their captures.
  private var closures: [UnsafeMutablePointer<Value>: Int] = [:]
  /// What has been read, as the run sees it.
  private var seen: [FreeVariable: Value] = [:]
  /// What the run has changed, in order, with what puts it back.
  private(set) var journal: [(variable: FreeVariable, putBack: () -> Void)] = []
  private var changed: Set<FreeVariable> = []
  private var made: Set<ObjectIdentifier> = []
  private var madeCaptures: Set<UnsafeMutablePointer<Value>> = []

  /// A place of no number that stands for those of other calls.
  private static let nowhere = [-1]
  /// Numbers that were others at an earlier call, by their places in what is read.
  private let promoted: Set<[Int]>

  init(_ recording: Recording, _ interpreter: Interpreter, promoting numbers: Set<[Int]> = []) {
    self.recording = recording
    promoted = numbers
    self.interpreter = interpreter
    modes = RecordedReads.Modes(interpreter.context)
    recording.readGradient = { [unowned self] operand, held in
      read(.gradient(operand: operand), held.map { .tensor($0) } ?? .nil).variable
    }
  }

  /// The reads, once the run has ended.
  var reads: RecordedReads {
    RecordedReads(
      entries, constants, objects, recording, operandCount: recording.operandCount, modes: modes)
  }

  /// The function and its arguments as the run sees them.
  func arguments(_ call: Value) -> Value {
    let value = read(.call, call)
    argumentCounts = (recording.operandCount, objects.count)
    return value
  }

  /// The reads of the arguments alone.
  var readsOfArguments: RecordedReads {
    RecordedReads(
      Array(entries.prefix(1)), [], Array(objects.prefix(argumentCounts.objects)), nil,
      operandCount: argumentCounts.operands, modes: modes)
  }

  private func read(_ source: RecordedRead.Source, _ held: Value) -> Value {
    // What an object makes of its numbers nobody sees: they have to be as they were.
    let path = if case .state = source { RecordedReader.nowhere } else { [entries.count] }
    let (value, pattern) = replaced(held, at: path)
    entries.append(RecordedRead(source: source, pattern: pattern))
    return value
  }

  /// Nested deeper, what is read has no operands: patterns are let go of level by level.
  private static let deepest = 500

  /// A value with operands in the place of its tensors, and its pattern.
  private func replaced(_ value: Value, at path: [Int]) -> (Value, ReadPattern) {
    guard path.count <= RecordedReader.deepest else { return (value, .constant(value)) }
    switch value {
    case .tensor(let variable):
      let operand = recording.operand(for: variable)
      return (
        .tensor(operand.variable),
        .operand(operand.index, TensorPattern(variable, operand.tracking))
      )
    case .host(let host as KeyObject):
      guard let words = try? host.key.words() else { return (value, .constant(value)) }
      let operand = recording.operand(for: .tensor(words))
      return (.host(KeyObject(host.key, words: operand.variable)), .key(operand.index))
    case .float(let number) where promoted.contains(path):
      let index = recording.operand(for: .tensor(Tensor(number))).index
      let own = RecordedNumber(value) { .float($0[index]?.underlying.firstDouble ?? .nan) }
      return (.host(own), .number(index, isInt: false))
    case .int(let number) where promoted.contains(path):
      let index = recording.operand(for: .tensor(Tensor(number))).index
      let own = RecordedNumber(value) { .int($0[index]?.underlying.firstInt ?? 0) }
      return (.host(own), .number(index, isInt: true))
    case .list(let values):
      let parts = values.enumerated().map { replaced($1, at: path + [$0]) }
      if parts.allSatisfy(\.1.isConstant) { return (value, .constant(value)) }
      return (.list(parts.map(\.0)), .list(parts.map(\.1)))
    case .record(let record):
      let parts = record.values.enumerated().map { replaced($1, at: path + [$0]) }
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
    case .host(let snapshot as Snapshot) where !snapshot.isFromFile:
      let (contents, pattern) = replaced(snapshot.plain, at: RecordedReader.nowhere)
      return (
        .host(snapshot.holding(contents)),
        .snapshot(snapshot.manner, names: snapshot.names, pattern)
      )
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
  func place(of object: ReadObject) -> Int {
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
    if isOwn(variable) || changed.contains(variable) { return held }
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
    // The gradient is its leaf's, which is an operand.
    case .gradient: value = held
    case .state(let host): value = read(.state(object: place(of: .host(host))), held)
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
    held
  }

  func willUse(_ host: HostObject) {
    guard host.stateTree != nil, host.birth < recording.start else { return }
    willChange(.state(host), inPlace: true)
  }

  func willChange(_ variable: FreeVariable, inPlace: Bool) {
    interpreter.changeCount &+= 1
    guard !isOwn(variable), !changed.contains(variable) else { return }
    guard let putBack = putsBack(variable) else {
      return interpreter.context.meets(obstacle: "changes what cannot be put back")
    }
    if !interpreter.notesChanges, case .state = variable {
    } else if !interpreter.notesChanges {
      interpreter.context.meets(obstacle: Rehearsal.setsVariable)
    }
    let held = variable.held(in: interpreter)
    let shown = inPlace ? value(of: variable, held: held) : nil
    journal.append((variable, putBack))
    changed.insert(variable)
    guard let shown else { return }
    variable.put(shown, interpreter)
    if case .state(let host) = variable, host.stateTree?.isUnchanged(from: shown) != true {
      interpreter.context.meets(obstacle: "uses a \(host.typeName) whose state cannot be recorded")
    }
  }

  /// What the run was shown of a variable when it first read it; nil where it has not.
  func shown(_ variable: FreeVariable) -> Value? { seen[variable] }

  /// True for what the run has changed.
  func hasChanged(_ variable: FreeVariable) -> Bool { changed.contains(variable) }

  /// What makes a variable what it is now.
  private func putsBack(_ variable: FreeVariable) -> (() -> Void)? {
    switch variable {
    case .tensor(let cell):
      let content = cell.content
      return { cell.content = content }
    case .state(let host): return host.restorer()
    case .captured, .gradient: return nil
    case .global, .content, .field:
      let held = variable.held(in: interpreter)
      return { [interpreter] in variable.put(held, interpreter) }
    }
  }

  /// Puts back what the run has changed.
  func putBack() {
    for (_, putBack) in journal.reversed() { putBack() }
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
