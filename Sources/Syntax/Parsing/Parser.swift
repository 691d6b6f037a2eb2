// Words to tree: recursive descent, with precedence climbing for the operators.
//
// Invariants. A parse function leaves `position` on the first word it did not use. A mistake is
// reported where it is found and then either repaired on the spot (a comma is assumed, `&&` is
// read as `and`) or thrown as `Abandoned`, which the nearest list of statements catches: it
// skips to where the next statement begins, so that one mistake is one diagnostic and all
// mistakes of a program come in one go.
//
// `linesEnd` is the newline rule of §2: true between the braces of a block and at the top level,
// false inside every other bracket. Where it is true, a word that starts a line ends the
// statement before it, unless it is `.`, `|>`, `else`, `catch` or `finally`.
//
// Two bounds keep every tree shallow, so that making it, walking it and freeing it stay within
// half a megabyte of stack (two in a debug build): `maximumDepth` for what nests,
// `maximumLinks` for what grows to the left.

/// A tree with what was wrong with the text.
public struct ParseResult: Sendable {
  /// The tree; where a mistake was, an `.error` node.
  public var program: Program
  /// The mistakes, in the order of the text.
  public var diagnostics: [Diagnostic]
  /// True if the text has no mistake but that it stops too early: a bracket or text is open, or
  /// the last line promises another one.
  public var isIncomplete: Bool
  /// The words that open a block or the body of a model, by their indexes; other braces open records.
  var blockBraces: Set<Int>
}

/// The tree of a source, with all mistakes found in it.
public func parse(_ source: Source) -> ParseResult {
  var parser = Parser(source)
  let statements = parser.parseProgram()
  return ParseResult(
    program: Program(source: source, statements: statements),
    diagnostics: parser.sortedDiagnostics, isIncomplete: parser.isIncomplete,
    blockBraces: parser.blockBraces)
}

struct Parser {
  /// Thrown after a mistake has been reported.
  struct Abandoned: Error {}

  /// How deep brackets, blocks and right-hand sides may nest: deeper than people write. A level
  /// takes 3 kB of stack in a release build and 12 kB in a debug build.
  static let maximumDepth = 100
  /// How many operators, calls, fields and signs may follow each other into the depth of one
  /// expression, as in `a + b + c` or `a.b.c`; freeing such a chain recurses.
  static let maximumLinks = 1_000
  /// A text with more mistakes than this is no program.
  private static let maximumDiagnostics = 100

  let source: Source
  private let tokens: [Token]
  private let texts: [String]
  private let documentation: [Int: String]
  private let lexicalDiagnostics: [Diagnostic]
  private let endsInText: Bool

  private(set) var position = 0
  private var diagnostics: [Diagnostic] = []
  private(set) var isIncomplete = false
  /// True once a bound was passed and the rest of the text is skipped.
  private var isStopped = false

  var linesEnd = true
  /// The brackets that are open, as indexes of their tokens.
  private var openers: [Int] = []
  /// Those of blocks and of models' bodies, open or not.
  private(set) var blockBraces: Set<Int> = []
  private var depth = 0
  /// The longest chain of links in what has been parsed of the current expression.
  var links = 0

  init(_ source: Source) {
    self.source = source
    let list = tokenize(source)
    tokens = list.tokens
    texts = list.texts
    documentation = list.documentation
    lexicalDiagnostics = list.diagnostics
    endsInText = list.endsInText
    isIncomplete = endsInText && list.diagnostics.count == 1
  }

  /// `program := lines`
  mutating func parseProgram() -> [Statement] {
    var statements: [Statement] = []
    while true {
      statements += parseLines { parser in parser.parseStatementOrSkip() }
      guard !isAtEnd else { return statements }
      reportUnmatched()
    }
  }

  /// Reports a closing bracket that closes nothing, and passes over it.
  private mutating func reportUnmatched() {
    _ = fail(
      "unmatched \(token.kind.spelling)", at: token.span, hint: "nothing is open here to close")
    advance()
  }

  /// The mistakes of words and of grammar together, in the order of the text, and what is not seen in it.
  var sortedDiagnostics: [Diagnostic] {
    let known = lexicalDiagnostics.prefix(Parser.maximumDiagnostics)
    let mistaken = Set(known.compactMap { $0.primary?.span.start })
    let hidden = source.hiddenCharacters.prefix(Parser.maximumDiagnostics).filter {
      $0.primary.map { !mistaken.contains($0.span.start) } ?? false
    }
    let all = known + hidden + diagnostics
    return all.sorted { ($0.primary?.span.start ?? 0) < ($1.primary?.span.start ?? 0) }
  }

