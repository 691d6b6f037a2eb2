// What Tab offers. It looks at values that exist and at declarations, and never runs the user's code.

import Language
import Library
import Syntax

/// Completes words at the prompt.
struct Completer {
  let session: Session
  var interpreter: Interpreter { session.interpreter }

  init(_ session: Session) {
    self.session = session
  }

  /// What the word before the cursor may become.
  func complete(_ text: String, cursor: Int) -> Completion {
    let context = CursorContext(text, cursor: cursor)
    if let command = CommandLineWord(context) { return complete(command, context) }
    if let symbol = Symbols.completion(context) { return symbol }
    if context.open.isInComment { return .none(at: cursor) }
    if let start = context.open.textStart { return completeText(from: start, context) }
    if let imported = ImportWord(context) { return complete(imported, context) }
    let start = context.wordStart
    if start > 0, context.utf8[start - 1] == UInt8(ascii: "."), !context.isBehindNumber {
      return Completion(
        start: start, candidates: fitting(context.word, members(behind: start - 1, context)))
    }
    let arguments = fitting(context.word, self.arguments(context))
    let heading = call(context).map { "\($0.signature)" }
    guard !context.word.isEmpty else {
      return Completion(start: start, candidates: arguments, heading: heading)
    }
    let names = fitting(context.word, names(context))
    return Completion(
      start: start, candidates: arguments + names,
      heading: arguments.isEmpty && !names.isEmpty ? nil : heading)
  }

  /// Those that begin as the word does, once each; names of one's own that begin with `_` only where the
  /// word does, too.
  func fitting(
    _ word: String, _ candidates: [Completion.Candidate]
  ) -> [Completion.Candidate] {
    var seen: Set<String> = []
    return candidates.filter {
      $0.text.hasPrefix(word) && (word.hasPrefix("_") || !$0.text.hasPrefix("_"))
        && seen.insert($0.text).inserted
    }
  }

  /// The candidate of a name: what it is for.
  func candidate(_ name: String, _ value: Value?) -> Completion.Candidate {
    Completion.Candidate(name, detail: value.map { $0.summary(interpreter) } ?? "")
  }

  /// Every visible name, sorted, once each.
  private func names(_ context: CursorContext) -> [Completion.Candidate] {
    let variables = Dictionary(interpreter.variables.map { ($0.name, $0.value) }) { $1 }
    var all = Set(variables.keys).union(Builtins.library.names).union(Completer.words)
    all.formUnion(context.ownNames)
    return all.filter { $0.hasPrefix(context.word) }.sorted().map { name in
      if let value = variables[name] { return candidate(name, value) }
      let signature = Builtins.library.function(name)?.signature
      return Completion.Candidate(name, detail: signature ?? "")
    }
  }

  /// Keywords, and names that the grammar gives a meaning.
  private static let words = Array(Token.keywords.keys) + Token.contextualKeywords
}

extension CursorContext {
  /// True behind the point of a number, which no name follows.
  var isBehindNumber: Bool {
    guard let last = tokens(before: cursor).last else { return false }
    return last.kind == .float || last.kind == .int
  }
}
