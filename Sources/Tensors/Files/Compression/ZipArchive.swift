// Zip archives (APPNOTE.TXT of PKWARE): entries that are stored or packed by DEFLATE, of any size.
//
// Invariant when reading: the entries together take no more than the file has, and none unpacks to more
// than its bytes can, so that an archive whose entries overlap, or lie about their sizes, cannot ask for
// more memory than what is in it.

/// An archive that is read.
struct ZipArchive {
  /// One file in it.
  struct Entry {
    var name: String
    /// The bytes of the archive that it takes.
    fileprivate var span: Range<Int>
    fileprivate var isPacked: Bool
    /// The bytes that it has itself, and their checksum.
    fileprivate var size: Int
    fileprivate var checksum: Int
  }

  let file: FileReader
  private(set) var entries: [Entry] = []

  /// Reads the directory.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  init(_ file: FileReader) throws {
    self.file = file
    let end = try ZipDirectory(file)
    let directory = try file.bytes(at: end.start, count: end.length)
    var names = Set<String>()
    var place = 0
    var total = 0
    for number in 0..<end.count {
      guard place + 46 <= end.length, directory.number(place, 4) == ZipDirectory.lineSignature,
        case let nameLength = directory.number(place + 28, 2),
        place + 46 + nameLength <= end.length,
        case let extraEnd = place + 46 + nameLength + directory.number(place + 30, 2),
        extraEnd <= end.length,
        let name = String(
          validating: directory[place + 46..<place + 46 + nameLength], as: UTF8.self)
      else { throw file.damaged("entry \(number) of its directory is cut or wrong") }
      guard names.insert(name).inserted else {
        throw TensorError(
          .io, "\(file.path.excerpt) has two entries \(name.excerpt)",
          hint: "only names that differ can be told apart: save it anew")
      }
      let line = Array(directory[place..<place + 46])
      let extra = Array(directory[place + 46 + nameLength..<extraEnd])
      let entry = try entry(name, line, extra)
      total += entry.span.count
      guard total <= file.size else {
        throw file.damaged("its entries take more bytes than it has")
      }
      // A folder is a name that ends in a slash.
      if entry.size > 0 || !name.hasSuffix("/") { entries.append(entry) }
      place = extraEnd + line.number(32, 2)
      try Safepoint.look()
    }
  }

  /// An entry by its line of the directory and what stands behind that.
  private func entry(_ name: String, _ line: [UInt8], _ extra: [UInt8]) throws -> Entry {
    guard line.number(8, 2) & 1 == 0 else {
      throw unread(name, "is encrypted", "save it without a password")
    }
    let method = line.number(10, 2)
    guard method == 0 || method == 8 else {
      let names = [9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"]
      throw unread(
        name, "is packed by \(names[method] ?? "method \(method)")",
        "numpy.savez and numpy.savez_compressed write what is read")
    }
    // What does not fit four bytes stands behind the line, in eight.
    var wide = extra.zip64Numbers()[...]
    func value(_ place: Int) throws -> Int {
      let number = line.number(place, 4)
      guard number == 0xffff_ffff else { return number }
      guard let number = wide.popFirst(), number >= 0 else {
        throw file.damaged("the size of \(name.excerpt) is missing")
      }
      return number
    }
    let (size, packed) = (try value(24), try value(20))
    let offset = try value(42)
    guard offset <= file.size - 30, case let start = try file.bytes(at: offset, count: 30),
      start.number(0, 4) == ZipDirectory.entrySignature
    else { throw file.damaged("\(name.excerpt) is not where its directory says") }
    let data = offset + 30 + start.number(26, 2) + start.number(28, 2)
    guard data <= file.size, packed <= file.size - data else {
      throw file.damaged(
        "\(name.excerpt) of \(packed) bytes from byte \(data) on would end after the \(file.size) there are"
      )
    }
    guard method == 8 ? size / Inflater.greatestRatio <= packed : size == packed else {
      throw file.damaged("\(name.excerpt) claims \(size) bytes, and takes \(packed)")
    }
    return Entry(
      name: name, span: data..<data + packed, isPacked: method == 8, size: size,
      checksum: line.number(16, 4))
  }

  private func unread(_ name: String, _ what: String, _ advice: String) -> TensorError {
    TensorError(
      .io, "\(name.excerpt) in \(file.path.excerpt) \(what), which is not read", hint: advice)
  }

  /// What an entry holds.
  ///
  /// - Throws: an io error for bytes that are not those that were put in.
  func contents(of entry: Entry) throws -> FileReader {
    let name = "\(entry.name) of \(file.path)"
    let part =
      entry.isPacked
      ? FileReader(name, holding: try unpacked(entry)) : FileReader(name, entry.span, of: file)
    var found = Checksum()
    var place = 0
    while place < part.size {
      let piece = try part.bytes(at: place, count: min(1 << 16, part.size - place))
      piece.withUnsafeBytes { found.add($0) }
      place += piece.count
    }
    guard Int(found.value) == entry.checksum else {
      throw file.damaged("the checksum of \(entry.name.excerpt) is wrong")
    }
    return part
  }

  private func unpacked(_ entry: Entry) throws -> HeldMemory {
    let inflater = try Inflater(.none)
    // Room for a byte too many, so that the end of the stream is seen.
    let memory = try HeldMemory(capacity: entry.size + 1)
    var place = entry.span.lowerBound
    var (piece, used) = ([UInt8](), 0)
    while true {
      try Safepoint.look()
      if used == piece.count, place < entry.span.upperBound {
        piece = try file.bytes(at: place, count: min(1 << 16, entry.span.upperBound - place))
        (used, place) = (0, place + piece.count)
      }
      let step = piece.withUnsafeBytes {
        inflater.step(from: UnsafeRawBufferPointer(rebasing: $0[used...]), into: memory.room)
      }
      used += step.taken
      memory.add(step.given)
      switch step.progress {
      case .end:
        guard memory.count == entry.size else { throw wrongSize(entry) }
        return memory
      case .wrong(let reason):
        throw file.damaged(
          "\(entry.name.excerpt) is wrong before byte \(place - piece.count + used): \(reason)")
      case .more:
        guard memory.count <= entry.size, step.taken > 0 || step.given > 0 else {
          throw wrongSize(entry)
        }
      }
    }
  }

  private func wrongSize(_ entry: Entry) -> TensorError {
    file.damaged("\(entry.name.excerpt) does not unpack to the \(entry.size) bytes that it claims")
  }
}

