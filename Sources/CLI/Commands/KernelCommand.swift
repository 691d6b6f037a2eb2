// `mos kernel`: the cells of a notebook.

import ArgumentParser
import Platform

/// Serves the notebook of Jupyter, by lines of JSON on standard input and output.
struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Serve a notebook.",
    discussion: """
      The package in `editors/jupyter` starts it for Jupyter and talks with it on standard input and output, by one \
      object of JSON a line.
      """)

  @OptionGroup var options: Options

  func run() throws {
    // Nothing else may stand between the messages, nor read them.
    guard let channel = KernelChannel(), let streams = ForeignStreams(channel) else {
      throw FileError(description: "cannot open pipes for a notebook: \(errorText())")
    }
    throw ExitCode(Kernel(options, channel, streams).serve())
  }
}
