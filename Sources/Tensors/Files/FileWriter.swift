// A file that is replaced whole or not at all: what is written goes to a new file in the same
// folder, reaches the disk, and only then takes the name. A crash or a full disk leaves the old
// file as it was; an error removes the new one.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A new file on its way to a name.
public final class FileWriter {
  /// The name as the program gave it, for messages, and the file that it stands for.
  private let name: String
  private let path: String
  /// The file that takes the name, while another program writes it in our place.
  public let temporary: String
  private let descriptor: Int32
  private var pending: [UInt8] = []

  /// Bytes are given to the system in pieces of this size.
  private static let pieceSize = 1 << 16

  /// Replaces the file by what the body writes.
  ///
  /// A link is followed; the file keeps its permissions.
  /// - Throws: an io error with the system's reason, or what the body throws; the file is then as
  ///   it was.
  public static func replace(_ path: String, _ body: (FileWriter) throws -> Void) throws {
    let writer = try FileWriter(path)
    do {
      try body(writer)
      try writer.commit()
    } catch {
      unlink(writer.temporary)
      throw error
    }
  }

  /// Writes a text in place of what a file held; a pipe or a device takes it as it comes.
  ///
  /// - Throws: an io error with the system's reason; a file is then as it was.
  public static func write(_ text: String, to path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let stream = try FileWriter(stream: path)
      try stream.write(text.utf8)
      try stream.flush()
    } else {
      try replace(path) { try $0.write(text.utf8) }
    }
  }

  /// What is written goes straight to a pipe or a device.
  private init(stream path: String) throws {
    descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TensorError(cannot: "write", path) }
    (name, self.path, temporary) = (path, path, path)
  }

  private init(_ named: String) throws {
    var status = stat()
    let exists = stat(named, &status) == 0
    guard !exists || status.st_mode & S_IFMT == S_IFREG else {
      throw TensorError(.io, "cannot write \(named.excerpt): it is not a regular file")
    }
    name = named
    path = exists ? FileWriter.resolved(named) : named
    var attempt = 0
    var candidate = ""
    var opened: Int32 = -1
    repeat {
      candidate = "\(path).\(getpid())-\(attempt).tmp"
      opened = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      attempt += 1
    } while opened < 0 && errno == EEXIST && attempt < 1000
    guard opened >= 0 else { throw TensorError(cannot: "write", named) }
    temporary = candidate
    descriptor = opened
    if exists { fchmod(descriptor, status.st_mode & 0o7777) }
  }

  deinit { close(descriptor) }

  /// Where a link leads.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  /// Adds bytes.
  public func write(_ bytes: some Sequence<UInt8>) throws {
    pending += bytes
    if pending.count >= FileWriter.pieceSize { try flush() }
  }

  /// Adds bytes from memory.
  func write(_ memory: UnsafeRawPointer, count: Int) throws {
    try flush()
    var done = 0
    while done < count {
      // The system takes at most 2 GiB at a time.
      #if canImport(Darwin)
        let length = Darwin.write(descriptor, memory + done, min(count - done, 1 << 30))
      #elseif canImport(Musl)
        let length = Musl.write(descriptor, memory + done, min(count - done, 1 << 30))
      #else
        let length = Glibc.write(descriptor, memory + done, min(count - done, 1 << 30))
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
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if opened >= 0 {
      fsync(opened)
      close(opened)
    }
  }
}
