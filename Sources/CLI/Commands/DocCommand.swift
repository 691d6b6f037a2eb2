// `mos doc NAME`, and `mos doc --all FOLDER`, which writes the reference pages.

import ArgumentParser
import Glibc
import Runtime

/// Shows the documentation of a built-in.
struct DocCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc", abstract: "Show what a built-in does.")

  @Option(name: .customLong("all"), help: .hidden)
  var folder: String?

  @ArgumentParser.Argument(help: "Names of built-ins.")
  var names: [String] = []

  func run() throws {
    if let folder { try writeReference(to: folder) }
    let interpreter = Interpreter(output: StandardOutput.shared.write)
    for name in names {
      guard let (signature, text) = interpreter.documentation(of: name) else {
        writeError("error: no built-in is called '\(name)'\n")
        throw ExitCode(ExitStatus.failure)
      }
      StandardOutput.shared.write("\(signature)\n\n\(text)\n")
    }
  }

  /// One page for each page of declarations, and an index.
  private func writeReference(to folder: String) throws {
    mkdir(folder, 0o755)
    var index = "# Reference\n\nGenerated from the declarations of the built-ins: `make docs`.\n\n"
    for page in Builtins.pages {
      let file = page.title.lowercased().replacing(" ", with: "-") + ".md"
      let names = page.constants.map(\.name) + page.functions.map(\.name)
      index += "- [\(page.title)](\(file)): " + names.map { "`\($0)`" }.joined(separator: " ")
      index += "\n"
      var text = "# \(page.title)\n"
      for constant in page.constants {
        text += "\n## `\(constant.name)`\n\n\(constant.documentation)\n"
      }
      for function in page.functions {
        text += "\n## `\(function.signature)`\n\n\(function.documentation)\n"
      }
      try writeFile(text, to: folder + "/" + file)
    }
    try writeFile(index, to: folder + "/README.md")
  }
}
