// Comments behind lines. Those that stand in one column in lines below each other keep doing so: the
// column moves as far as the widest line and the smallest gap ask. Carets below a line move with what
// they underline.

extension [FormattedLine] {
  /// The lines with the comments behind them in their columns.
  func aligned() -> [FormattedLine] {
    var lines = self
    var start = 0
    while start < count {
      guard let column = self[start].margin?.column else {
        start += 1
        continue
      }
      let run = start..<(self[start...].firstIndex { $0.margin?.column != column } ?? count)
      var gap = Int.max
      var widest = 0
      for line in self[run] where !line.text.isEmpty {
        gap = Swift.min(gap, column - (line.margin?.codeWidth ?? 0))
        widest = Swift.max(widest, line.width)
      }
      if gap == .max { (gap, widest) = (column, 0) }
      for index in run { lines[index].margin?.column = widest + (gap > 0 ? gap : 2) }
      start = run.upperBound
    }
    return lines
  }
}

/// A comment that underlines a part of the line above: `#   ^^^^ text`.
struct Carets {
  private let columns: Range<Int>
  private let rest: Substring
  /// Where the comment begins.
  private let column: Int

  /// Nil for a comment without carets.
  init?(_ comment: String, _ column: Int) {
    let blanks = comment.dropFirst().prefix { $0 == " " }.count
    let carets = comment.dropFirst(1 + blanks).prefix { $0 == "^" }.count
    guard carets > 0 else { return nil }
    let first = column + 1 + blanks
    columns = first..<(first + carets)
    rest = comment.dropFirst(1 + blanks + carets)
    self.column = column
  }

  /// The comment's line with its carets where the words now stand; nil where there is no room for it.
  func moved(by places: [(written: Range<Int>, here: Range<Int>)]) -> String? {
    guard let under = places.last(where: { $0.written.lowerBound <= columns.lowerBound }) else {
      return nil
    }
    let start = columns.lowerBound + under.here.lowerBound - under.written.lowerBound
    let last = places.last { $0.written.lowerBound < columns.upperBound } ?? under
    let end = Swift.min(
      columns.upperBound + last.here.lowerBound - last.written.lowerBound,
      columns.upperBound <= last.written.upperBound ? last.here.upperBound : .max)
    guard start > 0, end > start else { return nil }
    let hash = column < start ? column : 0
    return String(repeating: " ", count: hash) + "#"
      + String(repeating: " ", count: start - hash - 1) + String(repeating: "^", count: end - start)
      + rest
  }
}
