// Statements and declarations. The grammar rule of each stands above its function.

extension Parser {
  /// A statement, or an `.error` node for one that had to be skipped. What a broken declaration
  /// was to declare is kept, so that its uses are no mistakes.
  mutating func parseStatementOrSkip() -> Statement? {
    let first = start
    let outer = declared
    declared = nil
    defer { declared = outer }
    if let statement = attempt({ parser throws(Abandoned) in try parser.parseStatement() }) {
      return statement
    }
    let place = span(from: first)
    guard let declared else { return Statement(.error, place) }
    return Statement(.let(declared, Expression(.error, place), documentation: nil), place)
  }

  /// `statement := let | fn | model | for | while | break | continue | return | throw | assert
  /// | test | import | assignment | expression`
  private mutating func parseStatement() throws(Abandoned) -> Statement {
    let first = start
    let kind = try parseStatementKind()
    return Statement(kind, span(from: first))
  }

  private mutating func parseStatementKind() throws(Abandoned) -> Statement.Kind {
    let documentation = currentDocumentation
    switch token.kind {
    case .let: return try parseLet(documentation)
    case .at: return try parseDecorated(documentation)
    case .fn where next.kind == .name:
      return .function(try parseFunction(documentation), decorators: [])
    case .for: return try parseFor()
    case .while: return try parseWhile()
    case .break:
      advance()
      return .break
    case .continue:
      advance()
      return .continue
    case .return: return try parseReturn()
    case .throw:
      advance()
      return .throw(try parseExpression())
    case .assert: return try parseAssert()
    case .name where !next.startsLine: return try parseNamed(documentation)
    case .else, .catch, .finally: throw unexpectedContinuation()
    default: return try parseExpressionStatement()
    }
  }

  /// The statements that begin with a contextual keyword; other languages' words on the way.
  private mutating func parseNamed(_ documentation: String?) throws(Abandoned) -> Statement.Kind {
    switch (text(token), next.kind) {
    case ("model", .name): return .model(try parseModel(documentation), decorators: [])
    case ("test", .string): return try parseTest()
    case ("import", .name), ("import", .string): return try parseImport()
    case ("from", .name), ("from", .string): return try parseFromImport()
    case ("param", .name), ("buffer", .name):
      throw fail(
        "\(text(token)) fields stand directly in a model", at: token.span,
        hint: "elsewhere write let \(text(next)) = "
          + (isWord("param") ? "param(…)" : "…"))
    case ("def", .name), ("func", .name), ("function", .name):
      _ = fail(
        "\(text(token)) is not a word of Mos", at: token.span,
        hint: "a function is declared with fn")
      return .function(try parseFunction(documentation), decorators: [])
    default: break
    }
    if let hint = ForeignSyntax.words[text(token)], beginsForeignStatement {
      let reported = fail(
        "\(text(token)) is not a word of Mos", at: token.span, hint: hint)
      guard hint.hasSuffix("let"), next.kind == .name else {
        skipForeignBlock()
        throw reported
      }
      return try parseLet(documentation)
    }
    if next.kind.startsOperand, !isCommandStart, !isWord("is", next), !isWord("lambda") {
      throw callWithoutParentheses()
    }
    return try parseExpressionStatement()
  }

  /// Passes over the lines of a block that is written by indentation below a foreign word.
  private mutating func skipForeignBlock() {
    let header = token
    advance()
    skipRestOfLine()
    if previousKind == .colon { skipIndentedLines(below: header) }
  }

  /// True where the word at the current place can be no name, since what follows it continues no expression.
  private var beginsForeignStatement: Bool {
    switch next.kind {
    case .name, .int, .float, .string, .stringOpen, .true, .false, .nil, .self, .leftBrace, .fn:
      true
    case .leftParenthesis: afterOpening?.kind == .leftBrace
    case .colon: true
    default: false
    }
  }

