// Where lines begin.
//
// A line of a block stands four columns deeper than what the block belongs to, a line inside another
// bracket four deeper than the line of the bracket, or under the first word behind it where it was
// written so; a statement that goes on is four deeper than its beginning.
//
// What a bracket belongs to is its `base`: the indentation of the line that it opens on, but where that
// line began inside a bracket that has been closed since, of the line of that one. So both
//
//     for d in (                   fn f(a,
//         1, 2,                         b) {
//     ) {                              a
//         d                        }
//     }
//
// have their bodies four deeper than their first lines.

/// Lays out the words of a program.
struct Layout {
  /// What is open.
  private struct Frame {
    var spacing: Spacing
    /// The indentation of what the bracket belongs to, and of its lines.
    var base = 0
    var content = 0
    /// The line that it opens on.
    var line = 0
    /// Of the statement or element that is being laid out: where it begins here and was written.
    var start = 0
    var writtenStart = 0
    /// True where a line has begun with an element.
    var hasLines = false
    /// The indentation of the word that a block is the body of, until the block begins.
    var header: Int?
    /// The column of the first word behind the bracket, here and as it was written.
    var column: (here: Int, written: Int)?
  }

  private let source: Source
  private let words: [Word]
  private(set) var lines: [FormattedLine] = []

  private var line = FormattedLine()
  /// The columns of the words of the line, as they were written and here; for carets below them.
  private var places: [(written: Range<Int>, here: Range<Int>)] = []
  private var placesOfLast: [(written: Range<Int>, here: Range<Int>)] = []
  private var width = 0
  private var base = 0
  /// The place whose column was asked for last, and where its line ends.
  private var counted = (offset: 0, column: 0, lineEnd: 0)
  private var frames = [Frame(spacing: Spacing(inside: .statements))]

  init(_ source: Source, _ words: [Word]) {
    self.source = source
    self.words = words
  }

  mutating func run() {
    for index in words.indices {
      layComments(before: index)
      if words[index].kind == .end { break }
      lay(index)
    }
  }

  // MARK: Words

  private var frame: Frame {
    get { frames[frames.count - 1] }
    set { frames[frames.count - 1] = newValue }
  }

  private func text(_ word: Word) -> String { source.text(of: word.span) }

  /// The column, from 0, of a place as it was written. Places are asked for in the order of the text, so that each
  /// is counted from the one before.
  private mutating func column(_ offset: Int32) -> Int {
    let offset = Int(offset)
    if offset < counted.offset || offset >= counted.lineEnd {
      let line = source.line(at: Int32(clamping: offset))
      let end = line < source.lineStarts.count ? Int(source.lineStarts[line]) : Int.max
      counted = (Int(source.lineStarts[line - 1]), 0, end)
    }
    let bytes = source.utf8[counted.offset..<offset]
    let isPlain = bytes.allSatisfy { $0 < 0x80 }
    let count = isPlain ? bytes.count : String(decoding: bytes, as: UTF8.self).count
    counted.offset = offset
    counted.column += count
    return counted.column
  }

  private mutating func lay(_ index: Int) {
    let word = words[index]
    let isFirst = index == 0 || word.startsLine
    if isFirst {
      begin(index)
    } else {
      if isStatementStart(index) { frame.start = base }
      switch gap(before: index) {
      case .none: break
      case .blank: append(" ")
      case .kept: if words[index - 1].span.end < word.span.start { append(" ") }
      }
    }
    let written = column(word.span.start)
    if frame.column == nil, index > 0, words[index - 1].kind.closer != nil, !isFirst {
      frame.column = (width, written)
    }
    let text = text(word)
    let start = width
    append(text)
    // A text of several lines ends on another line than it begins on; carets are below its end.
    let end = column(word.span.end)
    places.append((min(written, end)..<end, min(start, width)..<width))
    frame.spacing.pass(word)
    if Layout.heads(word.kind), frame.header == nil { frame.header = base }
    if word.kind.closer != nil { open(word) } else if word.kind.isCloser { close() }
  }

  private mutating func append(_ text: String) {
    line.text += text
    if let end = text.utf8.lastIndex(of: UInt8(ascii: "\n")) {
      width = text[text.utf8.index(after: end)...].count
    } else {
      width += text.count
    }
  }

  private mutating func gap(before index: Int) -> Gap {
    let isMember = index > 1 && words[index - 2].kind == .dot
    return frame.spacing.gap(
      words[index - 1], words[index], isFirstMember: isMember && words[index - 1].kind.isKeyword,
      text: text)
  }