  // MARK: Words

  var token: Token { tokens[position] }

  var isAtEnd: Bool { token.kind == .end }

  /// The word after the current one.
  var next: Token { tokens[min(position + 1, tokens.count - 1)] }

  /// True if the current word stands on a new line that ends the statement.
  var isAtLineEnd: Bool { linesEnd && token.startsLine }

  /// The end of the last word that was used.
  var previousEnd: Int { position > 0 ? Int(tokens[position - 1].span.end) : 0 }

  /// The kind of the last word that was passed.
  var previousKind: Token.Kind? { position > 0 ? tokens[position - 1].kind : nil }

  mutating func advance() {
    if position < tokens.count - 1 { position += 1 }
  }

  /// Passes over a word of that kind, or says that there is none.
  mutating func take(_ kind: Token.Kind) -> Bool {
    guard token.kind == kind else { return false }
    advance()
    return true
  }

  /// Passes over a word of that kind, or fails.
  mutating func expect(_ kind: Token.Kind, _ purpose: String) throws(Abandoned) {
    if !take(kind) { throw unexpected("\(kind.spelling) \(purpose)") }
  }

  /// True if the current word is that contextual keyword.
  func isWord(_ word: String) -> Bool { isWord(word, token) }

  func isWord(_ word: String, _ token: Token) -> Bool {
    token.kind == .name && Int(token.span.end - token.span.start) == word.utf8.count
      && source.utf8[Int(token.span.start)..<Int(token.span.end)].elementsEqual(word.utf8)
  }

  /// The word so many places on.
  func peek(_ distance: Int) -> Token { tokens[min(position + distance, tokens.count - 1)] }

  /// The word after the bracket that closes the one at the current word, if it is closed.
  var afterClosing: Token? {
    let link = Int(token.link)
    return link > position ? tokens[min(link + 1, tokens.count - 1)] : nil
  }

  /// The word after the bracket that closes the one after the current word, if it is closed.
  var afterOpening: Token? {
    let opener = token.kind == .leftParenthesis ? token : next
    let place = token.kind == .leftParenthesis ? position : position + 1
    let link = Int(opener.link)
    return link > place ? tokens[min(link + 1, tokens.count - 1)] : nil
  }

  /// True if white space stands before the word after the current one.
  var isSpaceNext: Bool { next.span.start > token.span.end }

  func text(_ token: Token) -> String { source.text(of: token.span) }

  /// A number's text without its `_`.
  func digits(_ token: Token) -> String {
    let bytes = source.utf8[Int(token.span.start)..<Int(token.span.end)]
    return String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
  }

  /// The text of a string or format, escapes replaced.
  func literalText(_ token: Token) -> String {
    token.link >= 0 && Int(token.link) < texts.count ? texts[Int(token.link)] : ""
  }

  /// The place from a word to the last one used.
  func span(from start: Int) -> Span {
    Span(start, max(start, previousEnd))
  }

  var start: Int { Int(token.span.start) }

  var currentDocumentation: String? { documentation[position] }

  // MARK: Brackets and depth

  /// Passes over the opening bracket at the current word.
  mutating func open() {
    openers.append(position)
    advance()
  }

  /// Passes over the brace at the current word, which opens a block.
  mutating func openBlock() {
    blockBraces.insert(position)
    open()
  }

  /// Passes over the bracket that closes the innermost open one, or fails.
  mutating func close() throws(Abandoned) {
    guard let opener = openers.last, let closer = tokens[opener].kind.closer else { return }
    guard token.kind != closer else {
      openers.removeLast()
      return advance()
    }
    let bracket = tokens[opener].kind.spelling
    let opened = Diagnostic.Label(
      source: source, span: tokens[opener].span, text: "\(bracket) opened here")
    if isAtEnd || token.startsLine {
      throw fail(
        "\(bracket) is not closed", at: Span(previousEnd, previousEnd),
        label: "expected \(closer.spelling)", hint: "close it with \(closer.spelling)",
        secondary: [opened])
    }
    throw fail(
      "expected \(closer.spelling), found \(described(token))", at: token.span,
      hint: closingHint(closer), secondary: [opened])
  }

