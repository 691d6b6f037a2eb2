// `compile(f)`: a function that is recorded once for each kind of call and then run from the recording,
// without the interpreter.
//
// A recording is a list of primitives (`RecordedFunction`), so a compiled function has derivatives, maps
// and nests like any other. What the function reads, its arguments and its free variables, is read anew
// at each call (`RecordedReads`): tensors are operands, all else has to be as it was. A recording stands
// for the program only where that computes its value from these; a function that looks at numbers, draws
// random ones or changes something has an obstacle, runs as it is, and says so once, at the line that
// stands in the way. The run that is recorded is a rehearsal (`Rehearsal`): a deed that would be seen
// outside ends it, and then the function runs as it is, too.

import Autodiff
import Language
import Tensors

/// A function with its recordings.
final class CompiledFunction {
  let function: Value
  let recordings: CompiledRecordings

  /// A compiled function; those of one code share their recordings, whatever they have captured.
  init(_ function: Value, _ interpreter: Interpreter) {
    if let compiled = function.compiledFunction {
      (self.function, recordings) = (compiled.function, compiled.recordings)
      return
    }
    self.function = function
    if case .function(let closure) = function {
      recordings = closure.prototype.attachment { CompiledRecordings() }
    } else {
      recordings = CompiledRecordings()
    }
  }

  /// Calls the function.
  func call(_ positional: [Value], _ options: Record, _ interpreter: Interpreter) throws -> Value {
    let call = Value.list([function, .list(positional), .record(options)])
    // What watches or records takes part in every operation and every read; so does a solver, which
    // records what it is given.
    let context = interpreter.context
    guard context.watcher == nil, !context.recordsFunction, !interpreter.runsAsWritten else {
      return try plain(call, interpreter)
    }
    switch recordings.find(call, interpreter) {
    case .asItIs: return try plain(call, interpreter)
    case .new: return try record(call, interpreter)
    case .recording(let recording, let operands, let objects):
      do {
        return try recording.run(operands, objects)
      } catch  where !interpreter.isEnding(error) {
        // A recording has no effects, so the function may begin again: its own errors, perhaps
        // caught, come from its own lines.
        return try plain(call, interpreter)
      }
    }
  }

  /// Runs the function as it is.
  func plain(_ call: Value, _ interpreter: Interpreter) throws -> Value {
    guard case .list(let parts) = call, case .list(let arguments) = parts[1],
      case .record(let named) = parts[2]
    else { preconditionFailure("a compiled call has lost its arguments; please report") }
    return try interpreter.call(parts[0], Array(arguments), named: Array(named.pairs))
  }

  // MARK: - Recording

  /// Runs the function and keeps what it took; the value is that of this run.
  private func record(_ call: Value, _ interpreter: Interpreter) throws -> Value {
    let context = interpreter.context
    let random = context.random
    var rehearsed: (reader: RecordedReader, recording: Recording)?
    var value = Value.nil
    var recorded: RecordedFunction?
    var result = RecordedResult.constant(.nil)
    func run() throws {
      recorded = try RecordedFunction.recording { recording in
        let reader = RecordedReader(recording, context)
        rehearsed = (reader, recording)
        return try interpreter.watched(by: reader) {
          value = try plain(reader.arguments(call), interpreter)
          var tensors: [Variable] = []
          result = try RecordedResult(value, &tensors, reader, interpreter)
          return tensors
        }
      }.0
    }
    // Inside another rehearsal a failure ends that one: were each tried twice, functions that compile
    // one another would run for ever.
    let hasRun: ()? = try interpreter.isRehearsing ? run() : interpreter.rehearse(run)
    guard hasRun != nil, rehearsed?.recording.isFaithful != false else {
      context.random = random
      // What is nested too deep to be recorded would be tried again at each level.
      let outer = interpreter.runsAsWritten
      interpreter.runsAsWritten = outer || (hasRun == nil && interpreter.rehearsalMetLimit)
      defer { interpreter.runsAsWritten = outer }
      let value = try plain(call, interpreter)
      if let (reader, recording) = rehearsed, let obstacle = recording.obstacle {
        recordings.leave(reader.readsOfArguments, obstacle)
      }
      return value
    }
    guard let recorded, let (reader, recording) = rehearsed else { return value }
    if context.random != random { recording.meets("draws random numbers") }
    if let obstacle = recording.obstacle {
      recordings.leave(reader.readsOfArguments, obstacle)
    } else {
      recordings.keep(
        CompiledRecording(reads: reader.reads, function: recorded, result: result))
    }
    return try value.settled()
  }
}

/// A recording with what it reads and what it gives.
struct CompiledRecording {
  let reads: RecordedReads
  let function: RecordedFunction
  let result: RecordedResult

  func run(_ operands: [Variable], _ objects: [ReadObject?]) throws -> Value {
    let tensors = try function(operands)
    return result.value(tensors, objects)
  }
}

