// What went wrong in a program, for the embedder.

import Language
import Syntax

/// The mistakes that kept a program from compiling, or the error that ended its run.
public struct MosError: Error, ErrorOfProgram, CustomStringConvertible {
  let diagnostics: [Diagnostic]
  /// The status of `exit(n)`, where that ended the run: then it is no mistake.
  public let exitStatus: Int32?

  /// The error that ended the run, as the program had it.
  package let runtimeError: RuntimeError?

  init(diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
    exitStatus = nil
    runtimeError = nil
  }

  init(_ error: RuntimeError) {
    diagnostics = [error.diagnostic]
    exitStatus = error.exitStatus
    runtimeError = error
  }

  /// The kind of the first mistake: `syntax`, `shape`, `limit` …
  public var kind: String { diagnostics.first?.kind ?? "" }

  /// The sentence of the first mistake.
  public var message: String { diagnostics.first?.message ?? "" }

  /// All of it, with the source lines underlined, as the command line shows it.
  public var description: String {
    let renderer = DiagnosticRenderer(colored: false)
    return diagnostics.map(renderer.render).joined(separator: "\n")
  }
}
