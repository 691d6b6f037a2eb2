// `:save`: the entries that stand as a program that runs.
//
// At the prompt `_` and `ans` are the last value; in a file nobody keeps it. Where entries read it, those that
// give a value keep it in a variable `ans`, by what stands before their last expression.

import Syntax

/// A program of entries.
struct SavedProgram {
  private let settings: [String]
  private let entries: [SessionLog.Step]

  /// - Parameter settings: what the command line asked for, as statements.
  init(_ log: SessionLog, settings: [String]) {
    entries = log.steps.filter(\.isProgram)
    self.settings = settings
  }

  var text: String {
    let readsLast = entries.contains {
      !SavedProgram.places(of: ["_", "ans"], in: $0.text).isEmpty
    }
    var lines = settings
    if readsLast { lines.append("let ans = nil") }
    lines += entries.map { readsLast ? keepingLast($0) : $0.text }
    return lines.map { $0.trailingTrimmed + "\n" }.joined()
  }

  /// An entry that keeps its value, where its last statement is an expression of one.
  private func keepingLast(_ step: SessionLog.Step) -> String {
    let entry = step.text
    var utf8 = Array(entry.utf8)
    let source = Source(name: "<entry>", text: entry)
    let statement = parse(source).program.statements.last
    // From behind, so that the places before stay what they are.
    var edits: [(at: Int, remove: Int, text: String)] = SavedProgram.places(of: ["_"], in: entry)
      .map { ($0, 1, "ans") }
    if step.gaveValue, let statement, case .expression = statement.kind {
      edits.append((Int(statement.span.start), 0, "ans = "))
    }
    for edit in edits.sorted(by: { $0.at > $1.at }) {
      utf8.replaceSubrange(edit.at..<edit.at + edit.remove, with: Array(edit.text.utf8))
    }
    return String(decoding: utf8, as: UTF8.self)
  }

  /// Where names are read, as offsets of bytes: not behind a point, not before `=` or `:`, not as what a loop
  /// or a pattern takes.
  private static func places(of names: Set<String>, in entry: String) -> [Int] {
    let source = Source(name: "<entry>", text: entry)
    let tokens = tokenize(source).tokens
    return tokens.indices.compactMap { place in
      let token = tokens[place]
      guard token.kind == .name, names.contains(source.text(of: token.span)) else { return nil }
      let before = place > 0 ? tokens[place - 1].kind : .end
      let after = place + 1 < tokens.count ? tokens[place + 1].kind : .end
      if [.dot, .for, .let].contains(before) || [.assign, .colon, .in, .arrow].contains(after) {
        return nil
      }
      return Int(token.span.start)
    }
  }
}

extension String {
  fileprivate var trailingTrimmed: String {
    var rest = self[...]
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
