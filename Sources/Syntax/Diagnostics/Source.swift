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

  /// A source of the given name and text.
  public init(name: String, text: String) {
    self.name = name
    self.utf8 = Array(text.utf8)
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

  /// The text that a span covers.
  public func text(of span: Span) -> String {
    let start = max(0, min(Int(span.start), utf8.count))
    let end = max(start, min(Int(span.end), utf8.count))
    return String(decoding: utf8[start..<end], as: UTF8.self)
  }
}
