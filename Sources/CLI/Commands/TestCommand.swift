// `mos test`: the `test` blocks of programs. A file's top level runs first, then each block; a
// failing block does not keep the next from running.

import ArgumentParser
import Language
import Platform
import Syntax

/// Runs `test` blocks.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the `test` blocks of programs.")

  @OptionGroup var options: Options

  @OptionGroup var rankOptions: RankOptions

  @Option(help: "Runs only tests whose names contain this.")
  var filter: String?

  @ArgumentParser.Argument(help: "Programs, or folders that hold some.")
  var paths: [String] = ["."]

  func run() throws {
    if RankLaunch.isNeeded(rankOptions.ranks) {
      return try RankLaunch.run(rankOptions.ranks ?? 1, options)
    }
    try World.join(options, wanted: rankOptions.ranks)
    var (passed, failed) = (0, 0)
    for path in try paths.flatMap(programs(at:)) {
      let source = try readProgram(path)
      // A file without tests is not run: it may be a program that trains for hours.
      guard holdsTests(source) else { continue }
      let session = Session(options)
      switch session.run(source) {
      case .value: break
      case .failed, .exit:
        failed += 1
        continue
      }
      for test in session.interpreter.tests where filter.map(test.name.contains) ?? true {
        let ending = session.attempt { try session.interpreter.call(test.body, []) }
        if case .value = ending { passed += 1 } else { failed += 1 }
        let mark = if case .value = ending { "ok  " } else { "FAIL" }
        say("\(mark) \(path): \(test.name.showingHidden)\n")
        if case .failed(ExitStatus.interrupted) = ending {
          throw ExitCode(ExitStatus.interrupted)
        }
      }
    }
    say("\(passed) passed, \(failed) failed\n")
    if failed > 0 { throw ExitCode(ExitStatus.failure) }
  }

  /// Says once what all ranks have to say.
  private func say(_ text: String) {
    if Launcher.isFirst { StandardOutput.shared.write(text) }
  }

  private func holdsTests(_ source: Source) -> Bool {
    Syntax.parse(source).program.statements.contains { statement in
      if case .test = statement.kind { true } else { false }
    }
  }
}