/// Where the directory of an archive is.
struct ZipDirectory {
  static let entrySignature = 0x0403_4b50
  static let lineSignature = 0x0201_4b50
  static let endSignature = 0x0605_4b50
  private static let wideEndSignature = 0x0606_4b50
  private static let wideLocatorSignature = 0x0706_4b50

  private(set) var count: Int
  private(set) var start: Int
  private(set) var length: Int

  /// Looks for it from the end of a file on: it comes last, but for a comment of up to 65,535 bytes.
  ///
  /// - Throws: an io error where there is none.
  init(_ file: FileReader) throws {
    let tailStart = max(0, file.size - 22 - 0xffff)
    let tail = try file.bytes(at: tailStart, count: file.size - tailStart)
    let places = stride(from: tail.count - 22, through: 0, by: -1)
    guard let end = places.first(where: { tail.number($0, 4) == ZipDirectory.endSignature }) else {
      let start = try file.bytes(at: 0, count: min(4, file.size))
      guard start.count == 4, start.number(0, 4) == ZipDirectory.entrySignature else {
        throw try file.otherKind(than: "a zip archive")
      }
      throw file.damaged("it has no directory: its end is missing")
    }
    count = tail.number(end + 10, 2)
    (length, start) = (tail.number(end + 12, 4), tail.number(end + 16, 4))
    let isWide = count == 0xffff || length == 0xffff_ffff || start == 0xffff_ffff
    if isWide, end >= 20, tail.number(end - 20, 4) == ZipDirectory.wideLocatorSignature {
      let place = tail.number(end - 12, 8)
      guard place >= 0, place <= file.size - 56,
        case let wide = try file.bytes(at: place, count: 56),
        wide.number(0, 4) == ZipDirectory.wideEndSignature
      else { throw file.damaged("the end of its directory is wrong") }
      (count, length, start) = (wide.number(32, 8), wide.number(40, 8), wide.number(48, 8))
    }
    guard count >= 0, length >= 0, start >= 0, start <= file.size, length <= file.size - start,
      count <= length / 46
    else {
      throw file.damaged(
        "its directory of \(count) entries, \(length) bytes from byte \(start) on, does not fit its "
          + "\(file.size) bytes")
    }
  }
}

extension [UInt8] {
  /// The little-endian number of so many bytes at a place inside the array; eight may be negative.
  fileprivate func number(_ place: Int, _ count: Int) -> Int {
    self[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The numbers of eight bytes in the fields behind an entry's line.
  fileprivate func zip64Numbers() -> [Int] {
    var place = 0
    while place + 4 <= count {
      let (kind, length) = (number(place, 2), number(place + 2, 2))
      place += 4
      guard place + length <= count else { return [] }
      if kind == 1 { return stride(from: 0, to: length - 7, by: 8).map { number(place + $0, 8) } }
      place += length
    }
    return []
  }
}