  /// `print x`, where a call is meant.
  private mutating func callWithoutParentheses() -> Abandoned {
    let name = text(token)
    let rest = source.text(of: Span(Int(next.span.start), lineEnd(from: Int(next.span.start))))
    return fail(
      "expected a new line or ; before \(described(next))", at: next.span,
      hint: rest.count <= 40 && !rest.contains(where: { "#{};".contains($0) })
        ? "a call has parentheses: \(name)(\(rest))" : "a call has parentheses: \(name)(…)")
  }

  /// Where the line of an offset ends, but for white space.
  private func lineEnd(from offset: Int) -> Int {
    var end = offset
    while end < source.utf8.count, source.utf8[end] != UInt8(ascii: "\n") { end += 1 }
    while end > offset, source.utf8[end - 1] <= UInt8(ascii: " ") { end -= 1 }
    return end
  }

  private mutating func unexpectedContinuation() -> Abandoned {
    let opener = token.kind == .else ? "if" : "try"
    return fail(
      "\(token.kind.spelling) without \(opener)", at: token.span,
      hint: "it follows the } of \(opener == "if" ? "an if" : "a try") directly")
  }

  // MARK: Declarations and assignments

  /// `let := "let" pattern "=" expression`
  private mutating func parseLet(_ documentation: String?) throws(Abandoned) -> Statement.Kind {
    advance()
    if isWord("mut") || isWord("var") || isWord("const"), next.kind == .name, !next.startsLine {
      _ = fail(
        "\(text(token)) is not a word of Mos", at: token.span,
        hint: "every variable may be assigned: write let \(text(next))")
      advance()
    }
    let pattern = try parsePattern(bare: false)
    declared = pattern
    let value = try parseInitialValue(of: "let")
    return .let(pattern, value, documentation: documentation)
  }

  /// `"=" expression` after the name that is declared
  private mutating func parseInitialValue(of keyword: String) throws(Abandoned) -> Expression {
    if token.kind == .colon {
      throw fail(
        "a variable takes no annotation", at: token.span,
        hint: "annotations stand on the parameters of functions")
    }
    guard token.kind == .assign, !isAtLineEnd else {
      if token.kind == .comma {
        throw unexpected("=", hint: "several names stand in parentheses, \(keyword) (a, b) = …")
      }
      if !isAtEnd, !isAtLineEnd, token.kind != .semicolon, !token.kind.isCloser {
        throw unexpected(
          "= after the name",
          hint: token.kind == .equal ? "a value is given by =, and == compares" : nil)
      }
      throw fail(
        "\(keyword) needs a value", at: Span(previousEnd, previousEnd), label: "expected =",
        hint: "write = nil where there is none yet")
    }
    advance()
    if token.kind == .leftBrace, next.kind == .name, peek(2).kind == .assign, !peek(3).startsLine,
      peek(4).kind == .rightBrace || peek(4).kind == .comma
    {
      throw fail(
        "a key and its value have a : between them, not =", at: peek(2).span,
        hint:
          "a record is written {\(text(next)): \(text(peek(3)))\(peek(4).kind == .comma ? ", …" : "")}"
      )
    }
    return try parseAssigned()
  }

  /// The expression behind `=`, which is no assignment itself.
  private mutating func parseAssigned() throws(Abandoned) -> Expression {
    let value = try parseExpression()
    guard token.kind == .assign, !isAtLineEnd, case .name(let name) = value.kind else {
      return value
    }
    throw fail(
      "an assignment has no value", at: token.span,
      hint: "assign each variable by itself: \(name) first, then what takes its value")
  }

