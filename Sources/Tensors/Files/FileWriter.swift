// A file that is replaced whole or not at all: what is written goes to a new file in the same
// folder, reaches the disk, and only then takes the name. A crash or a full disk leaves the old
// file as it was; an error removes the new one, and what a killed process left the next writer does.
//
// A new file is locked by the process that writes it, and the system frees the lock with the process.
// Only who holds the lock renames or removes the file, so writers never take each other's.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A new file on its way to a name.
package final class FileWriter {
  /// The name as the program gave it, for messages, and the file that it stands for.
  private let name: String
  private let path: String
  /// The file that takes the name, while another program writes it in our place.
  package let temporary: String
  private let descriptor: Int32
  private var pending: [UInt8] = []

  /// Bytes are given to the system in pieces of this size.
  private static let pieceSize = 1 << 16

  /// Replaces the file by what the body writes.
  ///
  /// A link is followed; the file keeps its permissions.
  /// - Throws: an io error with the system's reason, or what the body throws; the file is then as
  ///   it was.
  package static func replace(_ path: String, _ body: (FileWriter) throws -> Void) throws {
    let writer = try FileWriter(path)
    do {
      try body(writer)
      try writer.commit()
    } catch {
      unlink(writer.temporary)
      throw error
    }
  }

  /// Writes a text in place of what a file held; a pipe or a device takes it as it comes, and so does
  /// a file that is the process's output, under whatever name.
  ///
  /// - Throws: an io error with the system's reason; a file is then as it was.
  package static func write(_ text: String, to path: String) throws {
    guard let stream = try FileWriter(streamIfAny: path) else {
      return try replace(path) { try $0.write(text.utf8) }
    }
    try stream.write(text.utf8)
    try stream.flush()
  }

  /// What is written goes straight to a pipe, a device or the process's output; nil for other files.
  private init?(streamIfAny path: String) throws {
    guard let status = stat(of: path) else { return nil }
    let outputs = [STDOUT_FILENO, STDERR_FILENO]
    let output = outputs.first { stat(of: $0)?.isSame(as: status) == true }
    if status.isRegular, output == nil { return nil }
    // Opening does not wait for a reader, and writing does.
    descriptor = output.map { dup($0) } ?? open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      guard errno == ENXIO else { throw TensorError(cannot: "write", path) }
      throw TensorError(.io, "cannot write \(path.excerpt): nothing reads it")
    }
    if output == nil { _ = fcntl(descriptor, F_SETFL, 0) }
    (name, self.path, temporary) = (path, path, path)
  }

  private init(_ named: String) throws {
    name = named
    path = try FileWriter.followed(named)
    let old = stat(of: path)
    guard old?.isRegular != false else {
      throw TensorError(.io, "cannot write \(named.excerpt): it is not a regular file")
    }
    guard old == nil || access(path, W_OK) == 0 else { throw TensorError(cannot: "write", named) }
    let path = path
    let candidates = (0..<1000).lazy.map { "\(path).mos-\($0).tmp" }
    for candidate in candidates.prefix(FileWriter.usualWriters) {
      FileWriter.removeLeftover(candidate)
    }
    var opened: Int32 = -1
    temporary =
      candidates.first { candidate in
        opened = FileWriter.create(candidate)
        return opened >= 0 || errno != EEXIST
      } ?? ""
    descriptor = opened
    guard opened >= 0 else { throw TensorError(cannot: "write", named) }
    if let old { fchmod(descriptor, old.st_mode & 0o7777) }
  }

  /// So many writers of one name at once leave nothing for good where they are killed.
  private static let usualWriters = 8

  /// Makes a new file and locks it; -1 and `EEXIST` where another writer has or takes it.
  private static func create(_ path: String) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
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
  private static func removeLeftover(_ path: String) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard let held = stat(of: descriptor), held.isRegular,
      flock(descriptor, LOCK_EX | LOCK_NB) == 0, stat(of: path)?.isSame(as: held) == true
    else { return }
    unlink(path)
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
    return try followed(target.hasPrefix("/") ? target : "\(folder(of: path))/\(target)")
  }

  /// The folder that a path is in.
  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
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
    var done = 0
    while done < count {
      try Safepoint.look()
      let wanted = min(count - done, 1 << 22)
      #if canImport(Darwin)
        let length = Darwin.write(descriptor, memory + done, wanted)
      #elseif canImport(Musl)
        let length = Musl.write(descriptor, memory + done, wanted)
      #else
        let length = Glibc.write(descriptor, memory + done, wanted)
      #endif
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
    try bytes.withUnsafeBytes { buffer in
      if let start = buffer.baseAddress { try write(start, count: buffer.count) }
    }
  }

  private func commit() throws {
    try flush()
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw TensorError(cannot: "write", name)
    }
    // The name itself is on disk once the folder is; where a folder cannot be synced, as on some
    // network file systems, the file is whole all the same.
    let opened = open(FileWriter.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if opened >= 0 {
      fsync(opened)
      close(opened)
    }
  }
}
