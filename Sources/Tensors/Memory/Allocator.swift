// Memory that comes back is kept and given out again: fresh pages cost more than the arithmetic
// done on them.
//
// Blocks come in size classes (four to a power of two), so that at most a fifth is wasted and a
// block fits the next tensor of about its size. Each class is a list of free blocks linked
// through their first words. What is kept is bounded; beyond that, memory goes back to the
// system at once. Large blocks are mapped, small ones come from the C library's heap.

internal import Kernels
import Platform
import Synchronization

/// The process's blocks of memory; safe from any thread.
enum Allocator {
  /// Blocks of this size and above are mapped: their pages start out zero, and unused ones cost
  /// nothing.
  static let mappedSize = 1 << 20

  /// The size and alignment of a huge page.
  private static let hugePage = 2 << 20

  /// The greatest single block: nine tenths of the memory there is.
  static let limit = availableMemory / 10 * 9

  /// The most bytes kept for later: an eighth of the memory there is.
  static let keptLimit = availableMemory / 8

  /// The machine's memory, or what the process may have of it.
  private static let availableMemory: Int = {
    let physical = sysconf(Int32(_SC_PHYS_PAGES)) * Pages.size
    return min(physical, ControlGroup.memoryLimit ?? physical)
  }()

  private struct FreeLists {
    var heads = [UnsafeMutableRawPointer?](repeating: nil, count: 256)
    var keptBytes = 0
    var usedBytes = 0
  }

  private static let kept = Mutex(Unchecked(value: FreeLists()))

  private struct Unchecked<Value>: @unchecked Sendable { var value: Value }

  private static func withLists<R>(_ body: (inout FreeLists) -> R) -> R {
    kept.withLock { lists in
      mos_allocator_locked()
      defer { mos_allocator_unlocks() }
      return Unchecked(value: body(&lists.value))
    }.value
  }

  /// The size of the block that serves a request: the next of 4, 5, 6 or 7 times a power of two.
  static func blockSize(_ bytes: Int) -> Int {
    if bytes <= 1024 { return 1024 }
    let step = 1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount - 2)
    return (bytes + step - 1) & ~(step - 1)
  }

  private static func index(_ block: Int) -> Int {
    let power = Int.bitWidth - 1 - block.leadingZeroBitCount
    return power * 4 + (block >> (power - 2)) & 3
  }

  /// A block of exactly that class's size, or nil where the system has none.
  static func take(_ block: Int, zeroed: Bool) -> UnsafeMutableRawPointer? {
    let reused = withLists { lists -> UnsafeMutableRawPointer? in
      lists.usedBytes += block
      let class_ = index(block)
      guard let head = lists.heads[class_] else { return nil }
      lists.heads[class_] = head.load(as: UnsafeMutableRawPointer?.self)
      lists.keptBytes -= block
      return head
    }
    if let reused {
      if zeroed { clear(reused, block) }
      return reused
    }
    if block >= mappedSize { return mapped(block) ?? failed(block) }
    guard let address = aligned_alloc(64, block) else { return failed(block) }
    if zeroed { memset(address, 0, block) }
    return address
  }

  /// Sets bytes to zero, not all of them where the run is to end.
  private static func clear(_ address: UnsafeMutableRawPointer, _ bytes: Int) {
    let piece = 1 << 24
    for start in stride(from: 0, to: bytes, by: piece) where mos_run_ends() == 0 {
      memset(address + start, 0, min(piece, bytes - start))
    }
  }

  /// Fresh pages, huge ones where the block has room for some: they cost fewer faults, and products
  /// of matrices fewer misses of the address cache.
  private static func mapped(_ block: Int) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      if block >= 2 * hugePage {
        guard let start = Pages.map(block + hugePage) else { return nil }
        let pages = UnsafeMutableRawPointer(
          bitPattern: (UInt(bitPattern: start) + UInt(hugePage) - 1) & ~UInt(hugePage - 1))
        guard let pages else { return nil }
        if pages > start { Pages.unmap(start, pages - start) }
        let rest = hugePage - (pages - start)
        if rest > 0 { Pages.unmap(pages + block, rest) }
        madvise(pages, block, MADV_HUGEPAGE)
        return pages
      }
    #endif
    return Pages.map(block)
  }

  private static func failed(_ block: Int) -> UnsafeMutableRawPointer? {
    withLists { $0.usedBytes -= block }
    return nil
  }

  /// The bytes of the blocks that tensors hold, and of those that are kept for later.
  static var bytes: (used: Int, kept: Int) {
    withLists { ($0.usedBytes, $0.keptBytes) }
  }

  /// Takes a block back.
  static func give(_ address: UnsafeMutableRawPointer, _ block: Int) {
    let isKept = withLists { lists -> Bool in
      lists.usedBytes -= block
      guard lists.keptBytes + block <= keptLimit else { return false }
      let class_ = index(block)
      address.storeBytes(of: lists.heads[class_], as: UnsafeMutableRawPointer?.self)
      lists.heads[class_] = address
      lists.keptBytes += block
      return true
    }
    if isKept { return }
    if block >= mappedSize {
      Pages.unmap(address, block)
    } else {
      free(address)
    }
  }
}

/// What tensors of the process hold, those apart that are small enough for one allocation.
public enum TensorMemory {
  /// The bytes of the blocks that tensors hold.
  public static var usedBytes: Int { Allocator.bytes.used }
  /// The bytes of the blocks that are kept to be given out again.
  public static var keptBytes: Int { Allocator.bytes.kept }
}