  /// `a, b = 1, 2`: fails where names with commas between them stand before `=`.
  private mutating func checkBareNames(_ first: Expression) throws(Abandoned) {
    guard token.kind == .comma, case .name(let name) = first.kind else { return }
    var names = [Identifier(name, first.span)]
    var distance = 0
    while peek(distance).kind == .comma, peek(distance + 1).kind == .name,
      !peek(distance + 1).startsLine
    {
      let word = peek(distance + 1)
      names.append(Identifier(text(word), word.span))
      distance += 2
    }
    guard distance > 0, peek(distance).kind == .assign else { return }
    declared = .list(names.map(Pattern.name), rest: nil, span: first.span)
    let value = source.text(
      of: Span(Int(peek(distance).span.end), lineEnd(from: Int(peek(distance).span.end)))
    ).drop { $0 == " " }
    let isShort = value.count <= 40 && !value.contains { "#;{}".contains($0) }
    let isList = value.contains(",") && !value.contains("(")
    throw fail(
      "several names stand in parentheses", at: token.span,
      hint: "write (\(names.map(\.name).joined(separator: ", "))) = "
        + (isShort ? isList ? "(\(value))" : String(value) : "…") + ", and let before new names")
  }

  private static func update(_ kind: Token.Kind) -> BinaryOperator? {
    switch kind {
    case .plusAssign: .add
    case .minusAssign: .subtract
    case .starAssign: .multiply
    case .slashAssign: .divide
    case .doubleSlashAssign: .floorDivide
    case .percentAssign: .remainder
    case .doubleStarAssign: .power
    case .atAssign: .matmul
    case .ampersandAssign: .bitAnd
    case .barAssign: .bitOr
    default: nil
    }
  }

  /// `assignment := place ( "=" | "+=" | … ) expression`
  private mutating func parseExpressionStatement() throws(Abandoned) -> Statement.Kind {
    if token.kind == .plus || token.kind == .minus, next.kind == token.kind,
      next.span.start == token.span.end, peek(2).kind == .name,
      peek(3).startsLine || peek(3).kind == .end || peek(3).kind == .semicolon
    {
      throw fail(
        "\(token.kind.spelling)\(token.kind.spelling) is not an operator",
        at: token.span.union(next.span),
        hint: "write \(text(peek(2))) \(token.kind.spelling)= 1")
    }
    let value = try parseExpression()
    if isAtLineEnd { return .expression(value) }
    try checkBareNames(value)
    if token.kind == .assign {
      if value.isRecord { throw recordAsTarget(value) }
      try checkPlace(value, isUpdate: false)
      advance()
      return .assign(value, try parseAssigned())
    }
    if let operation = Parser.update(token.kind) {
      try checkPlace(value, isUpdate: true)
      advance()
      return .update(value, operation, try parseExpression())
    }
    return .expression(value)
  }

  private mutating func recordAsTarget(_ value: Expression) -> Abandoned {
    fail(
      "a record is taken apart by let alone", at: value.span,
      hint: "write let \(source.text(of: value.span)) = …")
  }

  /// `place := name | postfix "." name | postfix "[" index "]" | "(" place { "," place } ")"`
  private mutating func checkPlace(_ value: Expression, isUpdate: Bool) throws(Abandoned) {
    switch value.kind {
    case .name, .field, .index, .error: return
    case .list(let elements) where !isUpdate && !elements.isEmpty:
      for element in elements { try checkPlace(element, isUpdate: false) }
    default:
      throw fail(
        "\(value.kindInWords) cannot be assigned to", at: value.span,
        hint: value.assignmentHint)
    }
  }

  /// `decorated := { "@" postfix } ( fn | model )`
  private mutating func parseDecorated(
    _ documentation: String?
  ) throws(Abandoned) -> Statement.Kind {
    let (decorators, documentation) = try parseDecorators(documentation)
    if token.kind == .fn {
      return .function(try parseFunction(documentation), decorators: decorators)
    }
    if isWord("model") {
      return .model(try parseModel(documentation), decorators: decorators)
    }
    throw unexpected(
      "fn or model after a decorator", hint: "a decorator is a function: write let g = decorator(f)"
    )
  }

