// A file open for reading, by the C library. Its size is known before anything is read, so that
// every length a file claims is held against it before memory is asked for.
//
// What is no file is refused: a device may have no end, and a pipe no writer. Opening waits for none
// of them. Texts alone may come by the streams that the process was started with.

import Platform

/// A regular file and its size; closed when it goes.
package final class FileReader {
  let path: String
  /// The bytes the file had when it was opened.
  let size: Int
  private let descriptor: Int32
  /// What is read instead of a file: contents that were packed in it.
  private let contents: HeldMemory?
  /// What is read instead of a file: a part of another, from an offset on.
  private let whole: (file: FileReader, start: Int)?

  /// Bytes are taken from the system in pieces of this size, with a look before each.
  private static let pieceSize = 1 << 22

  /// Opens a file, or, where they are taken, a stream that the process already has.
  ///
  /// - Throws: an io error with the system's reason.
  init(_ location: FileLocation, takesStreams: Bool = false) throws {
    path = location.name
    (contents, whole) = (nil, nil)
    let entry = try FileEntry(location, to: "read")
    descriptor = entry.open(entry.file, O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else { throw TensorError(cannot: "read", path) }
    guard let status = stat(of: descriptor) else {
      size = 0
      throw TensorError(cannot: "read", path)
    }
    size = Int(status.st_size)
    if status.isRegular { return }
    guard takesStreams, !entry.isConfined, status.descriptor(besides: descriptor) != nil else {
      throw TensorError(.io, "cannot read \(path.excerpt): it is not a regular file")
    }
    // Its writer is waited for.
    _ = fcntl(descriptor, F_SETFL, 0)
  }

  /// What was packed in a file, under a name for messages.
  init(_ name: String, holding contents: HeldMemory) {
    (path, size, descriptor, whole) = (name, contents.count, -1, nil)
    self.contents = contents
  }

  /// A part of a file, under a name for messages; it lies inside.
  init(_ name: String, _ part: Range<Int>, of file: FileReader) {
    (path, size, descriptor, contents) = (name, part.count, -1, nil)
    whole = (file, part.lowerBound)
  }

  /// Whether this is what was packed in a file.
  var isUnpacked: Bool { contents != nil }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Fills memory with the bytes from an offset on.
  ///
  /// - Throws: an io error where the file has less, or cannot be read.
  func read(at offset: Int, count: Int, into memory: UnsafeMutableRawPointer) throws {
    if let whole {
      return try whole.file.read(at: whole.start + offset, count: count, into: memory)
    }
    if let contents {
      guard count <= size - offset else { throw ended(at: size) }
      return try Safepoint.copy(contents.address + offset, to: memory, bytes: count)
    }
    var done = 0
    while done < count {
      try Safepoint.look()
      let wanted = min(count - done, FileReader.pieceSize)
      let length = pread(descriptor, memory + done, wanted, off_t(offset + done))
      if length > 0 {
        done += length
      } else if length == 0 {
        throw ended(at: offset + done)
      } else if errno != EINTR {
        throw TensorError(cannot: "read", path)
      }
    }
  }

  private func ended(at place: Int) -> TensorError {
    damaged("it ends at byte \(place), before what it promises")
  }

  /// The bytes from an offset on; the caller has held the count against the size.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try MemoryAccount.require(count)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      if let start = buffer.baseAddress { try read(at: offset, count: count, into: start) }
      written = count
    }
  }

  /// The bytes up to the end, wherever the size says that it is: files of `/proc` have none, and those
  /// of `/sys` too large a one.
  func bytes() throws -> [UInt8] {
    if contents != nil { return try bytes(at: 0, count: size) }
    return try FileReader.bytes(descriptor, size, path)
  }

  /// The error for a file that does not hold what its kind of file must.
  func damaged(_ what: String) -> TensorError {
    TensorError(
      .io, "\(path.excerpt) is damaged: \(what)", hint: "it may not have been copied whole")
  }

  /// Runs a body, whose errors come to say that the file is damaged, but for the end of the run.
  func reading<R>(_ part: String, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TensorError where error.kind != .io {
      try Safepoint.look()
      throw damaged("\(part): \(error.message)")
    }
  }
}

// MARK: - Texts

extension FileReader {
  /// The most bytes of a text: a stream may have no end.
  static let textLimit = 1 << 30

  /// The text of a file, or of a stream that the process already has, as `/dev/stdin`.
  ///
  /// - Throws: an io error with the system's reason, or with the first byte that is not UTF-8.
  package static func text(of location: FileLocation) throws -> String {
    try text(FileReader(location, takesStreams: true).bytes(), of: location.name)
  }

  /// The bytes of a text, unpacked where the name says that they are packed.
  ///
  /// - Throws: as `text(of:)`.
  package static func unpackedText(of location: FileLocation) throws -> [UInt8] {
    guard location.isGzip else { return try Array(text(of: location).utf8) }
    let bytes = try unpacking(location).bytes()
    _ = try text(bytes, of: location.name)
    return bytes
  }

  /// The text of a file; nil where nothing has the name.
  package static func textIfAny(of location: FileLocation) throws -> String? {
    guard let entry = try? FileEntry(location, to: "read"), entry.status(entry.file) != nil
    else { return nil }
    return try text(of: location)
  }

  /// The text that comes in by standard input.
  package static func textOfInput() throws -> String {
    let name = "<stdin>"
    return try text(bytes(STDIN_FILENO, 0, name), of: name)
  }

  /// The bytes of an open file up to its end; how many are expected.
  private static func bytes(_ descriptor: Int32, _ expected: Int, _ path: String) throws -> [UInt8]
  {
    let tooLong = TensorError(
      .io, "cannot read \(path.excerpt): it has more than \(textLimit) bytes")
    guard expected <= textLimit else { throw tooLong }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(expected)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      try Safepoint.look()
      let count = Platform.read(descriptor, &piece, piece.count)
      if count == 0 { return bytes }
      if count > 0 { bytes += piece[..<count] }
      guard count > 0 || errno == EINTR else { throw TensorError(cannot: "read", path) }
      guard bytes.count <= textLimit else { throw tooLong }
    }
  }

  /// What bytes of a file say.
  static func text(_ bytes: [UInt8], of path: String) throws -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var offset = 0
    while case .valid(let scalar) = parser.parseScalar(from: &rest) { offset += scalar.count }
    throw TensorError(
      .io, "cannot read \(path.excerpt): byte \(offset) is not UTF-8 text",
      hint: "a text in another encoding must be saved as UTF-8")
  }
}

extension TensorError {
  /// What the system says to a file that cannot be used.
  init(cannot verb: String, _ path: String) {
    let reason = String(cString: strerror(errno))
    self.init(
      .io, "cannot \(verb) \(path.excerpt): \(reason.lowercased())",
      hint: errno == ENOENT && !path.hasPrefix("/")
        ? "paths begin in the folder that mos was started in; list_files(\".\") says what is there"
        : nil)
  }
}
