// What went wrong in a program, as data.

internal import Language
internal import Syntax
internal import Tensors

/// The mistakes that kept a program from compiling, or the error that ended its run.
///
/// The kinds are `syntax`, `name`, `type`, `shape`, `index`, `value`, `io`, `assertion`; `host` for an error
/// that a function of the host threw; `limit` and `interrupt`, which no program catches; `exit`, which is no
/// mistake; and `busy` where two threads use one interpreter. A program that throws a record gives it a kind of
/// its own.
///
///     do { try mos.run(text) } catch { print(error.kind, error.message, error.place?.line ?? 0) }
///
/// Such parts are those of the first diagnostic.
@dynamicMemberLookup
public struct MosError: Error, @unchecked Sendable {
  /// All mistakes, at least one; several only where a program did not compile.
  public let diagnostics: [Diagnostic]
  /// The status of `exit(n)`, for the kind `exit`.
  public let status: Int32?
  /// The error of the host that ended the run, for the kind `host`.
  public let underlying: (any Error)?
  /// The error that ended the run, as the program had it. Outside the run all of it is data; see `outsideRuns`.
  private(set) var runtimeError: RuntimeError?

  /// A part of the first mistake: its `kind`, `message`, `hint`, `place`, `related` or `trace`.
  public subscript<Part>(dynamicMember part: KeyPath<Diagnostic, Part>) -> Part {
    diagnostics[0][keyPath: part]
  }

  /// The value that the program threw; nil for an error of the language, and outside the run for what is no data,
  /// as a function, a model or a tensor with its graph: an error may go to another task, and these may not.
  public var thrown: Value? { runtimeError?.thrown.map { Value($0) } }
}

extension MosError {
  init(_ diagnostics: [Syntax.Diagnostic]) {
    self.diagnostics = diagnostics.map(Diagnostic.init)
    status = nil
    underlying = nil
    runtimeError = nil
  }

  init(_ error: RuntimeError) {
    var diagnostic = Diagnostic(error.diagnostic)
    if error.exitStatus != nil { diagnostic.kind = "exit" }
    diagnostics = [diagnostic]
    status = error.exitStatus
    underlying = error.underlying
    runtimeError = error
  }

  /// The error as whoever called the run may have it, and give it to any thread.
  var outsideRuns: MosError {
    guard let thrown = runtimeError?.thrown, !thrown.isData else { return self }
    var error = self
    error.runtimeError?.thrown = nil
    return error
  }

  /// Any error, as this one.
  init(wrapping error: any Error) {
    switch error {
    case let error as MosError: self = error
    case let error as CompileError: self.init(error.diagnostics)
    default: self.init(RuntimeError(of: error))
    }
  }
}

extension MosError: ErrorOfProgram {}

extension MosError: CustomStringConvertible {
  /// All of it, with the source lines underlined, as the command line shows it.
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

extension RuntimeError {
  /// Any error, as a program has it.
  init(of error: any Error) {
    if let error = error as? ConversionError {
      self = error.runtimeError
    } else {
      self.init(wrapping: error)
    }
  }
}

/// What the body gives; its errors are those of the façade.
@inline(__always)
func translating<Result>(_ body: () throws -> Result) throws(MosError) -> Result {
  do { return try body() } catch { throw MosError(wrapping: error) }
}
