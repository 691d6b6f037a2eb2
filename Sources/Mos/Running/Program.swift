// A program that is compiled once and run often.

internal import Language

/// A program of one interpreter; see `Interpreter.compile`.
public struct Program {
  let code: Language.CompiledProgram
  /// Its interpreter, which it may outlive.
  weak var runtime: Language.Interpreter?
  /// How places in it are named.
  public let name: String

  static var isForeign: RuntimeError {
    RuntimeError(
      .value, "the program was compiled by another interpreter",
      hint: "compile its text in the one that runs it")
  }
}