  /// The decorators, outermost first, with the documentation above or below them.
  private mutating func parseDecorators(
    _ documentation: String?
  ) throws(Abandoned) -> (decorators: [Expression], documentation: String?) {
    var decorators: [Expression] = []
    awaitsLine = true
    while take(.at) { decorators.append(try parseExpression()) }
    guard !isAtEnd else { throw unexpected("fn or model after a decorator") }
    awaitsLine = false
    return (decorators, documentation ?? currentDocumentation)
  }

  /// `fn := "fn" name "(" parameters ")" [ "->" annotation ] block`
  private mutating func parseFunction(_ documentation: String?) throws(Abandoned) -> Function {
    let first = start
    advance()
    let name = try parseIdentifier("a name after fn")
    declared = .name(name)
    guard token.kind == .leftParenthesis, !isAtLineEnd else {
      throw unexpected("( and the parameters of \(name.name)")
    }
    return try parseSignatureAndBody(name: name, first: first, documentation: documentation)
  }

  /// `"(" parameters ")" [ "->" annotation ] block`
  mutating func parseSignatureAndBody(
    name: Identifier?, first: Int, documentation: String?
  ) throws(Abandoned) -> Function {
    let parameters = try parseParameters()
    let result = take(.result) ? try parseAnnotation() : nil
    if token.kind == .arrow {
      _ = fail(
        "a function declared with fn has a block, not =>", at: token.span,
        hint: "write fn \(name?.name ?? "")(…) { … }")
      advance()
      if token.kind != .leftBrace {
        let value = try parseExpression()
        return Function(
          name: name, parameters: parameters, result: result, body: Block([], value.span),
          documentation: documentation, span: span(from: first))
      }
    }
    let body = try parseBlock()
    return Function(
      name: name, parameters: parameters, result: result, body: body,
      documentation: documentation, span: span(from: first))
  }

  /// `parameters := "(" [ parameter { "," parameter } [ "," ] ] ")"`
  mutating func parseParameters() throws(Abandoned) -> [Parameter] {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    open()
    var parameters: [Parameter] = []
    while token.kind != .rightParenthesis {
      parameters.append(try parseParameter(after: parameters))
      guard takeSeparator(before: .rightParenthesis) else { break }
    }
    try close()
    return parameters
  }

  /// `parameter := pattern [ ":" annotation ] [ "=" expression ] | "*" name | "**" name`
  private mutating func parseParameter(
    after earlier: [Parameter]
  ) throws(Abandoned) -> Parameter {
    let first = start
    if token.kind == .self {
      throw unexpected(
        "a name", hint: "methods have self without declaring it: leave it out")
    }
    if token.kind == .name, next.kind == .dot {
      throw unexpected(
        "a name", hint: "a model extends no other: hold one in a field and call it")
    }
    let kind: Parameter.Kind =
      token.kind == .star ? .restList : token.kind == .doubleStar ? .restRecord : .plain
    guard kind == .plain else {
      advance()
      let name = try parseIdentifier("a name for the rest of the arguments")
      if earlier.contains(where: { $0.kind == kind }) {
        _ = fail(
          "a function collects its rest once", at: span(from: first),
          hint: "one *rest takes all further positional arguments, one **options all named ones")
      }
      return Parameter(kind: kind, pattern: .name(name), span: span(from: first))
    }
    let pattern = try parsePattern(bare: false)
    let annotation = take(.colon) ? try parseAnnotation() : nil
    let defaultValue = take(.assign) ? try parseExpression() : nil
    if let last = earlier.last {
      if last.kind == .restRecord {
        _ = fail("nothing follows the ** of a declaration", at: span(from: first))
      } else if last.kind == .plain, last.defaultValue != nil, defaultValue == nil {
        _ = fail(
          "a parameter without a default follows one that has one", at: span(from: first),
          hint: "move it before those with defaults, or give it one",
          secondary: [.init(source: source, span: last.span, text: "has a default")])
      }
    }
    return Parameter(
      pattern: pattern, annotation: annotation, defaultValue: defaultValue,
      span: span(from: first))
  }

