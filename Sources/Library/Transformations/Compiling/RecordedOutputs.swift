// What a recorded run gives and leaves behind, as results of its recording.
//
// The value of the function and what stands, at the end, where the run has written are taken apart into
// tensors, which are results of the recording, and all else, which is as it was. A parameter's leaf that the
// run has made is made anew by each run, with the gradient that was left in it; one in two places is one.
//
// Other things with identity that the run has made (models, optimizers, functions) are free while they stay
// inside; one that gets out is an obstacle.

import Autodiff
import Language
import Tensors

/// What a run of a recording has computed, for whoever puts it together.
struct RecordedOutcome {
  let tensors: [Variable]
  let operands: [Variable]
  let objects: [ReadObject?]
  var leaves: [Variable] = []
}

/// What a recording gives.
indirect enum RecordedResult {
  case tensor(Int)
  /// The very variable that is an operand.
  case operand(Int)
  /// A leaf that each run makes.
  case leaf(Int)
  /// A key by its words.
  case key(RecordedResult)
  case object(Int)
  case list([RecordedResult])
  case record(keys: [String], [RecordedResult])
  case constant(Value)
  /// A number that follows from those that were read.
  case number(RecordedNumber.Compute)
  /// The Float that a tensor is.
  case float(RecordedResult)

  /// The value with the tensors and objects of a run.
  ///
  /// - Throws: what arithmetic on whole numbers throws.
  func value(_ outcome: RecordedOutcome) throws -> Value {
    switch self {
    case .number(let compute): try compute(outcome.operands)
    case .float(let tensor):
      .float(try tensor.value(outcome).variable?.underlying.firstDouble ?? .nan)
    case .tensor(let index): .tensor(outcome.tensors[index])
    case .operand(let index): .tensor(outcome.operands[index])
    case .leaf(let index): .tensor(outcome.leaves[index])
    case .key(let words):
      .host(KeyObject(RandomKey(words: try words.value(outcome).variable?.underlying ?? Tensor(0))))
    case .object(let index): outcome.objects[index]?.value ?? .nil
    case .list(let parts): .list(try parts.map { try $0.value(outcome) })
    case .record(let keys, let parts):
      .record(Record(Array(zip(keys, try parts.map { try $0.value(outcome) }))))
    case .constant(let value): value
    }
  }
}

/// A leaf that each run of a recording makes.
struct RecordedLeaf {
  /// Its numbers.
  let tensor: Int
  /// What `backward` has left in it.
  var gradient: RecordedResult?
  /// `Context.place` where it was made.
  let place: UInt64

  func make(_ outcome: RecordedOutcome) throws -> Variable {
    let context = Context.current
    let outer = context.place
    context.place = place
    defer { context.place = outer }
    return try leaf(of: outcome.tensors[tensor])
  }
}

/// The form of all that comes out of a run, which is kept with the recording.
struct RecordedForm {
  fileprivate(set) var leaves: [RecordedLeaf] = []
  /// Whether a tape of the function follows a result.
  fileprivate(set) var areTracked = false
  fileprivate(set) var result = RecordedResult.constant(.nil)
  fileprivate(set) var writes = RecordedWrites()
}

/// All that comes out of a run.
final class RecordedOutputs {
  private let reader: RecordedReader
  private let interpreter: Interpreter
  /// The results of the recording, one variable once.
  private(set) var tensors: [Variable] = []
  private var places: [ObjectIdentifier: Int] = [:]
  private var leafPlaces: [ObjectIdentifier: Int] = [:]
  private(set) var form = RecordedForm()

  /// What comes out of the run that a reader has watched.
  ///
  /// - Throws: the end of the rehearsal, where something gets out that the run has made and that each call
  ///   would have to make anew.
  init(of value: Value, _ reader: RecordedReader, _ interpreter: Interpreter) throws {
    self.reader = reader
    self.interpreter = interpreter
    form.result = try result(of: value)
    form.writes = try RecordedWrites(of: reader, self, interpreter)
    let kept = Set(leafPlaces.keys)
    if !kept.isEmpty, tensors.contains(where: { reader.recording.depends($0, onLeaves: kept) }) {
      throw interpreter.machine.effect("keeps a parameter's new tensor and what depends on it")
    }
  }

  /// Nested deeper, what a function gives is not recorded: forms are let go of level by level.
  private static let deepest = 500

  /// The form of a value.
  func result(of value: Value, depth: Int = 0) throws -> RecordedResult {
    guard depth <= RecordedOutputs.deepest else {
      throw interpreter.machine.effect("gives what is nested deep")
    }
    func part(_ value: Value) throws -> RecordedResult { try result(of: value, depth: depth + 1) }
    switch value {
    case .tensor(let variable): return try result(of: variable)
    case .list(let values): return .list(try values.map(part))
    case .record(let record):
      return .record(keys: record.keys, try record.values.map(part))
    case .int, .float, .bool, .string, .nil, .absent, .range, .model, .module:
      return .constant(value)
    case .host(let number as RecordedNumber):
      switch number.outcome {
      case .counted(let compute): return .number(compute)
      case .measured(let variable): return .float(try result(of: variable))
      }
    case .host(let host as KeyObject):
      guard let words = host.words else { return .constant(value) }
      return .key(try result(of: words))
    case .host(let host) where host is DTypeObject || host.birth < reader.recording.start:
      return .constant(value)
    case .builtin(let builtin):
      guard case .builtin(let own)? = interpreter.builtin(builtin.name), own === builtin else {
        throw interpreter.machine.effect("gives a function back that it has made")
      }
      return .constant(value)
    default:
      guard let object = ReadObject(value), let index = reader.known(object) else {
        throw interpreter.machine.effect(
          "gives \(value.typeName.withArticle) back that it has made")
      }
      return .object(index)
    }
  }

  /// The form of a tensor.
  func result(of variable: Variable) throws -> RecordedResult {
    switch reader.recording.output(variable) {
    case .operand(let index): return .operand(index)
    case .mapped: throw interpreter.machine.effect("keeps a value that vmap maps")
    case .result(let variable, let isTracked):
      if isTracked { form.areTracked = true }
      return .tensor(add(variable))
    case .leaf(let identity, let numbers, let gradient, let place):
      if let index = leafPlaces[identity] { return .leaf(index) }
      let index = form.leaves.count
      leafPlaces[identity] = index
      form.leaves.append(RecordedLeaf(tensor: add(numbers), gradient: nil, place: place))
      if let gradient { form.leaves[index].gradient = try result(of: gradient) }
      return .leaf(index)
    }
  }

  private func add(_ variable: Variable) -> Int {
    guard let identity = variable.identity else {
      tensors.append(variable)
      return tensors.count - 1
    }
    if let index = places[identity] { return index }
    places[identity] = tensors.count
    tensors.append(variable)
    return tensors.count - 1
  }
}
