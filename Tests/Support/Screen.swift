// As much of a terminal's screen as the tests of the prompt look at: characters in cells, the cursor, and the
// sequences that move it and erase. Lines that scroll out are gone.

import Platform

/// A screen of cells.
public struct Screen {
  public private(set) var rows: Int
  public private(set) var columns: Int
  public private(set) var cursor: (row: Int, column: Int) = (0, 0)
  /// The text of each cell; the second one of a wide character is empty.
  private var cells: [[String]]
  /// The numbers of the sequence that coloured each cell; empty for plain ones.
  private var colors: [[String]]
  /// Whether the last column was written and the next character goes to the next row.
  private var isPending = false
  private var partial: [UInt8] = []
  /// Characters that were written in colour.
  public private(set) var colored = ""
  private var color = ""

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    colors = Array(repeating: Array(repeating: "", count: columns), count: rows)
  }

  /// The rows without the blanks at their ends, up to the last one that holds something.
  public var lines: [String] {
    var lines = cells.map { row in
      var text = row.joined()
      while text.last == " " { text.removeLast() }
      return text
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// Pieces of one colour of each of the `lines`.
  public var coloredLines: [[(text: String, color: String)]] {
    zip(cells, colors).prefix(lines.count).map { cells, colors in
      var pieces: [(text: String, color: String)] = []
      for (cell, color) in zip(cells, colors) {
        if pieces.last?.color == color {
          pieces[pieces.count - 1].text += cell
        } else {
          pieces.append((cell, color))
        }
      }
      return pieces
    }
  }

  /// Another size; as xterm does, what does not fit is cut and nothing is broken anew.
  public mutating func resize(columns: Int) {
    for row in cells.indices {
      let missing = columns - cells[row].count
      if missing > 0 {
        cells[row] += Array(repeating: " ", count: missing)
        colors[row] += Array(repeating: "", count: missing)
      }
      cells[row] = Array(cells[row].prefix(columns))
      colors[row] = Array(colors[row].prefix(columns))
    }
    self.columns = columns
    cursor.column = min(cursor.column, columns - 1)
  }

  /// Takes what a program writes.
  public mutating func feed(_ bytes: some Sequence<UInt8>) {
    partial += bytes
    var place = 0
    while place < partial.count, let length = take(at: place) { place += length }
    partial.removeFirst(place)
  }

  /// The bytes of the piece at a place, once it is whole and has been shown.
  private mutating func take(at place: Int) -> Int? {
    let rest = partial[place...]
    switch partial[place] {
    case 0x1B: return takeSequence(rest)
    case 0x0D: (cursor.column, isPending) = (0, false)
    case 0x0A: lineFeed()
    case 0x08: (cursor.column, isPending) = (max(0, cursor.column - 1), false)
    case 0..<0x20, 0x7F: break
    default:
      let first = partial[place]
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      guard rest.count >= length else { return nil }
      for scalar in String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars {
        write(scalar)
      }
      return length
    }
    return 1
  }

  private mutating func takeSequence(_ rest: ArraySlice<UInt8>) -> Int? {
    guard rest.count > 1 else { return nil }
    guard rest[rest.startIndex + 1] == UInt8(ascii: "[") else { return 2 }
    guard let end = rest.dropFirst(2).firstIndex(where: { $0 >= 0x40 }) else { return nil }
    let text = String(decoding: rest[(rest.startIndex + 2)..<end], as: UTF8.self)
    let numbers = text.split(separator: ";").map { Int($0) ?? 0 }
    apply(rest[end], numbers, text)
    return end - rest.startIndex + 1
  }

  private mutating func apply(_ command: UInt8, _ numbers: [Int], _ text: String) {
    let count = max(1, numbers.first ?? 1)
    switch Character(UnicodeScalar(command)) {
    case "A": (cursor.row, isPending) = (max(0, cursor.row - count), false)
    case "B": (cursor.row, isPending) = (min(rows - 1, cursor.row + count), false)
    case "C": (cursor.column, isPending) = (min(columns - 1, cursor.column + count), false)
    case "D": (cursor.column, isPending) = (max(0, cursor.column - count), false)
    case "H": (cursor, isPending) = ((count - 1, max(1, numbers.dropFirst().first ?? 1) - 1), false)
    case "J" where numbers.first == 2: for row in 0..<rows { erase(row, from: 0) }
    case "J":
      erase(cursor.row, from: cursor.column)
      for row in cursor.row + 1..<max(rows, cursor.row + 1) { erase(row, from: 0) }
    case "K": erase(cursor.row, from: cursor.column)
    case "m": color = text == "0" ? "" : text
    default: break
    }
  }

  private mutating func erase(_ row: Int, from column: Int) {
    for column in column..<columns { (cells[row][column], colors[row][column]) = (" ", "") }
  }

  private mutating func lineFeed() {
    isPending = false
    if cursor.row < rows - 1 {
      cursor.row += 1
    } else {
      cells.removeFirst()
      cells.append(Array(repeating: " ", count: columns))
      colors.removeFirst()
      colors.append(Array(repeating: "", count: columns))
    }
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    let width = Screen.width(scalar)
    if width == 0 {
      let column = isPending ? cursor.column : max(0, cursor.column - 1)
      cells[cursor.row][column].unicodeScalars.append(scalar)
      return
    }
    if isPending || cursor.column + width > columns {
      cursor.column = 0
      lineFeed()
    }
    if !color.isEmpty { colored.unicodeScalars.append(scalar) }
    cells[cursor.row][cursor.column] = String(scalar)
    colors[cursor.row][cursor.column] = color
    if width == 2 { cells[cursor.row][cursor.column + 1] = "" }
    isPending = cursor.column + width >= columns
    cursor.column = min(cursor.column + width, columns - 1)
  }

  /// Two columns for the letters of East Asia that the tests use, none for marks that combine.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: 0
    default:
      (0x1100...0x115F).contains(scalar.value) || (0x2E80...0xFFEF).contains(scalar.value) ? 2 : 1
    }
  }
}
