// Text to words.
//
// Two modes alternate: code, and the text of a string. A stack tells which holds, and what is
// open: brackets, strings, and the `{ … }` of an interpolation, in which code is read until the
// `}` at its own depth; a `:` there begins the format. Nothing recurses, and every step moves
// forward, but for one case: a string that turns out to have no end is given up at the end of
// the line it began on, and reading goes on there, so that one lost quote costs one line.

/// The words of a source.
public func tokenize(_ source: Source) -> TokenList {
  var lexer = Lexer(source)
  lexer.run()
  return lexer.list
}

struct Lexer {
  /// What is open.
  private enum Frame {
    case bracket(Token.Kind, token: Int)
    case string(StringFrame)
    /// The `{` of an interpolation, and the brackets that were open around it.
    case interpolation(brace: Int, outer: BracketCounts)
  }

  /// A string of which the closing quote has not been reached.
  private struct StringFrame {
    var start: Int
    var isTriple: Bool
    /// The first token of the string, to which it is cut back if it has no end.
    var token: Int
  }

  /// How many brackets of each kind are open inside the innermost interpolation, so that a
  /// stray closing bracket is told from a crossed one without a search.
  private struct BracketCounts {
    var parentheses = 0
    var brackets = 0
    var braces = 0

    subscript(closer: Token.Kind) -> Int {
      get {
        switch closer {
        case .rightParenthesis: parentheses
        case .rightBracket: brackets
        default: braces
        }
      }
      set {
        switch closer {
        case .rightParenthesis: parentheses = newValue
        case .rightBracket: brackets = newValue
        default: braces = newValue
        }
      }
    }
  }

  /// Strings inside interpolations of strings, deeper than anyone reads; it bounds the text that
  /// is read again when a string has no end.
  private static let maximumStringDepth = 32

  private let source: Source
  private let utf8: [UInt8]
  private(set) var list = TokenList()

  private var offset = 0
  private var startsLine = true
  private var open: [Frame] = []
  private var counts = BracketCounts()
  private var stringDepth = 0
  private var documentation: [String] = []
  /// The line after the last `##` line, on which a declaration takes the documentation.
  private var documentedLine = -1
  private var line = 0

  init(_ source: Source) {
    self.source = source
    self.utf8 = source.utf8
  }

  mutating func run() {
    if utf8.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    if byte(0) == UInt8(ascii: "#"), byte(1) == UInt8(ascii: "!") { skipLine() }
    while true {
      if case .string(let string)? = open.last {
        readText(string)
      } else if !readWord() {
        guard let string = outermostString else { break }
        giveUp(string)
      }
    }
    emit(.end, from: utf8.count)
  }

  // MARK: Bytes

  /// The byte that many places on, or 0 after the end.
  private func byte(_ distance: Int = 0) -> UInt8 {
    let place = offset + distance
    return place < utf8.count ? utf8[place] : 0
  }

