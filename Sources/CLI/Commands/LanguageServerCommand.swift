// `mos lsp`: what an editor asks about programs.

import ArgumentParser
import Platform

/// Serves an editor by the Language Server Protocol, on standard input and output.
struct LanguageServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsp", abstract: "Serve an editor by the Language Server Protocol.",
    discussion: """
      Editors start it and talk with it on standard input and output: mistakes while one types, documentation, \
      completion, signatures, declarations, references, renaming, symbols, formatting, colours of names, shapes.
      """)

  @OptionGroup var options: Options

  func run() throws {
    if let launcher = Launcher.current, launcher.count > 1 {
      throw RankError(
        "mos lsp serves one editor, and a launcher has started \(launcher.count) of it")
    }
    // Nothing else may stand between the messages.
    let (messages, nothing) = (dup(1), open("/dev/null", O_WRONLY))
    dup2(nothing, 1)
    let server = LanguageServer(options, MessageStream(input: 0, output: messages))
    let status = server.serve()
    if status != 0 { throw ExitCode(status) }
  }
}
