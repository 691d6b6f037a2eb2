// The name that a cursor is at, for who asks what it is.

/// Finds names in the code of a cell.
enum NameAtCursor {
  /// The names joined by points that the cursor stands in or behind; where there is none, what is called there.
  static func find(in code: String, _ cursor: Int) -> String? {
    let utf8 = Array(code.utf8)
    if let name = chain(utf8, cursor) { return name }
    for bracket in OpenBrackets(utf8[..<cursor]).brackets.reversed()
    where bracket.closer == UInt8(ascii: ")") {
      if let name = chain(utf8, bracket.offset) { return name }
    }
    return nil
  }

  private static func chain(_ utf8: [UInt8], _ cursor: Int) -> String? {
    var (start, end) = (cursor, cursor)
    while end < utf8.count, CursorContext.isWordByte(utf8[end]) { end += 1 }
    while start > 0,
      CursorContext.isWordByte(utf8[start - 1]) || utf8[start - 1] == UInt8(ascii: ".")
    {
      start -= 1
    }
    let text = String(decoding: utf8[start..<end], as: UTF8.self)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ $0.first.map { !$0.isNumber } ?? false }) else { return nil }
    return text
  }
}
