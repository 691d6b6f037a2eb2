// Colours of an entry that is being written: the lexer's words, each as what it is, and the brackets that
// belong together at the cursor.

import Syntax

/// Finds out how each byte of an entry is shown.
struct Highlighter {
  /// Longer texts stay plain, so that no key waits for their colours.
  private static let longest = 20_000

  /// Whether a name is one of the library.
  let isBuiltin: (String) -> Bool

  /// The style of each byte.
  ///
  /// - Parameter cursor: where to look for a bracket; nil where nobody edits.
  func styles(of text: String, cursor: Int?) -> [Style] {
    let count = text.utf8.count
    var styles = [Style](repeating: .plain, count: count)
    guard count <= Highlighter.longest else { return styles }
    func paint(_ range: Range<Int>, _ role: Style.Role) {
      for place in range.clamped(to: 0..<count) { styles[place].role = role }
    }
    if let first = text.utf8.first(where: { $0 != UInt8(ascii: " ") }),
      [UInt8(ascii: ":"), UInt8(ascii: "?"), UInt8(ascii: "!")].contains(first)
    {
      let end = text.utf8.drop { $0 == UInt8(ascii: " ") }.firstIndex(of: UInt8(ascii: " "))
      let word = end.map { text.utf8.distance(from: text.startIndex, to: $0) } ?? count
      paint(0..<word, .command)
      return styles
    }
    let source = Source(name: "<prompt>", text: text)
    let tokens = tokenize(source).tokens
    var end = 0
    for token in tokens {
      let range = Int(token.span.start)..<Int(token.span.end)
      paintComments(source.utf8, end..<range.lowerBound, paint)
      if let role = role(of: token, source) { paint(range, role) }
      end = max(end, range.upperBound)
    }
    paintComments(source.utf8, end..<count, paint)
    if let cursor { match(tokens, cursor, &styles) }
    return styles
  }

  /// What stands between two words and is no blank is a comment.
  private func paintComments(
    _ utf8: [UInt8], _ gap: Range<Int>, _ paint: (Range<Int>, Style.Role) -> Void
  ) {
    guard gap.lowerBound < gap.upperBound,
      let start = utf8[gap].firstIndex(of: UInt8(ascii: "#"))
    else { return }
    paint(start..<gap.upperBound, .comment)
  }

  private func role(of token: Token, _ source: Source) -> Style.Role? {
    switch token.kind {
    case .int, .float: return .number
    case .string, .stringOpen, .stringText, .stringClose, .format: return .text
    case .brokenString: return .text
    case .interpolationOpen, .interpolationClose: return .number
    case .true, .false, .nil: return .number
    case .name:
      let name = source.text(of: token.span)
      if token.startsLine, Token.openingKeywords.contains(name) { return .keyword }
      return isBuiltin(name) ? .builtin : nil
    default: return token.kind.isKeyword ? .keyword : nil
    }
  }

  /// Marks the bracket at the cursor, or before it, with its partner; one without is a mistake.
  private func match(_ tokens: [Token], _ cursor: Int, _ styles: inout [Style]) {
    var open: [(kind: Token.Kind, offset: Int)] = []
    var partners: [Int: Int] = [:]
    var mistakes: Set<Int> = []
    for token in tokens {
      let offset = Int(token.span.start)
      switch token.kind {
      case .leftParenthesis, .leftBracket, .leftBrace: open.append((token.kind, offset))
      case .rightParenthesis, .rightBracket, .rightBrace:
        guard let last = open.last, last.kind.isClosed(by: token.kind) else {
          mistakes.insert(offset)
          continue
        }
        open.removeLast()
        (partners[last.offset], partners[offset]) = (offset, last.offset)
      default: break
      }
    }
    for offset in mistakes where styles.indices.contains(offset) { styles[offset].role = .mistake }
    for offset in [cursor, cursor - 1] {
      guard let partner = partners[offset] else { continue }
      for place in [offset, partner] where styles.indices.contains(place) {
        styles[place].isMatched = true
      }
      return
    }
  }
}

extension Token.Kind {
  fileprivate func isClosed(by other: Token.Kind) -> Bool {
    switch (self, other) {
    case (.leftParenthesis, .rightParenthesis), (.leftBracket, .rightBracket),
      (.leftBrace, .rightBrace):
      true
    default: false
    }
  }
}
