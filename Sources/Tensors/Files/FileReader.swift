// A file open for reading, by the C library. Its size is known before anything is read, so that
// every length a file claims is held against it before memory is asked for.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A regular file and its size; closed when it goes.
final class FileReader {
  let path: String
  /// The bytes the file had when it was opened.
  let size: Int
  private let descriptor: Int32

  /// Opens a file.
  ///
  /// - Throws: an io error with the system's reason.
  init(_ path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw TensorError(cannot: "read", path) }
    self.path = path
    var status = stat()
    let isKnown = fstat(descriptor, &status) == 0
    size = isKnown ? Int(status.st_size) : 0
    guard isKnown else { throw TensorError(cannot: "read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TensorError(.io, "cannot read \(path.excerpt): it is not a regular file")
    }
  }

  deinit { close(descriptor) }

  /// Fills memory with the bytes from an offset on.
  ///
  /// - Throws: an io error where the file has less, or cannot be read.
  func read(at offset: Int, count: Int, into memory: UnsafeMutableRawPointer) throws {
    var done = 0
    while done < count {
      let length = pread(descriptor, memory + done, count - done, off_t(offset + done))
      if length > 0 {
        done += length
      } else if length == 0 {
        throw damaged("it ends at byte \(offset + done), before what it promises")
      } else if errno != EINTR {
        throw TensorError(cannot: "read", path)
      }
    }
  }

  /// The bytes from an offset on; the caller has held the count against the size.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      if let start = buffer.baseAddress { try read(at: offset, count: count, into: start) }
      written = count
    }
  }

  /// All the bytes.
  func bytes() throws -> [UInt8] { try bytes(at: 0, count: size) }

  /// The error for a file that does not hold what its kind of file must.
  func damaged(_ what: String) -> TensorError {
    TensorError(
      .io, "\(path.excerpt) is damaged: \(what)", hint: "it may not have been copied whole")
  }

  /// Runs a body, whose errors come to say that the file is damaged.
  func reading<R>(_ part: String, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TensorError where error.kind != .io {
      throw damaged("\(part): \(error.message)")
    }
  }
}

extension TensorError {
  /// What the system says to a file that cannot be used.
  init(cannot verb: String, _ path: String) {
    let reason = String(cString: strerror(errno))
    self.init(.io, "cannot \(verb) \(path.excerpt): \(reason.lowercased())")
  }
}
