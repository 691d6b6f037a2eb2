// `.csv` files (RFC 4180): rows of numbers, with or without names of the columns above them.
//
// The first row holds names where any cell of it is neither a number, nor true or false, nor empty. A
// cell in quotation marks is text, so names that look like numbers are written in them.

/// The contents of a table.
public struct CSV {
  /// A column: numbers, or texts where any cell is none.
  public enum Column {
    case numbers(Tensor)
    case texts([String])

    /// The number of rows.
    public var count: Int {
      switch self {
      case .numbers(let tensor): tensor.count
      case .texts(let texts): texts.count
      }
    }
  }

  /// The names of the columns; nil where the first row has numbers.
  public var names: [String]?
  /// The columns, all of one length.
  public var columns: [Column]

  /// A table from columns.
  public init(names: [String]?, columns: [Column]) {
    self.names = names
    self.columns = columns
  }

  /// Reads a file. Whole numbers are i64, true and false bool, other numbers f64, and an empty
  /// cell among them is nan.
  ///
  /// - Throws: an io error that names the file, the line and what is wrong.
  public init(contentsOf location: FileLocation) throws {
    let file = try FileReader(location)
    let bytes = try file.bytes()
    _ = try FileReader.text(bytes, of: location.name)
    var rows = try file.reading("its table") {
      var reader = CSVReader(bytes: bytes)
      return try reader.rows()
    }
    guard let width = rows.first?.count else { throw file.damaged("it has no rows") }
    if let place = rows.firstIndex(where: { $0.count != width }) {
      throw file.damaged("row \(place + 1) has \(rows[place].count) cells, and row 1 has \(width)")
    }
    let hasNames = rows[0].contains { cell in
      !cell.text.isEmpty && cell.number == nil && (cell.isQuoted || Bool(cell.text) == nil)
    }
    names = hasNames ? rows.removeFirst().map(\.text) : nil
    columns = try (0..<width).map { column in
      try CSV.column(Safepoint.map(rows) { $0[column] })
    }
  }

  /// Writes a file, in place of what it held only when all of it is on disk.
  public func write(to location: FileLocation) throws {
    try FileWriter.replace(location) { file in
      if let names {
        try file.write((names.map { CSV.cell($0) }.joined(separator: ",") + "\n").utf8)
      }
      let cells = try columns.map(CSV.cells)
      try Safepoint.forEach(0..<(cells.first?.count ?? 0), each: 1 << 10) { row in
        try file.write((cells.map { $0[row] }.joined(separator: ",") + "\n").utf8)
      }
    }
  }

  private static func column(_ cells: [CSVReader.Cell]) throws -> Column {
    let flags = try found(in: cells) { $0.isQuoted ? nil : Bool($0.text) }
    if flags.count == cells.count, !flags.isEmpty {
      let numbers = try make(flags.map { $0 ? 1.0 : 0.0 })
      return .numbers(try numbers.converted(to: .bool))
    }
    let whole = try found(in: cells) { $0.isQuoted ? nil : Int($0.text) }
    if whole.count == cells.count, !whole.isEmpty {
      return .numbers(
        try Tensor.make(Shape(whole.count), .i64) {
          $0.initializeMemory(as: Int.self, from: whole, count: whole.count)
        })
    }
    let numbers = try found(in: cells) { $0.text.isEmpty && !$0.isQuoted ? .nan : $0.number }
    guard numbers.count == cells.count else { return .texts(cells.map(\.text)) }
    return .numbers(try make(numbers))
  }

  /// What the body finds in cells, up to the first in which there is none.
  private static func found<T>(
    in cells: [CSVReader.Cell], _ value: (CSVReader.Cell) -> T?
  ) throws -> [T] {
    var values: [T] = []
    for (i, cell) in cells.enumerated() {
      if i & 4095 == 4095 { try Safepoint.look() }
      guard let value = value(cell) else { break }
      values.append(value)
    }
    return values
  }

  private static func make(_ numbers: [Double]) throws -> Tensor {
    try Tensor.make(Shape(numbers.count), .f64) {
      $0.initializeMemory(as: Double.self, from: numbers, count: numbers.count)
    }
  }

  private static func cells(of column: Column) throws -> [String] {
    switch column {
    case .texts(let texts): return try Safepoint.map(texts) { cell($0) }
    case .numbers(let tensor):
      switch tensor.dtype {
      case .f64: return try Safepoint.map(tensor.allDoubles()) { formatShortest($0) }
      case .f32: return try Safepoint.map(tensor.allDoubles()) { formatShortest(Float($0)) }
      case .i64: return try Safepoint.map(tensor.allIntegers()) { String($0) }
      case .bool: return try Safepoint.map(tensor.allIntegers()) { $0 != 0 ? "true" : "false" }
      }
    }
  }

  /// A text as a cell, in quotation marks where it would be read as something else without.
  private static func cell(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && Double(text) == nil && Bool(text) == nil
      && !text.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
      && text.first != " " && text.last != " "
    return isPlain
      ? text
      : "\""
        + text.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
  }
}

/// Takes a text apart into rows of cells.
private struct CSVReader {
  struct Cell {
    var text: String
    var isQuoted: Bool
    /// The number that stands there, without quotation marks.
    var number: Double? { isQuoted ? nil : Double(text) }
  }

  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Every row; lines without anything are none.
  mutating func rows() throws -> [[Cell]] {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }
    var rows: [[Cell]] = []
    while place < bytes.count {
      if rows.count & 1023 == 1023 { try Safepoint.look() }
      var row = [try cell()]
      while place < bytes.count, bytes[place] == UInt8(ascii: ",") {
        place += 1
        row.append(try cell())
      }
      if place < bytes.count, bytes[place] == 0x0d { place += 1 }
      if place < bytes.count, bytes[place] == 0x0a { place += 1 }
      if row.count > 1 || row[0].isQuoted || !row[0].text.isEmpty { rows.append(row) }
    }
    return rows
  }

  private mutating func cell() throws -> Cell {
    while place < bytes.count, bytes[place] == 0x20 { place += 1 }
    if place < bytes.count, bytes[place] == UInt8(ascii: "\"") { return try quoted() }
    let start = place
    while place < bytes.count, ![0x2c, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
    var end = place
    while end > start, bytes[end - 1] == 0x20 { end -= 1 }
    return Cell(text: String(decoding: bytes[start..<end], as: UTF8.self), isQuoted: false)
  }

  private mutating func quoted() throws -> Cell {
    let start = place
    var text: [UInt8] = []
    place += 1
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte != UInt8(ascii: "\"") {
        text.append(byte)
      } else if place < bytes.count, bytes[place] == byte {
        text.append(byte)
        place += 1
      } else {
        while place < bytes.count, bytes[place] == 0x20 { place += 1 }
        guard place == bytes.count || [0x2c, 0x0a, 0x0d].contains(bytes[place]) else {
          throw mistake("there is more in the cell after the quotation mark", at: place)
        }
        return Cell(text: String(decoding: text, as: UTF8.self), isQuoted: true)
      }
    }
    throw mistake("a quotation mark is not closed", at: start)
  }

  private func mistake(_ what: String, at place: Int) -> TensorError {
    TensorError(.value, "line \(bytes[..<place].count { $0 == 0x0a } + 1): \(what)")
  }
}
