// Takes the text of a table apart, cell by cell (RFC 4180).
//
// Lines without anything are no rows. Spaces around a cell are none of it, but within quotation marks, where
// line ends and separators stand for themselves and two marks for one. Where spaces part the cells, several
// are one, and tabs are spaces.

/// Where a scan of a table is.
struct TableScanner {
  /// A cell's bytes: what stands between quotation marks, where there are any.
  struct Cell {
    var start: UnsafePointer<UInt8>
    var end: UnsafePointer<UInt8>
    var isQuoted: Bool
    /// Whether two marks stand for one somewhere.
    var hasDoubledMarks = false

    var bytes: UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(start: start, count: end - start)
    }

    var isEmpty: Bool { start == end }

    /// The text of the cell.
    var text: String {
      guard hasDoubledMarks else { return String(decoding: bytes, as: UTF8.self) }
      var text: [UInt8] = []
      var isSecond = false
      for byte in bytes {
        isSecond = byte == 0x22 && !isSecond
        if byte != 0x22 || isSecond { text.append(byte) }
      }
      return String(decoding: text, as: UTF8.self)
    }

    /// The truth that stands there.
    var bool: Bool? {
      isQuoted
        ? nil
        : bytes.elementsEqual("true".utf8)
          ? true : bytes.elementsEqual("false".utf8) ? false : nil
    }

    /// Whether a number stands there.
    var isNumber: Bool {
      if isQuoted { return false }
      if case .none = NumberScanner.number(bytes) { return false }
      return true
    }
  }

  let end: UnsafePointer<UInt8>
  var separator: UInt8
  /// What lines begin with that are no rows.
  var comment: [UInt8] = []
  private(set) var place: UnsafePointer<UInt8>
  /// The line of the place, from 1 on.
  private(set) var line = 1
  /// Whether the cell just read was the last of its row.
  private(set) var isRowEnd = true

  /// A scan from the beginning of a text, which outlives it.
  init(_ text: HeldMemory, separator: UInt8) {
    place = UnsafePointer(text.address.assumingMemoryBound(to: UInt8.self))
    end = place + text.count
    self.separator = separator
    // The mark of UTF-8 that spreadsheets set before a text.
    if text.bytes.starts(with: [0xef, 0xbb, 0xbf]) { place += 3 }
  }

  private var mergesSpaces: Bool { separator == 0x20 }

  /// Goes to the next row; false where there is none.
  mutating func startRow() -> Bool {
    while place < end {
      let rowStart = place
      while place < end, place.pointee == 0x20 || mergesSpaces && place.pointee == 0x09 {
        place += 1
      }
      if place == end { return false }
      if place.pointee == 0x0a || place.pointee == 0x0d {
        endLine()
      } else if startsComment {
        skipLine()
      } else {
        // Cells skip their spaces themselves, and a tab may be the separator.
        place = rowStart
        return true
      }
    }
    return false
  }

  private var startsComment: Bool {
    guard let first = comment.first, place.pointee == first, end - place >= comment.count else {
      return false
    }
    return (0..<comment.count).allSatisfy { place[$0] == comment[$0] }
  }

  /// Goes to the next line, whatever stands in this one; gives what stood there.
  @discardableResult mutating func skipLine() -> UnsafeBufferPointer<UInt8> {
    let first = place
    while place < end, place.pointee != 0x0a, place.pointee != 0x0d { place += 1 }
    let line = UnsafeBufferPointer(start: first, count: place - first)
    endLine()
    return line
  }

  /// Goes over an end of a line: LF, CR LF or CR.
  @inline(__always) private mutating func endLine() {
    isRowEnd = true
    guard place < end else { return }
    if place.pointee == 0x0d { place += 1 }
    if place < end, place.pointee == 0x0a { place += 1 }
    line &+= 1
  }

  /// Goes over what follows a cell: spaces, then a separator or the end of the row; false where there is
  /// something else.
  @inline(__always) mutating func endCell() -> Bool {
    let first = place
    while place < end, place.pointee == 0x20 || mergesSpaces && place.pointee == 0x09 { place += 1 }
    guard place < end else {
      isRowEnd = true
      return true
    }
    let byte = place.pointee
    if byte == 0x0a || byte == 0x0d {
      endLine()
      return true
    }
    isRowEnd = false
    if mergesSpaces { return place > first }
    guard byte == separator else { return false }
    place += 1
    return true
  }

  /// Goes over the spaces before a cell.
  @inline(__always) mutating func skipSpaces() {
    while place < end, place.pointee == 0x20 || mergesSpaces && place.pointee == 0x09 { place += 1 }
  }

  /// The number of the next cell, if that is all that stands in it; else nothing has happened.
  @inline(__always) mutating func number() -> ScannedNumber {
    let before = place
    skipSpaces()
    let found = NumberScanner.scan(place, end)
    if case .none = found.number {
      place = before
      return .none
    }
    place = found.end
    if endCell() { return found.number }
    place = before
    return .none
  }

  /// The next cell.
  ///
  /// - Throws: a value error that names the line, where quotation marks do not pair.
  mutating func cell() throws -> Cell {
    skipSpaces()
    if place < end, place.pointee == 0x22 { return try quoted() }
    let first = place
    let stops = mergesSpaces ? 0x09 : separator
    while place < end, case let byte = place.pointee, byte != separator, byte != stops,
      byte != 0x0a, byte != 0x0d
    { place += 1 }
    var last = place
    while last > first, (last - 1).pointee == 0x20 { last -= 1 }
    _ = endCell()
    return Cell(start: first, end: last, isQuoted: false)
  }

  private mutating func quoted() throws -> Cell {
    let startLine = line
    place += 1
    var cell = Cell(start: place, end: place, isQuoted: true)
    while place < end {
      let byte = place.pointee
      place += 1
      if byte == 0x0a || byte == 0x0d && (place == end || place.pointee != 0x0a) { line += 1 }
      guard byte == 0x22 else { continue }
      if place < end, place.pointee == 0x22 {
        cell.hasDoubledMarks = true
        place += 1
        continue
      }
      cell.end = place - 1
      guard endCell() else {
        throw TensorError(
          .value, "line \(line): there is more in the cell after the quotation mark")
      }
      return cell
    }
    throw TensorError(.value, "line \(startLine): a quotation mark is not closed")
  }
}
