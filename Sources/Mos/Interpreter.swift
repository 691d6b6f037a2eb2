// Mos inside another program: an interpreter, its values, its limits, its errors. This is all that
// an embedder needs; the modules below it are not part of the product's promise.
//
//     let mos = Interpreter { print($0, terminator: "") }
//     mos.limits.seconds = 1
//     mos["rate"] = .float(0.1)
//     try mos.run("fn step(x) { x - rate * grad(x => x ** 2)(x) }")
//     let y = try mos.call("step", [.float(2.0)])

import Language
import Library
import Syntax
import Tensors

/// What a Mos variable holds.
public typealias Value = Language.Value
/// Bounds on a run; each ends in an error of kind `limit`, which the program cannot catch.
public typealias Limits = Language.Limits
/// An array of numbers.
public typealias Tensor = Tensors.Tensor

/// One independent Mos. Interpreters on different threads do not see each other; one interpreter
/// belongs to one thread at a time.
public final class Interpreter {
  private let runtime: Language.Interpreter
  /// Why a variable could not be set; the next run or call throws it.
  private var refusal: (any Error)?

  /// Asks the running program to stop; safe from any thread and from a signal handler.
  public let interrupt: Interrupt

  /// An interpreter that prints through a closure.
  public init(output: @escaping (String) -> Void) {
    runtime = Language.Interpreter(library: Builtins.library, output: output)
    interrupt = Interrupt(requests: runtime.requests)
  }

  /// Bounds of the next run.
  public var limits: Limits {
    get { runtime.limits }
    set { runtime.limits = newValue }
  }

  /// Runs a program and gives the value of its last statement. Global variables stay.
  /// - Throws: `MosError`.
  @discardableResult
  public func run(_ program: String, name: String = "<program>") throws -> Value {
    try translatingErrors { try runtime.run(Source(name: name, text: program)) }
  }

  /// Calls a function that a program has declared.
  /// - Throws: `MosError`.
  public func call(_ function: String, _ arguments: [Value]) throws -> Value {
    guard let value = self[function] else {
      throw MosError(diagnostics: [Diagnostic(kind: .name, "there is no function '\(function)'")])
    }
    return try translatingErrors { try runtime.call(value, arguments) }
  }

  /// A global variable; nil where there is none. Setting nil does nothing.
  ///
  /// Functions, models and optimizers belong to their interpreter: one that is set here and comes from
  /// another leaves the variable as it is, and the next run or call throws. Data, tensors with their
  /// graphs, parameters and snapshots go anywhere.
  public subscript(name: String) -> Value? {
    get { runtime.variables.first { $0.name == name }?.value }
    set {
      guard let newValue else { return }
      do { try runtime.setVariable(name, newValue) } catch { refusal = error }
    }
  }

  private func translatingErrors(_ body: () throws -> Value) throws -> Value {
    do {
      if let refusal {
        self.refusal = nil
        throw refusal
      }
      return try body()
    } catch let error as CompileError {
      throw MosError(diagnostics: error.diagnostics)
    } catch let error as RuntimeError {
      throw MosError(error)
    }
  }
}

/// Stops a running program from outside.
public struct Interrupt: Sendable {
  let requests: RunRequests

  /// The program that runs ends at its next safepoint, with an error of kind `interrupt`; where none runs,
  /// nothing happens.
  public func callAsFunction() { requests.interruptRun() }
}