  private static let dtypes: Set<String> = ["f64", "f32", "i64", "bool"]

  /// `annotation := [ name ] "[" [ axis { "," axis } ] "]" | name`
  private mutating func parseAnnotation() throws(Abandoned) -> Annotation {
    let first = start
    var dtype: String?
    if token.kind == .name || token.kind == .nil {
      let name = text(token)
      advance()
      guard Parser.dtypes.contains(name) else {
        return Annotation(.type(name), span(from: first))
      }
      dtype = name
    }
    guard token.kind == .leftBracket else {
      if dtype == nil {
        throw unexpected("a shape or a type", hint: "annotations are f64[n, d], [n] or Float")
      }
      return Annotation(.tensor(dtype: dtype, axes: nil), span(from: first))
    }
    let axes = try parseAxes()
    return Annotation(.tensor(dtype: dtype, axes: axes), span(from: first))
  }

  /// `axes := "[" [ axis { "," axis } [ "," ] ] "]"`; `axis := name | int | "..."`
  private mutating func parseAxes() throws(Abandoned) -> [Annotation.Axis] {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    open()
    var axes: [Annotation.Axis] = []
    while token.kind != .rightBracket {
      switch token.kind {
      case .name: axes.append(.name(text(token)))
      case .int: axes.append(.size(Int(written: digits(token)) ?? Int.max))
      case .ellipsis: axes.append(.ellipsis)
      default: throw unexpected("a name, a number or ... as the axis of a shape")
      }
      advance()
      guard takeSeparator(before: .rightBracket) else { break }
    }
    try close()
    return axes
  }

  // MARK: Patterns

  /// A name that is declared.
  mutating func parseIdentifier(_ purpose: String) throws(Abandoned) -> Identifier {
    guard token.kind == .name, !isAtLineEnd else {
      let isTaken = token.kind.isKeyword && !isAtLineEnd
      throw unexpected(
        purpose,
        hint: isTaken
          ? "\(text(token)) is a keyword and cannot be a name"
          : token.kind == .string ? "write the name without quotes" : nil)
    }
    defer { advance() }
    return Identifier(text(token), token.span)
  }

  /// `pattern := name | "(" pattern { "," pattern } [ "," "*" name ] ")" | "{" fields "}"`
  ///
  /// After `for`, where Python has no parentheses, `bare` adds the hint to write them.
  mutating func parsePattern(bare: Bool) throws(Abandoned) -> Pattern {
    try enter()
    defer { leave() }
    switch token.kind {
    case .leftParenthesis where !isAtLineEnd: return try parseListPattern()
    case .leftBrace where !isAtLineEnd: return try parseRecordPattern()
    default:
      let name = try parseIdentifier("a name")
      if bare, token.kind == .comma {
        throw fail(
          "expected in, found ,", at: token.span,
          hint: "several names stand in parentheses, for (a, b) in …")
      }
      return .name(name)
    }
  }

  private mutating func parseListPattern() throws(Abandoned) -> Pattern {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let first = start
    open()
    var patterns: [Pattern] = []
    var rest: Identifier?
    var isList = token.kind == .rightParenthesis
    while token.kind != .rightParenthesis {
      if token.kind == .star {
        advance()
        rest = try parseIdentifier("a name for the rest after *")
        isList = true
        _ = take(.comma)
        break
      }
      patterns.append(try parsePattern(bare: false))
      if token.kind == .comma { isList = true }
      guard takeSeparator(before: .rightParenthesis) else { break }
    }
    try close()
    if !isList, let only = patterns.first { return only }
    return .list(patterns, rest: rest, span: span(from: first))
  }

