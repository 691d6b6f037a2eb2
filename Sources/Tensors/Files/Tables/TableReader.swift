// Reads the rows of a table. All cells that are numbers go to one matrix as they come, eight bytes each: what
// a column's are is known as far as it was read, and changes with the first cell that is something else.
//
//     missing → truths → texts        missing → whole → decimal → texts
//
// A column with a text in it is read once more, as texts. A table of numbers alone, without names, is its
// matrix.

/// A walk over the rows.
struct TableReader {
  /// What the cells of a column are so far.
  private enum Kind { case missing, truths, whole, decimal, texts }

  /// A column that is wanted.
  private struct Slot {
    var kind = Kind.missing
    var hasMissing = false
  }

  private let outline: TableOutline
  private var scanner: TableScanner
  /// The names of the columns that are wanted.
  let names: [String]?
  /// The place of each column of the file among those that are wanted; -1 for others.
  private let places: [Int]
  private var slots: [Slot]
  private var matrix: Tensor
  private var cells: UnsafeMutableRawPointer
  private var rows = 0

  /// Looks for the columns that are wanted, and takes memory for the rows that the text can have.
  ///
  /// - Throws: a value error for a column that is not there, a limit error where there is no memory.
  init(_ outline: TableOutline, _ format: TableFormat, _ bytes: Int) throws {
    self.outline = outline
    scanner = outline.scanner
    let names = outline.names.map(TableReader.told)
    let wanted =
      try format.columns.map { try TableReader.numbers($0, names, outline.width) }
      ?? Array(0..<outline.width)
    var places = [Int](repeating: -1, count: outline.width)
    for (place, column) in wanted.enumerated() {
      guard places[column] < 0 else {
        let name = names?[column].excerpt ?? "\(column)"
        throw TensorError(.value, "column \(name) is chosen twice")
      }
      places[column] = place
    }
    self.places = places
    self.names = names.map { names in wanted.map { names[$0] } }
    slots = [Slot](repeating: Slot(), count: wanted.count)
    try MemoryAccount.require(outline.width, of: 64)
    // A row takes a byte at least for each of its cells.
    let most = min(try scanner.lineCount(), bytes / outline.width + 1)
    matrix = try Tensor.make(Shape([most, wanted.count]), .i64) { _ in }
    cells = matrix.header.data
  }

  /// Names that can be told apart: a column without one is called by its number, one of several of a name
  /// by how many come before.
  private static func told(_ names: [String]) -> [String] {
    var used = Set(names)
    var seen = Set<String>()
    return names.enumerated().map { number, name in
      var told = name.isEmpty ? "column_\(number)" : name
      if name.isEmpty ? used.contains(told) : !seen.insert(name).inserted {
        let stem = told
        var count = 2
        repeat {
          told = "\(stem)_\(count)"
          count += 1
        } while used.contains(told)
      }
      used.insert(told)
      return told
    }
  }

  /// The numbers of the columns that are chosen.
  private static func numbers(
    _ choices: [TableFormat.Choice], _ names: [String]?, _ width: Int
  ) throws -> [Int] {
    try choices.map { choice in
      switch choice {
      case .number(let number):
        guard (-width..<width).contains(number) else {
          throw TensorError(.value, "column \(number) is chosen, and it has \(width)")
        }
        return number < 0 ? number + width : number
      case .name(let name):
        guard let names else {
          throw TensorError(
            .value, "column \(name.excerpt) is chosen, and its columns have no names",
            hint: "choose by numbers from 0 on, or say header=true where the first row has names")
        }
        guard let number = names.firstIndex(of: name) else {
          throw TensorError(
            .value,
            "column \(name.excerpt) is chosen, and it has \(names.joined(separator: ", ").shortened)"
          )
        }
        return number
      }
    }
  }

  // MARK: - Numbers

  /// Reads all rows.
  ///
  /// - Throws: a value error that names the line, for a row of another number of cells.
  mutating func readRows() throws {
    while let line = try nextRow() {
      var column = 0
      repeat {
        guard column < outline.width else { throw ragged(line) }
        let place = places[column]
        if place < 0 || slots[place].kind == .texts {
          _ = try scanner.cell()
        } else {
          try readCell(place)
        }
        column &+= 1
      } while !scanner.isRowEnd
      guard column == outline.width else { throw ragged(line) }
      rows &+= 1
      if rows & 1023 == 0 { try Safepoint.look() }
    }
  }

  /// Goes to the next row; its line.
  private mutating func nextRow() throws -> Int? {
    while scanner.startRow() {
      let line = scanner.line
      guard outline.guessesComments, scanner.begins(with: [0x23]) else { return line }
      var row = scanner
      let cells = try? row.row()
      guard cells?.count != outline.width else {
        throw TensorError(
          .value, "line \(line) begins with # and has \(outline.width) cells, as rows have",
          hint: "say comment=\"#\" to leave such lines out, comment=\"\" to read them")
      }
      scanner.skipLine()
    }
    return nil
  }

  private func ragged(_ line: Int) -> TensorError {
    var scanner = outline.scanner
    var found = 0
    while scanner.startRow() {
      let isHere = scanner.line == line
      guard let cells = try? scanner.row() else { break }
      if isHere {
        found = cells.count
        break
      }
    }
    let (count, width) = (found, outline.width)
    return TensorError(
      .io,
      "line \(line) has \(count) \(count == 1 ? "cell" : "cells"), and the first row has \(width)",
      hint:
        "separator=\";\" says what parts cells, comment=\"%\" which lines are none, and cells with a separator "
        + "in them stand in quotation marks")
  }