  /// The words that a block may be the body of.
  private static func heads(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .if, .else, .for, .while, .with, .try, .catch, .fn: true
    default: false
    }
  }

  private mutating func open(_ word: Word) {
    let inside: Spacing.Inside =
      switch word.kind {
      case .leftParenthesis: .parentheses
      case .leftBracket: .brackets
      default: word.isBlockBrace ? .statements : .record
      }
    let base = word.isBlockBrace ? frame.header ?? base : base
    if word.isBlockBrace { frame.header = nil }
    frames.append(
      Frame(
        spacing: Spacing(inside: inside), base: base, content: base + 4, line: lines.count,
        start: base + 4))
  }

  private mutating func close() {
    guard frames.count > 1, let closed = frames.popLast() else { return }
    if closed.line < lines.count { base = closed.base }
  }

  // MARK: Lines

  /// True for the first word of a statement in the middle of a line.
  private func isStatementStart(_ index: Int) -> Bool {
    let previous = words[index - 1]
    return previous.kind == .semicolon || previous.kind == .leftBrace && previous.isBlockBrace
  }

  /// True for a word that begins a line and goes on with what stands before it.
  private func continues(_ index: Int) -> Bool {
    guard index > 0 else { return false }
    let previous = words[index - 1].kind
    let word = words[index]
    return word.kind == .dot || word.kind == .pipe || previous.continuesLine
  }

  /// True for `else` and its like on a line of their own.
  private func isPart(_ index: Int) -> Bool {
    let word = words[index]
    guard index > 0, words[index - 1].kind == .rightBrace else { return false }
    return word.kind == .else || word.kind == .catch
      || text(word) == "finally" && words[min(index + 1, words.count - 1)].isBlockBrace
  }

  /// The indentation of a line that begins with a word, or with a comment before it.
  private func indentation(_ index: Int, column: Int, isComment: Bool = false) -> Int {
    let word = words[index]
    if word.kind.isCloser, !isComment { return frame.base }
    if frame.spacing.inside == .statements {
      if word.kind == .end || word.kind.isCloser { return frame.content }
      if isPart(index) { return isComment ? frame.content : frame.start }
      return continues(index) ? frame.start + 4 : frame.content
    }
    if let place = frame.column, place.written == column { return place.here }
    let isElement =
      index == 0 || words[index - 1].kind == .comma || words[index - 1].kind.closer != nil
    if isElement || word.kind.isCloser || !frame.hasLines { return frame.content }
    return column > frame.writtenStart ? frame.start + 4 : frame.start
  }

  /// Ends a line and begins that of a word.
  private mutating func begin(_ index: Int) {
    let word = words[index]
    let written = column(word.span.start)
    let indentation = indentation(index, column: written)
    let previous = index > 0 ? words[index - 1].kind : .semicolon
    if frame.spacing.inside == .statements {
      if !word.kind.isCloser, !continues(index), !isPart(index) {
        frame.start = indentation
        frame.header = nil
      }
    } else if previous == .comma || previous.closer != nil {
      frame.start = indentation
      frame.writtenStart = written
      frame.hasLines = true
      frame.header = nil
    }
    line.indentation = indentation
    width = indentation
    base = indentation
    frame.spacing.passFirst(word, after: index > 0 ? words[index - 1] : nil)
  }

  private mutating func endLine() {
    lines.append(line)
    line = FormattedLine()
    placesOfLast = places
    places = []
  }

  // MARK: Comments

  /// Lays out what stands between the word before and this one, and ends the line where one ends there.
  private mutating func layComments(before index: Int) {
    let start =
      index > 0 ? Int(words[index - 1].span.end) : source.utf8.starts(with: Layout.mark) ? 3 : 0
    let end = Int(words[index].span.start)
    var place = start
    var isOnLine = index > 0
    var blanks = 0
    while place < end || isOnLine && words[index].kind == .end {
      var stop = place
      while stop < end, source.utf8[stop] != UInt8(ascii: "\n") { stop += 1 }
      let hasEnd = stop < end
      let first = source.utf8[place..<stop].firstIndex { !Layout.isBlank($0) }
      if let first {
        let comment = comment(first, stop, isOnLine: isOnLine)
        if isOnLine {
          let width = column(Int32(start))
          line.margin = FormattedLine.Margin(
            text: comment, column: column(Int32(first)), codeWidth: width)
        } else {
          if blanks > 0, !lines.isEmpty { lines.append(FormattedLine()) }
          layComment(comment, at: first, before: index)
        }
        blanks = 0
      } else if !isOnLine, hasEnd {
        blanks += 1
      }
      if isOnLine, hasEnd || words[index].kind == .end { endLine() }
      guard hasEnd else { break }
      isOnLine = false
      place = stop + 1
    }
    if blanks > 0, !lines.isEmpty, words[index].kind != .end { lines.append(FormattedLine()) }
  }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  /// The text of a comment. Blanks at the end of documentation are a line end of Markdown.
  private func comment(_ start: Int, _ end: Int, isOnLine: Bool) -> String {
    var end = end
    if end > start, source.utf8[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    let isDocumentation = !isOnLine && source.utf8[start..<end].starts(with: [0x23, 0x23])
    if !isDocumentation {
      while end > start, Layout.isBlank(source.utf8[end - 1]) { end -= 1 }
    }
    return String(decoding: source.utf8[start..<end], as: UTF8.self)
  }

  /// Lays out a comment on a line of its own.
  private mutating func layComment(_ comment: String, at offset: Int, before index: Int) {
    let column = column(Int32(offset))
    var own = FormattedLine()
    if let carets = Carets(comment, column), let moved = carets.moved(by: placesOfLast) {
      own.text = moved
    } else if column > 0, let above = lines.last?.margin, above.column == column {
      own.margin = FormattedLine.Margin(text: comment, column: column, codeWidth: 0)
    } else {
      own.indentation = indentation(index, column: column, isComment: true)
      own.text = comment
    }
    lines.append(own)
  }
}
