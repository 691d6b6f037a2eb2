// The commands of the prompt, a table: a word after `:`, what follows it, what it does.

import Language
import Library
import Syntax

/// A command of the prompt.
struct PromptCommand {
  /// What Tab offers behind a command.
  enum Completes {
    case nothing, code, help, path, folder
    case words((Session) -> [String])
  }

  let name: String
  /// What follows it; in brackets where that may be left out.
  let argument: String
  let summary: String
  let completes: Completes
  let action: (Prompt, String) -> Void

  init(
    _ name: String, _ argument: String, _ summary: String, _ completes: Completes = .nothing,
    action: @escaping (Prompt, String) -> Void
  ) {
    self.name = name
    self.argument = argument
    self.summary = summary
    self.completes = completes
    self.action = action
  }

  /// How it is written, and what it does.
  var description: String {
    ":\(name)" + (argument.isEmpty ? "" : " \(argument)") + "\n\n\(summary)"
  }

  nonisolated(unsafe) static let all: [PromptCommand] =
    helping + looking + timing + stating + filing + setting

  /// The command that a word stands for: its name, or the beginning of one.
  static func named(_ word: String) -> PromptCommand? {
    guard !word.isEmpty else { return nil }
    let name = word == "exit" ? "quit" : word
    return all.first { $0.name == name } ?? all.first { $0.name.hasPrefix(name) }
  }

  /// Runs `:name argument`.
  static func run(_ name: String, _ argument: String, _ prompt: Prompt) {
    guard let command = named(name) else {
      let near = nearest(to: name, among: all.map(\.name)).map { "; did you mean `:\($0)`?" }
      writeError("error: no command ':\(name)'\(near ?? "; :help lists them")\n")
      return
    }
    if argument.isEmpty, !command.argument.isEmpty, !command.argument.hasPrefix("[") {
      writeError("error: usage: :\(command.name) \(command.argument)\n")
      return
    }
    command.action(prompt, argument)
  }

  // MARK: - What the actions share

  static func say(_ text: String) { StandardOutput.shared.write(text + "\n") }

  static func complain(_ text: String) { writeError("error: \(text)\n") }

  static func reporting(_ body: () throws -> Void) {
    do { try body() } catch { complain("\(error)") }
  }

  static func source(_ code: String) -> Source { Source(name: "<prompt>", text: code) }
}

extension String {
  /// The text with blanks behind it, two at least.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(2, width - columns))
  }
}

/// Bytes in a fitting unit.
struct ByteCount: CustomStringConvertible {
  let count: Int
  init(_ count: Int) { self.count = count }

  var description: String {
    var value = Double(count)
    for unit in ["B", "kB", "MB"] {
      if value < 1000 {
        return unit == "B" ? "\(count) B" : "\((value * 10).rounded() / 10) \(unit)"
      }
      value /= 1000
    }
    return "\((value * 100).rounded() / 100) GB"
  }
}
