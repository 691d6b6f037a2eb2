// Draws an entry on a terminal and keeps it drawn: what has changed since the last time is written over, row
// by row, from the first cell that differs.
//
// Invariant: the cursor stands where `cursor` says, counted from the first row that is drawn, and below the
// last row drawn there is nothing. After a full row the terminal's column is not known; only an absolute
// move follows then.

import Platform

/// The entry on the screen.
struct Painter {
  private let showsColor: Bool
  private var drawn: [Layout.Row] = []
  private var cursor: (row: Int, column: Int) = (0, 0)
  /// The first row shown of an entry that is higher than the screen.
  private var top = 0
  private var columns = 0
  private var output = ""

  init(showsColor: Bool) { self.showsColor = showsColor }

  /// Nothing is drawn any more: the next entry begins in the row of the cursor, which is empty.
  mutating func forget() {
    drawn = []
    cursor = (0, 0)
    top = 0
  }

  /// Shows an entry with its cursor.
  mutating func draw(_ layout: Layout, on screen: ScreenSize) {
    if columns != screen.columns, !drawn.isEmpty { eraseReflowed(columns: screen.columns) }
    columns = screen.columns
    let height = max(screen.rows, 1)
    scroll(to: layout, height: height)
    let shown = Array(layout.rows[top..<min(top + height, layout.rows.count)])
    for (number, row) in shown.enumerated() {
      draw(row, number, over: number < drawn.count ? drawn[number] : nil)
    }
    if drawn.count > shown.count {
      // The rows below go as one.
      move(toRow: shown.count, column: 0)
      output += "\u{1b}[J"
    }
    drawn = shown
    move(toRow: layout.cursor.row - top, column: layout.cursor.column)
    flush()
  }

  /// Shows a finished entry and leaves it: the next text stands below.
  mutating func finish(_ layout: Layout, on screen: ScreenSize, mark: String = "") {
    if layout.rows.count > screen.rows {
      // Whole, for those who scroll back.
      move(toRow: 0, column: 0)
      output += "\u{1b}[J"
      drawn = []
      for (number, row) in layout.rows.enumerated() {
        if number > 0 { output += "\r\n" }
        output += text(of: row.cells[...])
      }
    } else {
      draw(layout, on: screen)
      move(toRow: drawn.count - 1, column: 0)
      let width = drawn.last?.width ?? 0
      if width > 0, width < columns { output += "\u{1b}[\(width)C" }
    }
    output += mark + "\r\n"
    flush()
    forget()
  }

  /// Leaves what is drawn where it stands, for a text below it; then the entry is drawn anew.
  mutating func writeBelow(_ text: String) {
    move(toRow: max(drawn.count - 1, 0), column: 0)
    output += "\r\n" + text
    flush()
    forget()
  }

  /// Begins in the cursor's row, whatever stands there, after something else has used the terminal.
  mutating func startOver() {
    output += "\r\u{1b}[J"
    forget()
  }

  /// Begins with an empty screen.
  mutating func clearScreen() {
    output += "\u{1b}[H\u{1b}[2J"
    flush()
    forget()
  }

  // MARK: - Rows

  /// Chooses the rows that are shown, the cursor's among them.
  private mutating func scroll(to layout: Layout, height: Int) {
    top = min(top, max(0, layout.rows.count - height))
    top = min(max(top, layout.cursor.row - height + 1), layout.cursor.row)
  }

  private mutating func draw(_ row: Layout.Row, _ number: Int, over old: Layout.Row?) {
    if row == old { return }
    let same = zip(row.cells, old?.cells ?? []).prefix { $0 == $1 }.count
    let column = row.cells[..<same].reduce(0) { $0 + $1.width }
    move(toRow: number, column: column)
    output += text(of: row.cells[same...])
    cursor.column = row.width
    if row.width < columns, (old?.width ?? 0) > row.width { output += "\u{1b}[K" }
  }

  private func text(of cells: ArraySlice<Cell>) -> String {
    var result = ""
    var style = Style.plain
    for cell in cells {
      if showsColor, cell.style != style {
        if style != .plain { result += Style.end }
        result += cell.style.sequence
        style = cell.style
      }
      result += cell.text
    }
    if showsColor, style != .plain { result += Style.end }
    return result
  }

  private mutating func move(toRow row: Int, column: Int) {
    if (row, column) == cursor, column < max(columns, 1) { return }
    if row < cursor.row { output += "\u{1b}[\(cursor.row - row)A" }
    if row > cursor.row {
      // Line feeds, which make rows where there are none yet.
      output += "\r" + String(repeating: "\n", count: row - cursor.row)
      cursor.column = 0
    }
    if column != cursor.column || cursor.column >= columns {
      output += "\r"
      if column > 0 { output += "\u{1b}[\(column)C" }
    }
    cursor = (row, column)
  }

  /// After a change of the screen's width the terminal has broken the rows anew; the place where the first
  /// stands is found by counting, and everything from there on is erased.
  private mutating func eraseReflowed(columns: Int) {
    let above = drawn[..<min(cursor.row, drawn.count)].reduce(0) { sum, row in
      sum + max(1, (row.width + columns - 1) / columns)
    }
    let rows = above + cursor.column / max(columns, 1)
    output += "\r"
    if rows > 0 { output += "\u{1b}[\(rows)A" }
    output += "\u{1b}[J"
    forget()
  }

  private mutating func flush() {
    if !output.isEmpty { StandardOutput.shared.write(output) }
    output = ""
  }
}
