// The lines of an entry that is being written: where the cursor goes by Up and Down, how a new line is
// indented, where a closing bracket stands. All of it is about text; no terminal is touched.
//
// Offsets are in UTF-8 bytes, and a cursor always stands between two scalars.

/// An entry with a cursor in it.
struct EntryText {
  var utf8: [UInt8]
  var cursor: Int

  /// What a level of brackets is indented by.
  static let indent = 4

  init(_ text: String, cursor: Int? = nil) {
    utf8 = Array(text.utf8)
    self.cursor = min(cursor ?? utf8.count, utf8.count)
  }

  private static let lineEnd = UInt8(ascii: "\n")
  private static let blank = UInt8(ascii: " ")

  var text: String { String(decoding: utf8, as: UTF8.self) }

  /// Where the cursor's line begins.
  var lineStart: Int { start(ofLineWith: cursor) }

  /// Where the cursor's line ends.
  var lineEnd: Int { utf8[cursor...].firstIndex(of: EntryText.lineEnd) ?? utf8.count }

  private func start(ofLineWith offset: Int) -> Int {
    utf8[..<offset].lastIndex(of: EntryText.lineEnd).map { $0 + 1 } ?? 0
  }

  /// What stands before the cursor in its line.
  private var beforeCursor: ArraySlice<UInt8> { utf8[lineStart..<cursor] }

  /// True where nothing but blanks stands before the cursor in its line.
  var isInIndentation: Bool { beforeCursor.allSatisfy { $0 == EntryText.blank } }

  /// The blanks before the cursor, to which Backspace goes back as one: a level, or the rest of one.
  var indentationBeforeCursor: Int {
    let count = beforeCursor.count
    guard isInIndentation, count > 0 else { return 0 }
    return (count - 1) % EntryText.indent + 1
  }

  // MARK: - Up and down

  /// The place above the cursor, as far right as it stands now; nil in the first line.
  var above: Int? {
    let start = lineStart
    guard start > 0 else { return nil }
    return offset(column: column, inLineAt: self.start(ofLineWith: start - 1))
  }

  /// The place below the cursor; nil in the last line.
  var below: Int? {
    let end = lineEnd
    guard end < utf8.count else { return nil }
    return offset(column: column, inLineAt: end + 1)
  }

  private var column: Int { EntryText.scalars(in: beforeCursor) }

  private static func scalars(in bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
  }

  private func offset(column: Int, inLineAt start: Int) -> Int {
    var place = start
    var passed = 0
    while place < utf8.count, utf8[place] != EntryText.lineEnd, passed < column {
      place += 1
      while place < utf8.count, utf8[place] & 0xC0 == 0x80 { place += 1 }
      passed += 1
    }
    return place
  }

  // MARK: - Indentation

  /// The blanks that a line begins with which follows the cursor: as deep as the line of the innermost open
  /// bracket, and a level more.
  var indentationOfNextLine: String {
    guard let opener = openBrackets(before: cursor).last else {
      return String(repeating: " ", count: indentation(ofLineWith: cursor, upTo: cursor))
    }
    let depth = indentation(ofLineWith: opener.offset, upTo: opener.offset)
    return String(repeating: " ", count: depth + EntryText.indent)
  }

  /// The blanks before a closing bracket that begins the cursor's line: those of the line where it was opened.
  func indentation(ofCloser closer: UInt8) -> Int? {
    guard isInIndentation, let opener = openBrackets(before: cursor).last,
      opener.closer == closer
    else { return nil }
    return indentation(ofLineWith: opener.offset, upTo: opener.offset)
  }

  private func indentation(ofLineWith offset: Int, upTo end: Int) -> Int {
    utf8[start(ofLineWith: offset)..<end].prefix { $0 == EntryText.blank }.count
  }

  private func openBrackets(before end: Int) -> [(offset: Int, closer: UInt8)] {
    OpenBrackets(utf8[..<end]).brackets
  }

  // MARK: - Pasting

  /// A pasted text with line ends of one kind and without the marks of prompts.
  static func cleaned(_ pasted: String) -> String {
    let text = pasted.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(withoutMark)
      .joined(separator: "\n")
  }

  private static let marks = [PromptMark.first, PromptMark.continuation, ">>> "]

  private static func withoutMark(_ line: Substring) -> Substring {
    let start = line.drop { $0 == " " }
    for mark in marks {
      if start.hasPrefix(mark) { return start.dropFirst(mark.count) }
      // The last blank of a mark is lost where a line held nothing else.
      if start == mark.dropLast() { return "" }
    }
    return line
  }
}
