// Expressions. The grammar rule of each stands above its function.

/// How tightly operators bind, loosest first (language reference, §5). Below `multiplication`
/// follow signs, `**`, and calls, which have functions of their own.
enum Level: Int, Comparable {
  case pipe, or, and, not, comparison, range, addition, multiplication, tightest

  /// The level that the right side of a left-associative operator needs.
  var tighter: Level { Level(rawValue: rawValue + 1) ?? .tightest }

  static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
}

extension Parser {
  /// What an operator between two operands makes.
  enum Infix {
    case pipe, or, and, range
    case comparison(ComparisonOperator)
    case binary(BinaryOperator)
  }

  /// The operators between two operands with their levels.
  private static func infixOperator(_ kind: Token.Kind) -> (level: Level, infix: Infix)? {
    switch kind {
    case .pipe: (.pipe, .pipe)
    case .or: (.or, .or)
    case .and: (.and, .and)
    case .in: (.comparison, .comparison(.in))
    case .not: (.comparison, .comparison(.notIn))
    case .equal: (.comparison, .comparison(.equal))
    case .notEqual: (.comparison, .comparison(.notEqual))
    case .less: (.comparison, .comparison(.less))
    case .lessEqual: (.comparison, .comparison(.lessEqual))
    case .greater: (.comparison, .comparison(.greater))
    case .greaterEqual: (.comparison, .comparison(.greaterEqual))
    case .range, .closedRange: (.range, .range)
    case .plus: (.addition, .binary(.add))
    case .minus: (.addition, .binary(.subtract))
    case .bar: (.addition, .binary(.bitOr))
    case .star: (.multiplication, .binary(.multiply))
    case .slash: (.multiplication, .binary(.divide))
    case .doubleSlash: (.multiplication, .binary(.floorDivide))
    case .percent: (.multiplication, .binary(.remainder))
    case .at: (.multiplication, .binary(.matmul))
    case .ampersand: (.multiplication, .binary(.bitAnd))
    default: nil
    }
  }

  /// `expression := lambda | pipe`
  mutating func parseExpression() throws(Abandoned) -> Expression {
    try enter()
    defer { leave() }
    return try parseOperators(from: .pipe)
  }

  // MARK: Operators

  /// `pipe := or { "|>" or }` and so on down the table to
  /// `multiplication := unary { ( "*" | "/" | "//" | "%" | "@" | "&" ) unary }`
  mutating func parseOperators(from minimum: Level) throws(Abandoned) -> Expression {
    let outer = links
    links = 0
    defer { links = max(outer, links) }
    var left = try token.kind == .not ? parseNot() : parseUnary()
    while let (level, infix) = infixHere, level >= minimum {
      left = try parseInfix(infix, level, left)
    }
    return left
  }

  /// The operator at the current word, if it continues the expression.
  private var infixHere: (level: Level, infix: Infix)? {
    if isIdentityTest { return (.comparison, .comparison(.equal)) }
    guard let entry = Parser.infixOperator(token.kind) else { return nil }
    if isAtLineEnd, token.kind != .pipe { return nil }
    if token.kind == .not, next.kind != .in { return nil }
    return entry
  }

  /// True at Python's `x is y`, which is read as a comparison.
  private var isIdentityTest: Bool {
    isWord("is") && !isAtLineEnd && (next.kind.startsOperand || next.kind == .not)
      && position > 0
  }

  /// Reports Python's `is` and `is not` at the current word; gives the comparison that is meant.
  private mutating func takeIdentityTest() -> ComparisonOperator {
    let first = start
    advance()
    let name: ComparisonOperator = take(.not) ? .notEqual : .equal
    let operand = text(token) == "None" ? "nil" : text(token)
    _ = fail(
      "\(name == .equal ? "is" : "is not") is not an operator", at: span(from: first),
      hint: "write \(name.rawValue) \(operand)")
    // Python's word for it is no second mistake.
    if isWord("None") { isNone = true }
    return name
  }