  /// `fields := key [ ":" pattern ] { "," key [ ":" pattern ] } [ "," ]`
  private mutating func parseRecordPattern() throws(Abandoned) -> Pattern {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let first = start
    open()
    var fields: [(key: Identifier, pattern: Pattern)] = []
    while token.kind != .rightBrace {
      let word = token.kind
      guard let key = takeKey() else {
        throw unexpected("the key of a field", hint: "write let {a, b} = record, or {a: name}")
      }
      if take(.colon) {
        fields.append((key, try parsePattern(bare: false)))
      } else if word == .name {
        fields.append((key, .name(key)))
      } else {
        throw unexpected(": and a name after the key \(key.name)")
      }
      guard takeSeparator(before: .rightBrace) else { break }
    }
    try close()
    return .record(fields, span: span(from: first))
  }

  // MARK: Models

  /// `model := "model" name [ "(" parameters ")" ] "{" { field | method } "}"`
  private mutating func parseModel(_ documentation: String?) throws(Abandoned) -> Model {
    let first = start
    advance()
    let name = try parseIdentifier("a name after model")
    declared = .name(name)
    let parameters =
      token.kind == .leftParenthesis && !isAtLineEnd ? try parseParameters() : []
    try expectBlock()
    try enter()
    defer { leave() }
    openBlock()
    let members = parseLines { parser in parser.parseMemberOrSkip() }
    try close()
    return Model(
      name: name, parameters: parameters, members: members, documentation: documentation,
      span: span(from: first))
  }

  /// A member, or what is known of a broken field.
  private mutating func parseMemberOrSkip() -> Model.Member? {
    let first = start
    let kind = Model.FieldKind(rawValue: text(token))
    let outer = declared
    declared = nil
    defer { declared = outer }
    if let member = attempt({ parser throws(Abandoned) in try parser.parseMember() }) {
      return member
    }
    guard let declared else { return nil }
    let place = span(from: first)
    return .field(
      kind ?? .let, declared, Expression(.error, place), documentation: nil, span: place)
  }

  /// `member := ( "param" | "buffer" | "let" ) pattern "=" expression | { "@" postfix } fn`
  private mutating func parseMember() throws(Abandoned) -> Model.Member {
    let first = start
    let documentation = currentDocumentation
    if token.kind == .at {
      let (decorators, documentation) = try parseDecorators(documentation)
      guard token.kind == .fn else { throw unexpected("a method after a decorator") }
      return .method(try parseFunction(documentation), decorators: decorators)
    }
    if token.kind == .fn { return .method(try parseFunction(documentation), decorators: []) }
    if isWord("def") {
      _ = fail(
        "def is not a word of Mos", at: token.span, hint: "a method is declared with fn")
      return .method(try parseFunction(documentation), decorators: [])
    }
    guard let kind = Model.FieldKind(rawValue: text(token)) else {
      if token.kind == .name, next.kind == .assign {
        declared = .name(Identifier(text(token), token.span))
      }
      throw unexpected(
        "a field or a method in a model",
        hint: next.kind == .assign
          ? "fields begin with param, buffer or let: param \(text(token)) = …"
          : isWord("pass")
            ? "an empty model is written { }" : "fields begin with param, buffer or let")
    }
    advance()
    let pattern = try parsePattern(bare: false)
    declared = pattern
    let value = try parseInitialValue(of: kind.rawValue)
    return .field(kind, pattern, value, documentation: documentation, span: span(from: first))
  }

  // MARK: Blocks and control

  /// The block after a head: `if c`, `fn f()`, `=>`.
  mutating func parseBlock() throws(Abandoned) -> Block {
    try expectBlock()
    return try parseBraces()
  }

  /// `block := "{" lines "}"`
  mutating func parseBraces() throws(Abandoned) -> Block {
    try enter()
    defer { leave() }
    let first = start
    openBlock()
    let statements = parseLines { parser in parser.parseStatementOrSkip() }
    try close()
    return Block(statements, span(from: first))
  }

