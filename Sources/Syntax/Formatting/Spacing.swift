// What stands between two words of a line.
//
// A rule looks at the two words, at what is open around them, and at whether a sign stands between two
// operands or before one. Where a blank decides what the text means (`extract (x)` and `extract(x)`,
// `- -x`), it stays as it is.

/// What stands between two words.
enum Gap {
  case none, blank
  /// As it is written.
  case kept
}

/// A bracket that is open, or the program itself.
struct Spacing {
  /// What the innermost open bracket is.
  enum Inside {
    /// The program, or a block: lines end statements.
    case statements
    case parentheses, brackets, record
  }

  var inside: Inside = .statements
  /// True after a `..` since the last comma or `=`: a colon then begins the step of a range.
  private var isInRange = false
  /// True where the last word was a sign before its operand.
  private var isAfterPrefix = false

  init(inside: Inside) { self.inside = inside }

  /// Names that are commands or the beginning of a declaration where a bracket follows after a blank.
  private static let words: Set = ["extract", "recover", "param", "buffer", "from", "by", "as"]

  /// What stands between two words, the first of which has been passed; `text` gives their texts.
  mutating func gap(
    _ first: Word, _ second: Word, isFirstMember: Bool, text: (Word) -> String
  ) -> Gap {
    let isOperand = first.kind.endsOperand || isFirstMember
    let wasPrefix = isAfterPrefix
    isAfterPrefix =
      second.kind.maySign && (!isOperand || second.startsLine && inside == .statements)
    if wasPrefix { return first.kind == second.kind ? .kept : .none }
    switch (first.kind, second.kind) {
    case (_, .comma), (_, .semicolon): return .none
    case (.leftBrace, .rightBrace): return first.isBlockBrace ? .blank : .none
    case (.leftBrace, _): return first.isBlockBrace ? .blank : .none
    case (_, .rightBrace): return second.isBlockBrace ? .blank : .none
    case (_, .rightParenthesis), (_, .rightBracket), (.leftParenthesis, _), (.leftBracket, _):
      return .none
    case (.comma, _), (.semicolon, _): return .blank
    case (.dot, _): return .none
    // `1. .x` and `1. ..2` would be read otherwise without the blank.
    case (.float, .dot), (.float, .range), (.float, .closedRange):
      return text(first).hasSuffix(".") ? .kept : .none
    case (_, .dot), (_, .range), (.range, _), (_, .closedRange), (.closedRange, _): return .none
    case (.assign, _), (_, .assign): return inside == .parentheses ? .none : .blank
    case (_, .colon): return .none
    case (.colon, _): return inside == .brackets || isInRange ? .none : .blank
    case (.fn, .leftParenthesis): return .none
    case (_, .leftParenthesis), (_, .leftBracket):
      guard isOperand else { return .blank }
      return first.kind == .name && Spacing.words.contains(text(first)) ? .kept : .none
    default: return .blank
    }
  }

  /// Notes that a word has been passed.
  mutating func pass(_ word: Word) {
    switch word.kind {
    case .range, .closedRange: isInRange = true
    case .comma, .semicolon, .assign, .leftBrace: isInRange = false
    default: if word.startsLine, inside == .statements { isInRange = false }
    }
  }

  /// Notes that the first word of a line was passed, before which stands nothing.
  mutating func passFirst(_ word: Word, after previous: Word?) {
    let isOperand = previous.map { $0.kind.endsOperand } ?? false
    isAfterPrefix = word.kind.maySign && (!isOperand || inside == .statements)
  }
}

extension Token.Kind {
  /// True for what an operator may follow.
  var endsOperand: Bool {
    switch self {
    case .name, .int, .float, .string, .brokenString, .true, .false, .nil, .`self`: true
    default: isCloser
    }
  }

  /// True for what stands before an operand as a sign, a spread or a decorator's mark.
  var maySign: Bool {
    switch self {
    case .minus, .plus, .tilde, .star, .doubleStar, .at, .ellipsis: true
    default: false
    }
  }
}
