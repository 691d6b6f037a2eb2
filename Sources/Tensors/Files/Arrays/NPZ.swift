// `.npz` files: a zip archive with a `.npy` file for each array, as `numpy.savez` writes them
// (APPNOTE.TXT of PKWARE for the archive). Entries are stored, not compressed, and below 4 GiB.
//
// Invariant when reading: the entries together take no more than the file has, so that an archive
// whose entries overlap cannot ask for more memory than its size.

/// Files of named arrays.
public enum NPZ {
  fileprivate static let entrySignature: UInt32 = 0x0403_4b50
  fileprivate static let directorySignature: UInt32 = 0x0201_4b50
  fileprivate static let endSignature: UInt32 = 0x0605_4b50
  private static let suffix = ".npy"

  /// Reads the arrays of a file by name, in the order of its directory.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  public static func read(_ location: FileLocation) throws -> [(name: String, tensor: Tensor)] {
    let file = try FileReader(location)
    return try file.archiveEntries().map { name, span in
      (
        name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name,
        try file.array(in: span)
      )
    }
  }

  /// Writes arrays by name, in place of what the file held only when all of it is on disk.
  ///
  /// - Throws: an io error with the system's reason, or for 4 GiB and more.
  public static func write(
    _ arrays: [(name: String, tensor: Tensor)], to location: FileLocation
  ) throws {
    guard arrays.count < 0xffff else {
      throw TensorError(.io, "a .npz file holds at most 65534 arrays, not \(arrays.count)")
    }
    try FileWriter.replace(location) { file in
      var directory: [UInt8] = []
      var offset = 0
      for (name, tensor) in arrays {
        let start = NPY.header(of: tensor)
        let elements = try tensor.contiguous()
        let size = start.count + elements.count * elements.dtype.size
        let entryName = Array((name + suffix).utf8)
        guard size + offset + directory.count < 0xffff_0000, entryName.count < 0xffff else {
          throw TensorError(
            .io, "\(location.name.excerpt) would have 4 GiB or more, which a .npz file cannot",
            hint: "save it as .safetensors")
        }
        var checksum = Checksum()
        start.withUnsafeBytes { checksum.add($0) }
        try elements.withElements { memory in
          try Safepoint.pieces(of: 0..<elements.count * elements.dtype.size, each: 1 << 20) {
            checksum.add(UnsafeRawBufferPointer(start: memory + $0.lowerBound, count: $0.count))
          }
        }
        let common = description(of: entryName.count, size, checksum.value)
        let entry = bytes(entrySignature) + common + entryName
        directory += bytes(directorySignature) + [20, 0] + common
        directory += [UInt8](repeating: 0, count: 10) + bytes(UInt32(offset)) + entryName
        try file.write(entry)
        try file.write(start)
        try file.write(elements)
        offset += entry.count + size
      }
      let count = bytes(UInt32(arrays.count)).prefix(2)
      try file.write(directory)
      try file.write(
        bytes(endSignature) + [0, 0, 0, 0] + count + count + bytes(UInt32(directory.count))
          + bytes(UInt32(offset)) + [0, 0])
    }
  }

  /// What an entry and its line of the directory have in common: version 2.0, UTF-8 names, stored,
  /// the beginning of 1980, checksum, sizes, lengths.
  private static func description(of nameLength: Int, _ size: Int, _ checksum: UInt32) -> [UInt8] {
    [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0] + bytes(checksum) + bytes(UInt32(size))
      + bytes(UInt32(size)) + bytes(UInt32(nameLength))
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

// MARK: - Reading the archive

extension FileReader {
  /// The entries of an archive with the bytes that they take.
  fileprivate func archiveEntries() throws -> [(name: String, span: Range<Int>)] {
    // The end of the directory comes last, but for a comment of up to 65,535 bytes.
    let tailStart = max(0, size - 22 - 0xffff)
    let tail = try bytes(at: tailStart, count: size - tailStart)
    let places = stride(from: tail.count - 22, through: 0, by: -1)
    guard let end = places.first(where: { tail.number($0, 4) == Int(NPZ.endSignature) }) else {
      throw damaged("it has no directory, so it is no .npz file, or the end is missing")
    }
    let count = tail.number(end + 10, 2)
    let (length, start) = (tail.number(end + 12, 4), tail.number(end + 16, 4))
    guard start + length <= size else {
      throw damaged("its directory would end at byte \(start + length), and it has \(size)")
    }
    let directory = try bytes(at: start, count: length)
    var entries: [(name: String, span: Range<Int>)] = []
    var names = Set<String>()
    var place = 0
    var total = 0
    for _ in 0..<count {
      guard place + 46 <= length, directory.number(place, 4) == Int(NPZ.directorySignature),
        case let nameLength = directory.number(place + 28, 2), place + 46 + nameLength <= length,
        let name = String(
          validating: directory[place + 46..<place + 46 + nameLength], as: UTF8.self)
      else { throw damaged("entry \(entries.count) of its directory is cut or wrong") }
      guard names.insert(name).inserted else { throw damaged("\(name.excerpt) comes twice") }
      let span = try span(of: directory[place...], name)
      total += span.count
      guard total <= size else { throw damaged("its entries take more bytes than it has") }
      entries.append((name, span))
      place += 46 + nameLength + directory.number(place + 30, 2) + directory.number(place + 32, 2)
    }
    return entries
  }

  /// Where the bytes of an entry stand, by its line of the directory.
  private func span(of line: ArraySlice<UInt8>, _ name: String) throws -> Range<Int> {
    let line = Array(line.prefix(46))
    guard line.number(10, 2) == 0, line.number(8, 2) & 1 == 0 else {
      throw TensorError(
        .io, "\(name.excerpt) in \(path.excerpt) is compressed or encrypted, which is not read",
        hint: "write it with numpy.savez instead of savez_compressed, or as .safetensors")
    }
    let (checksum, count, offset) = (line.number(16, 4), line.number(24, 4), line.number(42, 4))
    guard offset + 30 <= size, case let entry = try bytes(at: offset, count: 30),
      entry.number(0, 4) == Int(NPZ.entrySignature)
    else { throw damaged("\(name.excerpt) is not where its directory says") }
    let start = offset + 30 + entry.number(26, 2) + entry.number(28, 2)
    guard start + count <= size else {
      throw damaged("\(name.excerpt) would end at byte \(start + count), and it has \(size)")
    }
    var found = Checksum()
    var place = start
    while place < start + count {
      let piece = try bytes(at: place, count: min(1 << 16, start + count - place))
      piece.withUnsafeBytes { found.add($0) }
      place += piece.count
    }
    guard Int(found.value) == checksum else {
      throw damaged("the checksum of \(name.excerpt) is wrong")
    }
    return start..<start + count
  }
}

extension [UInt8] {
  /// The little-endian number of so many bytes at a place inside the array.
  fileprivate func number(_ place: Int, _ count: Int) -> Int {
    self[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
