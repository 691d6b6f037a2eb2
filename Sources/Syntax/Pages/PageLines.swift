// The lines of a page of Markdown, read one by one: which open a block of code, hold code, or are text.
//
// A line begins with the marks of what it stands in: `>` of a quotation, the indentation of a list's item. What
// it has not, it ends, and with it the block in there. Only blocks between fences are looked for: four columns
// more than around them make a line an indented block, which is none of ours, and so no fence; in a comment
// `<!-- … -->` there is none either.

/// Reads lines from above.
struct PageLines {
  /// What a line is.
  enum Event: Equatable {
    case text
    /// An opening fence with its first word, and what stands before each line of its block.
    case opening(kind: String, prefix: String)
    /// A line of a block; so many bytes stand before its code.
    case code(margin: Int)
  }

  private enum Container {
    case quotation
    /// An item of a list, whose lines are indented so far.
    case item(Int)
  }

  private struct Fence {
    let mark: UInt8
    let length: Int
    /// How far it is indented, and the lines of its block with it.
    let indentation: Int
  }

  /// What the line before stood in, from outside.
  private var containers: [Container] = []
  private var fence: Fence?
  private var isComment = false
  /// Whether the line before is one of a paragraph, which the next may go on with.
  private var isParagraph = false
  /// Whether the line before is the mark of an item and nothing else; an empty line then ends the item.
  private var isEmptyItem = false
  private var isFirst = true

  /// What the next line is, and whether the block that was open ends with it.
  mutating func read(_ line: String) -> (endsBlock: Bool, event: Event) {
    var cursor = Cursor(line)
    if isFirst, cursor.rest.starts(with: [0xEF, 0xBB, 0xBF]) { cursor.offset = 3 }
    isFirst = false
    let depth = enter(&cursor)
    let endsContainer = depth < containers.count
    let wasParagraph = isParagraph
    isParagraph = false
    isEmptyItem = false
    var endsBlock = false
    if let fence {
      if endsContainer {
        self.fence = nil
        endsBlock = true
      } else if closes(fence, cursor) {
        self.fence = nil
        return (true, .text)
      } else {
        cursor.skip(columns: fence.indentation)
        return (false, .code(margin: cursor.offset))
      }
    }
    if isComment, !endsContainer {
      isComment = !cursor.holds("-->")
      return (endsBlock, .text)
    }
    isComment = false
    var inner: [Container] = []
    while !cursor.isRule,
      let container = open(&cursor, in: wasParagraph && !endsContainer && inner.isEmpty)
    {
      inner.append(container)
    }
    // A line of a paragraph needs no marks of what the paragraph stands in.
    let goesOn = wasParagraph && inner.isEmpty
    if goesOn, cursor.isText {
      isParagraph = !cursor.isUnderline || endsContainer
      return (endsBlock, .text)
    }
    containers.removeLast(containers.count - depth)
    containers += inner
    if case .item? = inner.last { isEmptyItem = cursor.isBlank }
    if cursor.indentation < 4 {
      let indentation = cursor.skip(columns: 3)
      if let opening = openFence(cursor, indentation) { return (endsBlock, opening) }
      isComment = cursor.rest.starts(with: "<!--".utf8) && !cursor.holds("-->")
      isParagraph = cursor.isText
    }
    return (endsBlock, .text)
  }

  /// Passes over the marks of the open containers, and says how many the line has.
  private func enter(_ cursor: inout Cursor) -> Int {
    for (depth, container) in containers.enumerated() {
      switch container {
      case .quotation:
        guard cursor.skipQuotationMark() else { return depth }
      case .item(let width):
        let isLast = depth == containers.count - 1
        guard cursor.isBlank ? !(isEmptyItem && isLast) : cursor.indentation >= width else {
          return depth
        }
        cursor.skip(columns: width)
      }
    }
    return containers.count
  }

  /// A quotation or an item that begins here, its mark passed over.
  private func open(_ cursor: inout Cursor, in isParagraph: Bool) -> Container? {
    guard cursor.indentation < 4 else { return nil }
    if cursor.skipQuotationMark() { return .quotation }
    return cursor.skipItemMark(in: isParagraph).map(Container.item)
  }

  private func closes(_ fence: Fence, _ cursor: Cursor) -> Bool {
    guard cursor.indentation < 4 else { return false }
    var cursor = cursor
    cursor.skip(columns: 3)
    let length = cursor.rest.prefix { $0 == fence.mark }.count
    cursor.offset += length
    return length >= fence.length && cursor.isBlank
  }

