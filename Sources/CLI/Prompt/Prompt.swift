// The prompt: read an entry, run it, show its value.
//
// An entry is complete when the parser says so, and until then another line is asked for. After an
// error everything that held before still holds. `_` and `ans` are the last value; a trailing `;`
// keeps quiet.

import Language
import Platform
import Syntax
import Tensors

/// The interactive prompt.
final class Prompt {
  static let mark = "mos> "
  static let continuationMark = "...> "

  let session: Session
  /// The entries that ran without error, for `:save`.
  var entries: [String] = []
  /// Set by `:quit` and `exit(n)`.
  var exitStatus: Int32?
  private var history = History()
  private var entryNumber = 0

  init(_ session: Session) {
    self.session = session
    session.endsWhenUnheard = false
  }

  /// Reads and runs entries until the end, and gives the exit status.
  func run(showsBanner: Bool) -> Int32 {
    if showsBanner {
      StandardOutput.shared.write("Mos \(version). :help for help, Ctrl-D to leave.\n")
    }
    Interrupts.ignore()
    let completer = Completer(session)
    let editor: any LineEditor = Readline { line, cursor in
      completer.complete(line, cursor: cursor)
    }
    history.entries.forEach(editor.remember)
    while exitStatus == nil {
      switch readEntry(editor) {
      case .endOfInput:
        StandardOutput.shared.write("\n")
        return 0
      case .interrupted(let lineWasEmpty):
        if lineWasEmpty { StandardOutput.shared.write("Ctrl-D or :quit leaves\n") }
      case .line(let entry):
        guard !entry.allSatisfy(\.isWhitespace) else { continue }
        if entry != history.entries.last, !entry.hasPrefix(" ") { editor.remember(entry) }
        history.add(entry)
        handle(entry)
        if !StandardOutput.shared.isAtLineStart { StandardOutput.shared.write("\n") }
      }
    }
    return exitStatus ?? 0
  }

  /// Reads lines until they are a whole entry.
  private func readEntry(_ editor: any LineEditor) -> LineInput {
    var entry = ""
    while true {
      let isFirst = entry.isEmpty
      let input = editor.readLine(
        prompt: isFirst ? Prompt.mark : Prompt.continuationMark,
        indentation: isFirst ? "" : indentation(after: entry))
      guard case .line(let line) = input else {
        // Ctrl-C gives up an entry of several lines whatever its last line holds.
        if case .interrupted = input, !isFirst { return .interrupted(lineWasEmpty: false) }
        return input
      }
      let text = withoutMarks(line)
      // An empty line ends an entry that the parser would wait with for ever.
      let isForced = !isFirst && text.allSatisfy(\.isWhitespace)
      entry += isFirst ? text : "\n" + text
      if isForced || isCommand(entry) || !parse(Source(name: "<prompt>", text: entry)).isIncomplete
      {
        return .line(entry)
      }
    }
  }

  /// Four spaces for each bracket that is open.
  private func indentation(after entry: String) -> String {
    let depth = entry.reduce(0) { depth, character in
      "([{".contains(character) ? depth + 1 : ")]}".contains(character) ? depth - 1 : depth
    }
    return String(repeating: "    ", count: max(0, min(depth, 10)))
  }

  /// Removes the prompt's own marks from pasted lines.
  private func withoutMarks(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let start = line.drop { $0 == " " }
      for mark in [Prompt.mark, Prompt.continuationMark] where start.hasPrefix(mark) {
        return String(start.dropFirst(mark.count))
      }
      return String(line)
    }.joined(separator: "\n")
  }

  private func isCommand(_ entry: String) -> Bool {
    let first = entry.first { $0 != " " }
    return first == ":" || first == "?"
  }

  private func handle(_ entry: String) {
    if isCommand(entry) {
      PromptCommand.run(entry, self)
    } else {
      evaluate(entry)
    }
  }

  /// Runs an entry and shows its value.
  func evaluate(_ entry: String) {
    entryNumber += 1
    switch session.run(Source(name: "<entry \(entryNumber)>", text: entry)) {
    case .value(let value):
      entries.append(entry)
      guard !value.isNil, !value.isAbsent else { return }
      keep(value, isShown: !isQuiet(entry))
    case .failed: break
    case .exit(let status): exitStatus = status
    }
  }

  /// Makes a value the last one, and writes it with its kind. A large one takes its time, so that
  /// Ctrl-C ends this, too.
  private func keep(_ value: Value, isShown: Bool) {
    let interpreter = session.interpreter
    _ = session.attempt {
      do {
        try interpreter.requests.duringRun(of: .infinity) {
          for name in ["_", "ans"] { try? interpreter.setVariable(name, value) }
          guard isShown else { return }
          let text = (interpreter.showsColors ? value.drawing : nil) ?? value.representation
          try Safepoint.look()
          try interpreter.writeHeard(text + "\n")
        }
      } catch let error as TensorError {
        throw RuntimeError(error)
      }
      return .nil
    }
  }

  private func isQuiet(_ entry: String) -> Bool {
    entry.last { !$0.isWhitespace } == ";"
  }
}
