// Tables as texts: numbers with the fewest digits that read back to them.

extension CSV {
  /// Writes a file, in place of what it held only when all of it is on disk.
  ///
  /// - Parameter separator: the byte between cells; nil for what the file's name says, else a comma.
  public func write(to location: FileLocation, separator: UInt8? = nil) throws {
    let byte = separator ?? TableFormat.separator(ofName: location.name) ?? 0x2c
    let separator = String(Unicode.Scalar(byte))
    try FileWriter.replacePacking(location) { file in
      if let names {
        let row = names.map { CSV.cell($0, separator) }.joined(separator: separator)
        try file.write((row + "\n").utf8)
      }
      let cells = try columns.map { try CSV.cells(of: $0, separator) }
      try Safepoint.forEach(0..<(cells.first?.count ?? 0), each: 1 << 10) { row in
        try file.write((cells.map { $0[row] }.joined(separator: separator) + "\n").utf8)
      }
    }
  }

  private static func cells(of column: Column, _ separator: String) throws -> [String] {
    switch column {
    case .texts(let texts): return try Safepoint.map(texts) { cell($0, separator) }
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
  private static func cell(_ text: String, _ separator: String) -> String {
    let isPlain =
      !text.isEmpty && Double(text) == nil && Bool(text) == nil && text.first != "#"
      && text.first != " " && text.last != " "
      && !text.utf8.contains { "\",;\t\n\r".utf8.contains($0) || separator.utf8.first == $0 }
    return isPlain
      ? text
      : "\""
        + text.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
  }
}