  /// Fails unless a block begins at the current word.
  private mutating func expectBlock() throws(Abandoned) {
    if token.kind == .leftBrace, !isAtLineEnd { return }
    // Python's `with open(path) as file:`.
    if isWord("as") {
      throw unexpected(
        "{ and a block",
        hint: "read_text(path) and load(path) read a file, and write_text and save write one")
    }
    if isWord("then") || isWord("do") {
      throw unexpected(
        "{ and a block", hint: "\(text(token)) is left out: a block stands in braces")
    }
    if token.kind == .ellipsis {
      throw unexpected("{ and a block", hint: "a range is written 0..3, or 0..=3 with its end")
    }
    if token.kind == .colon {
      let header = token
      let reported = fail(
        "expected {, found :", at: token.span,
        hint: "a block stands in braces, { … }, not after a colon")
      skipIndentedLines(below: header)
      throw reported
    }
    if token.kind == .leftBrace {
      throw fail(
        "{ stands on the line of what it belongs to", at: token.span,
        hint: "move it to the end of the line before")
    }
    throw unexpected("{ and a block", hint: "a block stands in braces, { … }")
  }

  /// Skips the lines of a block that is written by indentation, and the `else` and `except`
  /// parts that follow it.
  private mutating func skipIndentedLines(below header: Token) {
    let indentation = indentation(of: header)
    while !isAtEnd {
      if token.startsLine, token.kind != .end {
        let isDeeper = self.indentation(of: token) > indentation
        let isPart =
          self.indentation(of: token) == indentation
          && (token.kind == .else || token.kind == .finally || isWord("elif") || isWord("except"))
        guard isDeeper || isPart, !token.kind.isCloser else { return }
      }
      advance()
    }
  }

  /// How many bytes of white space begin the line of a word.
  private func indentation(of token: Token) -> Int {
    let lineStart = Int(source.lineStarts[source.line(at: token.span.start) - 1])
    var place = lineStart
    while place < source.utf8.count, source.utf8[place] == 0x20 || source.utf8[place] == 0x09 {
      place += 1
    }
    return place - lineStart
  }

  /// `for := "for" pattern "in" expression block`
  private mutating func parseFor() throws(Abandoned) -> Statement.Kind {
    advance()
    if token.kind == .leftParenthesis, let after = afterOpening, after.kind != .in {
      throw unexpected(
        "a name and in after for",
        hint: "for has no parentheses: for v in things { … }, for i in 0..3 { … }")
    }
    let pattern = try parsePattern(bare: true)
    guard token.kind == .in else {
      throw unexpected("in after the variable of for", hint: "write for v in things { … }")
    }
    advance()
    let things = try parseExpression()
    if token.kind == .colon, !next.startsLine, peek(2).kind == .leftBrace {
      throw fail(
        "a range is written with .., not :", at: token.span,
        hint:
          "write \(source.text(of: things.span))..\(text(next)), which ends before \(text(next))")
    }
    return .for(pattern, in: things, body: try parseBlock())
  }

  /// `while := "while" expression block`
  private mutating func parseWhile() throws(Abandoned) -> Statement.Kind {
    advance()
    let condition = try parseCondition("while")
    return .while(condition, body: try parseBlock())
  }

  /// `return := "return" [ expression ]`
  private mutating func parseReturn() throws(Abandoned) -> Statement.Kind {
    advance()
    if isAtEnd || isAtLineEnd || token.kind == .semicolon || token.kind == .rightBrace {
      return .return(nil)
    }
    return .return(try parseExpression())
  }

  /// `assert := "assert" expression [ "," expression ]`
  private mutating func parseAssert() throws(Abandoned) -> Statement.Kind {
    advance()
    let condition = try parseCondition("assert")
    if case .list(let parts) = condition.kind, parts.count == 2, case .string = parts[1].kind {
      _ = fail(
        "assert is no function, and its message stands outside of parentheses", at: condition.span,
        hint: "write assert \(source.text(of: parts[0].span)), "
          + source.text(of: parts[1].span))
    }
    return .assert(condition, message: take(.comma) ? try parseExpression() : nil)
  }

