// Safetensors files: named tensors, and a map from text to text beside them.
//
// Reading checks the whole header against the size of the file before it makes the first tensor,
// so a file can ask for no more memory than it takes itself (eight times that where its elements
// are bytes, which become i64).

/// The contents of a safetensors file.
public struct Safetensors {
  /// The tensors in the order of the header, names unique.
  public var tensors: [(name: String, tensor: Tensor)]
  /// What stands beside them, keys unique.
  public var metadata: [(key: String, value: String)]

  /// Contents from tensors.
  public init(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [(key: String, value: String)] = []
  ) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The text of a key of the metadata.
  public subscript(metadata key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// Reads a file. F16 and BF16 become f32; I32, I16, I8 and unsigned numbers become i64.
  ///
  /// - Throws: an io error that names the file, the place and what is wrong with it.
  public init(contentsOf location: FileLocation) throws {
    let file = try FileReader.unpacking(location)
    guard file.size >= 8 else {
      throw file.damaged("it has \(file.size) bytes, and the length of its header takes 8")
    }
    let length = try file.bytes(at: 0, count: 8).enumerated().reduce(UInt64(0)) {
      $0 | UInt64($1.element) << UInt64(8 * $1.offset)
    }
    guard length <= UInt64(file.size - 8) else {
      throw file.damaged(
        "its header claims \(length) bytes, and \(file.size - 8) follow its length")
    }
    guard length <= UInt64(SafetensorsHeader.sizeLimit) else {
      throw file.damaged(
        "its header claims \(length) bytes, and at most \(SafetensorsHeader.sizeLimit) are read")
    }
    let start = 8 + Int(length)
    let header = try file.reading("its header") {
      try SafetensorsHeader(
        parsing: file.bytes(at: 8, count: Int(length)), of: file.path, dataSize: file.size - start)
    }
    metadata = header.metadata
    tensors = try header.entries.map { entry in
      (entry.name, try file.tensor(entry.shape, entry.type, at: start + entry.span.lowerBound))
    }
  }

  /// Writes a file, in place of what it held only when all of it is on disk.
  ///
  /// Wide elements come first, so that every tensor begins at a multiple of its element's size.
  /// - Throws: an io error with the system's reason; the file is then as it was.
  public func write(to location: FileLocation) throws {
    let ordered = Set(DType.allCases.map(\.size)).sorted(by: >).flatMap { size in
      tensors.filter { $0.tensor.dtype.size == size }
    }
    let header = SafetensorsHeader(of: ordered, metadata: metadata).text.utf8
    guard header.count <= SafetensorsHeader.sizeLimit else {
      throw TensorError(
        .io,
        "cannot write \(location.name.excerpt): its header would take \(header.count) bytes, "
          + "and \(SafetensorsHeader.sizeLimit) are allowed",
        hint: "keep numbers in tensors; lists of them are written as text")
    }
    try FileWriter.replacePacking(location) { file in
      try file.write((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
      try file.write(header)
      for (_, tensor) in ordered { try file.write(tensor) }
    }
  }
}

extension FileWriter {
  /// Adds the elements in row-major order.
  func write(_ tensor: Tensor) throws {
    let tensor = try tensor.contiguous()
    try tensor.withElements { try write($0, count: tensor.count * tensor.dtype.size) }
  }
}
