// `.npy` files: one array, as NumPy's format 1.0, 2.0 and 3.0 describe them
// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
//
//     \x93NUMPY  major minor  length of the header  {'descr': '<f8', 'fortran_order': False, …}
//
// Elements are little-endian; Fortran order is read, C order written.

/// Files of one array.
public enum NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads a file. f2 becomes f32; i4, i2, i1, u4, u2 and u1 become i64.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  public static func read(_ location: FileLocation) throws -> Tensor {
    let file = try FileReader(location)
    return try file.array(in: 0..<file.size)
  }

  /// Writes a file, in place of what it held only when all of it is on disk.
  public static func write(_ tensor: Tensor, to location: FileLocation) throws {
    try FileWriter.replace(location) { file in
      try file.write(header(of: tensor))
      try file.write(tensor)
    }
  }

  /// Everything before the elements: a multiple of 64 bytes.
  static func header(of tensor: Tensor) -> [UInt8] {
    let type = descriptors.first { $0.type == StoredType(tensor.dtype) }?.name ?? ""
    let extents = tensor.shape.array.map { "\($0)," }.joined(separator: " ")
    let shape = tensor.rank == 1 ? extents : String(extents.dropLast())
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) & 63) + "\n"
    let length = text.utf8.count
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
  }

  /// The names that NumPy has for the types, ours first.
  static let descriptors: [(name: String, type: StoredType)] = [
    ("<f8", .f64), ("<f4", .f32), ("<i8", .i64), ("|b1", .bool), ("<f2", .f16), ("<i4", .i32),
    ("<i2", .i16), ("|i1", .i8), ("<u4", .u32), ("<u2", .u16), ("|u1", .u8),
  ]
}

extension FileReader {
  /// The array that a part of the file holds.
  func array(in span: Range<Int>) throws -> Tensor {
    let start = try bytes(at: span.lowerBound, count: min(12, span.count))
    guard start.count >= 10, start.starts(with: NPY.magic), (1...3).contains(start[6]),
      start[6] == 1 || start.count == 12
    else { throw damaged("it does not begin as a .npy file of version 1, 2 or 3") }
    let prefix = start[6] == 1 ? 10 : 12
    let length = start[8..<prefix].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= span.count - prefix else {
      throw damaged("its header claims \(length) bytes, and \(span.count - prefix) are there")
    }
    // A header names one type and at most eight extents; more than this is no array of numbers.
    guard length <= 1 << 16 else { throw damaged("its header of \(length) bytes is too long") }
    let header = try bytes(at: span.lowerBound + prefix, count: length)
    let (type, shape, isFortran) = try reading("its header") {
      var reader = ArrayHeaderReader(text: String(decoding: header, as: UTF8.self)[...])
      return try reader.read()
    }
    let data = span.lowerBound + prefix + length
    guard let size = type.bytes(of: shape), size == span.upperBound - data else {
      throw damaged(
        "its elements of shape \(shape) need other than \(span.upperBound - data) bytes")
    }
    guard isFortran, shape.rank > 1 else { return try tensor(shape, type, at: data) }
    let reversed = Shape(trusted: shape.array.reversed())
    return try tensor(reversed, type, at: data)
      .transposed(permutation: Shape(trusted: (0..<shape.rank).reversed())).contiguous()
  }
}

/// Reads the dictionary of a header, which is written as Python writes one.
private struct ArrayHeaderReader {
  var text: Substring

  mutating func read() throws -> (type: StoredType, shape: Shape, isFortran: Bool) {
    var type: StoredType?
    var shape: Shape?
    var isFortran: Bool?
    try expect("{")
    while !take("}") {
      let key = try readText()
      try expect(":")
      switch key {
      case "descr":
        let name = try readText()
        guard let found = NPY.descriptors.first(where: { $0.name == name }) else {
          let names = NPY.descriptors.map(\.name).joined(separator: ", ")
          throw TensorError(.value, "elements of type \(name.excerpt), where \(names) are read")
        }
        type = found.type
      case "fortran_order":
        if take("True") {
          isFortran = true
        } else {
          try expect("False")
          isFortran = false
        }
      case "shape": shape = try readShape()
      default: throw TensorError(.value, "the key \(key.excerpt), which is none of the format")
      }
      _ = take(",")
    }
    guard let type, let shape, let isFortran else {
      throw TensorError(.value, "descr, fortran_order or shape is missing")
    }
    return (type, shape, isFortran)
  }

  private mutating func readShape() throws -> Shape {
    var extents: [Int] = []
    try expect("(")
    while !take(")") {
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      guard let extent = Int(digits) else { throw mistake("a whole number from 0 on") }
      guard extents.count < Shape.maximumRank else {
        throw TensorError(.value, "more than \(Shape.maximumRank) axes")
      }
      extents.append(extent)
      text = text[digits.endIndex...]
      _ = take(",")
      skipSpace()
    }
    return try Shape(extents)
  }

  private mutating func readText() throws -> String {
    skipSpace()
    guard let quote = text.first, quote == "'" || quote == "\"" else {
      throw mistake("a text in quotation marks")
    }
    text.removeFirst()
    let content = text.prefix { $0 != quote }
    text = text[content.endIndex...]
    try expect(String(quote))
    return String(content)
  }

  private mutating func skipSpace() { text = text.drop(while: \.isWhitespace) }

  private mutating func take(_ word: String) -> Bool {
    skipSpace()
    guard text.hasPrefix(word) else { return false }
    text.removeFirst(word.count)
    return true
  }

  private mutating func expect(_ word: String) throws {
    guard take(word) else { throw mistake("`\(word)`") }
  }

  private func mistake(_ wanted: String) -> TensorError {
    TensorError(.value, "\(wanted) is missing before \(String(text).excerpt)")
  }
}
