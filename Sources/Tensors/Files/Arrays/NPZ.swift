// `.npz` files: a zip archive with a `.npy` file for each array, as `numpy.savez` and
// `numpy.savez_compressed` write them.

/// Files of named arrays.
public enum NPZ {
  private static let suffix = ".npy"

  /// Reads the arrays of a file by name, in the order of its directory.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  public static func read(_ location: FileLocation) throws -> [(name: String, array: NPY.Contents)]
  {
    let archive = try ZipArchive(FileReader.unpacking(location))
    return try archive.entries.map { entry in
      let name = entry.name
      let file = try archive.contents(of: entry)
      guard try name.hasSuffix(suffix) || file.beginsAsArray else {
        throw TensorError(
          .io, "\(location.name.excerpt) holds \(name.excerpt), which is no .npy array",
          hint: "an .npz file holds nothing else: save its arrays with numpy.savez")
      }
      return (name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name, try file.array())
    }
  }

  /// Writes arrays by name, in place of what the file held only when all of it is on disk.
  ///
  /// - Throws: an io error with the system's reason, or for 4 GiB and more.
  public static func write(
    _ arrays: [(name: String, tensor: Tensor)], compressed: Bool = false, to location: FileLocation
  ) throws {
    guard arrays.count < 0xffff else {
      throw TensorError(.io, "a .npz file holds at most 65534 arrays, not \(arrays.count)")
    }
    try FileWriter.replacePacking(location) { file in
      var archive = ZipWriter(file, location.name)
      for (name, tensor) in arrays {
        try archive.add(name + suffix, NPY.header(of: tensor), tensor, packed: compressed)
      }
      try archive.finish()
    }
  }
}

/// Writes an archive, entry by entry; each is below 4 GiB.
private struct ZipWriter {
  private let file: FileWriter
  private let path: String
  private var directory: [UInt8] = []
  private var count = 0
  private var offset = 0

  init(_ file: FileWriter, _ path: String) { (self.file, self.path) = (file, path) }

  /// Adds a file: a header, then the elements of a tensor.
  mutating func add(_ name: String, _ header: [UInt8], _ tensor: Tensor, packed: Bool) throws {
    let name = Array(name.utf8)
    let elements = try tensor.contiguous()
    let size = header.count + elements.count * elements.dtype.size
    guard size + offset + directory.count < 0xffff_0000, name.count < 0xffff else {
      throw TensorError(
        .io, "\(path.excerpt) would have 4 GiB or more, which a .npz file cannot",
        hint: "save it as .safetensors")
    }
    /// Gives the header and the elements to a body, in pieces.
    func walk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      try header.withUnsafeBytes(body)
      try elements.withElements { memory in
        try Safepoint.pieces(of: 0..<elements.count * elements.dtype.size, each: 1 << 20) {
          try body(UnsafeRawBufferPointer(start: memory + $0.lowerBound, count: $0.count))
        }
      }
    }
    var checksum = Checksum()
    try walk { checksum.add($0) }
    guard packed else {
      try begin(name, size, size, checksum, method: 0)
      return try walk { try file.write($0) }
    }
    // The size comes before the bytes, which are therefore held.
    let deflater = try Deflater(.none)
    let memory = try HeldMemory(capacity: 1 << 16)
    try walk { try deflater.add($0) { try memory.append($0) } }
    try deflater.finish { try memory.append($0) }
    try begin(name, size, memory.count, checksum, method: 8)
    try file.write(memory.address, count: memory.count)
  }

  /// Writes what stands before an entry's bytes, and notes its line of the directory.
  private mutating func begin(
    _ name: [UInt8], _ size: Int, _ packed: Int, _ checksum: Checksum, method: UInt8
  ) throws {
    // Version 2.0, names in UTF-8, the method, the beginning of 1980, checksum, sizes, lengths.
    let common =
      [20, 0, 0, 8, method, 0, 0, 0, 0x21, 0] + bytes(checksum.value) + bytes(UInt32(packed))
      + bytes(UInt32(size)) + bytes(UInt32(name.count))
    let entry = bytes(UInt32(ZipDirectory.entrySignature)) + common + name
    directory += bytes(UInt32(ZipDirectory.lineSignature)) + [20, 0] + common
    directory += [UInt8](repeating: 0, count: 10) + bytes(UInt32(offset)) + name
    try file.write(entry)
    offset += entry.count + packed
    count += 1
  }

  /// Writes the directory.
  func finish() throws {
    let count = bytes(UInt32(count)).prefix(2)
    try file.write(directory)
    try file.write(
      bytes(UInt32(ZipDirectory.endSignature)) + [0, 0, 0, 0] + count + count
        + bytes(UInt32(directory.count)) + bytes(UInt32(offset)) + [0, 0])
  }

  private func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