/// What a recording gives.
indirect enum RecordedResult {
  case tensor(Int)
  /// A key by its words.
  case key(Int)
  case object(Int)
  case list([RecordedResult])
  case record(keys: [String], [RecordedResult])
  case constant(Value)

  /// Nested deeper, what a function gives is not recorded: forms are let go of level by level.
  private static let deepest = 500

  /// The form of a run's value; its tensors are added to a list.
  ///
  /// - Throws: the end of the rehearsal, where the value holds something with identity that the run has
  ///   made: each call would have to make another.
  init(
    _ value: Value, _ tensors: inout [Variable], _ reader: RecordedReader,
    _ interpreter: Interpreter, depth: Int = 0
  ) throws {
    guard depth <= RecordedResult.deepest else {
      throw interpreter.machine.effect("gives what is nested deep")
    }
    func part(_ value: Value) throws -> Self {
      try Self(value, &tensors, reader, interpreter, depth: depth + 1)
    }
    switch value {
    case .tensor(let variable):
      self = .tensor(tensors.count)
      tensors.append(variable)
    case .list(let values):
      var parts: [RecordedResult] = []
      for value in values { parts.append(try part(value)) }
      self = .list(parts)
    case .record(let record):
      var parts: [RecordedResult] = []
      for value in record.values { parts.append(try part(value)) }
      self = .record(keys: record.keys, parts)
    case .int, .float, .bool, .string, .nil, .range, .model, .module: self = .constant(value)
    case .host(let host as KeyObject):
      guard let words = host.words else {
        self = .constant(value)
        break
      }
      self = .key(tensors.count)
      tensors.append(words)
    case .host(let host) where host is DTypeObject: self = .constant(value)
    case .builtin(let builtin):
      guard case .builtin(let own)? = interpreter.builtin(builtin.name), own === builtin else {
        throw interpreter.machine.effect("gives a function back that it has made")
      }
      self = .constant(value)
    default:
      guard let object = ReadObject(value), let index = reader.known(object) else {
        throw interpreter.machine.effect("gives a \(value.typeName) back that it has made")
      }
      self = .object(index)
    }
  }

  /// The value with the tensors and objects of another call.
  func value(_ tensors: [Variable], _ objects: [ReadObject?]) -> Value {
    switch self {
    case .tensor(let index): .tensor(tensors[index])
    case .key(let index): .host(KeyObject(RandomKey(words: tensors[index].underlying)))
    case .object(let index): objects[index]?.value ?? .nil
    case .list(let parts): .list(parts.map { $0.value(tensors, objects) })
    case .record(let keys, let parts):
      .record(Record(Array(zip(keys, parts.map { $0.value(tensors, objects) }))))
    case .constant(let value): value
    }
  }
}

/// The recordings of a function, the last used first.
final class CompiledRecordings {
  private var recordings: [CompiledRecording] = []
  /// Calls that an obstacle has left as they are: their kinds, the last met first.
  private var left: [RecordedReads] = []
  private let place = Context.current.place

  /// The kinds of calls that recordings are kept for.
  private static let maximumRecordings = 32
  /// The values of numbers and texts alone that recordings are made for: past that they do not repeat,
  /// and each new one would cost a recording for nothing.
  private static let maximumConstants = 8

  /// What to do with a call.
  enum Found {
    case recording(CompiledRecording, [Variable], [ReadObject?])
    case asItIs
    case new
  }

  func find(_ call: Value, _ interpreter: Interpreter) -> Found {
    var constants = 0
    for index in recordings.indices {
      switch recordings[index].reads.find(call, interpreter) {
      case .found(let operands, let objects):
        let recording = recordings[index]
        if index > 0 { recordings.swapAt(0, index) }
        return .recording(recording, operands, objects)
      case .other(let byConstant): if byConstant { constants += 1 }
      }
    }
    var leftConstants = 0
    for index in left.indices {
      switch left[index].find(call, interpreter) {
      case .found:
        if index > 0 { left.swapAt(0, index) }
        return .asItIs
      case .other(let byConstant): if byConstant { leftConstants += 1 }
      }
    }
    if leftConstants >= CompiledRecordings.maximumConstants { return .asItIs }
    guard constants >= CompiledRecordings.maximumConstants else { return .new }
    Notice(
      "a compiled function was recorded for \(CompiledRecordings.maximumConstants) values of the "
        + "numbers and texts that it reads, and runs as it is for others",
      hint: "give numbers that change as tensors: f(tensor(n))", place: place
    ).send()
    return .asItIs
  }

  func keep(_ recording: CompiledRecording) {
    recordings.insert(recording, at: 0)
    guard recordings.count > CompiledRecordings.maximumRecordings else { return }
    recordings.removeLast()
    Notice(
      "a compiled function was recorded for \(CompiledRecordings.maximumRecordings) kinds of calls",
      hint: "shapes, dtypes, structure and what is no tensor make a kind", place: place
    ).send()
  }

  /// From now on runs the function as it is for arguments of this kind, and says why.
  func leave(_ reads: RecordedReads, _ obstacle: Obstacle) {
    Notice(
      "compile leaves this function as it is, since it \(obstacle.reason)",
      hint: "what is compiled computes tensors from tensors: where(…) in place of `if`, numbers "
        + "and keys as arguments, no print", place: obstacle.place
    ).send()
    left.insert(reads, at: 0)
    if left.count > CompiledRecordings.maximumRecordings { left.removeLast() }
  }
}

extension Interpreter {
  /// True for what ends the program or its run, and is not an error of an operation.
  fileprivate func isEnding(_ error: any Error) -> Bool {
    RuntimeError(wrapping: error).isUncatchable
  }
}
