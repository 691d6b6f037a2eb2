// Unpacking what DEFLATE packed (RFC 1951), alone or in gzip's frame (RFC 1952), by zlib.

internal import CZlib

/// A stream of packed bytes that is being unpacked.
final class Inflater {
  /// No stream unpacks to more than this many times its bytes: at best two bits stand for 258 bytes.
  static let greatestRatio = 1032

  /// What stands around the packed bytes.
  enum Frame: Int32 {
    /// Nothing, as in zip archives.
    case none = -15
    /// Gzip's header, checksum and length.
    case gzip = 31
  }

  /// What one step came to.
  enum Progress {
    /// All input was taken, or all room was filled.
    case more
    /// The stream has ended; the rest of the input is another thing.
    case end
    /// The bytes are no such stream, for a reason.
    case wrong(String)
  }

  /// zlib keeps the address of its state.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

  /// - Throws: a limit error where there is no memory for the window of 32 KiB.
  init(_ frame: Frame) throws {
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, frame.rawValue, ZLIB_VERSION, size) == Z_OK else {
      throw TensorError(.limit, "there is no memory to unpack a file")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Begins anew, with another stream of the same frame.
  func restart() { inflateReset(stream) }

  /// Unpacks from one place into another.
  ///
  /// - Returns: how far it came in both.
  func step(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (taken: Int, given: Int, progress: Progress) {
    let piece = 1 << 20
    let (offered, room) = (min(input.count, piece), min(output.count, piece))
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(offered)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    let status = inflate(stream, Z_NO_FLUSH)
    let taken = offered - Int(stream.pointee.avail_in)
    let given = room - Int(stream.pointee.avail_out)
    switch status {
    case Z_OK, Z_BUF_ERROR: return (taken, given, .more)
    case Z_STREAM_END: return (taken, given, .end)
    default:
      let message = stream.pointee.msg.map { String(cString: $0) } ?? "no packed data"
      return (taken, given, .wrong(message))
    }
  }
}

/// CRC-32, the checksum of gzip and zip.
struct Checksum {
  private(set) var value: UInt32 = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
  }
}