  private mutating func parseInfix(
    _ infix: Infix, _ level: Level, _ left: Expression
  ) throws(Abandoned) -> Expression {
    let sign = token.span
    switch infix {
    case .comparison: return try parseComparison(left)
    case .range: return try parseRange(left)
    case .pipe, .or, .and, .binary: advance()
    }
    if let repeated = try parseIncrement(left, sign) { return repeated }
    let right = try parseOperators(from: level.tighter)
    try link()
    let span = left.span.union(right.span)
    switch infix {
    case .pipe: return Expression(.pipe(left, right), span)
    case .or: return Expression(.or(left, right), span)
    case .and: return Expression(.and(left, right), span)
    case .binary(let name):
      return Expression(.binary(name, left, right, operatorSpan: sign), span)
    case .comparison, .range: return left
    }
  }

  /// Reports `x++` and `x--`, which would otherwise be a sum without its right side.
  private mutating func parseIncrement(
    _ left: Expression, _ sign: Span
  ) throws(Abandoned) -> Expression? {
    guard token.kind == .plus || token.kind == .minus, token.span.start == sign.end,
      next.startsLine || next.kind == .end || next.kind == .semicolon || next.kind.isCloser,
      !(next.kind == .end && !linesEnd)
    else { return nil }
    let both = sign.union(token.span)
    let operation = source.text(of: both)
    guard operation == "++" || operation == "--" else { return nil }
    advance()
    _ = fail(
      "\(operation) is not an operator", at: both,
      hint: "write \(source.text(of: left.span)) \(operation.prefix(1))= 1")
    return Expression(.error, left.span.union(both))
  }

  /// `comparison := range { ( "==" | … | "in" | "not" "in" ) range }`
  private mutating func parseComparison(_ first: Expression) throws(Abandoned) -> Expression {
    var parts: [ComparisonPart] = []
    while let (_, infix) = infixHere, case .comparison(var name) = infix {
      let sign = start
      if isIdentityTest {
        name = takeIdentityTest()
      } else {
        if name == .notIn { advance() }
        advance()
      }
      let place = span(from: sign)
      parts.append(ComparisonPart(name, place, try parseOperators(from: .range)))
    }
    try link()
    return Expression(.comparison(first: first, rest: parts), span(from: Int(first.span.start)))
  }

  /// `range := addition [ ( ".." | "..=" ) addition [ ":" addition ] ]`
  private mutating func parseRange(_ low: Expression) throws(Abandoned) -> Expression {
    let isClosed = token.kind == .closedRange
    advance()
    let high = try parseOperators(from: .addition)
    var step: Expression?
    if token.kind == .colon, !isAtLineEnd, next.startsLine == false, next.kind.startsExpression {
      advance()
      step = try parseOperators(from: .addition)
    }
    try link()
    if token.kind == .range || token.kind == .closedRange, !isAtLineEnd {
      throw fail(
        "a range has one \(token.kind.spelling)", at: token.span,
        hint: "a step follows a colon, as in 0..10:2")
    }
    return Expression(
      .range(low, high, step: step, isClosed: isClosed), span(from: Int(low.span.start)))
  }

  /// `not := "not" not | comparison`
  private mutating func parseNot() throws(Abandoned) -> Expression {
    var starts: [Int] = []
    while token.kind == .not {
      starts.append(start)
      advance()
    }
    var operand = try parseOperators(from: .comparison)
    for start in starts.reversed() {
      try link()
      operand = Expression(.not(operand), Span(start, Int(operand.span.end)))
    }
    return operand
  }

  private static func sign(_ kind: Token.Kind) -> UnaryOperator? {
    switch kind {
    case .minus: .negate
    case .plus: .plus
    case .tilde: .complement
    default: nil
    }
  }

  /// `unary := ( "-" | "+" | "~" ) unary | power`
  mutating func parseUnary() throws(Abandoned) -> Expression {
    guard Parser.sign(token.kind) != nil else { return try parsePower() }
    var signs: [(name: UnaryOperator, start: Int)] = []
    while let name = Parser.sign(token.kind) {
      signs.append((name, start))
      advance()
    }
    var operand: Expression
    if signs.last?.name == .negate, let smallest = parseSmallestInt() {
      operand = smallest
      signs.removeLast()
    } else {
      operand = try parsePower()
    }
    for (name, start) in signs.reversed() {
      try link()
      operand = Expression(.unary(name, operand), Span(start, Int(operand.span.end)))
    }
    return operand
  }

