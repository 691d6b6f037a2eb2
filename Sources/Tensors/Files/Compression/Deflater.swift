// Packing by DEFLATE, by zlib at its usual level.

internal import CZlib

/// A stream of bytes that is being packed.
final class Deflater {
  /// zlib keeps the address of its state.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var room = [UInt8](repeating: 0, count: 1 << 16)

  /// - Throws: a limit error where there is no memory for the state of 256 KiB.
  init(_ frame: Inflater.Frame) throws {
    stream.initialize(to: z_stream())
    let (size, usual, most) = (Int32(MemoryLayout<z_stream>.size), Int32(8), Z_DEFAULT_COMPRESSION)
    guard
      deflateInit2_(
        stream, most, Z_DEFLATED, frame.rawValue, usual, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        == Z_OK
    else { throw TensorError(.limit, "there is no memory to pack a file") }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Packs bytes; what comes of them so far goes to the body.
  func add(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard let start = bytes.baseAddress else { return }
    try Safepoint.pieces(of: 0..<bytes.count) { part in
      let source = UnsafeRawBufferPointer(start: start + part.lowerBound, count: part.count)
      try run(source, Z_NO_FLUSH, body)
    }
  }

  /// Ends the stream; the rest of it goes to the body.
  func finish(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try run(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH, body)
  }

  private func run(
    _ bytes: UnsafeRawBufferPointer, _ flush: Int32,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(bytes.count)
    repeat {
      try room.withUnsafeMutableBytes { room in
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room.count)
        _ = deflate(stream, flush)
        let written = room.count - Int(stream.pointee.avail_out)
        if written > 0 { try body(UnsafeRawBufferPointer(rebasing: room[..<written])) }
      }
      // Room that was filled may have been too small.
    } while stream.pointee.avail_out == 0
  }
}
