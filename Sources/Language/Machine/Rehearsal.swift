// Rehearsals: running a function to see whether it can be run on mapped values, or recorded
// (`CompiledFunction`), with nothing outside it changed if it cannot.
//
// A function under `zero_order` is first tried on all samples at once. That is right only where one
// run on mapped values does what many runs would: the function must not change variables, models or
// parameters from before, nor print, nor read or write the world, and no `catch` in it may take what
// mapped values cannot do for a mistake. While a rehearsal runs, the first such deed is an error that
// ends it; and then the function runs sample by sample.

import Autodiff
import Syntax
import Tensors

/// What a rehearsal does not allow.
package enum Rehearsal {
  /// The end of a rehearsal that would have changed something outside it.
  static let effect = RuntimeError(
    .limit, "a function that is tried on all samples at once changes something outside itself")

  /// What ends a rehearsal, in the words of `Obstacle`.
  package static let setsVariable = "sets a variable from outside it"
  package static let setsField = "sets a field of something from outside it"
}

extension Machine {
  /// - Throws: the end of the rehearsal, if there is one, for a built-in with an effect.
  @inline(__always)
  func rehearse(_ builtin: BuiltinFunction) throws {
    if state.pointee.isRehearsing, let deed = builtin.effects.deed,
      builtin.effects != .changes || !interpreter.notesChanges
    {
      throw effect("\(deed) (`\(builtin.name)`)")
    }
  }

  /// Puts plain numbers in the place of those of a recording before a built-in sees them.
  func look(at first: UnsafeMutablePointer<Value>, _ count: Int) {
    guard interpreter.context.activeRecording?.hasNumbers == true else { return }
    for i in 0..<count { first[i] = first[i].looked }
  }

  /// The end of a rehearsal by what the running instruction would do.
  package func effect(_ deed: String) -> RuntimeError {
    interpreter.context.place = UInt64(UInt(bitPattern: state.pointee.pc))
    interpreter.context.meetsAtAllLevels(obstacle: deed)
    return Rehearsal.effect
  }

  /// True for the error that ends a rehearsal where it would do something.
  package func isEffect(_ error: any Error) -> Bool {
    RuntimeError(wrapping: error).diagnostic.message == Rehearsal.effect.diagnostic.message
  }

  func rehearse(_ header: UnsafeMutablePointer<CodeHeader>, _ site: Int) throws {
    try header.pointee.prototype._withUnsafeGuaranteedRef {
      try rehearse($0.sites.builtins[site])
    }
  }
}

extension Interpreter {
  /// Takes note that something has changed that who watches need not hear of.
  func noteChange() { changeCount &+= 1 }

  /// True while a rehearsal runs.
  package var isRehearsing: Bool { machine.state.pointee.isRehearsing }

  /// Runs the body with changes of what is from outside as deeds, which end a rehearsal.
  package func withoutNotingChanges<R>(_ body: () throws -> R) rethrows -> R {
    let outer = mayNoteChanges
    mayNoteChanges = false
    defer { mayNoteChanges = outer }
    return try body()
  }

  /// Runs the body as a rehearsal; nil where it fails.
  ///
  /// - Parameter notingChanges: whether changes of variables, parameters and objects from outside may go
  ///   through, since who watches takes them back.
  /// - Throws: an interrupt or the end of the program alone.
  package func rehearse<R>(notingChanges: Bool = false, _ body: () throws -> R) throws -> R? {
    rehearsalMetLimit = false
    let state = machine.state
    let outer = state.pointee.rehearsalStart
    if outer < 0 { state.pointee.rehearsalStart = context.markMoment() }
    let outerNotes = mayNoteChanges
    mayNoteChanges = notingChanges
    defer {
      state.pointee.rehearsalStart = outer
      mayNoteChanges = outerNotes
    }
    do {
      return try body()
    } catch let error as RuntimeError
      where error.diagnostic.kind == Diagnostic.Kind.interrupt.rawValue || error.exitStatus != nil
    {
      throw error
    } catch {
      let error = RuntimeError(wrapping: error).diagnostic
      rehearsalMetLimit =
        error.kind == Diagnostic.Kind.limit.rawValue
        && error.message != Rehearsal.effect.diagnostic.message
      return nil
    }
  }
}