  /// The one number that fits an `Int` only together with its sign.
  private mutating func parseSmallestInt() -> Expression? {
    guard token.kind == .int, next.kind != .doubleStar, next.kind != .dot,
      Int(written: digits(token)) == nil, Int(written: digits(token), isNegative: true) == Int.min
    else { return nil }
    let start = previousEnd - 1
    advance()
    return Expression(.int(Int.min), span(from: start))
  }

  /// `power := postfix [ "**" unary ]`
  private mutating func parsePower() throws(Abandoned) -> Expression {
    let base = try parsePostfix()
    guard token.kind == .doubleStar, !isAtLineEnd else { return base }
    let sign = token.span
    advance()
    try enter()
    defer { leave() }
    let outer = links
    links = 0
    let exponent = try parseUnary()
    links = max(outer, links)
    try link()
    return Expression(
      .binary(.power, base, exponent, operatorSpan: sign), base.span.union(exponent.span))
  }

  // MARK: Calls, fields, indexes

  /// `postfix := primary { "(" arguments ")" | "[" index "]" | "." name }`
  mutating func parsePostfix() throws(Abandoned) -> Expression {
    let outer = links
    links = 0
    defer { links = max(outer, links) }
    var value = try parsePrimary()
    while true {
      switch token.kind {
      case .leftParenthesis where !isAtLineEnd: value = try parseCall(value)
      case .leftBracket where !isAtLineEnd: value = try parseIndex(value)
      case .dot: value = try parseField(value)
      default: return value
      }
      try link()
    }
  }

  /// `field := "." name`, where keywords serve as names too
  private mutating func parseField(_ value: Expression) throws(Abandoned) -> Expression {
    advance()
    guard token.kind == .name || token.kind.isKeyword, !isAtLineEnd else {
      throw unexpected("the name of a field or method after .")
    }
    let name = Identifier(text(token), token.span)
    advance()
    return Expression(.field(value, name), value.span.union(name.span))
  }

  /// `call := postfix "(" [ argument { "," argument } [ "," ] ] ")"`, or one comprehension
  private mutating func parseCall(_ function: Expression) throws(Abandoned) -> Expression {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let opening = start
    open()
    var arguments: [Argument] = []
    while token.kind != .rightParenthesis {
      let argument = try parseArgument()
      if token.kind == .for, arguments.isEmpty, case .positional(let element) = argument {
        let elements = try parseComprehension(of: element, tensor: false)
        try close()
        let whole = span(from: Int(function.span.start))
        if case .name("list") = function.kind { return Expression(elements, whole) }
        let list = Expression(elements, span(from: opening))
        return Expression(.call(function, [.positional(list)]), whole)
      }
      arguments.append(argument)
      guard takeSeparator(before: .rightParenthesis) else { break }
    }
    try close()
    return Expression(.call(function, arguments), span(from: Int(function.span.start)))
  }

  /// `argument := name "=" expression | "*" expression | "**" expression | expression`
  private mutating func parseArgument() throws(Abandoned) -> Argument {
    if take(.star) { return .spreadList(try parseExpression()) }
    if take(.doubleStar) { return .spreadRecord(try parseExpression()) }
    if token.kind == .name || token.kind.isKeyword, next.kind == .assign {
      let name = Identifier(text(token), token.span)
      advance()
      advance()
      return .named(name, try parseElement())
    }
    let value = try parseElement()
    if token.kind == .assign {
      throw fail(
        "an argument's name is a plain name, not an expression", at: value.span,
        hint: "a comparison is written ==")
    }
    return .positional(value)
  }

  /// One of several expressions between commas.
  private mutating func parseElement() throws(Abandoned) -> Expression {
    if isCommandStart {
      _ = fail(
        "\(text(token)) takes every target up to the end, so it stands in parentheses here",
        at: token.span, hint: "write (\(text(token)) …)")
    }
    return try parseExpression()
  }

  /// Passes over the comma between two elements; false where the elements end. A missing comma
  /// is reported and assumed.
  mutating func takeSeparator(before closer: Token.Kind) -> Bool {
    if take(.comma) { return true }
    guard token.kind.startsExpression, token.kind != .if, !token.startsLine,
      token.kind != .leftBrace || closer != .rightParenthesis
    else { return false }
    _ = fail(
      "expected , before \(described(token))", at: token.span,
      hint: closer == .rightBracket
        ? "elements are separated by commas, [1, 2]"
        : "a comma stands between two arguments, elements or entries")
    return true
  }

