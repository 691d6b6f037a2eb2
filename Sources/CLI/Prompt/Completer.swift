// What Tab offers: names in scope, fields after a dot, commands, file names inside a string. It
// looks at values that exist and never runs the user's code.

import Language
import Library
import Syntax

/// Completes words at the prompt.
struct Completer {
  private let session: Session

  init(_ session: Session) {
    self.session = session
  }

  /// What the word before the cursor may become.
  func complete(_ line: String, cursor: Int) -> Completion {
    let before = Array(line.utf8.prefix(cursor))
    if before.first == UInt8(ascii: ":"), !before.contains(UInt8(ascii: " ")) {
      let typed = String(decoding: before.dropFirst(), as: UTF8.self)
      return Completion(
        start: 0,
        candidates: PromptCommand.all.map(\.name).filter { $0.hasPrefix(typed) }.map { ":" + $0 })
    }
    var start = before.count
    while start > 0, isWordByte(before[start - 1]) { start -= 1 }
    let word = String(decoding: before[start...], as: UTF8.self)
    if start > 0, before[start - 1] == UInt8(ascii: ".") {
      var objectStart = start - 1
      while objectStart > 0, isWordByte(before[objectStart - 1]) { objectStart -= 1 }
      let object = String(decoding: before[objectStart..<(start - 1)], as: UTF8.self)
      return Completion(start: start, candidates: members(of: object).filter { $0.hasPrefix(word) })
    }
    guard !word.isEmpty else { return Completion(start: start, candidates: []) }
    return Completion(start: start, candidates: names.filter { $0.hasPrefix(word) })
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte
      || (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= (byte | 0x20)
  }

  /// Every visible name, sorted, once each.
  private var names: [String] {
    var all = Set(session.interpreter.variables.map(\.name))
    all.formUnion(Builtins.library.names)
    all.formUnion(keywords)
    return all.sorted()
  }

  private let keywords = [
    "let", "fn", "model", "param", "buffer", "if", "else", "for", "in", "while", "break",
    "continue", "return", "import", "from", "as", "with", "try", "catch", "throw", "assert",
    "extract", "recover", "and", "or", "not", "true", "false", "nil",
  ]

  /// The fields and methods of a variable's value.
  private func members(of name: String) -> [String] {
    guard let value = session.interpreter.variables.first(where: { $0.name == name })?.value else {
      return []
    }
    return value.memberNames.sorted()
  }
}