  /// The character at an offset, with its length.
  private func scalar(at place: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    guard place < utf8.count else { return nil }
    if utf8[place] < 0x80 { return (Unicode.Scalar(utf8[place]), 1) }
    var decoder = UTF8()
    var bytes = utf8[place..<min(place + 4, utf8.count)].makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return nil }
    return (scalar, UTF8.width(scalar))
  }

  private func text(_ start: Int, _ end: Int) -> String {
    String(decoding: utf8[start..<end], as: UTF8.self)
  }

  private mutating func skipLine() {
    while offset < utf8.count, utf8[offset] != UInt8(ascii: "\n") { offset += 1 }
  }

  private mutating func emit(_ kind: Token.Kind, from start: Int, link: Int = -1) {
    if startsLine, !documentation.isEmpty {
      if line == documentedLine {
        list.documentation[list.tokens.count] = documentation.joined(separator: "\n")
      }
      documentation = []
    }
    list.tokens.append(
      Token(
        kind: kind, startsLine: startsLine, span: Span(start, offset), link: Int32(clamping: link)))
    startsLine = false
  }

  private mutating func emit(_ kind: Token.Kind, from start: Int, text: String) {
    list.texts.append(text)
    emit(kind, from: start, link: list.texts.count - 1)
  }

  private mutating func report(
    _ message: String, _ start: Int, _ end: Int, label: String? = nil, hint: String? = nil
  ) {
    list.diagnostics.append(
      Diagnostic(
        kind: .syntax, message, at: .init(source: source, span: Span(start, end), text: label),
        hint: hint))
  }

  // MARK: Code

  /// Reads one word of code, or says that the text is at its end.
  private mutating func readWord() -> Bool {
    skipSpace()
    guard offset < utf8.count else { return false }
    let first = utf8[offset]
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): readNumber()
    case UInt8(ascii: "\""): readStringStart()
    case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      readName()
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): readOpener(first)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): readCloser(first)
    case UInt8(ascii: ":") where isAtInterpolationDepth: readFormat()
    case UInt8(ascii: ".") where isDigit(byte(1)): readBareFraction()
    default:
      if first >= 0x80, let (scalar, _) = scalar(at: offset), scalar.startsIdentifier {
        readName()
      } else if !readPunctuation(first) {
        readUnknown()
      }
    }
    return true
  }

  private mutating func skipSpace() {
    while offset < utf8.count {
      switch utf8[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
      case UInt8(ascii: "\n"):
        offset += 1
        startsLine = true
        line += 1
      case UInt8(ascii: "#"): readComment()
      default: return
      }
    }
  }

  /// A `##` comment on a line of its own is documentation for what stands directly below.
  private mutating func readComment() {
    let start = offset
    skipLine()
    guard startsLine, start + 1 < offset, utf8[start + 1] == UInt8(ascii: "#") else { return }
    if line != documentedLine { documentation = [] }
    var first = start + 2
    if first < offset, utf8[first] == UInt8(ascii: " ") { first += 1 }
    var last = offset
    if last > first, utf8[last - 1] == UInt8(ascii: "\r") { last -= 1 }
    documentation.append(text(first, last))
    documentedLine = line + 1
  }

  private mutating func readName() {
    let start = offset
    while let (scalar, length) = scalar(at: offset), scalar.continuesIdentifier {
      offset += length
    }
    let name = text(start, offset)
    if byte() == UInt8(ascii: "\"") || byte() == UInt8(ascii: "'"),
      let hint = ForeignSyntax.prefixes[name]
    {
      return report("a string has no \(name) in front of it", start, offset, hint: hint)
    }
    emit(Token.keywords[name] ?? .name, from: start)
  }

  /// `number := digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ]
  ///          | ( "0x" | "0b" | "0o" ) digits`, where single `_` may stand between digits. `1.` is a float
  /// too, unless a name or a `.` follows.
  private mutating func readNumber() {
    let start = offset
    var kind = Token.Kind.int
    if let base = NumberBase(utf8[offset...].prefix(2)) { return readNumber(in: base) }
    skipDigits()
    if byte() == UInt8(ascii: "."), isDigit(byte(1)) {
      offset += 1
      skipDigits()
      kind = .float
    } else if byte() == UInt8(ascii: "."), byte(1) != UInt8(ascii: "."), !isNameStart(offset + 1) {
      offset += 1
      kind = .float
    }
    if kind == .int, byte() == UInt8(ascii: "."), byte(1) | 0x20 == UInt8(ascii: "e"),
      isDigit(byte(2)) || isDigit(byte(3))
    {
      report(
        "a number has digits behind its point", start, offset + 1,
        hint: "write \(text(start, offset)).0e…")
      offset += 1
      kind = .float
    }
    if byte() | 0x20 == UInt8(ascii: "e") {
      let sign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") ? 1 : 0
      if isDigit(byte(1 + sign)) {
        offset += 1 + sign
        skipDigits()
        kind = .float
      }
    }
    if utf8[offset - 1] == UInt8(ascii: "_") || isNameStart(offset) {
      while let (scalar, length) = scalar(at: offset), scalar.continuesIdentifier {
        offset += length
      }
      report(
        "\(text(start, offset)) is not a number", start, offset,
        hint: "numbers are written 42, 1_000, 3.5 or 1e-3, and 2 * x needs its *")
    }
    emit(kind, from: start)
  }

  /// The digits behind the letter that says their base.
  private mutating func readNumber(in base: NumberBase) {
    let start = offset
    offset += 2
    var isNumber = offset < utf8.count && base.has(utf8[offset])
    var wasGap = false
    while let (scalar, length) = scalar(at: offset), scalar.continuesIdentifier {
      let isGap = utf8[offset] == UInt8(ascii: "_")
      if isGap ? wasGap : !base.has(utf8[offset]) { isNumber = false }
      wasGap = isGap
      offset += length
    }
    if !isNumber || wasGap {
      report(
        "\(text(start, offset)) is not a number", start, offset,
        hint: "\(base.name) numbers are written \(base.example)")
    }
    emit(.int, from: start)
  }

  private mutating func skipDigits() {
    while isDigit(byte()) || (byte() == UInt8(ascii: "_") && isDigit(byte(1))) { offset += 1 }
  }

  private mutating func readBareFraction() {
    let start = offset
    offset += 1
    skipDigits()
    report(
      "a number starts with a digit", start, offset, hint: "write 0\(text(start, offset))")
    emit(.float, from: start)
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private func isNameStart(_ place: Int) -> Bool {
    scalar(at: place)?.scalar.startsIdentifier ?? false
  }

  // MARK: Brackets

  private mutating func readOpener(_ first: UInt8) {
    let kind: Token.Kind =
      first == UInt8(ascii: "(")
      ? .leftParenthesis : first == UInt8(ascii: "[") ? .leftBracket : .leftBrace
    open.append(.bracket(kind, token: list.tokens.count))
    if let closer = kind.closer { counts[closer] += 1 }
    offset += 1
    emit(kind, from: offset - 1)
  }

  /// Brackets that are crossed by this one stay without a partner.
  private mutating func readCloser(_ first: UInt8) {
    let kind: Token.Kind =
      first == UInt8(ascii: ")")
      ? .rightParenthesis : first == UInt8(ascii: "]") ? .rightBracket : .rightBrace
    if kind == .rightBrace, case .interpolation(_, let outer)? = open.last {
      open.removeLast()
      counts = outer
      offset += 1
      emit(.interpolationClose, from: offset - 1)
      return
    }
    if counts[kind] == 0, stringDepth > 0, let string = outermostString { return giveUp(string) }
    while counts[kind] > 0, case .bracket(let opener, let token)? = open.last {
      open.removeLast()
      if let closer = opener.closer { counts[closer] -= 1 }
      if opener.closer == kind {
        list.tokens[token].link = Int32(clamping: list.tokens.count)
        break
      }
    }
    offset += 1
    emit(kind, from: offset - 1)
  }

  private var isAtInterpolationDepth: Bool {
    if case .interpolation? = open.last { true } else { false }
  }

  /// The text between `:` and the `}` of an interpolation.
  private mutating func readFormat() {
    let start = offset
    while offset < utf8.count, utf8[offset] != UInt8(ascii: "}") {
      if utf8[offset] == UInt8(ascii: "\n") || utf8[offset] == UInt8(ascii: "\"") {
        if let string = outermostString { giveUp(string) }
        return
      }
      offset += 1
    }
    emit(.format, from: start, text: text(start + 1, offset))
  }

  // MARK: Strings

  private var outermostString: StringFrame? {
    guard stringDepth > 0 else { return nil }
    for case .string(let string) in open { return string }
    return nil
  }

  private mutating func readStringStart() {
    let isTriple = byte(1) == UInt8(ascii: "\"") && byte(2) == UInt8(ascii: "\"")
    let string = StringFrame(start: offset, isTriple: isTriple, token: list.tokens.count)
    open.append(.string(string))
    stringDepth += 1
    offset += isTriple ? 3 : 1
    guard stringDepth <= Lexer.maximumStringDepth else {
      if let outermost = outermostString { giveUp(outermost, isTooDeep: true) }
      return
    }
    readText(string)
  }

  /// Reads the text of a string up to its closing quote or the next interpolation.
  private mutating func readText(_ string: StringFrame) {
    let start = offset
    var decoded: [UInt8] = []
    while offset < utf8.count {
      switch utf8[offset] {
      case UInt8(ascii: "\""):
        if string.isTriple, byte(1) != UInt8(ascii: "\"") || byte(2) != UInt8(ascii: "\"") {
          decoded.append(utf8[offset])
          offset += 1
        } else {
          return closeString(string, textStart: start, String(decoding: decoded, as: UTF8.self))
        }
      case UInt8(ascii: "{") where byte(1) == UInt8(ascii: "{"):
        decoded.append(utf8[offset])
        reportDoubledBrace()
      case UInt8(ascii: "{"):
        return openInterpolation(
          string, textStart: start, String(decoding: decoded, as: UTF8.self))
      case UInt8(ascii: "\\"): readEscape(&decoded)
      case UInt8(ascii: "\n") where !string.isTriple:
        return giveUp(outermostString ?? string)
      case let byte:
        decoded.append(byte)
        offset += 1
        guard byte == UInt8(ascii: "\n") else { continue }
        line += 1
        // A text ends in its block of a page, and holds nothing of what stands before the block's lines.
        guard let margin = source.margin(ofLine: line) else {
          return giveUp(outermostString ?? string)
        }
        offset += margin
      }
    }
    giveUp(outermostString ?? string)
  }

  private mutating func closeString(_ string: StringFrame, textStart: Int, _ text: String) {
    let end = offset
    open.removeLast()
    stringDepth -= 1
    if list.tokens.count == string.token {
      offset += string.isTriple ? 3 : 1
      return emit(.string, from: string.start, text: text)
    }
    if end > textStart { emit(.stringText, from: textStart, text: text) }
    offset += string.isTriple ? 3 : 1
    emit(.stringClose, from: end)
  }

  private mutating func openInterpolation(_ string: StringFrame, textStart: Int, _ text: String) {
    let brace = offset
    if list.tokens.count == string.token {
      offset = string.start + (string.isTriple ? 3 : 1)
      emit(.stringOpen, from: string.start)
      offset = brace
    }
    if brace > textStart { emit(.stringText, from: textStart, text: text) }
    offset = brace + 1
    open.append(.interpolation(brace: brace, outer: counts))
    counts = BracketCounts()
    emit(.interpolationOpen, from: brace)
  }

  /// Other languages write a brace that is meant as text as two. Here that would be an interpolation
  /// of a record or block, which prints something else.
  private mutating func reportDoubledBrace() {
    offset += 2
    report(
      "{{ in a string is not a brace", offset - 2, offset,
      hint: #"write \{ and \} for braces that are meant as text, or { { with a space between"#)
  }

  /// `escape := "\" ( "n" | "t" | "r" | '"' | "\" | "{" | "}" | "u{" hex { hex } "}" )`
  private mutating func readEscape(_ decoded: inout [UInt8]) {
    let start = offset
    offset += 1
    switch byte() {
    case UInt8(ascii: "n"): decoded.append(UInt8(ascii: "\n"))
    case UInt8(ascii: "t"): decoded.append(UInt8(ascii: "\t"))
    case UInt8(ascii: "r"): decoded.append(UInt8(ascii: "\r"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"):
      decoded.append(byte())
    case UInt8(ascii: "u") where byte(1) == UInt8(ascii: "{"): return readScalarEscape(&decoded)
    default:
      // A line end is left for the reader of the text, which knows whether it may stand there.
      guard let (scalar, length) = scalar(at: offset), scalar != "\n" else { return }
      offset += length
      return report(
        "unknown escape \(text(start, offset))", start, offset,
        hint: #"strings take \n \t \r \" \\ \{ \} and \u{3b8}"#)
    }
    offset += 1
  }

  private mutating func readScalarEscape(_ decoded: inout [UInt8]) {
    let start = offset - 1
    offset += 2
    let digits = offset
    while byte() < 0x80, Character(Unicode.Scalar(byte())).isHexDigit { offset += 1 }
    let code = UInt32(text(digits, offset), radix: 16)
    let isClosed = byte() == UInt8(ascii: "}")
    if isClosed { offset += 1 }
    guard isClosed, let code, let scalar = Unicode.Scalar(code) else {
      return report(
        "\(text(start, offset)) names no character", start, offset,
        hint: #"write the character's number in hexadecimal, as in \u{3b8}"#)
    }
    decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
  }

  /// Reports a string that has no end, or holds others too deep, and goes on after the line it began on.
  private mutating func giveUp(_ string: StringFrame, isTooDeep: Bool = false) {
    var brace: Int?
    while let frame = open.popLast() {
      if case .interpolation(let place, let outer) = frame {
        brace = place
        counts = outer
      }
      if case .string(let candidate) = frame {
        stringDepth -= 1
        if candidate.start == string.start { break }
      }
    }
    let first = list.tokens.count > string.token ? list.tokens[string.token] : nil
    let wasFirst = first?.startsLine ?? startsLine
    list.tokens.removeLast(list.tokens.count - string.token)
    list.documentation = list.documentation.filter { $0.key <= string.token }

    line = source.line(at: Int32(clamping: string.start)) - 1
    offset = string.start
    if string.isTriple {
      offset = source.endOfCode(at: string.start)
      line = source.line(at: Int32(clamping: offset)) - 1
      list.endsInText = true
    } else {
      skipLine()
    }
    if isTooDeep {
      report(
        "strings are nested more than \(Lexer.maximumStringDepth) deep", string.start,
        string.start + (string.isTriple ? 3 : 1), hint: "give an inner one a name with `let`")
    } else if let brace {
      report(
        "this { in the string is not closed", brace, brace + 1,
        hint: #"close it with }, or write \{ for a brace that is meant as text"#)
    } else {
      report(
        "unclosed string", string.start, string.start + (string.isTriple ? 3 : 1),
        hint: string.isTriple
          ? #"close it with """"# : #"close it with ", or use """ for a text of several lines"#)
    }
    startsLine = wasFirst
    emit(.brokenString, from: string.start)
  }

  // MARK: Punctuation

  /// Operators and separators by their first byte, longest first.
  private static let punctuation: [[(bytes: [UInt8], kind: Token.Kind)]] = {
    var table = [[(bytes: [UInt8], kind: Token.Kind)]](repeating: [], count: 128)
    for kind in Token.Kind.allCases {
      let bytes = Array(kind.spelling.utf8)
      guard let first = bytes.first, bytes.count <= 3, first < 128 else { continue }
      guard !Character(Unicode.Scalar(first)).isLetter else { continue }
      table[Int(first)].append((bytes, kind))
    }
    return table.map { $0.sorted { $0.bytes.count > $1.bytes.count } }
  }()

  private mutating func readPunctuation(_ first: UInt8) -> Bool {
    guard first < 128 else { return false }
    let start = offset
    let rest = utf8[offset...]
    if skipForeignComment() { return true }
    for (bytes, kind, hint) in ForeignSyntax.operators where rest.starts(with: bytes) {
      if bytes == Array("!".utf8), byte(1) == UInt8(ascii: "=") { continue }
      offset += bytes.count
      report("\(text(start, offset)) is not an operator", start, offset, hint: hint)
      emit(kind, from: start)
      return true
    }
    for (bytes, kind) in Lexer.punctuation[Int(first)] where rest.starts(with: bytes) {
      offset += bytes.count
      emit(kind, from: start)
      return true
    }
    return false
  }

  /// Passes over a comment as other languages write it: `/* … */`, and `//` where no quotient can be meant,
  /// at the beginning of a line and before two words.
  private mutating func skipForeignComment() -> Bool {
    guard byte() == UInt8(ascii: "/") else { return false }
    let start = offset
    if byte(1) == UInt8(ascii: "*") {
      offset += 2
      while offset < utf8.count, byte(-1) != UInt8(ascii: "/") || byte(-2) != UInt8(ascii: "*") {
        if utf8[offset] == UInt8(ascii: "\n") { line += 1 }
        offset += 1
      }
      report("a comment has no /* and */", start, start + 2, hint: "begin each of its lines with #")
      return true
    }
    guard byte(1) == UInt8(ascii: "/"), byte(2) != UInt8(ascii: "=") else { return false }
    // A quotient has a left side, which inside of parentheses and brackets may be on the line before.
    let hasLeftSide =
      list.tokens.last.map {
        !$0.kind.continuesLine && $0.kind.closer == nil && $0.kind != .semicolon
      } ?? false
    let isInList =
      if case .bracket(let kind, _)? = open.last { kind != .leftBrace } else { false }
    guard !hasLeftSide || startsLine && !isInList || areWords(from: offset + 2) else {
      return false
    }
    skipLine()
    report("// divides, and begins no comment", start, start + 2, hint: "begin a comment with #")
    return true
  }

  /// True if two plain words follow each other on the rest of the line, as they do in prose.
  private func areWords(from place: Int) -> Bool {
    let rest = utf8[place...].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "#") }
    let words = String(decoding: rest, as: UTF8.self).split(separator: " ").prefix(2)
    return words.count == 2
      && words.allSatisfy { word in
        word.unicodeScalars.allSatisfy(\.continuesIdentifier) && Token.keywords[String(word)] == nil
          && word.unicodeScalars.first?.startsIdentifier == true
      }
  }

  /// Reads a text in quotes of another kind as the string that was meant; false where it has no end.
  private mutating func readForeignString(_ closers: Set<Unicode.Scalar>) -> Bool {
    let start = offset
    guard let (_, width) = scalar(at: offset) else { return false }
    var end = start + width
    while let (character, length) = scalar(at: end), character != "\n" {
      if closers.contains(character) {
        offset = end + length
        let content = text(start + width, end)
        report(
          "a string stands in plain double quotes", start, offset,
          hint: content.contains("\"") || content.count > 40
            ? "write \" at its beginning and end" : "write \"\(content)\"")
        emit(.string, from: start, text: content)
        return true
      }
      end += length
    }
    return false
  }

  /// Reports a run of characters that belong to no word, and passes over it.
  private mutating func readUnknown() {
    let start = offset
    guard let (first, _) = scalar(at: offset) else {
      offset += 1
      return
    }
    if first == "'", let last = list.tokens.last, Int(last.span.end) == start,
      last.kind == .name || last.kind.isCloser
    {
      offset += 1
      return report("' does not transpose", start, offset, hint: "write .T")
    }
    if let closers = ForeignSyntax.quotes[first], readForeignString(closers) { return }
    while let (scalar, length) = scalar(at: offset), isUnknown(scalar) { offset += length }
    offset = max(offset, start + 1)
    let isVisible = !first.properties.isWhitespace && !first.isHidden
    let shown =
      isVisible ? text(start, offset) : "U+" + String(first.value, radix: 16, uppercase: true)
    report(
      "unexpected character\(text(start, offset).count == 1 ? "" : "s") \(shown.prefix(20))",
      start, offset, hint: ForeignSyntax.lookalikes[first].map { "write \($0)" })
    // What it stands for is read in its place.
    if text(start, offset).count == 1, let meant = ForeignSyntax.lookalikes[first],
      let kind = Lexer.punctuation.joined().first(where: { $0.bytes == Array(meant.utf8) })?.kind
    {
      emit(kind, from: start)
    }
  }

  private func isUnknown(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value >= 0x80 { return !scalar.startsIdentifier }
    switch scalar {
    case "$", "?", "^", "`", "'", "\\", "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}",
      "\u{7F}":
      return true
    default: return false
    }
  }
}

extension Unicode.Scalar {
  /// True for `_` and every letter.
  var startsIdentifier: Bool {
    if value < 0x80 {
      return self == "_" || (value | 0x20 >= 0x61 && value | 0x20 <= 0x7A)
    }
    return properties.isAlphabetic
  }

  /// True for what may follow in a name: letters, digits (subscripts too), accents.
  var continuesIdentifier: Bool {
    if value < 0x80 { return startsIdentifier || (value >= 0x30 && value <= 0x39) }
    if properties.isAlphabetic { return true }
    switch properties.generalCategory {
    case .decimalNumber, .otherNumber, .nonspacingMark, .spacingMark: return true
    default: return false
    }
  }
}
