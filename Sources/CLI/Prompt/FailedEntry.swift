// What is left of an entry that failed: the statements before the one that did.

import Syntax

/// An entry that ended with an error.
struct FailedEntry {
  private let source: Source

  /// An entry at the prompt.
  init(_ text: String) { source = Source(name: "<entry>", text: text) }

  /// A program that ran before the prompt.
  init(_ source: Source) { self.source = source }

  /// The text of the statements that ran to their end, where the run stood at a place; empty where none did.
  func statements(before place: Diagnostic.Label) -> String {
    let statements = parse(source).program.statements
    // The last statement may have left its place to the function that it calls.
    let isHere =
      place.source.utf8.starts(with: source.utf8)
      && statements.contains { $0.span.start <= place.span.start && place.span.end <= $0.span.end }
    let failed =
      isHere ? statements.last { $0.span.start <= place.span.start } : statements.last
    guard let failed, let first = statements.first, failed.span.start > first.span.start else {
      return ""
    }
    var standing = source.code(upTo: Int(failed.span.start))[...]
    while let last = standing.last, last.isWhitespace || last == ";" { standing.removeLast() }
    return String(standing)
  }
}
