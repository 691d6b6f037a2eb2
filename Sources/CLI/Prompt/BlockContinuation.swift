// `else`, `catch` and `finally` on a line of their own, entered when the block before has run already: they
// belong to it.
//
// What an `if` without `else` gives where no branch was taken, a program cannot tell from nil. So the prompt
// gives such an entry an `else` of its own, whose value nothing else has. A block at the end of a statement,
// `let x = if …`, has been used when `else` comes: the session goes back, and all of it runs.

import Language
import Syntax

/// What the last entry was, for one that goes on with it.
enum BlockContinuation {
  /// An `if` whose branches were all passed over; or one of them taken.
  case untaken, taken
  /// A `try` with its handler.
  case tried
  /// One statement that may end with a block, and the state before it.
  case used(String, before: SessionState)

  private static let sentinel = "no_branch_was_taken__"

  /// Has an interpreter know the value of an `else` that the prompt adds.
  static func prepare(_ interpreter: Interpreter) {
    interpreter.define(
      BuiltinFunction(Builtin("\(sentinel)()", "What the prompt adds to an `if`.") { _ in .nil }))
  }

  /// The text that is run for an entry: the same, and perhaps an `else` behind it.
  static func instrumented(_ text: String) -> String {
    guard case .if(_, otherwise: nil)? = lastExpression(text) else { return text }
    return text + "\nelse { \(sentinel) }"
  }

  /// Whether a value says that no branch was taken.
  static func isUntaken(_ value: Value) -> Bool {
    if case .builtin(let function) = value { function.name == sentinel } else { false }
  }

  /// What an entry that has run was.
  init?(_ text: String, isUntaken: Bool) {
    switch BlockContinuation.lastExpression(text) {
    case .if(_, otherwise: nil)?: self = isUntaken ? .untaken : .taken
    case .try?: self = .tried
    default: return nil
    }
  }

  /// What an entry of one statement was that is no block itself.
  init?(_ text: String, before: SessionState) {
    guard parse(Source(name: "<prompt>", text: text)).program.statements.count == 1,
      ["else", "finally"].contains(where: { BlockContinuation.goesOn(text, with: $0) })
    else { return nil }
    self = .used(text, before: before)
  }

  private static func goesOn(_ text: String, with word: String) -> Bool {
    parse(Source(name: "<prompt>", text: "\(text)\n\(word) { nil }")).diagnostics.isEmpty
  }

  private static func lastExpression(_ text: String) -> Expression.Kind? {
    let parsed = parse(Source(name: "<prompt>", text: text))
    guard parsed.diagnostics.isEmpty,
      case .expression(let last)? = parsed.program.statements.last?.kind
    else { return nil }
    return last.kind
  }

  /// What is left to run of an entry that goes on with this block.
  enum Rest {
    /// This.
    case run(String)
    /// Nothing, but it has to be right.
    case check(String)
    /// The whole, from the state before it.
    case again(String, from: SessionState)
  }

  /// Whether nothing goes on with the block behind an entry that does.
  func isEnded(by entry: String) -> Bool {
    if case .tried = self { return true }
    return !String(entry.trimmed.dropFirst("else".count)).trimmed.hasPrefix("if")
  }

  /// nil for an entry that begins otherwise.
  func rest(of entry: String) -> Rest? {
    let line = entry.trimmed
    let word = String(line.prefix { $0.isLetter })
    let block = String(line.dropFirst(word.count))
    switch (word, self) {
    case ("else", .untaken), ("else", .taken):
      let text = isEnded(by: line) ? "if true" + block : "    " + block
      if case .untaken = self { return .run(text) }
      return .check(text)
    case ("finally", .tried): return .run("if true" + block)
    case ("finally", .used(let text, _)) where BlockContinuation.goesOn(text, with: word):
      return .run("if true" + block)
    case ("else", .used(let text, let before)) where BlockContinuation.goesOn(text, with: word):
      return .again("\(text)\n\(entry)", from: before)
    default: return nil
    }
  }
}
