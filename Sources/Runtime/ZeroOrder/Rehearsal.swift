// Rehearsals: running a function to see whether it can be run on mapped values, with nothing outside
// it changed if it cannot.
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
enum Rehearsal {
  /// The end of a rehearsal that would have changed something outside it.
  static let effect = RuntimeError(
    .limit, "a function that is tried on all samples at once changes something outside itself")

  /// Built-ins that change something outside, or depend on it.
  static let effects: Set<String> = [
    "backward", "exit", "help", "input", "plot", "print", "progress", "recover_state", "save",
    "seed",
    "set_default_dtype", "sleep", "time", "timer", "write_text", "zero_grad",
  ]
}

extension Machine {
  /// - Throws: the end of the rehearsal, if there is one, for a built-in with an effect.
  @inline(__always)
  func rehearse(_ builtin: BuiltinFunction) throws {
    if state.pointee.isRehearsing, Rehearsal.effects.contains(builtin.name) {
      throw Rehearsal.effect
    }
  }

  func rehearse(_ header: UnsafeMutablePointer<CodeHeader>, _ site: Int) throws {
    try header.pointee.prototype._withUnsafeGuaranteedRef {
      try rehearse($0.sites.builtins[site])
    }
  }
}

extension Interpreter {
  /// True while a rehearsal runs.
  var isRehearsing: Bool { machine.state.pointee.isRehearsing }

  /// Runs the body as a rehearsal; nil where it fails.
  ///
  /// - Throws: an interrupt or the end of the program alone.
  func rehearse(_ body: () throws -> [Variable]) throws -> [Variable]? {
    let state = machine.state
    let outer = state.pointee.rehearsalStart
    if outer < 0 { state.pointee.rehearsalStart = context.sequence }
    defer { state.pointee.rehearsalStart = outer }
    do {
      return try body()
    } catch let error as RuntimeError
      where error.diagnostic.kind == Diagnostic.Kind.interrupt.rawValue || error.exitStatus != nil
    {
      throw error
    } catch {
      return nil
    }
  }
}
