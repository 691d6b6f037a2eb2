// Program text and places in it.
//
// A `Span` is a half-open range of UTF-8 offsets in one source. Line and column are worked out
// only when a diagnostic is shown, so carrying a span costs eight bytes and no look-up.

/// A half-open range of UTF-8 offsets in a source text.
public struct Span: Hashable, Sendable {
  /// The offset of the first byte.
  public var start: Int32
  /// The offset after the last byte.
  public var end: Int32

  /// A span of `start ..< end`.
  public init(_ start: Int, _ end: Int) {
    self.start = Int32(clamping: start)
    self.end = Int32(clamping: end)
  }

  /// The smallest span that covers both.
  public func union(_ other: Span) -> Span {
    Span(Int(min(start, other.start)), Int(max(end, other.end)))
  }

  /// An empty span at the beginning of a source.
  public static let zero = Span(0, 0)
}

/// One program text with its name, as diagnostics show it.
public final class Source: Sendable {
  /// The name shown in diagnostics: a path, `<prompt>`, `<command line>`.
  public let name: String
  /// The text as UTF-8.
  public let utf8: [UInt8]
  /// The offset at which each line begins; the first is 0.
  public let lineStarts: [Int32]
  /// For each line of a page how many bytes stand before its code, and -1 where it has none; empty for a
  /// program that is the whole of its text.
  let margins: [Int32]

  /// A source of the given name and text.
  public convenience init(name: String, text: String) {
    self.init(name: name, utf8: Array(text.utf8), margins: [])
  }

  init(name: String, utf8: [UInt8], margins: [Int32]) {
    self.name = name
    self.utf8 = utf8
    self.margins = margins
    var starts: [Int32] = [0]
    for (offset, byte) in utf8.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(Int32(clamping: offset + 1))
    }
    self.lineStarts = starts
  }

  /// The number, from 1, of the line that holds the offset.
  public func line(at offset: Int32) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The text of the line of that number, from 1, without its line end.
  public func text(ofLine number: Int) -> String {
    guard number >= 1, number <= lineStarts.count else { return "" }
    let start = Int(lineStarts[number - 1])
    var end = number < lineStarts.count ? Int(lineStarts[number]) - 1 : utf8.count
    if end > start, utf8[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: utf8[start..<max(start, end)], as: UTF8.self)
  }

  /// How many bytes stand before the code of a line, counted from 0; nil where the line has none.
  func margin(ofLine index: Int) -> Int? {
    if margins.isEmpty { return 0 }
    return index < margins.count && margins[index] >= 0 ? Int(margins[index]) : nil
  }

  /// Where the code around an offset ends: with the text, or with the block of a page.
  func endOfCode(at offset: Int) -> Int {
    if margins.isEmpty { return utf8.count }
    let first = line(at: Int32(clamping: offset)) - 1
    let end = lineStarts.indices.dropFirst(first).first { margin(ofLine: $0) == nil }
    return end.map { Int(lineStarts[$0]) } ?? utf8.count
  }

  /// The code of the first so many bytes, without what a page has around it.
  package func code(upTo end: Int) -> String {
    if margins.isEmpty { return String(decoding: utf8.prefix(end), as: UTF8.self) }
    var code: [UInt8] = []
    for index in lineStarts.indices {
      guard let margin = margin(ofLine: index), Int(lineStarts[index]) + margin < end else {
        continue
      }
      let next = index + 1 < lineStarts.count ? Int(lineStarts[index + 1]) : utf8.count
      code += utf8[Int(lineStarts[index]) + margin..<min(next, end)]
    }
    return String(decoding: code, as: UTF8.self)
  }

  /// The text that a span covers.
  public func text(of span: Span) -> String {
    let start = max(0, min(Int(span.start), utf8.count))
    let end = max(start, min(Int(span.end), utf8.count))
    return String(decoding: utf8[start..<end], as: UTF8.self)
  }
}
