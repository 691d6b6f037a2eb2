// Files in gzip's frame, known by the ending `.gz` of their names, are read and written as what they hold.
//
// As gunzip does, several streams one after the other are one file, and zeros may follow the last.

extension FileLocation {
  /// Whether the name says that the file is packed.
  package var isGzip: Bool { name.lowercased().hasSuffix(".gz") }
}

extension FileReader {
  /// The file, or what it holds where its name says that it is packed.
  ///
  /// - Throws: an io error with the system's reason, or with the place where it is damaged.
  static func unpacking(_ location: FileLocation) throws -> FileReader {
    let file = try FileReader(location)
    guard location.isGzip else { return file }
    guard try file.bytes(at: 0, count: min(2, file.size)) == [0x1f, 0x8b] else {
      throw try file.otherKind(than: "a gzip file")
    }
    return FileReader(location.name, holding: try file.unpacked())
  }

  /// The bytes that a gzip file holds.
  private func unpacked() throws -> HeldMemory {
    let inflater = try Inflater(.gzip)
    // The last four bytes say how many there are, of the last stream and but for multiples of 4 GiB.
    let told = try size < 18 ? [] : bytes(at: size - 4, count: 4)
    let length = told.reversed().reduce(0) { $0 << 8 | Int($1) }
    let isLikely = length / Inflater.greatestRatio <= size
    let memory = try HeldMemory(capacity: max(isLikely ? length : 0, min(size, 1 << 16)) + 1)
    var (piece, used, place) = ([UInt8](), 0, 0)
    var isOpen = true
    while true {
      try Safepoint.look()
      if used == piece.count, place < size {
        piece = try bytes(at: place, count: min(1 << 16, size - place))
        (used, place) = (0, place + piece.count)
      }
      if !isOpen {
        guard let next = piece[used...].firstIndex(where: { $0 != 0 }) else {
          if place == size { return memory }
          used = piece.count
          continue
        }
        guard piece[next] == 0x1f else {
          throw damaged(
            "after its packed data, at byte \(place - piece.count + next), come others")
        }
        used = next
        inflater.restart()
        isOpen = true
      }
      if memory.count == memory.capacity { try memory.reserve(2 * memory.capacity) }
      let step = piece.withUnsafeBytes {
        inflater.step(from: UnsafeRawBufferPointer(rebasing: $0[used...]), into: memory.room)
      }
      used += step.taken
      memory.add(step.given)
      switch step.progress {
      case .end: isOpen = false
      case .wrong(let reason):
        throw damaged(
          "its packed data are wrong before byte \(place - piece.count + used): \(reason)")
      case .more:
        // With room and bytes there is progress, so that none are left.
        guard step.taken > 0 || step.given > 0 else {
          throw damaged("it ends at byte \(size), before its packed data do")
        }
      }
    }
  }
}
