// An entry on the rows of a screen: each line of it behind a mark, cut where the screen ends; wide characters
// take two columns, combining ones none.
//
// Invariant: no row is wider than the screen, and the cursor stands in a row, left of the screen's end.

import CReadline
import Platform

/// One place of the screen: a character with what combines with it.
struct Cell: Equatable {
  var text: String
  var width: Int
  var style: Style
}

/// Rows of cells, and where the cursor stands.
struct Layout {
  /// One row.
  struct Row: Equatable {
    var cells: [Cell] = []
    var width = 0
  }

  private(set) var rows: [Row] = [Row()]
  private(set) var cursor: (row: Int, column: Int) = (0, 0)
  private let columns: Int

  /// A text as it stands on a screen.
  ///
  /// - Parameters:
  ///   - styles: one for each byte of the text.
  ///   - cursor: an offset in bytes; nil for an entry that nobody edits, whose last row may be full.
  init(
    _ text: String, styles: [Style], cursor: Int?, mark: String, continuationMark: String,
    columns: Int
  ) {
    self.columns = max(columns, 2)
    write(mark, Style(role: .mark))
    var offset = 0
    for scalar in text.unicodeScalars {
      if offset == cursor { noteCursor() }
      let style = offset < styles.count ? styles[offset] : .plain
      offset += UTF8.width(scalar)
      if scalar == "\n" {
        rows.append(Row())
        write(continuationMark, Style(role: .mark))
      } else {
        write(scalar, style)
      }
    }
    if let cursor {
      if cursor >= offset { noteCursor() }
    } else {
      self.cursor = (rows.count - 1, min(rows[rows.count - 1].width, self.columns - 1))
    }
  }

  private mutating func noteCursor() {
    if rows[rows.count - 1].width >= columns { rows.append(Row()) }
    cursor = (rows.count - 1, rows[rows.count - 1].width)
  }

  private mutating func write(_ text: String, _ style: Style) {
    for scalar in text.unicodeScalars { write(scalar, style) }
  }

  private mutating func write(_ scalar: Unicode.Scalar, _ style: Style) {
    switch scalar.value {
    case 9:
      let blanks = 8 - rows[rows.count - 1].width % 8
      for _ in 0..<blanks { write(" ", width: 1, style) }
    case 0..<32: write("^\(Unicode.Scalar(UInt8(scalar.value + 64)))", width: 2, style)
    case 127: write("^?", width: 2, style)
    // Control characters of eight bits, which a terminal might obey.
    case 128..<160: write("\u{FFFD}", width: 1, style)
    default:
      let width = scalar.columns
      if width == 0, let last = rows[rows.count - 1].cells.indices.last {
        rows[rows.count - 1].cells[last].text.unicodeScalars.append(scalar)
      } else {
        write(String(scalar), width: width, style)
      }
    }
  }

  private mutating func write(_ text: String, width: Int, _ style: Style) {
    if rows[rows.count - 1].width + width > columns { rows.append(Row()) }
    rows[rows.count - 1].cells.append(Cell(text: text, width: width, style: style))
    rows[rows.count - 1].width += width
  }
}

extension Unicode.Scalar {
  /// The columns that a terminal gives it, by the C library's table.
  var columns: Int {
    if value >= 32, value < 127 { return 1 }
    return max(0, Int(wcwidth(wchar_t(bitPattern: value))))
  }
}

extension StringProtocol {
  /// The columns that it takes on one row.
  var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }
}
