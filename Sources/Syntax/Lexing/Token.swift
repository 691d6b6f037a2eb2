// The words of the language, as the lexer hands them to the parser.
//
// A token is sixteen bytes: kind, place, and whether it is the first of its line. Line ends are
// no tokens, because whether one ends a statement depends on what is open around it (language
// reference, §2), and only the parser knows a block's brace from a record's.

/// One word of a program with its place.
public struct Token: Sendable {
  /// What the word is.
  public var kind: Kind
  /// True if a line end stands between the token before and this one.
  public var startsLine: Bool
  /// Where the word stands.
  public var span: Span
  /// For an opening bracket the index of the token that closes it, for a string text its index
  /// in `TokenList.texts`; -1 for none.
  var link: Int32 = -1

  /// The kinds of words.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case end, name, int, float
    /// A string without interpolation, quotes included.
    case string
    /// The opening quote of a string with interpolation, its pieces, and the closing quote.
    case stringOpen, stringText, interpolationOpen, format, interpolationClose, stringClose
    /// A string whose mistake has been reported.
    case brokenString

    case `let`, fn, `if`, `else`, `for`, `in`, `while`, `break`, `continue`, `return`, with
    case `try`, `catch`, finally, `throw`, assert, and, or, not, `true`, `false`, `nil`, `self`

    case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
    case comma, semicolon, colon, dot, range, closedRange, ellipsis, assign, arrow, result, pipe,
      plus, minus
    case star, slash, doubleSlash, percent, doubleStar, at, ampersand, bar, tilde, equal
    case notEqual, less, lessEqual, greater, greaterEqual, plusAssign, minusAssign, starAssign
    case slashAssign, doubleSlashAssign, percentAssign, doubleStarAssign, atAssign
    case ampersandAssign, barAssign
  }

  /// The words that are never names.
  public static let keywords: [String: Kind] = {
    let kinds: [Kind] = [
      .let, .fn, .if, .else, .for, .in, .while, .break, .continue, .return, .with, .try, .catch,
      .finally, .throw, .assert, .and, .or, .not, .true, .false, .nil, .self,
    ]
    return Dictionary(uniqueKeysWithValues: kinds.map { ($0.spelling, $0) })
  }()

  /// Names that the grammar gives a meaning where a statement begins with them, and inside of one.
  public static let contextualKeywords = openingKeywords + ["as", "by"]

  /// Those that a statement begins with.
  public static let openingKeywords = [
    "model", "param", "buffer", "test", "extract", "recover", "import", "from",
  ]
}

extension Token.Kind {
  /// True for a keyword.
  public var isKeyword: Bool { rawValue >= Self.let.rawValue && rawValue <= Self.`self`.rawValue }

  /// True for what may begin an expression.
  var startsExpression: Bool {
    switch self {
    case .name, .int, .float, .string, .stringOpen, .brokenString, .fn, .if, .with, .try, .not,
      .true, .false, .nil, .`self`, .leftParenthesis, .leftBracket, .leftBrace, .minus, .plus,
      .tilde:
      true
    default: false
    }
  }

  /// True for what begins an expression and continues none.
  var startsOperand: Bool {
    switch self {
    case .name, .int, .float, .string, .stringOpen, .true, .false, .nil, .self: true
    default: false
    }
  }

  /// True for what promises that the statement goes on when it ends a line.
  var continuesLine: Bool {
    switch self {
    case .comma, .assign, .arrow, .pipe, .or, .and, .not, .in, .equal, .notEqual, .less,
      .lessEqual, .greater, .greaterEqual, .range, .closedRange, .plus, .minus, .bar, .star, .slash,
      .doubleSlash, .percent, .at, .ampersand, .tilde, .doubleStar, .dot, .plusAssign,
      .minusAssign, .starAssign, .slashAssign, .doubleSlashAssign, .percentAssign,
      .doubleStarAssign, .atAssign, .ampersandAssign, .barAssign:
      true
    default: false
    }
  }

  /// The bracket that closes this one, or nil.
  var closer: Token.Kind? {
    switch self {
    case .leftParenthesis: .rightParenthesis
    case .leftBracket: .rightBracket
    case .leftBrace: .rightBrace
    default: nil
    }
  }

  /// True for `)`, `]` and `}`.
  var isCloser: Bool {
    self == .rightParenthesis || self == .rightBracket || self == .rightBrace
  }

  /// How the word is written; in words where that varies.
  public var spelling: String {
    switch self {
    case .end: "the end of the program"
    case .name: "a name"
    case .int: "a whole number"
    case .float: "a number"
    case .string: "a string"
    case .stringOpen: "an opening quote"
    case .stringText: "text"
    case .interpolationOpen: "{ in a string"
    case .format: "a format"
    case .interpolationClose: "} in a string"
    case .stringClose: "a closing quote"
    case .brokenString: "a broken string"
    case .`let`: "let"
    case .fn: "fn"
    case .`if`: "if"
    case .`else`: "else"
    case .`for`: "for"
    case .`in`: "in"
    case .`while`: "while"
    case .`break`: "break"
    case .`continue`: "continue"
    case .`return`: "return"
    case .with: "with"
    case .`try`: "try"
    case .`catch`: "catch"
    case .finally: "finally"
    case .`throw`: "throw"
    case .assert: "assert"
    case .and: "and"
    case .or: "or"
    case .not: "not"
    case .`true`: "true"
    case .`false`: "false"
    case .`nil`: "nil"
    case .`self`: "self"
    case .leftParenthesis: "("
    case .rightParenthesis: ")"
    case .leftBracket: "["
    case .rightBracket: "]"
    case .leftBrace: "{"
    case .rightBrace: "}"
    case .comma: ","
    case .semicolon: ";"
    case .colon: ":"
    case .dot: "."
    case .range: ".."
    case .closedRange: "..="
    case .ellipsis: "..."
    case .assign: "="
    case .arrow: "=>"
    case .result: "->"
    case .pipe: "|>"
    case .plus: "+"
    case .minus: "-"
    case .star: "*"
    case .slash: "/"
    case .doubleSlash: "//"
    case .percent: "%"
    case .doubleStar: "**"
    case .at: "@"
    case .ampersand: "&"
    case .bar: "|"
    case .tilde: "~"
    case .equal: "=="
    case .notEqual: "!="
    case .less: "<"
    case .lessEqual: "<="
    case .greater: ">"
    case .greaterEqual: ">="
    case .plusAssign: "+="
    case .minusAssign: "-="
    case .starAssign: "*="
    case .slashAssign: "/="
    case .doubleSlashAssign: "//="
    case .percentAssign: "%="
    case .doubleStarAssign: "**="
    case .atAssign: "@="
    case .ampersandAssign: "&="
    case .barAssign: "|="
    }
  }
}

/// The words of one source, with the texts and the documentation they refer to.
public struct TokenList: Sendable {
  /// The words; the last one is `.end`.
  public var tokens: [Token] = []
  /// What was wrong with the spelling.
  public var diagnostics: [Diagnostic] = []
  /// The texts of strings and formats, escapes replaced.
  var texts: [String] = []
  /// The `##` lines directly above a token, by its index.
  var documentation: [Int: String] = [:]
  /// True if the text ends inside `"""`.
  var endsInText = false
}

extension Token {
  /// True for what can be the name of a variable.
  package static func isName(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, first.startsIdentifier, keywords[text] == nil else {
      return false
    }
    return scalars.allSatisfy(\.continuesIdentifier)
  }
}
