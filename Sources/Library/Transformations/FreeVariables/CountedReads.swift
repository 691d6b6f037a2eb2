// What a function of the program reads that gives a number by a count, as a schedule does.
//
// A recording computes such numbers before it runs (`RecordedPrologue`), and calls the function for that. It
// then sees what was there before the run; so while the recording is made it may see nothing else: no
// parameter, no state, and no variable that the run has changed.

import Autodiff
import Language
import Tensors

/// Finds out whether a function can be called before the run that it is called in.
private final class CountedReads: FreeVariableWatcher {
  private let reader: RecordedReader

  init(_ reader: RecordedReader) { self.reader = reader }

  private func meets() { reader.recording.meets("takes a number by a function of what it changes") }

  func value(of variable: FreeVariable, held: Value) -> Value {
    if !isOwn(variable), reader.hasChanged(variable) || reader.isOwn(variable) { meets() }
    return held
  }

  func tensor(of parameter: ParameterCell, held: Variable) -> Variable {
    meets()
    return held
  }

  func gradient(of parameter: ParameterCell, held: Variable?) -> Variable? {
    meets()
    return held
  }

  func willUse(_ host: HostObject) { meets() }

  func willChange(_ variable: FreeVariable, inPlace: Bool) {
    meets()
    reader.willChange(variable, inPlace: inPlace)
  }

  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {
    made.insert(identity)
    if let captures { madeCaptures.insert(captures) }
  }

  /// What the function itself has made is its own.
  private var made: Set<ObjectIdentifier> = []
  private var madeCaptures: Set<UnsafeMutablePointer<Value>> = []

  func isOwn(_ variable: FreeVariable) -> Bool {
    switch variable {
    case .captured(let captures, _): madeCaptures.contains(captures)
    case .content(let box): made.contains(ObjectIdentifier(box))
    default: false
    }
  }
}

extension Interpreter {
  /// Calls a function that gives a number by a count; see `Context.counting`.
  func counting<R>(_ body: () throws -> R) throws -> R {
    guard context.isCounting, let watcher else { return try body() }
    guard let reader = watcher as? RecordedReader else {
      context.meets(obstacle: "takes a number by a function of the program")
      return try body()
    }
    let random = context.random
    defer {
      if context.random != random { reader.recording.meets("draws random numbers") }
    }
    return try context.suspendingRecording {
      try watched(by: CountedReads(reader), body)
    }
  }
}
