// Memory for large tensors.

/// A block of memory that tensors and their views share; it goes back to the allocator with the
/// last of them.
@usableFromInline
package final class Storage: @unchecked Sendable {
  @usableFromInline let address: UnsafeMutableRawPointer
  let bytes: Int
  private let account: MemoryAccount?

  private init(address: UnsafeMutableRawPointer, bytes: Int, account: MemoryAccount?) {
    self.address = address
    self.bytes = bytes
    self.account = account
  }

  /// Uncleared memory for that many elements, aligned to 64 bytes.
  ///
  /// - Throws: a limit error that names the memory, where the shape needs more than may be had.
  @usableFromInline
  static func allocate(
    count: Int, dtype: DType, shape: Shape, zeroed: Bool = false
  ) throws -> Storage {
    let bytes = count * dtype.size
    let account = MemoryAccount.current
    let block = Allocator.blockSize(bytes)
    if let limit = account?.reserve(block) ?? nil {
      throw tooLarge(shape, dtype, bytes, "\(inBytes(limit)) are allowed here")
    }
    guard block <= Allocator.limit, let address = Allocator.take(block, zeroed: zeroed) else {
      account?.release(block)
      throw tooLarge(shape, dtype, bytes, "\(inBytes(Allocator.limit)) are there")
    }
    let storage = Storage(address: address, bytes: block, account: account)
    if zeroed { try Safepoint.look() }
    return storage
  }

  deinit {
    Allocator.give(address, bytes)
    account?.release(bytes)
  }

  private static func tooLarge(
    _ shape: Shape, _ dtype: DType, _ bytes: Int, _ bound: String
  ) -> TensorError {
    TensorError(
      .limit, "a \(dtype.name)\(shape) tensor needs \(inBytes(bytes)), and \(bound)",
      hint: "make it smaller, or work through it in pieces")
  }

  /// `7.28 TiB`: three digits and a binary unit.
  package static func inBytes(_ bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    if unit == 0 { return "\(bytes) bytes" }
    let hundredths = Int((value * 100).rounded())
    let (whole, part) = hundredths.quotientAndRemainder(dividingBy: 100)
    if part == 0 { return "\(whole) \(units[unit])" }
    return "\(whole).\(part < 10 ? "0" : "")\(part) \(units[unit])"
  }
}