  /// What was probably meant by the word that stands where a bracket should be closed.
  private func closingHint(_ closer: Token.Kind) -> String {
    switch token.kind {
    case .if: Parser.choiceHint
    case .for where closer == .rightBrace:
      "a record of computed keys is written record(list((key, value) for … in …))"
    case .assign: "a comparison is written =="
    default: "close it with \(closer.spelling), or separate what follows by ,"
    }
  }

  /// Counts one more level of nesting; `leave` takes it back.
  mutating func enter() throws(Abandoned) {
    depth += 1
    guard depth > Parser.maximumDepth else { return }
    throw stop(
      "this is nested more than \(Parser.maximumDepth) levels deep",
      hint: "name a part of it with let, or move a part into a function")
  }

  mutating func leave() { depth -= 1 }

  /// Counts one more link of a chain.
  mutating func link() throws(Abandoned) {
    links += 1
    guard links > Parser.maximumLinks else { return }
    throw stop(
      "this expression is a chain of more than \(Parser.maximumLinks) operations",
      hint: "name a part of it with let, or collect the parts in a list and use sum")
  }

  /// Reports that a bound was passed, and skips the rest of the text.
  private mutating func stop(_ message: String, hint: String) -> Abandoned {
    let reported = fail(message, at: token.span, hint: hint)
    isStopped = true
    isIncomplete = false
    position = tokens.count - 1
    return reported
  }

  // MARK: Mistakes

  /// Reports a mistake. A second one at the same word follows from the first and is left out.
  mutating func fail(
    _ message: String, at span: Span, label: String? = nil, hint: String? = nil,
    secondary: [Diagnostic.Label] = []
  ) -> Abandoned {
    guard !isStopped, diagnostics.last?.primary?.span.start != span.start else {
      return Abandoned()
    }
    if isAtEnd, diagnostics.isEmpty, lexicalDiagnostics.isEmpty { isIncomplete = expectsMore }
    diagnostics.append(
      Diagnostic(
        kind: .syntax, message, at: .init(source: source, span: span, text: label),
        secondary: secondary, hint: hint))
    if diagnostics.count >= Parser.maximumDiagnostics {
      isStopped = true
      position = tokens.count - 1
    }
    return Abandoned()
  }

  /// Reports that something else was expected at the current word.
  mutating func unexpected(_ expectation: String, hint: String? = nil) -> Abandoned {
    // The lexer has said what is wrong with it.
    if token.kind == .brokenString { return Abandoned() }
    if isAtEnd {
      return fail(
        "expected \(expectation), but the program ends here", at: Span(previousEnd, previousEnd),
        hint: hint)
    }
    return fail("expected \(expectation), found \(described(token))", at: token.span, hint: hint)
  }

  /// True if the text ends where more was promised: inside a bracket, after an operator, or
  /// before what may stand on a line of its own.
  private var expectsMore: Bool {
    guard openers.isEmpty, position > 0 else { return position > 0 }
    return tokens[position - 1].kind.continuesLine || awaitsLine
  }

  /// What the statement that is being parsed declares, once its name is known.
  var declared: Pattern?

  /// True where Python's `None` behind `is` stands for `nil`.
  var isNone = false

  /// True while a declaration after decorators, or a `catch`, is looked for.
  var awaitsLine = false

  /// A word as messages show it.
  func described(_ token: Token) -> String {
    switch token.kind {
    case .end: "the end of the program"
    case .name, .int, .float: text(token)
    case .string, .stringOpen, .brokenString: "a string"
    case .interpolationClose: "}"
    default: token.kind.spelling
    }
  }

  // MARK: Lines

  /// `lines := { item ( line end | ";" ) }`, up to a closing bracket or the end.
  ///
  /// `parse` gives nil for an item that was skipped.
  mutating func parseLines<Item>(_ parse: (inout Parser) -> Item?) -> [Item] {
    let lines = linesEnd
    linesEnd = true
    defer { linesEnd = lines }
    var items: [Item] = []
    while true {
      while take(.semicolon) {}
      guard !isAtEnd, !token.kind.isCloser else { return items }
      let before = position
      if let item = parse(&self) {
        items.append(item)
        if !isAtEnd, !token.startsLine, token.kind != .semicolon, token.kind != .rightBrace {
          reportRestOfLine()
        }
      }
      if position == before { advance() }
    }
  }

