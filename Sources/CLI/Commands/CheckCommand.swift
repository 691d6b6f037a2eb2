// `mos check`: the mistakes that can be found without running.

import ArgumentParser
import Library
import Syntax

/// Checks programs without running them.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Find the mistakes of programs without running them.",
    discussion: """
      Errors end the command with 65, warnings with 0 unless they count. `# allow: unused` on a line, or \
      alone above it, keeps a kind of warning from it.
      """)

  @Flag(help: "Makes warnings count: ends with 1 where there are some.")
  var strict = false

  @OptionGroup var options: Options

  @ArgumentParser.Argument(help: "Programs, folders that hold some, or `-`.")
  var paths: [String] = ["."]

  func run() throws {
    // What launchers start many times is done once.
    guard Launcher.isFirst else { return }
    let reporter = Reporter(options)
    var (hasErrors, hasWarnings, isUnreadable) = (false, false, false)
    for path in try paths.flatMap(programs(at:)) {
      do {
        let source = try readProgram(path)
        for diagnostic in Session(options).interpreter.findings(in: source).diagnostics {
          reporter.report(diagnostic)
          if diagnostic.severity == .error { hasErrors = true } else { hasWarnings = true }
        }
      } catch let error as FileError {
        writeError("error: \(error.description)\n")
        isUnreadable = true
      }
    }
    if hasErrors { throw ExitCode(ExitStatus.compileError) }
    if isUnreadable || strict && hasWarnings { throw ExitCode(ExitStatus.failure) }
  }
}
