// Memory for large tensors.

/// A block of memory that tensors and their views share.
@usableFromInline
final class Storage: @unchecked Sendable {
  @usableFromInline let address: UnsafeMutableRawPointer
  let bytes: Int

  private init(address: UnsafeMutableRawPointer, bytes: Int) {
    self.address = address
    self.bytes = bytes
  }

  /// Uncleared memory for that many elements, aligned to 64 bytes.
  @usableFromInline
  static func allocate(count: Int, dtype: DType, shape: Shape) throws -> Storage {
    let bytes = count * dtype.size
    return Storage(
      address: UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64), bytes: bytes)
  }

  deinit { address.deallocate() }
}