  /// Runs a parse function, and after a mistake skips to where the next item begins.
  mutating func attempt<Item>(_ parse: (inout Parser) throws(Abandoned) -> Item) -> Item? {
    let first = position
    let height = openers.count
    let level = depth
    let chain = links
    links = 0
    defer { links = max(chain, links) }
    do {
      return try parse(&self)
    } catch {
      depth = level
      links = 0
      linesEnd = true
      awaitsLine = false
      // A word that cannot begin an item is passed over with the rest of its line.
      if position == first, !token.kind.isCloser { advance() }
      skipToNextItem(openHeight: height)
      return nil
    }
  }

  /// Skips to the next line that can begin an item, or to the `}` of the block around.
  ///
  /// Brackets that the broken item left open are skipped with their contents if they are closed
  /// further on, unless a new line begins with a word that only begins statements.
  private mutating func skipToNextItem(openHeight: Int) {
    while !isAtEnd {
      if token.startsLine, Parser.startsStatement(token.kind) { break }
      guard openers.count > openHeight else { break }
      let closer = Int(tokens[openers[openHeight]].link)
      openers.removeLast(openers.count - openHeight)
      guard closer >= position else { break }
      if let place = statementStart(before: closer) {
        position = place
        break
      }
      position = closer + 1
    }
    openers.removeLast(max(0, openers.count - openHeight))
    skipRestOfLine()
  }

  /// Skips to the next line, the next `;` or the `}` of the block around.
  mutating func skipRestOfLine() {
    while !isAtEnd, !token.startsLine, token.kind != .semicolon, token.kind != .rightBrace {
      position = token.link > position ? Int(token.link) + 1 : position + 1
    }
  }

  /// The first line before a token that begins with a word that only begins statements, outside
  /// of blocks, which keep their own lines.
  private func statementStart(before closer: Int) -> Int? {
    var place = position
    while place < closer {
      let token = tokens[place]
      if token.startsLine, Parser.startsStatement(token.kind) { return place }
      place = token.link > place && token.kind.closer != nil ? Int(token.link) + 1 : place + 1
    }
    return nil
  }

  /// The words that begin a statement and nothing else.
  static func startsStatement(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .let, .while, .break, .continue, .return, .throw, .assert: true
    default: false
    }
  }

  /// Reports what stands between the end of a statement and the end of its line.
  private mutating func reportRestOfLine() {
    if token.kind.isCloser {
      reportUnmatched()
      return skipToNextItem(openHeight: openers.count)
    }
    let word = text(token)
    let hint: String? =
      switch token.kind {
      case .assign: "a comparison is written =="
      case .if: Parser.choiceHint
      case .comma:
        isGroupedNumber
          ? "digits are grouped by _, 1_000" : "several values stand in parentheses, (a, b)"
      case .colon:
        isKeyed
          ? "keys are names or texts, {a: 1, \"b\": 2}, and a record behind => stands in parentheses"
          : "a block stands in braces, { … }"
      case .leftBrace: "a block begins after if, for, while, with, fn or =>"
      case .result: "an anonymous function is written x => …"
      case .fn: "each function and method stands on a line of its own"
      case .name, .string, .int, .float:
        "a new statement begins on a new line, and a call has parentheses"
      case .else, .catch, .finally:
        "\(word) follows the } of \(word == "else" ? "an if" : "a try") directly"
      default: nil
      }
    _ = fail(
      "expected a new line or ; before \(described(token))", at: token.span,
      hint: foreignWordHint ?? hint)
    skipToNextItem(openHeight: openers.count)
  }

  /// True at the comma of `1,000`.
  private var isGroupedNumber: Bool {
    position > 0 && tokens[position - 1].kind == .int && next.kind == .int && !isSpaceNext
      && next.span.end - next.span.start == 3
  }

  /// True at the colon behind what would be the first key of a record.
  private var isKeyed: Bool { position > 1 && tokens[position - 2].kind == .leftBrace }

  /// What to write for Python's `a if c else b`.
  private static let choiceHint = "a choice is written if c { a } else { b }"

  /// A hint if the statement before began with another language's word, as in `var x = 1`.
  private var foreignWordHint: String? {
    guard position > 0 else { return nil }
    return ForeignSyntax.words[text(tokens[position - 1])]
  }
}
