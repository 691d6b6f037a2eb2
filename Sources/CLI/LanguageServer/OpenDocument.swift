// A program in an editor, as it is being written.

import Language
import Library
import Syntax

/// A text with its version, and what is known of it.
struct OpenDocument {
  let address: String
  /// The editor's number of the text; nil for one that the editor has not open.
  private(set) var version: Int?
  private(set) var utf8: [UInt8]
  private(set) var lineStarts: [Int]
  /// Whether a line is ASCII alone, so that its columns are its bytes.
  private var isPlain: [Bool]
  /// Whether it was changed since its mistakes were told.
  var isUntold = true

  init(address: String, version: Int?, text: String) {
    (self.address, self.version) = (address, version)
    utf8 = Array(text.utf8)
    (lineStarts, isPlain) = OpenDocument.lines(of: utf8)
  }

  var text: String { String(decoding: utf8, as: UTF8.self) }

  /// The path of the file; the address where it is none.
  var path: String { FileAddress.path(of: address) ?? address }

  /// The program: the text, or the blocks of a page.
  var source: Source { Source.program(ofFile: path, text: text) }

  private static func lines(of utf8: [UInt8]) -> (starts: [Int], arePlain: [Bool]) {
    var (starts, arePlain) = ([0], [true])
    for (offset, byte) in utf8.enumerated() {
      if byte >= 0x80 { arePlain[arePlain.count - 1] = false }
      // Three ends of lines, as the protocol has it: `\n`, `\r\n` and `\r`.
      let isReturn = byte == UInt8(ascii: "\r")
      let isPair = isReturn && offset + 1 < utf8.count && utf8[offset + 1] == UInt8(ascii: "\n")
      if byte == UInt8(ascii: "\n") || isReturn && !isPair {
        starts.append(offset + 1)
        arePlain.append(true)
      }
    }
    return (starts, arePlain)
  }

  /// Puts in one change: a text in place of a range, or of everything.
  mutating func change(_ change: Value, version: Int) {
    let text = Array((change[field: "text"]?.asText ?? "").utf8)
    if let range = change[field: "range"], let span = offsets(of: range) {
      utf8.replaceSubrange(span, with: text)
    } else {
      utf8 = text
    }
    (lineStarts, isPlain) = OpenDocument.lines(of: utf8)
    self.version = version
    isUntold = true
  }

  // MARK: - Positions

  /// The bytes of a range, begin and end inside the text and in order.
  func offsets(of range: Value) -> Range<Int>? {
    guard let start = range[field: "start"], let end = range[field: "end"] else { return nil }
    let (first, last) = (offset(of: start), offset(of: end))
    return min(first, last)..<max(first, last)
  }

  /// The byte at a position: a line and a column in UTF-16, each as near as there is one.
  func offset(of position: Value) -> Int {
    let line = position[field: "line"]?.asInt ?? 0
    let column = position[field: "character"]?.asInt ?? 0
    guard line >= 0 else { return 0 }
    guard line < lineStarts.count else { return utf8.count }
    var offset = lineStarts[line]
    var units = 0
    while offset < utf8.count, units < column, !OpenDocument.endsLine(utf8[offset]) {
      let length = OpenDocument.length(of: utf8[offset])
      units += length == 4 ? 2 : 1
      offset = min(offset + length, utf8.count)
    }
    return offset
  }

  /// The position of a byte.
  func position(of offset: Int) -> Value {
    let offset = min(max(offset, 0), utf8.count)
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    var (units, at) = isPlain[low] ? (offset - lineStarts[low], offset) : (0, lineStarts[low])
    while at < offset {
      let length = OpenDocument.length(of: utf8[at])
      units += length == 4 ? 2 : 1
      at += length
    }
    return object(("line", .int(low)), ("character", .int(units)))
  }

  func range(_ span: Span) -> Value {
    object(
      ("start", position(of: Int(span.start))),
      ("end", position(of: Int(max(span.start, span.end))))
    )
  }

  private static func endsLine(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  /// The bytes of the character that begins with a byte.
  private static func length(of byte: UInt8) -> Int {
    byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }

  /// The word at an offset or just behind it.
  func word(at offset: Int) -> Range<Int> {
    let start = word(upTo: offset)
    var end = min(offset, utf8.count)
    while end < utf8.count, CursorContext.isWordByte(utf8[end]) { end += 1 }
    return start..<end
  }

  /// Where the word begins that ends at an offset; the offset where none does.
  func word(upTo offset: Int) -> Int {
    var start = min(offset, utf8.count)
    while start > 0, CursorContext.isWordByte(utf8[start - 1]) { start -= 1 }
    return start
  }

  func text(_ range: Range<Int>) -> String { String(decoding: utf8[range], as: UTF8.self) }
}