  private mutating func openFence(_ cursor: Cursor, _ indentation: Int) -> Event? {
    guard let mark = cursor.rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~")
    else {
      return nil
    }
    let length = cursor.rest.prefix { $0 == mark }.count
    let words = cursor.rest.dropFirst(length)
    // Quotes of code in a line of text.
    if length < 3 || mark == UInt8(ascii: "`") && words.contains(mark) { return nil }
    fence = Fence(mark: mark, length: length, indentation: indentation)
    let kind = String(decoding: words, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
    let marks = cursor.utf8.prefix(cursor.offset).map {
      $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "\t") ? $0 : UInt8(ascii: " ")
    }
    return .opening(
      kind: kind?.lowercased() ?? "", prefix: String(decoding: marks, as: UTF8.self))
  }
}

/// A place in a line; a tab reaches to the next multiple of four columns.
private struct Cursor {
  let utf8: [UInt8]
  var offset = 0
  private var column = 0
  /// How many columns are left of a tab that was passed over for its first ones.
  private var left = 0

  init(_ line: String) { utf8 = Array(line.utf8) }

  var rest: ArraySlice<UInt8> { utf8[offset...] }

  var isBlank: Bool { rest.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

  /// Whether it is a line of a paragraph, where one goes on or begins: no blank one, no heading, rule or fence.
  var isText: Bool {
    var cursor = self
    if isBlank { return false }
    if cursor.skip(columns: .max) > 3 { return true }
    let text = String(decoding: cursor.rest, as: UTF8.self)
    let signs = text.prefix { $0 == "#" }.count
    let isHeading = 1...6 ~= signs && text.dropFirst(signs).first.map { " \t".contains($0) } ?? true
    return !isHeading && !isRule && !["```", "~~~", "<!--"].contains(where: text.hasPrefix)
  }

  /// `---`, `***` or `___`, blanks between them or not.
  var isRule: Bool {
    var cursor = self
    guard cursor.skip(columns: .max) < 4, let first = cursor.rest.first else { return false }
    let marks = cursor.rest.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return marks.count > 2 && "-*_".utf8.contains(first) && marks.allSatisfy { $0 == first }
  }

  /// The line below a heading.
  var isUnderline: Bool {
    var cursor = self
    guard cursor.skip(columns: .max) < 4 else { return false }
    let text = String(decoding: cursor.rest, as: UTF8.self)
    return text.first == "=" && text.drop { $0 == "=" }.allSatisfy { $0 == " " || $0 == "\t" }
  }

  func holds(_ text: String) -> Bool { String(decoding: rest, as: UTF8.self).contains(text) }

  /// How many columns of blanks come next.
  var indentation: Int {
    var cursor = self
    return cursor.skip(columns: .max)
  }

  /// Passes over so many columns of blanks, and says how many there were.
  @discardableResult
  mutating func skip(columns: Int) -> Int {
    var count = min(left, columns)
    left -= count
    while count < columns, offset < utf8.count {
      var width = 1
      switch utf8[offset] {
      case UInt8(ascii: " "): break
      case UInt8(ascii: "\t"): width = 4 - column % 4
      default: return count
      }
      offset += 1
      column += width
      left = max(0, width - (columns - count))
      count += width - left
    }
    return count
  }

  private mutating func skipCharacter() {
    offset += 1
    column += 1
  }

  /// `>` and the blank behind it.
  mutating func skipQuotationMark() -> Bool {
    var cursor = self
    guard cursor.skip(columns: .max) < 4, cursor.rest.first == UInt8(ascii: ">") else {
      return false
    }
    cursor.skipCharacter()
    cursor.skip(columns: 1)
    self = cursor
    return true
  }

  /// `-`, `*`, `+`, `1.` or `1)` with blanks behind it; how far the item's lines are indented. A paragraph is
  /// ended by no number but 1, and by no empty item.
  mutating func skipItemMark(in isParagraph: Bool) -> Int? {
    var cursor = self
    var width = cursor.skip(columns: 3)
    let digits = cursor.rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
    let marks = digits == 0 ? "-*+" : ".)"
    if isParagraph, digits > 0, !cursor.rest.prefix(digits).elementsEqual("1".utf8) { return nil }
    for _ in 0..<digits { cursor.skipCharacter() }
    guard digits < 10, let mark = cursor.rest.first, marks.utf8.contains(mark) else { return nil }
    cursor.skipCharacter()
    width += digits + 1
    guard cursor.indentation > 0 || cursor.isBlank else { return nil }
    if isParagraph, cursor.isBlank { return nil }
    // What is indented further is an indented block, one blank behind the mark.
    let blanks = cursor.isBlank || cursor.indentation > 4 ? 1 : cursor.indentation
    cursor.skip(columns: blanks)
    self = cursor
    return width + blanks
  }
}