  /// `index := postfix "[" part { "," part } [ "," ] "]"`
  private mutating func parseIndex(_ value: Expression) throws(Abandoned) -> Expression {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    open()
    var parts: [IndexPart] = []
    while token.kind != .rightBracket {
      parts.append(try parseIndexPart())
      guard takeSeparator(before: .rightBracket) else { break }
    }
    if parts.isEmpty { throw unexpected("an index between [ and ]") }
    try close()
    return Expression(.index(value, parts), span(from: Int(value.span.start)))
  }

  /// `part := "..." | expression | [ expression ] ":" [ expression ] [ ":" [ expression ] ]`
  private mutating func parseIndexPart() throws(Abandoned) -> IndexPart {
    let first = start
    if token.kind == .ellipsis {
      advance()
      return .ellipsis(span(from: first))
    }
    let low = token.kind == .colon ? nil : try parseElement()
    guard take(.colon) else {
      if let low { return .item(low) }
      throw unexpected("an index")
    }
    let high = isAtPartEnd ? nil : try parseElement()
    let step = take(.colon) && !isAtPartEnd ? try parseElement() : nil
    return .slice(start: low, stop: high, step: step, span: span(from: first))
  }

  private var isAtPartEnd: Bool {
    token.kind == .colon || token.kind == .comma || token.kind == .rightBracket
  }

  // MARK: Primaries

  /// `primary := literal | name | "self" | tensor | list | record | lambda | function | if | with
  /// | try | block | extract | recover`
  private mutating func parsePrimary() throws(Abandoned) -> Expression {
    switch token.kind {
    case .name: return try parseName()
    case .int: return parseInt()
    case .float: return parseFloat()
    case .true, .false: return parseWord(.bool(token.kind == .true))
    case .nil: return parseWord(.nil)
    case .self: return parseWord(.selfInstance)
    case .string: return parseWord(.string(plainPieces(token)))
    case .stringOpen: return try parseString()
    case .leftParenthesis: return try parseParentheses()
    case .leftBracket: return try parseTensor()
    case .leftBrace: return try isRecord ? parseRecord() : parseBlockExpression()
    case .fn: return try parseFunctionExpression()
    case .if: return try parseIf()
    case .with: return try parseWith()
    case .try: return try parseTry()
    default: throw unexpectedOperand()
    }
  }

  private mutating func parseWord(_ kind: Expression.Kind) -> Expression {
    advance()
    return Expression(kind, span(from: previousStart))
  }

  private var previousStart: Int { Int(peek(-1).span.start) }

  /// Reports what stands where a value should.
  private mutating func unexpectedOperand() -> Abandoned {
    if !linesEnd, token.startsLine, Parser.startsStatement(token.kind) {
      do { try close() } catch { return error }
    }
    switch token.kind {
    case .assign:
      return unexpected("a value", hint: "== compares; it is written without a space")
    case .return, .throw, .break, .continue, .let, .while, .for, .assert:
      return unexpected(
        "a value",
        hint: "\(token.kind.spelling) begins a statement; put it in braces, { … }")
    case .star, .doubleStar:
      return unexpected(
        "a value", hint: "values are spread inside calls and lists only, as in f(*xs)")
    case .ellipsis:
      return unexpected("a value", hint: "... stands in an index, x[..., 0], or a record, {...r}")
    case .at: return unexpected("a value", hint: "a decorator stands on a line above fn or model")
    case .percent: return unexpected("a value", hint: "a comment begins with #")
    case .range:
      return unexpected("a value", hint: "a range has a start, 0..n, and a slice is written x[:n]")
    case .comma, .rightParenthesis, .rightBracket, .rightBrace:
      return unexpected("a value", hint: "something is missing before \(token.kind.spelling)")
    case .colon: return unexpected("a value", hint: "a block stands in braces, { … }")
    default:
      return unexpected(
        "a value", hint: "a value is a name, a number, a string, a call or something in brackets")
    }
  }

