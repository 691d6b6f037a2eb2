// A file that is replaced whole or not at all: what is written goes to a new file in the same
// folder, reaches the disk, and only then takes the name. A crash or a full disk leaves the old
// file as it was; an error removes the new one, and what a killed process left the next writer does.
//
// A new file is locked by the process that writes it, and the system frees the lock with the process.
// Only who holds the lock renames or removes the file, so writers never take each other's.

import Platform

/// A new file on its way to a name.
package final class FileWriter {
  /// The name as the program gave it, for messages.
  private let name: String
  /// What reaches the file, and those beside it.
  private let entry: FileEntry
  /// The file that the name stands for, and the one that takes its place.
  private let path: String
  private let temporary: String
  /// The new file, while another program writes it in our place.
  package let descriptor: Int32
  private var pending: [UInt8] = []
  /// Packs what is written, where the file is to be packed.
  private let deflater: Deflater?

  /// Bytes are given to the system in pieces of this size.
  private static let pieceSize = 1 << 16

  /// Replaces the file by what the body writes.
  ///
  /// A link is followed; the file keeps its permissions.
  /// - Throws: an io error with the system's reason, or what the body throws; the file is then as
  ///   it was.
  package static func replace(
    _ location: FileLocation, _ body: (FileWriter) throws -> Void
  ) throws {
    try replace(location, packed: false, body)
  }

  /// Replaces the file by what the body writes, packed where the file's name says so.
  ///
  /// - Throws: as `replace`.
  package static func replacePacking(
    _ location: FileLocation, _ body: (FileWriter) throws -> Void
  ) throws {
    try replace(location, packed: location.isGzip, body)
  }

  private static func replace(
    _ location: FileLocation, packed: Bool, _ body: (FileWriter) throws -> Void
  ) throws {
    let writer = try FileWriter(location, packed: packed)
    do {
      try body(writer)
      try writer.commit()
    } catch {
      writer.entry.remove(writer.temporary)
      throw error
    }
  }

  /// Writes a text in place of what a file held; a pipe or a device takes it as it comes, and so does
  /// a file that is the process's output, under whatever name.
  ///
  /// - Throws: an io error with the system's reason; a file is then as it was.
  package static func write(_ text: String, to location: FileLocation) throws {
    guard let stream = try FileWriter(streamIfAny: location) else {
      return try replace(location) { try $0.write(text.utf8) }
    }
    try stream.write(text.utf8)
    try stream.flush()
  }

  /// Writes a text, packed where the file's name says so.
  ///
  /// - Throws: as `write`.
  package static func writePacking(_ text: String, to location: FileLocation) throws {
    guard location.isGzip else { return try write(text, to: location) }
    try replacePacking(location) { try $0.write(text.utf8) }
  }

  /// What is written goes straight to a pipe, a device or the process's output; nil for other files,
  /// and for pipes and devices where only the files of a folder may be written.
  private init?(streamIfAny location: FileLocation) throws {
    let path = location.name
    entry = try FileEntry(location, to: "write")
    guard let status = entry.status(entry.file), status.isRegular || !entry.isConfined
    else { return nil }
    let outputs = [STDOUT_FILENO, STDERR_FILENO]
    let output = outputs.first { stat(of: $0)?.isSame(as: status) == true }
    if status.isRegular, output == nil { return nil }
    // Opening does not wait for a reader, and writing does.
    descriptor = output.map { dup($0) } ?? entry.open(entry.file, O_WRONLY | O_NONBLOCK)
    guard descriptor >= 0 else {
      guard errno == ENXIO else { throw TensorError(cannot: "write", path) }
      throw TensorError(.io, "cannot write \(path.excerpt): nothing reads it")
    }
    if output == nil { _ = fcntl(descriptor, F_SETFL, 0) }
    (name, self.path, temporary) = (path, path, path)
    deflater = nil
  }

  private init(_ location: FileLocation, packed: Bool) throws {
    name = location.name
    deflater = packed ? try Deflater(.gzip) : nil
    let entry = try FileEntry(location, to: "write")
    let path = entry.isConfined ? entry.file : try FileWriter.followed(entry.file)
    (self.entry, self.path) = (entry, path)
    let old = entry.status(path)
    guard old?.isRegular != false else {
      throw TensorError(.io, "cannot write \(name.excerpt): it is not a regular file")
    }
    guard old == nil || entry.mayWrite(path) else { throw TensorError(cannot: "write", name) }
    let candidates = (0..<1000).lazy.map { "\(path).mos-\($0).tmp" }
    for candidate in candidates.prefix(FileWriter.usualWriters) {
      FileWriter.removeLeftover(candidate, entry)
    }
    var opened: Int32 = -1
    temporary =
      candidates.first { candidate in
        opened = FileWriter.create(candidate, entry)
        return opened >= 0 || errno != EEXIST
      } ?? ""
    descriptor = opened
    guard opened >= 0 else { throw TensorError(cannot: "write", name) }
    if let old { fchmod(descriptor, old.st_mode & 0o7777) }
  }

  /// So many writers of one name at once leave nothing for good where they are killed.
  private static let usualWriters = 8

  /// Makes a new file and locks it; -1 and `EEXIST` where another writer has or takes it.
  private static func create(_ path: String, _ entry: FileEntry) -> Int32 {
    let descriptor = entry.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o666)
    guard descriptor >= 0 else { return -1 }
    // Between the two calls another writer may take it for a leftover. A file system without locks
    // refuses them to all, and there nothing is taken.
    let isLost = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    guard !isLost, stat(of: descriptor)?.st_nlink != 0 else {
      close(descriptor)
      errno = EEXIST
      return -1
    }
    return descriptor
  }

  /// Removes a new file whose writer was killed.
  private static func removeLeftover(_ path: String, _ entry: FileEntry) {
    let descriptor = entry.open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard let held = stat(of: descriptor), held.isRegular,
      flock(descriptor, LOCK_EX | LOCK_NB) == 0, entry.status(path)?.isSame(as: held) == true
    else { return }
    entry.remove(path)
  }

  deinit { close(descriptor) }

  /// Where links lead, be it to what is not there yet.
  private static func followed(_ path: String) throws -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    guard errno == ENOENT else { throw TensorError(cannot: "write", path) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink(path, &buffer, buffer.count)
    guard length >= 0 else { return path }
    let target = String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    let isAbsolute = target.utf8.first == UInt8(ascii: "/")
    return try followed(isAbsolute ? target : "\(folder(of: path))/\(target)")
  }

  /// The folder that a path is in.
  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Adds bytes.
  package func write(_ bytes: some Sequence<UInt8>) throws {
    pending += bytes
    if pending.count >= FileWriter.pieceSize { try flush() }
  }

  /// Adds bytes from memory.
  func write(_ memory: UnsafeRawPointer, count: Int) throws {
    try flush()
    try pass(UnsafeRawBufferPointer(start: memory, count: count))
  }

  /// Adds bytes from memory.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    if let start = bytes.baseAddress { try write(start, count: bytes.count) }
  }

  /// Gives bytes to the system, packed where they are to be.
  private func pass(_ bytes: UnsafeRawBufferPointer) throws {
    guard let deflater else { return try give(bytes) }
    try deflater.add(bytes, give)
  }

  private func give(_ bytes: UnsafeRawBufferPointer) throws {
    guard let memory = bytes.baseAddress else { return }
    let count = bytes.count
    var done = 0
    while done < count {
      try Safepoint.look()
      let wanted = min(count - done, 1 << 22)
      let length = Platform.write(descriptor, memory + done, wanted)
      if length > 0 {
        done += length
      } else if length < 0 && errno != EINTR {
        throw TensorError(cannot: "write", name)
      }
    }
  }

  private func flush() throws {
    guard !pending.isEmpty else { return }
    let bytes = pending
    pending.removeAll(keepingCapacity: true)
    try bytes.withUnsafeBytes(pass)
  }

  private func commit() throws {
    try flush()
    try deflater?.finish(give)
    guard fsync(descriptor) == 0, entry.rename(temporary, to: path) else {
      throw TensorError(cannot: "write", name)
    }
    // The name itself is on disk once the folder is; where a folder cannot be synced, as on some
    // network file systems, the file is whole all the same.
    let opened = entry.open(FileWriter.folder(of: path), O_RDONLY | O_DIRECTORY)
    if opened >= 0 {
      fsync(opened)
      close(opened)
    }
  }
}
