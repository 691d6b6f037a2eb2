// Memory that is not the allocator's and counts all the same: that of devices.

/// Bytes that are charged to a run's account while this lives.
package final class MemoryCharge: Sendable {
  private let bytes: Int
  private let account: MemoryAccount?

  private init(_ bytes: Int, to account: MemoryAccount?) {
    self.bytes = bytes
    self.account = account
  }

  /// Charges bytes to the account of this thread.
  ///
  /// - Throws: a limit error where so many are not allowed.
  package static func make(_ bytes: Int) throws -> MemoryCharge {
    let account = MemoryAccount.current
    if let limit = account?.reserve(bytes) ?? nil {
      throw TensorError(
        .limit,
        "\(Storage.inBytes(bytes)) more are needed, and \(Storage.inBytes(limit)) are allowed here",
        hint: "make it smaller, or work through it in pieces")
    }
    return MemoryCharge(bytes, to: account)
  }

  deinit { account?.release(bytes) }
}
