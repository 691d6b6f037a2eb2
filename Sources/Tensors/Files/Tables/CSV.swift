// `.csv` and `.tsv` files: rows of numbers and texts, with or without names of the columns above them.
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

  /// The names of the columns; nil where the file has none.
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
  public init(contentsOf location: FileLocation, _ format: TableFormat = TableFormat()) throws {
    self = try CSV.read(location, format) { try CSV(names: $0.names, columns: $0.columns()) }
  }

  /// What a file holds.
  public enum Contents {
    /// Rows of numbers alone, without names.
    case matrix(Tensor)
    case table(CSV)
  }

  /// Reads a file: as one tensor where it has neither names nor texts.
  ///
  /// - Throws: as `init`.
  public static func contents(
    of location: FileLocation, _ format: TableFormat = TableFormat()
  ) throws -> Contents {
    try read(location, format) { reader in
      if let matrix = try reader.wholeMatrix() { return .matrix(matrix) }
      let table = try CSV(names: reader.names, columns: reader.columns())
      guard table.names == nil, let matrix = try table.matrix() else { return .table(table) }
      return .matrix(matrix)
    }
  }

  private static func read<R>(
    _ location: FileLocation, _ format: TableFormat, _ body: (inout TableReader) throws -> R
  ) throws -> R {
    let file = try FileReader.unpacking(location)
    var format = format
    format.separator = format.separator ?? TableFormat.separator(ofName: location.name)
    let text = try file.text()
    do {
      let outline = try TableOutline(text, format)
      var reader = try TableReader(outline, format, text.count)
      try reader.readRows()
      return try body(&reader)
    } catch let error as TensorError where error.kind == .io || error.kind == .value {
      throw TensorError(
        error.kind, "cannot read \(location.name.excerpt): \(error.message)", hint: error.hint)
    }
  }

  /// The columns side by side, of one type; nil where one has texts.
  private func matrix() throws -> Tensor? {
    let tensors = columns.compactMap { column in
      if case .numbers(let tensor) = column { tensor } else { nil }
    }
    guard tensors.count == columns.count, let first = tensors.first else { return nil }
    let dtype = tensors.reduce(first.dtype) { .promoted($0, $1.dtype) }
    return try Tensor.stack(tensors.map { try $0.converted(to: dtype) }, axis: 1)
  }
}

extension FileReader {
  /// The text of the file, of any length.
  ///
  /// - Throws: an io error for bytes that are no text.
  fileprivate func text() throws -> HeldMemory {
    let memory = try HeldMemory(capacity: size)
    try read(at: 0, count: size, into: memory.address)
    memory.add(size)
    if let kind = FileKind.beginning(memory.bytes.prefix(16)), !kind.isText {
      throw TensorError(.io, "\(path.excerpt) is \(kind.name), not a table", hint: kind.advice)
    }
    if memory.bytes.isASCII { return memory }
    let bytes = Array(memory.bytes)
    _ = try FileReader.text(bytes, of: path)
    return memory
  }
}

extension UnsafeRawBufferPointer {
  /// Whether no byte has its highest bit.
  fileprivate var isASCII: Bool {
    var all: UInt64 = 0
    let words = count / 8
    for word in 0..<words { all |= loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) }
    for place in words * 8..<count { all |= UInt64(self[place]) }
    return all & 0x8080_8080_8080_8080 == 0
  }
}
