// `mos check`: the mistakes that can be found without running.

import ArgumentParser
import Syntax

/// Checks programs without running them.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Find the mistakes of programs without running them.")

  @OptionGroup var options: Options

  @ArgumentParser.Argument(help: "Programs to check.")
  var paths: [String]

  func run() throws {
    var failed = false
    for path in paths {
      let session = Session(options)
      let source = try readProgram(path)
      for diagnostic in session.interpreter.check(source) {
        session.reporter.report(diagnostic)
        if diagnostic.severity == .error { failed = true }
      }
    }
    if failed { throw ExitCode(ExitStatus.compileError) }
  }
}
