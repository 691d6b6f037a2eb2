// `.npy` files: one array, as NumPy's format 1.0, 2.0 and 3.0 describe them
// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
//
//     \x93NUMPY  major minor  length of the header  {'descr': '<f8', 'fortran_order': False, …}
//
// Both byte orders and both orders of elements are read; little-endian and C order are written.

/// Files of one array.
public enum NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// What an array is made of.
  public enum Contents {
    case numbers(Tensor)
    /// Texts in row-major order, with the extents of the axes.
    case texts([String], [Int])
  }

  /// Reads a file of numbers. f2 becomes f32; i4, i2, i1 and unsigned numbers become i64.
  ///
  /// - Throws: an io error that names the file and what is wrong with it, a value error for a number that does
  ///   not fit i64.
  public static func read(_ location: FileLocation) throws -> Tensor {
    guard case .numbers(let tensor) = try contents(of: location) else {
      throw TensorError(.io, "\(location.name.excerpt) holds texts, where numbers are wanted")
    }
    return tensor
  }

  /// Reads a file of numbers or of texts.
  ///
  /// - Throws: as `read`.
  public static func contents(of location: FileLocation) throws -> Contents {
    try FileReader.unpacking(location).array()
  }

  /// Writes a file, in place of what it held only when all of it is on disk.
  public static func write(_ tensor: Tensor, to location: FileLocation) throws {
    try FileWriter.replacePacking(location) { file in
      try file.write(header(of: tensor))
      try file.write(tensor)
    }
  }

  /// Everything before the elements: a multiple of 64 bytes.
  static func header(of tensor: Tensor) -> [UInt8] {
    let type =
      switch tensor.dtype {
      case .f64: "<f8"
      case .f32: "<f4"
      case .i64: "<i8"
      case .bool: "|b1"
      }
    let extents = tensor.shape.array.map { "\($0)," }.joined(separator: " ")
    let shape = tensor.rank == 1 ? extents : String(extents.dropLast())
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) & 63) + "\n"
    let length = text.utf8.count
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
  }
}

extension FileReader {
  /// Whether the file begins as an array does.
  var beginsAsArray: Bool {
    get throws { try bytes(at: 0, count: min(NPY.magic.count, size)) == NPY.magic }
  }

  /// The array that the file holds.
  func array() throws -> NPY.Contents {
    let start = try bytes(at: 0, count: min(12, size))
    guard start.starts(with: NPY.magic) else { throw try otherKind(than: "a .npy array") }
    guard start.count >= 10, start[6] == 1 || start.count == 12 else {
      throw damaged("it ends in its first \(size) bytes")
    }
    guard (1...3).contains(start[6]) else {
      throw TensorError(
        .io, "\(path.excerpt) is of version \(start[6]) of the format, and 1 to 3 are read",
        hint: "save it by a NumPy that writes version 3 or less")
    }
    let prefix = start[6] == 1 ? 10 : 12
    let length = start[8..<prefix].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= size - prefix else {
      throw damaged("its header claims \(length) bytes, and \(size - prefix) are there")
    }
    // A header names one type and at most eight extents; one of structures has their names too.
    guard length <= 1 << 20 else { throw damaged("its header of \(length) bytes is too long") }
    let text = try bytes(at: prefix, count: length)
    let header = try reading("its header") {
      var reader = ArrayHeaderReader(text: String(decoding: text, as: UTF8.self)[...])
      return try reader.read()
    }
    let data = prefix + length
    let elements: ArrayElements
    switch header.elements {
    case .unread(let what, let advice):
      throw TensorError(.io, "\(path.excerpt) holds \(what), which are not read", hint: advice)
    case .read(let found): elements = found
    }
    let (bytes, overflow) = header.shape.count.multipliedReportingOverflow(by: elements.size)
    guard !overflow, bytes == size - data else {
      throw damaged("its elements of shape \(header.shape) need other than \(size - data) bytes")
    }
    switch elements.kind {
    case .number(let type):
      return .numbers(
        try inOrder(header) {
          try tensor($0, type, at: data, isBigEndian: elements.isBigEndian)
        })
    case .text(let letter):
      let places = try inOrder(header) { try Tensor.arange(0, $0.count).reshaped($0) }
      let texts = try self.texts(elements, letter, places.allIntegers(), at: data)
      return .texts(texts, header.shape.array)
    }
  }

  /// The elements in C order, from a tensor in the order of the file.
  private func inOrder(_ header: ArrayHeader, _ make: (Shape) throws -> Tensor) throws -> Tensor {
    guard header.isFortran, header.shape.rank > 1 else { return try make(header.shape) }
    return try make(Shape(trusted: header.shape.array.reversed()))
      .transposed(permutation: Shape(trusted: (0..<header.shape.rank).reversed())).contiguous()
  }
}