  /// `name | name "=>" body | extract | recover`
  private mutating func parseName() throws(Abandoned) -> Expression {
    if isNone {
      isNone = false
      return parseWord(.nil)
    }
    if isWord("lambda"), !next.startsLine, next.kind == .name || next.kind == .colon {
      return try parseForeignLambda()
    }
    if next.kind == .result, !(linesEnd && next.startsLine) { return try parseLambda() }
    if next.kind == .arrow, !(linesEnd && next.startsLine) { return try parseLambda() }
    if isCommandStart { return try isWord("extract") ? parseExtract() : parseRecover() }
    return parseWord(.name(text(token)))
  }

  private mutating func parseInt() -> Expression {
    let digits = self.digits(token)
    let value = Int(written: digits)
    let base = NumberBase(digits.utf8.prefix(2))
    // Letters among the digits have been reported by the lexer.
    if value == nil,
      base.map({ base in digits.utf8.count > 2 && digits.utf8.dropFirst(2).allSatisfy(base.has) })
        ?? digits.allSatisfy(\.isNumber)
    {
      _ = fail(
        "\(text(token)) does not fit in an Int, whose largest value is \(Int.max)",
        at: token.span,
        hint: base == nil ? "write \(text(token)).0 for a Float" : "a Float is written in tens")
    }
    return parseWord(value.map(Expression.Kind.int) ?? .error)
  }

  private mutating func parseFloat() -> Expression {
    var digits = self.digits(token)
    if digits.hasSuffix(".") { digits += "0" }
    return parseWord(Double(digits).map(Expression.Kind.float) ?? .error)
  }

  // MARK: Strings

  private func plainPieces(_ token: Token) -> [StringPiece] { [.text(literalText(token))] }

  /// `string := quote { text | "{" expression [ ":" format ] "}" } quote`
  private mutating func parseString() throws(Abandoned) -> Expression {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let first = start
    advance()
    var pieces: [StringPiece] = []
    while !take(.stringClose) {
      if token.kind == .stringText {
        pieces.append(.text(literalText(token)))
        advance()
      } else {
        pieces.append(try parseInterpolation())
      }
    }
    return Expression(.string(pieces), span(from: first))
  }

