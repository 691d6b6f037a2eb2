// `mos FILE`, `mos -e CODE`, `mos -i FILE`, `mos -`, piped input, and `mos` alone: the prompt.

import ArgumentParser
import Platform
import Syntax

/// Runs a program, a piece of code, or the prompt.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a program, a piece of code, or the prompt.")

  @Option(
    name: .customShort("e"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Runs a piece of code; several are the lines of one program.", valueName: "code"))
  var pieces: [String] = []

  @Flag(name: .customShort("i"), help: "Opens the prompt afterwards.")
  var staysOpen = false

  @OptionGroup var options: Options

  @OptionGroup var rankOptions: RankOptions

  @ArgumentParser.Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp(
      "The program, `-` for standard input, and its arguments.", valueName: "file"))
  var words: [String] = []

  func run() throws {
    if RankLaunch.isNeeded(rankOptions.ranks) {
      if staysOpen || pieces.isEmpty && words.isEmpty && isatty(0) == 1 { throw PromptOnRanks() }
      return try RankLaunch.run(rankOptions.ranks ?? 1, options)
    }
    try World.join(options, wanted: rankOptions.ranks)
    if World.current != nil, staysOpen { throw PromptOnRanks() }
    var arguments = words
    var source: Source?
    if !pieces.isEmpty {
      source = Source(name: "<command line>", text: pieces.joined(separator: "\n"))
      if arguments.first == "--" { arguments.removeFirst() }
    } else if let path = try takePath(from: &arguments) {
      source = try readProgram(path)
    } else if World.current != nil {
      // Whether somebody types, only who started the launcher can see: `--ranks` has looked.
      guard rankOptions.ranks != nil else { throw PromptOnRanks() }
      source = try readProgram("-")
    } else if isatty(0) == 0 {
      source = try readProgram("-")
    }

    let session = Session(options, arguments: arguments)
    var program: String?
    if let source {
      let code = source.code(upTo: source.utf8.count)
      if code.isEmpty, MarkdownPage.isPage(source.name) {
        throw FileError(
          description: "\(source.name) holds no program; its blocks begin with a line ```mos")
      }
      switch session.perform(source) {
      case .value: program = code
      case .exit(let status): throw ExitCode(status)
      case .failed(let status):
        if !staysOpen { throw ExitCode(status) }
        program = session.failurePlace.map { FailedEntry(source).statements(before: $0) }
      }
      if !staysOpen { return }
    }
    throw ExitCode(Prompt(session, after: program).run(showsBanner: source == nil))
  }

  /// The program's path, the first word that is not an option's.
  private func takePath(from arguments: inout [String]) throws -> String? {
    guard let first = arguments.first else { return nil }
    arguments.removeFirst()
    if first == "--" { return arguments.isEmpty ? nil : arguments.removeFirst() }
    // Everything from the first unknown word on is captured for the program, so a request for
    // help and a mistyped option arrive here.
    if first == "-h" || first == "--help" { throw CleanExit.helpRequest(self) }
    if first.hasPrefix("-"), first != "-" { throw ValidationError("unknown option '\(first)'") }
    return first
  }
}

/// The prompt is for one process.
private struct PromptOnRanks: Error, CustomStringConvertible {
  let description =
    "the prompt runs in one process; on ranks, run a program: a FILE, -e CODE, or `-`"
}