  /// Reads a number, a truth or nothing into the matrix, or says that the column has texts.
  @inline(__always) private mutating func readCell(_ place: Int) throws {
    let cell = cells + (rows &* slots.count &+ place) &* 8
    let kind = slots[place].kind
    switch scanner.number() {
    case .whole(let number):
      if kind == .whole {
        cell.storeBytes(of: number, as: Int.self)
      } else if kind == .decimal {
        cell.storeBytes(of: Double(number), as: Double.self)
      } else {
        store(.whole(number), place, cell)
      }
    case .decimal(let number):
      if kind == .decimal {
        cell.storeBytes(of: number, as: Double.self)
      } else {
        store(.decimal(number), place, cell)
      }
    case .none:
      let found = try scanner.cell()
      if found.isEmpty {
        storeMissing(place, cell)
      } else if let truth = found.bool,
        kind == .missing && !slots[place].hasMissing || kind == .truths
      {
        slots[place].kind = .truths
        cell.storeBytes(of: truth ? 1 : 0, as: Int.self)
      } else {
        slots[place].kind = .texts
      }
    }
  }

  /// The first number of its kind in a column.
  private mutating func store(
    _ number: ScannedNumber, _ place: Int, _ cell: UnsafeMutableRawPointer
  ) {
    if slots[place].kind == .truths {
      slots[place].kind = .texts
      return
    }
    switch number {
    case .whole(let number) where !slots[place].hasMissing:
      slots[place].kind = .whole
      cell.storeBytes(of: number, as: Int.self)
    case .whole(let number):
      slots[place].kind = .decimal
      cell.storeBytes(of: Double(number), as: Double.self)
    case .decimal(let number):
      widen(place)
      cell.storeBytes(of: number, as: Double.self)
    case .none: break
    }
  }

  private mutating func storeMissing(_ place: Int, _ cell: UnsafeMutableRawPointer) {
    switch slots[place].kind {
    case .truths: slots[place].kind = .texts
    case .whole: widen(place)
    case .missing, .decimal, .texts: break
    }
    slots[place].hasMissing = true
    cell.storeBytes(of: .nan, as: Double.self)
  }

  /// Makes the whole numbers of a column decimal ones.
  private mutating func widen(_ place: Int) {
    if slots[place].kind == .whole {
      for row in 0..<rows {
        let cell = cells + (row &* slots.count &+ place) &* 8
        cell.storeBytes(of: Double(cell.load(as: Int.self)), as: Double.self)
      }
    }
    slots[place].kind = .decimal
  }

  // MARK: - Columns

  /// All that was read as one matrix; nil where columns have names, texts or truths.
  ///
  /// - Throws: where the run is to end.
  mutating func wholeMatrix() throws -> Tensor? {
    let kinds = Set(slots.map { $0.kind == .missing ? .decimal : $0.kind })
    guard names == nil, kinds.isSubset(of: [.whole, .decimal]), !slots.isEmpty else { return nil }
    if kinds.count > 1 {
      for place in slots.indices where slots[place].kind == .whole {
        try Safepoint.look()
        widen(place)
      }
    }
    let shape = Shape(trusted: [rows, slots.count])
    return view(of: 0, shape, layout: nil, kinds == [.whole] ? .i64 : .f64)
  }

  /// What was read, column by column.
  ///
  /// - Throws: where the run is to end.
  func columns() throws -> [CSV.Column] {
    let texts = try readTexts()
    return try Safepoint.map(slots.indices) { place in
      // A column is a tensor with memory of its own, or a list.
      if place & 1023 == 0 { try Safepoint.look() }
      switch slots[place].kind {
      case .texts: return .texts(texts[place])
      case .truths: return .numbers(try column(place, .i64).converted(to: .bool))
      case .whole: return .numbers(try column(place, .i64))
      case .missing, .decimal: return .numbers(try column(place, .f64))
      }
    }
  }

  private func column(_ place: Int, _ dtype: DType) throws -> Tensor {
    let isContiguous = slots.count == 1 || rows < 2
    let layout = isContiguous ? nil : Layout(Shape(trusted: [slots.count]))
    let view = view(of: place, Shape(trusted: [rows]), layout: layout, dtype)
    return try isContiguous ? view.copied() : view.contiguous()
  }

  /// Cells of the matrix from one on, as numbers of a type.
  private func view(of place: Int, _ shape: Shape, layout: Layout?, _ dtype: DType) -> Tensor {
    let header = matrix.header
    return Tensor(
      shape: shape, count: shape.count, data: header.data + 8 * place,
      owner: header.owner?.takeUnretainedValue() ?? matrix.buffer, layout: layout, dtype: dtype)
  }

  /// Reads the columns of texts once more.
  private func readTexts() throws -> [[String]] {
    var texts = [[String]](repeating: [], count: slots.count)
    let wanted = slots.indices.filter { slots[$0].kind == .texts }
    if wanted.isEmpty { return texts }
    try MemoryAccount.require(rows * wanted.count, of: MemoryLayout<String>.stride)
    for place in wanted { texts[place].reserveCapacity(rows) }
    var again = self
    again.scanner = outline.scanner
    var row = 0
    while try again.nextRow() != nil {
      var column = 0
      repeat {
        let cell = try again.scanner.cell()
        let place = places[column]
        if place >= 0, slots[place].kind == .texts { texts[place].append(cell.text) }
        column += 1
      } while !again.scanner.isRowEnd
      row += 1
      if row & 1023 == 0 { try Safepoint.look() }
    }
    return texts
  }
}

extension TableScanner {
  /// The most rows that there can be from here on.
  fileprivate func lineCount() throws -> Int {
    var count = 1
    var place = place
    while place < end {
      try Safepoint.look()
      let stop = min(place + (1 << 20), end)
      while place < stop {
        count &+= place.pointee == 0x0a || place.pointee == 0x0d ? 1 : 0
        place += 1
      }
    }
    return count
  }
}