  private mutating func parseInterpolation() throws(Abandoned) -> StringPiece {
    let brace = token.span
    try expect(.interpolationOpen, "")
    if token.kind == .interpolationClose || token.kind == .format {
      throw fail(
        "this interpolation is empty", at: brace.union(token.span),
        hint:
          #"put the value itself between the braces, "x = {x:.2f}", or write \{ and \} for braces in the text"#
      )
    }
    let value = try parseExpression()
    var format: String?
    if token.kind == .format {
      format = literalText(token)
      advance()
    }
    guard take(.interpolationClose) else {
      throw unexpected(
        "} after the interpolated value",
        hint: #"write \{ and \} for braces that are meant as text"#)
    }
    return .interpolation(value, format: format)
  }

  // MARK: Brackets

  /// `"(" expression ")" | "(" [ element { "," element } [ "," ] ] ")" | lambda`
  private mutating func parseParentheses() throws(Abandoned) -> Expression {
    if let after = afterClosing, after.kind == .arrow || after.kind == .result,
      !(linesEnd && after.startsLine)
    {
      return try parseLambda()
    }
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let first = start
    open()
    var elements: [Expression] = []
    var isList = token.kind == .rightParenthesis || token.kind == .star
    while token.kind != .rightParenthesis {
      elements.append(try parseListElement(isFirst: elements.isEmpty))
      if token.kind == .comma { isList = true }
      guard takeSeparator(before: .rightParenthesis) else { break }
      isList = true
    }
    if token.kind == .assign {
      throw fail(
        "expected ), found =", at: token.span,
        hint: "= assigns and stands outside of expressions; a comparison is written ==")
    }
    if token.kind == .for {
      throw fail(
        "a comprehension has no parentheses of its own", at: token.span,
        hint: "write list(e for v in xs), or [e for v in xs] for a tensor")
    }
    try close()
    let whole = span(from: first)
    if !isList, let only = elements.first { return Expression(only.kind, whole) }
    return Expression(.list(elements), whole)
  }

  /// A command is welcome as the first element, where it takes the others as its targets.
  private mutating func parseListElement(isFirst: Bool) throws(Abandoned) -> Expression {
    let first = start
    if take(.star) { return Expression(.spread(try parseExpression()), span(from: first)) }
    return try isFirst ? parseExpression() : parseElement()
  }

  /// `tensor := "[" [ element { "," element } [ "," ] ] "]" | "[" expression clauses "]"`
  private mutating func parseTensor() throws(Abandoned) -> Expression {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let first = start
    open()
    var elements: [Expression] = []
    while token.kind != .rightBracket {
      elements.append(try parseListElement(isFirst: false))
      if token.kind == .for, elements.count == 1 {
        let kind = try parseComprehension(of: elements[0], tensor: true)
        try close()
        return Expression(kind, span(from: first))
      }
      guard takeSeparator(before: .rightBracket) else { break }
    }
    try close()
    return Expression(.tensor(elements), span(from: first))
  }

  /// `clauses := { "for" pattern "in" expression | "if" expression }`
  private mutating func parseComprehension(
    of element: Expression, tensor: Bool
  ) throws(Abandoned) -> Expression.Kind {
    var clauses: [Comprehension.Clause] = []
    while true {
      if take(.for) {
        let pattern = try parsePattern(bare: true)
        try expect(.in, "after the variable of a comprehension")
        clauses.append(.for(pattern, in: try parseExpression()))
      } else if take(.if) {
        clauses.append(.if(try parseExpression()))
      } else {
        break
      }
    }
    return .comprehension(Comprehension(element: element, clauses: clauses), tensor: tensor)
  }

  /// True if the `{` at the current word opens a record: `}`, `...`, or a name or string and
  /// then `:`, `,` or `}` follow (§3). With a `:` any keyword may be a key.
  var isRecord: Bool {
    switch next.kind {
    case .rightBrace, .ellipsis: return true
    case .name, .string:
      let after = peek(2).kind
      return after == .colon || after == .comma || after == .rightBrace
    default: return next.kind.isKeyword && peek(2).kind == .colon
    }
  }

  /// `record := "{" [ entry { "," entry } [ "," ] ] "}"`
  private mutating func parseRecord() throws(Abandoned) -> Expression {
    let lines = linesEnd
    linesEnd = false
    defer { linesEnd = lines }
    let first = start
    open()
    var entries: [RecordEntry] = []
    while token.kind != .rightBrace {
      entries.append(try parseEntry())
      guard takeSeparator(before: .rightBrace) else { break }
    }
    try close()
    return Expression(.record(entries), span(from: first))
  }

  /// `entry := "..." expression | ( name | string ) ":" expression | name`
  private mutating func parseEntry() throws(Abandoned) -> RecordEntry {
    if take(.ellipsis) { return .spread(try parseExpression()) }
    if token.kind == .doubleStar {
      throw fail("a record is spread with ..., found **", at: token.span, hint: "write {...r}")
    }
    let word = token
    guard let key = takeKey() else {
      throw unexpected("a name or a string as the key of a record")
    }
    if take(.colon) { return .pair(key: key, value: try parseElement()) }
    if token.kind == .assign {
      _ = fail(
        "expected : after the key \(key.name), found =", at: token.span,
        hint: "a record is written {a: x}")
      advance()
      return .pair(key: key, value: try parseElement())
    }
    guard word.kind == .name else { throw unexpected(": after the key \(described(word))") }
    return .pair(key: key, value: Expression(.name(key.name), key.span))
  }

  /// The key at the current word: a name, a keyword or a plain string.
  mutating func takeKey() -> Identifier? {
    let name: String
    switch token.kind {
    case .string: name = literalText(token)
    case .name: name = text(token)
    default:
      guard token.kind.isKeyword else { return nil }
      name = text(token)
    }
    defer { advance() }
    return Identifier(name, token.span)
  }

  // MARK: Functions

  /// `lambda := ( name | "(" parameters ")" ) "=>" ( block | expression )`
  private mutating func parseLambda() throws(Abandoned) -> Expression {
    let first = start
    let parameters: [Parameter]
    if token.kind == .name {
      let name = Identifier(text(token), token.span)
      advance()
      parameters = [Parameter(pattern: .name(name), span: name.span)]
    } else {
      parameters = try parseParameters()
    }
    if token.kind == .result {
      _ = fail(
        "-> stands before the result's shape of fn", at: token.span,
        hint: "an anonymous function is written x => …")
      advance()
    } else {
      try expect(.arrow, "after the parameters")
    }
    let body: Block
    if token.kind == .leftBrace {
      body = try parseBlock()
    } else {
      let value = try parseExpression()
      body = Block([Statement(.expression(value), value.span)], value.span)
    }
    let whole = span(from: first)
    return Expression(
      .function(
        Function(
          name: nil, parameters: parameters, result: nil, body: body, documentation: nil,
          span: whole)), whole)
  }

  /// Python's `lambda x, y: e`, which is reported and read as `(x, y) => e`.
  private mutating func parseForeignLambda() throws(Abandoned) -> Expression {
    let word = token
    advance()
    var parameters: [Parameter] = []
    while token.kind == .name {
      let name = Identifier(text(token), token.span)
      advance()
      let defaultValue = take(.assign) ? try parseExpression() : nil
      parameters.append(
        Parameter(pattern: .name(name), defaultValue: defaultValue, span: name.span))
      guard take(.comma) else { break }
    }
    guard take(.colon) else { throw unexpected(": after the parameters of lambda") }
    let value = try parseExpression()
    let whole = span(from: Int(word.span.start))
    let names = parameters.map { source.text(of: $0.span) }
    let list = names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))"
    let body = source.text(of: value.span)
    _ = fail(
      "lambda is not a word of Mos", at: word.span,
      hint: "write \(list) => \(body.count <= 40 ? body : "…")")
    return Expression(
      .function(
        Function(
          name: nil, parameters: parameters, result: nil,
          body: Block([Statement(.expression(value), value.span)], value.span), documentation: nil,
          span: whole)), whole)
  }

  /// `function := "fn" "(" parameters ")" [ "->" annotation ] block`
  private mutating func parseFunctionExpression() throws(Abandoned) -> Expression {
    let first = start
    advance()
    if token.kind == .name {
      _ = fail(
        "a function inside an expression has no name", at: token.span,
        hint: "declare it as a statement of its own, or leave the name out")
      advance()
    }
    guard token.kind == .leftParenthesis else { throw unexpected("( after fn") }
    let function = try parseSignatureAndBody(name: nil, first: first, documentation: nil)
    return Expression(.function(function), function.span)
  }

  // MARK: Control

  private mutating func parseBlockExpression() throws(Abandoned) -> Expression {
    let block = try parseBraces()
    return Expression(.block(block), block.span)
  }

  /// `if := "if" expression block { "else" "if" expression block } [ "else" block ]`
  private mutating func parseIf() throws(Abandoned) -> Expression {
    let first = start
    advance()
    var branches: [ConditionalBranch] = []
    var otherwise: Block?
    repeat {
      let condition = try parseCondition("if")
      branches.append(ConditionalBranch(condition: condition, body: try parseBlock()))
      if isWord("elif") || isWord("elsif") || isWord("elseif"), next.kind.startsExpression {
        _ = fail("\(text(token)) is not a word of Mos", at: token.span, hint: "write else if")
        advance()
        continue
      }
      guard take(.else) else { break }
      if take(.if) { continue }
      otherwise = try parseBlock()
      break
    } while true
    return Expression(.if(branches, otherwise: otherwise), span(from: first))
  }

  /// A condition with the block after it in view: `=` is taken for `==`.
  mutating func parseCondition(_ keyword: String) throws(Abandoned) -> Expression {
    if token.kind == .leftBrace, !isRecord {
      throw fail(
        "expected a condition after \(keyword), found {", at: token.span)
    }
    let condition = try parseExpression()
    guard token.kind == .assign else { return condition }
    _ = fail(
      "= assigns and cannot stand in a condition", at: token.span, hint: "write == to compare")
    advance()
    _ = try parseExpression()
    return condition
  }

  /// `with := "with" expression { "," expression } block`
  private mutating func parseWith() throws(Abandoned) -> Expression {
    let first = start
    advance()
    var contexts: [Expression] = []
    repeat {
      contexts.append(try parseExpression())
    } while take(.comma) && token.kind != .leftBrace
    let body = try parseBlock()
    return Expression(.with(contexts, body), span(from: first))
  }

  /// `try := "try" block [ "catch" pattern block ] [ "finally" block ]`, one of them at least
  private mutating func parseTry() throws(Abandoned) -> Expression {
    let first = start
    advance()
    let body = try parseBlock()
    awaitsLine = true
    guard token.kind == .catch || token.kind == .finally else {
      throw unexpected(
        "catch or finally after the block of try",
        hint: "write catch e { … }, finally { … }, or both")
    }
    awaitsLine = false
    let attempt = token.kind == .catch ? try parseCatch(of: body, first) : nil
    guard take(.finally) else { return attempt ?? Expression(.block(body), body.span) }
    let cleanup = try parseBlock()
    return Expression(
      .finally(attempt ?? Expression(.block(body), body.span), cleanup), span(from: first))
  }

  /// The `catch` part behind the block of a `try`.
  private mutating func parseCatch(
    of body: Block, _ first: Int
  ) throws(Abandoned) -> Expression {
    advance()
    if token.kind == .leftBrace, !isRecord || afterClosing?.kind != .leftBrace {
      throw unexpected("a name for the error after catch", hint: "write catch e { … }")
    }
    let pattern = try parsePattern(bare: false)
    let handler = try parseBlock()
    return Expression(.try(body, pattern: pattern, handler: handler), span(from: first))
  }

  // MARK: Extract and recover

  /// True if the current word is `extract` or `recover` with a target after it.
  var isCommandStart: Bool {
    guard isWord("extract") || isWord("recover"), !(linesEnd && next.startsLine) else {
      return false
    }
    switch next.kind {
    case .name: return !isWord("by", next) && !isWord("as", next) && !isWord("from", next)
    case .self: return true
    // `extract(x)` is a call, `extract (x, y)` the command.
    case .leftParenthesis: return isSpaceNext
    default: return false
    }
  }

  /// `extract := "extract" targets [ "by" name ] [ "as" name ]`, the last two in either order
  private mutating func parseExtract() throws(Abandoned) -> Expression {
    let first = start
    advance()
    let (targets, session) = try parseTargets()
    var manner: Identifier?
    var name: Identifier?
    while !isAtLineEnd {
      if manner == nil, isWord("by") {
        manner = try takeName("how to extract after by: reference, copy or deepcopy")
        checkManner(manner)
      } else if name == nil, isWord("as") {
        name = try takeName("a name for the snapshot after as")
      } else {
        break
      }
    }
    return Expression(
      .extract(Extract(targets: targets, session: session, manner: manner, name: name)),
      span(from: first))
  }

  /// Passes over the current word and gives the name after it.
  private mutating func takeName(_ purpose: String) throws(Abandoned) -> Identifier {
    advance()
    return try parseIdentifier(purpose)
  }

  private static let manners = ["reference", "copy", "deepcopy"]

  private mutating func checkManner(_ manner: Identifier?) {
    guard let manner, !Parser.manners.contains(manner.name) else { return }
    let nearest = Suggestion.nearest(to: manner.name, among: Parser.manners)
    _ = fail(
      "state is extracted by reference, copy or deepcopy, not by \(manner.name)",
      at: manner.span, hint: nearest.map { "did you mean \($0)?" })
  }

  /// `recover := "recover" targets "from" expression`
  private mutating func parseRecover() throws(Abandoned) -> Expression {
    let first = start
    advance()
    let (targets, session) = try parseTargets()
    guard isWord("from"), !isAtLineEnd else {
      throw unexpected("from and a snapshot", hint: "write recover net from start")
    }
    advance()
    let snapshot = try parseExpression()
    return Expression(
      .recover(Recover(targets: targets, session: session, snapshot: snapshot)),
      span(from: first))
  }

  /// `targets := "session" | postfix { "," postfix }`
  private mutating func parseTargets() throws(Abandoned) -> (targets: [Expression], session: Bool) {
    var targets: [Expression] = []
    repeat {
      try enter()
      targets.append(try parsePostfix())
      leave()
    } while take(.comma)
    if targets.count == 1, case .name("session") = targets[0].kind { return ([], true) }
    return (targets, false)
  }
}
