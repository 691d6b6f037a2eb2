// Words that are no part of a program's expressions: commands with what follows them, names behind `?`, and
// modules behind `import`.

import Language
import Library

/// The word of a command line, `:load pro`, `?ada` or `!ls`.
struct CommandLineWord {
  enum Kind {
    case command
    case argument(PromptCommand)
    case helpName, path
  }

  let kind: Kind
  /// Where the word begins.
  let start: Int

  /// nil for an entry that is a program.
  init?(_ context: CursorContext) {
    let blanks = context.utf8.prefix { $0 == UInt8(ascii: " ") }.count
    guard blanks < context.cursor else { return nil }
    let line = context.text(blanks..<context.cursor)
    let word = context.utf8[..<context.cursor].lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 }
    switch context.utf8[blanks] {
    case UInt8(ascii: "?"):
      kind = .helpName
      start = blanks + context.utf8[blanks..<context.cursor].prefix { [63, 32].contains($0) }.count
    case UInt8(ascii: "!"):
      kind = .path
      start = max(word ?? 0, blanks + 1)
    case UInt8(ascii: ":"):
      guard let space = line.firstIndex(of: " ") else {
        kind = .command
        start = blanks + 1
        return
      }
      guard let command = PromptCommand.named(String(line[..<space].dropFirst())) else {
        return nil
      }
      kind = .argument(command)
      start = max(word ?? 0, blanks)
    default: return nil
    }
  }
}

/// The word behind `import` or `from`.
struct ImportWord {
  /// The module whose members are wanted; nil where a module is.
  let module: String?

  init?(_ context: CursorContext) {
    let words = context.statementBefore.split(separator: " ").map(String.init)
    switch words.first {
    case "import"? where words.count == 1: module = nil
    case "from"? where words.count == 1: module = nil
    case "from"? where words.count >= 3 && words[2] == "import": module = words[1]
    default: return nil
    }
  }
}

extension Completer {
  func complete(_ command: CommandLineWord, _ context: CursorContext) -> Completion {
    let typed = context.text(command.start..<context.cursor)
    switch command.kind {
    case .command:
      let found = PromptCommand.all.map {
        Completion.Candidate($0.name, title: ":\($0.name)", detail: "\($0.argument)  \($0.summary)")
      }
      return Completion(start: command.start, candidates: fitting(typed, found))
    case .helpName: return completeHelp(typed, command.start)
    case .path: return Paths.completion(typed, from: command.start)
    case .argument(let found): return complete(argumentOf: found, typed, command.start, context)
    }
  }

  private func complete(
    argumentOf command: PromptCommand, _ typed: String, _ start: Int, _ context: CursorContext
  ) -> Completion {
    switch command.completes {
    case .nothing: return .none(at: context.cursor)
    case .path: return Paths.completion(typed, from: start)
    case .folder: return Paths.completion(typed, from: start) { $0.hasSuffix("/") }
    case .help: return completeHelp(typed, start)
    case .words(let words):
      return Completion(
        start: start, candidates: fitting(typed, words(session).map { Completion.Candidate($0) }))
    case .code:
      // What follows the command is a program.
      let offset = context.utf8.firstIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? context.cursor
      let rest = context.text(offset..<context.utf8.count)
      var found = complete(rest, cursor: context.cursor - offset)
      found.start += offset
      return found
    }
  }

  /// Everything that has documentation, and the user's own names.
  private func completeHelp(_ typed: String, _ start: Int) -> Completion {
    if typed.contains(".") {
      let context = CursorContext(typed, cursor: typed.utf8.count)
      let point = typed.utf8.lastIndex(of: UInt8(ascii: ".")).map {
        typed.utf8.distance(from: typed.startIndex, to: $0)
      }
      let members = self.members(behind: point ?? 0, context)
      return Completion(
        start: start + context.wordStart, candidates: fitting(context.word, members))
    }
    let names = Set(interpreter.variables.map(\.name)).union(Builtins.library.names)
      .union(Builtins.library.objectTypes.map(\.name)).union(StandardModule.all.map(\.name))
    let found = names.sorted().map { candidate($0, interpreter.peek($0)) }
    return Completion(start: start, candidates: fitting(typed, found))
  }

  func complete(_ imported: ImportWord, _ context: CursorContext) -> Completion {
    let start = context.wordStart
    guard let name = imported.module else {
      let own = Paths.entries(of: ".").filter { $0.hasSuffix(".mos") }
        .map { Completion.Candidate(String($0.dropLast(4))) }
      let standard = StandardModule.all.map {
        Completion.Candidate($0.name, detail: $0.introduction.firstLine)
      }
      return Completion(start: start, candidates: fitting(context.word, standard + own))
    }
    var found: [Completion.Candidate] = []
    if let module = StandardModule.all.first(where: { $0.name == name }) {
      found = declarations(of: module)
    }
    return Completion(start: start, candidates: fitting(context.word, found))
  }
}
