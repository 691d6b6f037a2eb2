// Bytes that are on their way from a file to a value, or back. They are charged to the run while they
// are held, so that what a file unpacks to is bounded as everything else is.

import Platform

/// Memory that can grow.
final class HeldMemory {
  private(set) var address: UnsafeMutableRawPointer
  /// The bytes that are there, of those that there is room for.
  private(set) var count = 0
  private(set) var capacity: Int

  /// Memory with room for so many bytes.
  ///
  /// - Throws: a limit error where they are not to be had.
  init(capacity: Int) throws {
    try MemoryAccount.require(capacity)
    guard let address = malloc(max(capacity, 1)) else { throw HeldMemory.exhausted(capacity) }
    (self.address, self.capacity) = (address, capacity)
    SmallObjects.charge(capacity)
  }

  deinit {
    free(address)
    SmallObjects.refund(capacity)
  }

  /// Makes room for so many bytes in all.
  ///
  /// - Throws: a limit error where they are not to be had.
  func reserve(_ wanted: Int) throws {
    guard wanted > capacity else { return }
    try MemoryAccount.require(wanted - capacity)
    guard let moved = realloc(address, wanted) else { throw HeldMemory.exhausted(wanted) }
    SmallObjects.charge(wanted - capacity)
    (address, capacity) = (moved, wanted)
  }

  /// Says that so many more bytes were written behind those that are there.
  func add(_ more: Int) { count += more }

  /// The place of bytes to come.
  var room: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: address + count, count: capacity - count)
  }

  /// Adds bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    if bytes.count > capacity - count { try reserve(max(2 * capacity, count + bytes.count)) }
    room.copyMemory(from: bytes)
    add(bytes.count)
  }

  /// The bytes that are there.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: address, count: count) }

  private static func exhausted(_ bytes: Int) -> TensorError {
    TensorError(.limit, "\(Storage.inBytes(bytes)) for a file's contents are not to be had")
  }
}