  /// `test := "test" string block`
  private mutating func parseTest() throws(Abandoned) -> Statement.Kind {
    advance()
    let name = literalText(token)
    advance()
    return .test(name: name, body: try parseBlock())
  }

  // MARK: Modules

  /// `import := "import" ( name | string "as" name ) [ "as" name ]`
  private mutating func parseImport() throws(Abandoned) -> Statement.Kind {
    advance()
    let (path, isFile, place) = takeModule()
    if token.kind == .dot { throw dottedModule(path, place) }
    if isWord("as"), !isAtLineEnd {
      advance()
      let alias = try parseIdentifier("a name after as")
      return .importModule(path: path, isFile: isFile, alias: alias)
    }
    if isFile {
      throw fail(
        "a file is imported under a name", at: place, hint: "write import \"…\" as name")
    }
    return .importModule(path: path, isFile: false, alias: Identifier(path, place))
  }

  /// `from := "from" ( name | string ) "import" name [ "as" name ] { "," … }`
  private mutating func parseFromImport() throws(Abandoned) -> Statement.Kind {
    advance()
    let (path, isFile, place) = takeModule()
    if token.kind == .dot { throw dottedModule(path, place) }
    guard isWord("import"), !isAtLineEnd else {
      throw unexpected("import and names after from", hint: "write from \(path) import name")
    }
    advance()
    if token.kind == .star {
      throw fail(
        "names are imported one by one, found *", at: token.span,
        hint: "write import \(path), and \(path).name where one is used")
    }
    var names: [(name: Identifier, alias: Identifier)] = []
    repeat {
      if !names.isEmpty, isAtEnd || Parser.endsNames(token) { break }
      // A comma at the end of a line promises another name.
      guard token.kind == .name else {
        throw unexpected(
          "a name to import", hint: "write from \(path) import name, or import \(path)")
      }
      let name = Identifier(text(token), token.span)
      advance()
      var alias = name
      if isWord("as"), !isAtLineEnd {
        advance()
        alias = try parseIdentifier("a name after as")
      }
      names.append((name, alias))
    } while !isAtLineEnd && take(.comma)
    return .importNames(path: path, isFile: isFile, names: names)
  }

  /// Python's `import jax.numpy as jnp`.
  private mutating func dottedModule(_ path: String, _ place: Span) -> Abandoned {
    let point = token.span
    var full = path
    while token.kind == .dot, next.kind == .name {
      advance()
      full += ".\(text(token))"
      advance()
    }
    return fail(
      "a module has one name, found \(path).", at: place.union(point),
      hint: ForeignModules.hint(forImport: full)
        ?? "the functions on tensors need no import; the modules are named by mos doc")
  }

  private static func endsNames(_ token: Token) -> Bool {
    token.kind == .semicolon || token.kind == .rightBrace
  }

  /// The module at the current word, by name or by file.
  private mutating func takeModule() -> (path: String, isFile: Bool, place: Span) {
    let word = token
    advance()
    if word.kind == .string { return (literalText(word), true, word.span) }
    return (text(word), false, word.span)
  }
}

extension Expression {
  fileprivate var isRecord: Bool {
    if case .record = kind { true } else { false }
  }

  /// What it is, as the subject of a message.
  fileprivate var kindInWords: String {
    switch kind {
    case .call: "a call"
    case .int, .float: "a number"
    case .string: "a string"
    case .bool, .nil, .selfInstance: "a constant"
    case .tensor: "a tensor"
    case .list: "a list"
    case .binary, .unary, .and, .or, .not, .range, .pipe: "the result of an operator"
    case .comparison: "a comparison"
    case .spread: "a spread"
    default: "this expression"
    }
  }

  /// What was probably meant by assigning to it.
  fileprivate var assignmentHint: String? {
    switch kind {
    case .call: "a function is declared with fn f(x) { … }"
    case .tensor: "write (a, b) = … to assign several variables"
    case .binary, .comparison, .int, .float: "a comparison is written =="
    default: nil
    }
  }
}
