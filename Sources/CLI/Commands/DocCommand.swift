// `mos doc NAME`, as `mos doc adam Optimizer.step nn.Linear for tools.mos`, `mos doc --search TEXT`, and `mos doc
// --all FOLDER`, which writes the reference pages.

import ArgumentParser
import Language
import Library
import Platform
import Syntax

/// Shows the documentation of everything that has a name.
struct DocCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc",
    abstract: "Show what a built-in, a module or a piece of syntax does; alone, what there is.")

  @Option(name: .customLong("all"), help: .hidden)
  var folder: String?

  @Option(help: "Look through all texts for words.")
  var search: String?

  @ArgumentParser.Argument(
    help: "Names: adam, Optimizer.step, nn, nn.Linear, for, tools.mos.")
  var names: [String] = []

  func run() throws {
    // What launchers start many times is done once.
    guard Launcher.isFirst else { return }
    if let folder { try writeReference(to: folder) }
    if let search { try show(search) }
    if names.isEmpty, folder == nil, search == nil { showPages() }
    for name in names {
      do {
        let found =
          name.hasSuffix(".mos") || MarkdownPage.isPage(name)
          ? try ModuleDocumentation(readProgram(name), name: name).documentation(of: [])
          : try Builtins.library.documentation(of: name)
        StandardOutput.shared.write("\(found)\n")
      } catch let error as RuntimeError {
        let hint = error.diagnostic.hint.map { "; \($0)" } ?? ""
        writeError("error: \(error.diagnostic.message)\(hint)\n")
        throw ExitCode(ExitStatus.failure)
      }
    }
  }

  /// What has the words of a search.
  private func show(_ search: String) throws {
    let found = Builtins.library.search(search)
    guard !found.isEmpty else {
      writeError("error: no documentation holds `\(search)`\n")
      throw ExitCode(ExitStatus.failure)
    }
    let width = found.map(\.name.count).max() ?? 0
    for entry in found {
      let name = entry.name + String(repeating: " ", count: width - entry.name.count)
      StandardOutput.shared.write("\(name)  \(entry.summary)\n")
    }
  }

  /// The pages, each with its names.
  private func showPages() {
    var text = ""
    func add(_ title: String, _ names: [String]) {
      text += "\(title)\n  \(names.joined(separator: " "))\n\n"
    }
    for section in SyntaxSection.all {
      add("Syntax: \(section.title)", section.topics.compactMap(\.names.first))
    }
    for page in Builtins.library.pages {
      add(page.title, page.constants.map(\.name) + page.functions.map(\.name))
    }
    add("Types", ValueMembers.all.map(\.type) + Builtins.library.objectTypes.map(\.name))
    for module in StandardModule.documentation {
      add("The module \(module.name)", module.declarations.map { "\(module.name).\($0.name)" })
    }
    StandardOutput.shared.write(
      text + "mos doc NAME says more; mos doc --search TEXT looks through all of it\n")
  }

  /// The page of the language's syntax, beside the reference.
  private func writeSyntax(to folder: String) throws {
    var text = "# Syntax\n\nWritten by `make docs`; `mos doc for` shows one topic.\n"
    for section in SyntaxSection.all {
      text += "\n## \(section.title)\n"
      for topic in section.topics { text += "\n### \(topic.title)\n\n\(topic.text)\n" }
    }
    mkdir(folder, 0o755)
    try writeFile(text, to: folder + "/syntax.md")
  }

  /// One page for each page of declarations, and an index.
  private func writeReference(to folder: String) throws {
    mkdir(folder, 0o755)
    try writeSyntax(to: folder + "/../language")
    var index = "# Reference\n\nGenerated from the declarations of the built-ins: `make docs`.\n\n"
    for page in Builtins.library.pages {
      let file = page.title.lowercased().replacing(" ", with: "-") + ".md"
      let names = page.constants.map(\.name) + page.functions.map(\.name)
      let members = page.objects.flatMap { $0.hostType.qualifiedNames }
      index += "- [\(page.title)](\(file)): "
      index += (names + members).map { "`\($0)`" }.joined(separator: " ") + "\n"
      var text = "# \(page.title)\n"
      for constant in page.constants {
        text += "\n## `\(constant.name)`\n\n\(constant.documentation)\n"
      }
      for function in page.functions {
        text += "\n## `\(function.signature)`\n\n\(function.documentation)\n"
      }
      for type in page.objects.map({ $0.hostType }) { text += section(of: type) }
      try writeFile(text, to: folder + "/" + file)
    }
    let types = ValueMembers.all
    index += "- [Types](types.md): "
    index +=
      types.flatMap { type in type.names.map { "`\(type.type).\($0)`" } }
      .joined(separator: " ") + "\n"
    try writeFile(
      types.reduce("# Types\n") { $0 + section(of: $1) }, to: folder + "/types.md")
    for module in StandardModule.documentation {
      index += "- [The module \(module.name)](module-\(module.name).md): "
      index +=
        module.declarations.map { "`\(module.name).\($0.name)`" }.joined(separator: " ") + "\n"
      var text = "# The module `\(module.name)`\n\n\(module.introduction)\n"
      for found in module.declarations {
        text += "\n## `\(module.name).\(found.title)`\n\n\(found.documentation)\n"
        for member in found.members {
          text += "\n### `\(module.name).\(found.name).\(member.title)`\n\n"
          text += member.documentation.isEmpty ? "" : member.documentation + "\n"
        }
      }
      try writeFile(text, to: folder + "/module-\(module.name).md")
    }
    try writeFile(index, to: folder + "/README.md")
  }

  /// The values of a type of the language, and what they have.
  private func section(of type: ValueMembers) -> String {
    var text = "\n## `\(type.type)`\n\n\(type.documentation)\n"
    for row in type.table {
      text += "\n### `\(type.type).\(row.title)`\n\n\(row.text)\n"
    }
    return text
  }

  /// The objects of a type, and what they can do.
  private func section(of type: HostType) -> String {
    var text = "\n## `\(type.name)` objects\n\n\(type.documentation)\n"
    for member in type.members {
      text += "\n### `\(member.isCall ? "" : type.name + ".")\(member.title)`\n\n\(member.text)\n"
    }
    return text
  }
}
