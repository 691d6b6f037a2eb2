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
    var start = 0
    while true {
      switch recordings.find(call, interpreter, from: start) {
      case .asItIs: return try plain(call, interpreter)
      case .new(let numbers): return try record(call, promoting: numbers, interpreter)
      case .recording(let index, let recording, let operands, let objects):
        // How much is drawn depends on how many examples are mapped, and a condition on which.
        if recording.streamMoves != 0 || !recording.branches.isEmpty,
          operands.contains(where: \.isMapped)
        {
          return try plain(call, interpreter)
        }
        // What is tried out changes nothing.
        guard !interpreter.isRehearsing || !recording.form.writes.isSome else {
          return try plain(call, interpreter)
        }
        let random = context.random
        do {
          if let value = try recording.run(operands, objects, interpreter) {
            recordings.hit(index)
            return value
          }
          recordings.miss()
          start = index + 1
        } catch  where !interpreter.isEnding(error) {
          // A recording that fails has done nothing, so the function may begin again: its own errors, perhaps
          // caught, come from its own lines.
          context.random = random
          return try plain(call, interpreter)
        }
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
  ///
  /// - Parameter numbers: those that were others at an earlier call.
  private func record(
    _ call: Value, promoting numbers: Set<[Int]>, _ interpreter: Interpreter
  ) throws -> Value {
    let context = interpreter.context
    let random = context.random
    let rounds = interpreter.machine.roundsLeft
    var reader: RecordedReader?
    var value = Value.nil
    var made: (function: RecordedFunction, outputs: RecordedOutputs)?
    var failure: UInt64 = 0
    func run() throws {
      var found: RecordedOutputs?
      let (function, _) = try RecordedFunction.recording { recording in
        let own = RecordedReader(recording, interpreter, promoting: numbers)
        reader = own
        return try interpreter.watched(by: own) {
          defer { own.putBack() }
          defer { failure = context.place }
          value = try plain(own.arguments(call), interpreter)
          let outputs = try RecordedOutputs(of: value, own, interpreter)
          found = outputs
          return outputs.tensors + recording.branchValues.variables
        }
      }
      made = found.map { (function, $0) }
    }
    // Inside another rehearsal a failure ends that one: were each tried twice, functions that compile
    // one another would run for ever. And what it changes that one knows nothing of.
    let hasRun: ()? =
      try interpreter.isRehearsing
      ? interpreter.withoutNotingChanges(run) : interpreter.rehearse(notingChanges: true, run)
    /// Begins again, as if nothing had been tried.
    func again() throws -> Value {
      context.random = random
      // What is nested too deep to be recorded would be tried again at each level.
      let outer = interpreter.runsAsWritten
      interpreter.runsAsWritten = outer || (hasRun == nil && interpreter.rehearsalMetLimit)
      defer { interpreter.runsAsWritten = outer }
      return try plain(call, interpreter)
    }
    guard hasRun != nil, let reader, let (function, outputs) = made else {
      let metLimit = interpreter.rehearsalMetLimit
      // The function may need the memory that the run has held.
      (value, made) = (.nil, nil)
      reader?.recording.forgetOperations()
      let value = try again()
      if let reader {
        // The function by itself has not failed.
        let place = context.place
        context.place = failure
        reader.recording.meets(
          metLimit
            ? "takes more than it may while it is recorded"
            : "does with a number what is not recorded")
        context.place = place
        if let obstacle = reader.recording.obstacle {
          leave(reader, obstacle, promoting: numbers)
        }
      }
      return value
    }
    let recording = reader.recording
    let moves = recording.streamMoves(to: context.random)
    if let obstacle = recording.obstacle {
      // What the run has changed was put back, so it has to be done yet. Its numbers may be those of a recording, and
      // what follows its operands outside may have passed by what was met.
      let isValue =
        recording.isFaithful && !recording.hasNumbers && !outputs.form.writes.isSome
        && !recording.operands.contains(where: \.isDifferentiated)
      let value = isValue ? try value.settled() : try again()
      leave(reader, obstacle, promoting: numbers)
      return value
    }
    let compiled = CompiledRecording(
      reads: reader.reads, function: function, form: outputs.form, streamMoves: moves,
      branches: recording.branchValues.found,
      rounds: rounds - interpreter.machine.roundsLeft)
    do {
      let value = try compiled.finish(
        RecordedOutcome(
          tensors: outputs.tensors.map(recording.outside), operands: recording.operands,
          objects: reader.objects), interpreter)
      recordings.keep(compiled)
      return value
    } catch  where !interpreter.isEnding(error) {
      return try again()
    }
  }
}

extension CompiledFunction {
  /// Leaves a kind of calls as it is; where numbers stood for those of other runs, those are not tried again.
  private func leave(
    _ reader: RecordedReader, _ obstacle: Obstacle, promoting numbers: Set<[Int]>
  ) {
    if numbers.isEmpty {
      recordings.leave(reader.readsOfArguments, obstacle)
    } else {
      recordings.promotes = false
    }
  }
}

/// A recording with what it reads, gives and changes.
struct CompiledRecording {
  let reads: RecordedReads
  let function: RecordedFunction
  let form: RecordedForm
  /// How far a run moves the program's stream of random numbers.
  let streamMoves: UInt64
  /// What the conditions and whole numbers behind the results have to be.
  let branches: [Tensor]
  /// The loop rounds and calls that the run took.
  let rounds: Int

  /// A run that has done nothing, so that the function runs as it is.
  private static let failed = RuntimeError(.value, "a recording has failed")

  /// Computes everything, and only then changes anything: a run that fails, or goes another way, has changed
  /// nothing.
  ///
  /// - Returns: nil where the call goes another way.
  func run(
    _ operands: [Variable], _ objects: [ReadObject?], _ interpreter: Interpreter
  ) throws -> Value? {
    let given =
      form.areTracked || function.callsFunctions || operands.contains(where: \.isMapped)
      ? operands : operands.map(\.withoutTape)
    // Rules that the program has written may do this time what they have not done before.
    let found =
      function.callsFunctions && !interpreter.isRehearsing
      ? try interpreter.rehearse { try function(given) } : try function(given)
    guard var tensors = found else { throw CompiledRecording.failed }
    for (found, wanted) in zip(tensors.suffix(branches.count), branches)
    where found.underlying.firstInt != wanted.firstInt { return nil }
    tensors.removeLast(branches.count)
    try interpreter.machine.count(rounds: rounds)
    let value = try finish(
      RecordedOutcome(tensors: tensors, operands: operands, objects: objects), interpreter)
    interpreter.context.random.counter &+= streamMoves
    return value
  }

  /// The value, once everything has been changed that a run changes.
  func finish(_ outcome: RecordedOutcome, _ interpreter: Interpreter) throws -> Value {
    let leaves = try form.leaves.map { try $0.make(outcome) }
    var outcome = outcome
    outcome.leaves = leaves
    for (leaf, made) in zip(form.leaves, leaves) {
      if let gradient = try leaf.gradient?.value(outcome).variable { made.keptGradient = gradient }
    }
    let value = try form.result.value(outcome)
    try form.writes.perform(outcome, interpreter)
    return value
  }
}

/// The recordings of a function, the last used first.
final class CompiledRecordings {
  private var recordings: [CompiledRecording] = []
  /// Calls that an obstacle has left as they are: their kinds, the last met first.
  private var left: [RecordedReads] = []
  private let place = Context.current.place
  /// Whether numbers that were others at an earlier call may stand for those of other calls, and which.
  var promotes = true
  private var promoted: Set<[Int]> = []

  /// The kinds of calls that recordings are kept for.
  private static let maximumRecordings = 32
  /// The values of numbers and texts alone that recordings are made for: past that they do not repeat,
  /// and each new one would cost a recording for nothing.
  private static let maximumConstants = 8
  /// The ways through a function that recordings are made for: each is run to its end before a call is known to go
  /// another one, so that the last of them costs this many runs.
  private static let maximumWays = 8
  /// Runs that went another way, for each that did not, from which the function is as fast as it is: half of a
  /// plan's gain is gone by then.
  private static let maximumMisses = 4

  /// Runs that went the way of their recording, and others.
  private var (hits, misses) = (0, 0)

  /// What to do with a call.
  enum Found {
    case recording(Int, CompiledRecording, [Variable], [ReadObject?])
    case asItIs
    /// Not yet recorded; some numbers were others at earlier calls.
    case new(promoting: Set<[Int]>)
  }

  /// - Parameter start: the recordings before it went another way.
  func find(_ call: Value, _ interpreter: Interpreter, from start: Int) -> Found {
    var (constants, ways) = (0, start)
    var numbers: Set<[Int]> = []
    if start > 0, misses > CompiledRecordings.maximumWays,
      misses / CompiledRecordings.maximumMisses > hits
    {
      tellOfWays("goes another way at most of its calls, and then runs as it is")
      return .asItIs
    }
    for index in recordings.indices.dropFirst(start) {
      switch recordings[index].reads.find(call, interpreter) {
      case .found(let operands, let objects):
        return .recording(index, recordings[index], operands, objects)
      case .other(let byConstant, let found):
        if byConstant { constants += 1 }
        numbers.formUnion(found)
      }
    }
    if start > 0 { ways = recordings.count { !$0.branches.isEmpty } }
    if ways >= CompiledRecordings.maximumWays {
      tellOfWays(
        "was recorded for \(CompiledRecordings.maximumWays) ways through its conditions, and runs as it is "
          + "where it takes another one")
      return .asItIs
    }
    var leftConstants = 0
    for index in left.indices {
      switch left[index].find(call, interpreter) {
      case .found:
        if index > 0 { left.swapAt(0, index) }
        return .asItIs
      case .other(let byConstant, _): if byConstant { leftConstants += 1 }
      }
    }
    if leftConstants >= CompiledRecordings.maximumConstants { return .asItIs }
    guard constants >= CompiledRecordings.maximumConstants else {
      guard promotes else { return .new(promoting: []) }
      promoted.formUnion(numbers)
      return .new(promoting: promoted)
    }
    Notice(
      "a compiled function was recorded for \(CompiledRecordings.maximumConstants) values of the "
        + "numbers and texts that it reads, and runs as it is for others",
      hint: "give numbers that change as tensors: f(tensor(n))", place: place
    ).send()
    return .asItIs
  }

  private var hasToldOfWays = false

  /// Says once that conditions keep the function from running by its recordings.
  private func tellOfWays(_ what: String) {
    guard !hasToldOfWays else { return }
    hasToldOfWays = true
    Notice(
      "a compiled function \(what)", hint: "where(…) in place of `if` makes one way of two",
      place: place
    ).send()
  }

  /// A call went the way of a recording.
  func hit(_ index: Int) {
    if !recordings[index].branches.isEmpty { hits += 1 }
    // Behind a recording that goes by conditions stand those of the other ways.
    if index > 0 { recordings.swapAt(0, index) }
  }

  /// A call went another way.
  func miss() { misses += 1 }

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
