// An interpreter for many tasks, on a thread of its own: a long run must not hold a thread that all tasks of
// the program share.

/// An interpreter that tasks share: one call runs at a time, the others wait for their turn.
///
///     let mos = InterpreterActor()
///     let loss: Double = try await mos.evaluate("train(10)")
///     try await mos.use { mos in
///       mos["rate"] = 0.1
///       try mos.run("train(10)")
///     }
///
/// A task that is cancelled ends its call, and no other.
public actor InterpreterActor {
  private let executor: ThreadExecutor
  private let interpreter: Interpreter

  /// The thread of this actor.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// An actor with an interpreter of its own; see `Interpreter.init`.
  public init(
    capabilities: Capabilities = [], limits: Limits = Limits(),
    output: (@Sendable (String) -> Void)? = nil, notices: (@Sendable (Diagnostic) -> Void)? = nil
  ) {
    executor = ThreadExecutor()
    interpreter = Interpreter(
      capabilities: capabilities, limits: limits, output: output, notices: notices)
  }

  /// Does several things in one piece, and gives back what can leave the actor.
  ///
  /// Runs that the body starts are ended where the task is cancelled.
  /// - Throws: what the body does.
  public func use<Result: Sendable>(
    _ body: @Sendable (Interpreter) throws -> Result
  ) async throws -> Result {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      let outer = interpreter.taskCancellation
      interpreter.taskCancellation = cancellation
      defer { interpreter.taskCancellation = outer }
      return try body(interpreter)
    } onCancel: {
      cancellation.cancel()
    }
  }

  /// Runs a program; see `Interpreter.run`. Its value stays: `evaluate` brings one back.
  ///
  /// - Throws: all mistakes of a program that does not compile; the error that ended the run, of kind `interrupt`
  ///   where the task was cancelled.
  public func run(
    _ text: String, name: String = "<program>", limits: Limits? = nil
  ) async throws(MosError) {
    try await using { mos in _ = try mos.run(text, name: name, limits: limits) }
  }

  /// Runs a program and converts the value of its last statement; see `Interpreter.evaluate`.
  ///
  /// - Throws: what `run` does; an error of kind `type` where the value is no `Result`.
  public func evaluate<Result: MosConvertible & Sendable>(
    _ text: String, as type: Result.Type = Result.self, name: String = "<program>",
    limits: Limits? = nil
  ) async throws(MosError) -> Result {
    try await using { mos in try mos.evaluate(text, as: type, name: name, limits: limits) }
  }

  /// Calls a function; see `Interpreter.call`.
  ///
  /// - Throws: an error of kind `name` where there is none; the error that ended the call; one of kind `type` where
  ///   the value is no `Result`.
  public func call<each Argument: MosConvertible & Sendable, Result: MosConvertible & Sendable>(
    _ name: String, _ arguments: repeat each Argument
  ) async throws(MosError) -> Result {
    try await using { mos in try mos.call(name, repeat each arguments) }
  }

  /// Calls a function whose result is of no interest.
  ///
  /// - Throws: an error of kind `name` where there is none; the error that ended the call.
  public func call<each Argument: MosConvertible & Sendable>(
    _ name: String, _ arguments: repeat each Argument
  ) async throws(MosError) {
    try await using { mos in try mos.call(name, repeat each arguments) }
  }

  /// `use`, whose error is one of a program.
  private func using<Result: Sendable>(
    _ body: @Sendable (Interpreter) throws -> Result
  ) async throws(MosError) -> Result {
    do { return try await use(body) } catch { throw MosError(wrapping: error) }
  }
}
