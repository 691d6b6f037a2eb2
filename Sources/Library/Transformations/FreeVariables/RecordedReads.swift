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
    /// The gradient in the leaf that is an operand.
    case gradient(operand: Int)
    case state(object: Int)
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
  /// The operand that holds the words of the program's stream of random numbers.
  private let stream: Int?
  private let prologue: RecordedPrologue?
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

  init(
    _ entries: [RecordedRead], _ constants: [(index: Int, object: ReadObject)],
    _ objects: [ReadObject], _ recording: Recording?, operandCount: Int, modes: Modes
  ) {
    self.entries = entries
    self.constants = constants
    self.operandCount = operandCount
    self.modes = modes
    objectCount = objects.count
    stream = recording?.streamOperand
    prologue = recording?.prologue
    bound = recording?.callsFunctions == true ? objects : nil
    wantsDistinctOperands = recording?.takesGradients ?? false
  }

  /// What the recording finds for a call.
  enum Outcome {
    case found(operands: [Variable], objects: [ReadObject?])
    /// It is for something else; whether by the value of a number or a text alone, and by which numbers if by
    /// nothing else so far.
    case other(byConstant: Bool, numbers: [[Int]] = [])
  }

  /// Reads everything anew.
  func find(_ call: Value, _ interpreter: Interpreter) -> Outcome {
    guard modes == Modes(interpreter.context) else { return .other(byConstant: false) }
    var match = ReadMatch(operands: operandCount, objects: objectCount)
    for (index, object) in constants { match.set(object, at: index) }
    for (index, entry) in entries.enumerated() {
      guard let value = RecordedReads.read(entry.source, call, match, interpreter) else {
        return .other(byConstant: match.failedAtConstant)
      }
      guard match.take(value, as: entry.pattern) else {
        guard match.failedAtConstant else { return .other(byConstant: false) }
        return .other(
          byConstant: true, numbers: entry.pattern.differences(from: value, at: [index]) ?? [])
      }
    }
    if let bound, !zip(bound, match.objects).allSatisfy({ $0.identity == $1?.identity }) {
      return .other(byConstant: false)
    }
    if wantsDistinctOperands, !match.operandsAreDistinct { return .other(byConstant: false) }
    guard (try? compute(&match)) == true else { return .other(byConstant: true) }
    if let stream, let words = try? interpreter.context.random.words() {
      match.set(.tensor(words), at: stream)
    }
    var operands: [Variable] = []
    operands.reserveCapacity(operandCount)
    for case let operand? in match.operands { operands.append(operand) }
    guard operands.count == operandCount else { return .other(byConstant: false) }
    return .found(operands: operands, objects: match.objects)
  }

  /// Computes what follows from counts; false where something would be decided otherwise.
  private func compute(_ match: inout ReadMatch) throws -> Bool {
    for step in prologue?.steps ?? [] {
      switch step {
      case .operand(let index, let compute):
        match.set(.tensor(try compute(match.operands)), at: index)
      case .condition(let holds): guard try holds(match.operands) else { return false }
      }
    }
    return true
  }

  private static func read(
    _ source: RecordedRead.Source, _ call: Value, _ match: ReadMatch,
    _ interpreter: Interpreter
  ) -> Value? {
    let objects = match.objects
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
    case .gradient(let operand):
      guard let leaf = match.operands[operand] else { return nil }
      return leaf.keptGradient.map { .tensor($0) } ?? .nil
    case .state(let object):
      guard case .host(let host)? = objects[object] else { return nil }
      return host.stateTree
    }
  }
}
