// One interpreter under the command line's options: it runs sources, writes what they print,
// reports what goes wrong, and says how the process should end.

import Language
import Library
import Platform
import Syntax
import Tensors

/// A running Mos of the command line.
final class Session {
  let options: Options
  let interpreter: Interpreter
  let reporter: Reporter

  init(_ options: Options, arguments: [String] = [], reporter: Reporter? = nil) {
    self.options = options
    let reporter = reporter ?? Reporter(options)
    self.reporter = reporter
    interpreter = Session.makeInterpreter(options, arguments, reporter)
    let settings = Session.settings(of: options)
    if !settings.isEmpty {
      let source = Source(name: "<options>", text: settings.joined(separator: "; "))
      _ = try? interpreter.run(source)
    }
    fresh = interpreter.sessionState()
    if let threads = options.threads { Threads.count = threads }
    if let world = World.current { join(world) }
  }

  /// Runs programs as a rank of several: what all print is printed by the first, and warnings come from it.
  private func join(_ world: World) {
    interpreter.join(world.ranks)
    interpreter.outputOfRank = interpreter.output
    guard !world.isFirst else { return }
    interpreter.output = { _ in }
    interpreter.warn = { _ in }
    interpreter.showProgress = nil
  }

  /// Where every program begins.
  let fresh: SessionState

  /// Forgets every variable.
  func reset() throws { try interpreter.putBack(fresh) }

  /// What the options ask of every program, as statements.
  var settings: [String] { Session.settings(of: options) }

  private static func settings(of options: Options) -> [String] {
    [options.dtype.map { "set_default_dtype(\($0))" }, options.seed.map { "seed(\($0))" }]
      .compactMap { $0 }
  }

  private static func makeInterpreter(
    _ options: Options, _ arguments: [String], _ reporter: Reporter
  ) -> Interpreter {
    let interpreter = Interpreter(
      library: Builtins.library,
      output: { text in ProgressLine.shared.printAbove { StandardOutput.shared.write(text) } })
    interpreter.flushOutput = StandardOutput.shared.flush
    interpreter.hasReadLine = { isEnded in
      if isatty(0) == 1 { StandardOutput.shared.noteOther(endsLine: isEnded) }
    }
    interpreter.arguments = arguments
    interpreter.warn = reporter.report
    if isatty(2) == 1 { interpreter.showProgress = ProgressLine.shared.show }
    interpreter.showsColors = options.showsColor(on: STDOUT_FILENO)
    for limit in options.limit { limit.apply(&interpreter.limits) }
    return interpreter
  }

  /// How a run ended.
  enum Ending {
    /// With the value of its last statement.
    case value(Value)
    /// With an error, which has been reported, and the exit status that goes with it.
    case failed(status: Int32)
    /// By `exit(status)`.
    case exit(status: Int32)
  }

  /// Whether Ctrl-C ends the process where a program does not hear of it at once. The prompt, which
  /// lives on, waits for the program.
  var endsWhenUnheard = true

  /// Where the program stood that failed last; nil where it did not begin to run.
  private(set) var failurePlace: Diagnostic.Label?

  /// Runs a source while Ctrl-C interrupts it; errors are reported.
  func run(_ source: Source) -> Ending {
    attempt { try interpreter.run(source) }
  }

  /// Runs a source for what it does.
  func perform(_ source: Source) -> Ending {
    attempt {
      try interpreter.run(source)
      return .nil
    }
  }

  /// Does what may fail as programs fail.
  func attempt(_ body: () throws -> Value) -> Ending {
    failurePlace = nil
    Interrupts.watch(interpreter.requests, endsWhenUnheard: endsWhenUnheard)
    defer { Interrupts.ignore() }
    do {
      let value = try body()
      try interpreter.meetAtEnd()
      return .value(value)
    } catch let error as CompileError {
      show(error.diagnostics, status: ExitStatus.compileError)
      return .failed(status: ExitStatus.compileError)
    } catch let error as RuntimeError {
      if let status = error.exitStatus {
        World.current?.exit(status)
        return .exit(status: status)
      }
      failurePlace = error.outermostPlace
      let isInterrupt = error.diagnostic.kind == Diagnostic.Kind.interrupt.rawValue
      // The terminal has shown `^C` in the line.
      if isInterrupt, isatty(0) == 1, isatty(2) == 1 { writeError("\n") }
      if isInterrupt {
        if !Interrupts.isOfLauncher { reporter.report(error.diagnostic) }
        // A launcher that ends ranks ends all, and leaves none the time to tell others.
        if World.current != nil { leaveAtOnce(ExitStatus.interrupted) }
        return .failed(status: ExitStatus.interrupted)
      }
      show([error.diagnostic], status: ExitStatus.failure)
      return .failed(status: ExitStatus.failure)
    } catch {
      writeError("error: \(error)\n")
      return .failed(status: ExitStatus.failure)
    }
  }

  /// Shows what went wrong; on ranks it is the end of all of them where it did not go wrong on all.
  private func show(_ diagnostics: [Diagnostic], status: Int32) {
    guard let world = World.current else { return diagnostics.forEach(reporter.report) }
    let message = diagnostics.map(\.message).joined(separator: "\n")
    let shared = interpreter.context.ranks.sharedError
    let isShared = shared?.message == message
    let places = diagnostics.compactMap(\.primary).map { "\($0.source.name) \($0.span.start)" }
    world.fail(
      isShared ? message : message + places.joined(), status: status,
      shownBy: isShared ? shared?.shownBy ?? 0 : 0
    ) { rank in
      for var diagnostic in diagnostics {
        if let rank { diagnostic.message = "\(rank): \(diagnostic.message)" }
        reporter.report(diagnostic)
      }
    }
  }
}
