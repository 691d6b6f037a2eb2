// A mistake while a program runs. Built-ins throw it (or a `TensorError`) without a place; the
// machine adds the span of the instruction and the trace of calls.

import Syntax
import Tensors

/// An error of the host that came from a program; where it comes back into one, it is what it was.
package protocol ErrorOfProgram: Error {
  /// The error of the program; nil for one of the host's own.
  var runtimeError: RuntimeError? { get }
}

/// An error of a Mos program.
public struct RuntimeError: Error, @unchecked Sendable {
  /// What is shown.
  public var diagnostic: Diagnostic
  /// The value that `throw` was given, for `catch`.
  public var thrown: Value?
  /// Words for the underlined place, until the place is known.
  var label: String?
  /// What the operands of the operation were; see `explained`.
  var operands: OperandNote?
  /// Where the outermost function of the run stood, the program itself.
  package var outermostPlace: Diagnostic.Label?
  /// True for the call of what is no function.
  var isUncallable = false
  /// The host's error that this one stands for.
  package var underlying: (any Error)?
  /// A status that `exit(n)` asked for: not an error, and nothing catches it.
  public var exitStatus: Int32?

  /// An error that the machine will place.
  public init(
    _ kind: Diagnostic.Kind, _ message: String, label: String? = nil, hint: String? = nil
  ) {
    diagnostic = Diagnostic(kind: kind, message, hint: hint)
    self.label = label
  }

  /// An error that happened elsewhere, with its place.
  package init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }

  /// An error of a numerical operation.
  public init(_ error: TensorError) {
    diagnostic = Diagnostic(
      kind: Diagnostic.Kind(rawValue: error.kind.rawValue) ?? .value, error.message,
      hint: error.hint)
    label = error.label
  }

  /// Any error, as this one.
  package init(wrapping error: any Error) {
    switch error {
    case let error as RuntimeError: self = error
    case let error as any ErrorOfProgram where error.runtimeError != nil:
      self = error.runtimeError ?? RuntimeError(.io, "\(error)")
    case let error as TensorError: self.init(error)
    case let error as CompileError:
      self.init(.syntax, "a module does not compile")
      if let first = error.diagnostics.first(where: { $0.severity == .error }) {
        diagnostic = first
      }
    default:
      self.init(.host, "\(error)".shortened)
      underlying = error
    }
  }

  /// The end of the program with a status.
  public static func exit(_ status: Int32) -> RuntimeError {
    var error = RuntimeError(.interrupt, "the program ended itself with status \(status)")
    error.exitStatus = status
    return error
  }

  /// True for what no `catch` sees.
  package var isUncatchable: Bool {
    diagnostic.kind == Diagnostic.Kind.limit.rawValue
      || diagnostic.kind == Diagnostic.Kind.interrupt.rawValue || exitStatus != nil
  }
}
