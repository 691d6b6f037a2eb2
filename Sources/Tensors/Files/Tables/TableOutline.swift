// What a table shows of itself before its cells are read: the separator, the lines above the first row,
// its names, the number of columns.
//
// A separator that was not given is a comma, unless the first row has another one that makes a table of all
// rows, or numbers with spaces between them; where several do, nothing is guessed. Lines with `#` in front are no rows above the first one, and
// below it where they have another number of cells; one with the same number could be either.

/// The outline of a table.
struct TableOutline {
  /// A scan that stands before the first row of cells.
  let scanner: TableScanner
  /// Names of the columns; nil where there are none.
  let names: [String]?
  /// The number of columns.
  let width: Int
  /// Whether lines with `#` in front are looked at closely.
  let guessesComments: Bool

  /// - Throws: an io error for a table without rows, or with several separators.
  init(_ text: HeldMemory, _ format: TableFormat) throws {
    guessesComments = format.comment == nil
    let comment = Array((format.comment ?? "#").utf8)
    var top = TableScanner(text, separator: format.separator ?? 0x2c)
    var told = format.separator
    var last: [UInt8] = []
    // What stands above the first row, of which the last line may be its names.
    while top.startRow() {
      try Safepoint.look()
      if top.begins(with: comment) {
        last = Array(top.skipLine())
      } else if let byte = top.spreadsheetSeparator {
        told = told ?? byte
        top.skipLine()
      } else {
        break
      }
    }
    guard top.startRow() else {
      let isMarked = guessesComments && !last.isEmpty
      throw TensorError(
        .io, "it has no rows",
        hint: isMarked ? "all lines begin with #: say comment=\"\" to read them" : nil)
    }
    top.separator = try told ?? TableOutline.separator(of: top)
    if !guessesComments { top.comment = comment }
    var next = top
    let cells = try next.row()
    width = cells.count
    let looksLikeNames = cells.contains { cell in
      !cell.isEmpty && !cell.isNumber && (cell.isQuoted || cell.bool == nil)
    }
    var above: [String]?
    if guessesComments, format.hasNames != false, !looksLikeNames, width > 1 {
      let words = TableOutline.words(last, top.separator)
      if words.count == width { above = words }
    }
    let hasNames = above == nil && (format.hasNames ?? looksLikeNames)
    names = above ?? (hasNames ? cells.map(\.text) : nil)
    scanner = hasNames ? next : top
  }

  /// The cells of a line with `#` in front, which is not the text of a file.
  private static func words(_ line: [UInt8], _ separator: UInt8) -> [String] {
    let text = String(decoding: line.drop { $0 == 0x23 || $0 == 0x20 }, as: UTF8.self)
    let mark = Character(Unicode.Scalar(separator))
    return text.split(separator: mark, omittingEmptySubsequences: separator == 0x20)
      .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
  }

  /// The separator that the first row shows.
  private static func separator(of scanner: TableScanner) throws -> UInt8 {
    var line = scanner
    var found: [UInt8] = []
    var isQuoted = false
    for byte in line.skipLine() {
      if byte == 0x22 { isQuoted.toggle() }
      if !isQuoted, ",;\t|".utf8.contains(byte), !found.contains(byte) { found.append(byte) }
    }
    if found == [0x2c] { return 0x2c }
    if found.isEmpty {
      // NumPy parts numbers by spaces where it is told nothing else.
      var row = scanner
      row.separator = 0x20
      let isNumbers = try row.row().allSatisfy(\.isNumber)
      found = isNumbers ? [0x20] : []
    }
    let fitting = try found.filter { byte in
      var scanner = scanner
      scanner.separator = byte
      return try scanner.isTable()
    }
    guard fitting.count > 1 else { return fitting.first ?? 0x2c }
    let names = fitting.map { $0 == 0x09 ? "\"\\t\"" : "\"\(Unicode.Scalar($0))\"" }
    throw TensorError(
      .io, "its rows can be parted by \(names.joined(separator: " or by "))",
      hint: "say by which: separator=\(names.last ?? "")")
  }
}

extension TableScanner {
  /// Whether bytes stand at the beginning of what is in the line.
  func begins(with bytes: [UInt8]) -> Bool {
    var scanner = self
    scanner.skipSpaces()
    let count = bytes.count
    guard count > 0, end - scanner.place >= count else { return false }
    return (0..<count).allSatisfy { scanner.place[$0] == bytes[$0] }
  }

  /// The separator that a spreadsheet says in a line of its own, `sep=;`.
  fileprivate var spreadsheetSeparator: UInt8? {
    var scanner = self
    let line = scanner.skipLine()
    return line.count == 5 && line.starts(with: "sep=".utf8) ? line[4] : nil
  }

  /// The cells of the next row.
  ///
  /// - Throws: a value error where quotation marks do not pair.
  mutating func row() throws -> [Cell] {
    var cells: [Cell] = []
    repeat {
      cells.append(try cell())
      if cells.count & 0xfff == 0 {
        try Safepoint.look()
        try MemoryAccount.require(3 * cells.count, of: MemoryLayout<Cell>.stride)
      }
    } while !isRowEnd
    return cells
  }

  /// Whether all rows from here on have one number of cells, two at least.
  fileprivate mutating func isTable() throws -> Bool {
    var width: Int?
    var rows = 0
    while startRow() {
      if begins(with: [0x23]) {
        skipLine()
        continue
      }
      var count = 0
      repeat {
        guard (try? cell()) != nil else { return false }
        count += 1
      } while !isRowEnd
      guard count > 1, width == nil || width == count else { return false }
      width = count
      rows += 1
      if rows & 1023 == 0 { try Safepoint.look() }
    }
    return true
  }
}
