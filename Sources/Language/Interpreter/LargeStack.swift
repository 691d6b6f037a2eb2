// Room for programs that nest deeply: built-ins that call back and values walked by recursion need more
// than the few megabytes that a thread has. Who recurses asks how much is left; see `Safepoint`.
//
// A run takes place on the thread of its caller, so that a host's functions, its locks and its actors are
// where it called from, on a stack of its own. Measured on two shared cores: 15 ns a switch with the pool,
// against 57 to 75 µs for a thread made or kept.

import CallOnStack
internal import Kernels
import Platform
import Synchronization
import Tensors

/// A stack that no one runs on, of the process's pool.
package struct LargeStack: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let size: Int

  /// Addresses, not memory: pages are taken as they are touched. A call of a built-in that calls back takes
  /// about 5 KB, a level of a walk about 300 bytes.
  private static let wantedSize = 1 << 30
  /// What is still worth a stack of its own, where addresses are scarce.
  private static let smallestSize = 1 << 28
  /// What a stack keeps of its memory between runs; who needs more asks, and gives it back at the end.
  private static let keptSize = 1 << 20
  /// Stacks that wait. More interpreters at once than these map theirs anew; each takes 1 GiB of addresses, of
  /// which a process may have few.
  private static let poolSize = 16

  private static let pool = Mutex<[LargeStack]>([])
  /// The one that was given back last, and its size in the low bits, which an address leaves free: a host that
  /// calls again and again takes no lock.
  private static let last = Atomic<UInt>(0)

  /// Runs the body on a large stack; on the caller's, where there are no addresses for
  /// one, or no way to it.
  package static func run(_ body: () throws -> Value) throws -> Value {
    guard let stack = take() else { return try body() }
    return try withoutActuallyEscaping(body) { body in
      var job = Job(body: body)
      let outer = mos_stack_get()
      mos_stack_set(stack.bounds)
      let isSwitched = withUnsafeMutablePointer(to: &job) {
        mos_call_on_stack(stack.base, stack.size, { Job.run($0) }, $0) != 0
      }
      let deeper = Int(stack.bounds.end - mos_stack_get().end)
      mos_stack_set(outer)
      stack.giveBack(isDeep: deeper > 0)
      SmallObjects.refund(deeper)
      guard isSwitched else { return try body() }
      return try job.outcome.get()
    }
  }

  /// What is to be done on a stack, and what came of it.
  private struct Job {
    let body: () throws -> Value
    var outcome: Result<Value, any Error> = .success(.nil)

    static func run(_ pointer: UnsafeMutableRawPointer) {
      let job = pointer.assumingMemoryBound(to: Job.self)
      job.pointee.outcome = Result { try job.pointee.body() }
    }
  }

  private var bounds: mos_stack {
    let start = UInt(bitPattern: base)
    return mos_stack(
      end: start + UInt(size - LargeStack.keptSize), last: start + UInt(Pages.size))
  }

  private static func take() -> LargeStack? {
    let packed = last.exchange(0, ordering: .acquiring)
    return packed != 0 ? LargeStack(packed: packed) : pool.withLock { $0.popLast() } ?? map()
  }

  private init(base: UnsafeMutableRawPointer, size: Int) {
    self.base = base
    self.size = size
  }

  private init?(packed: UInt) {
    guard let base = UnsafeMutableRawPointer(bitPattern: packed & ~63) else { return nil }
    self.init(base: base, size: 1 << Int(packed & 63))
  }

  private var packed: UInt { UInt(bitPattern: base) | UInt(size.trailingZeroBitCount) }

  private func giveBack(isDeep: Bool) {
    if isDeep { Pages.empty(base, size - LargeStack.keptSize) }
    if LargeStack.last.compareExchange(
      expected: 0, desired: packed, ordering: .releasing
    ).exchanged {
      return
    }
    let isKept = LargeStack.pool.withLock { waiting in
      guard waiting.count < LargeStack.poolSize else { return false }
      waiting.append(self)
      return true
    }
    if !isKept { Pages.unmap(base, size) }
  }

  private static func map() -> LargeStack? {
    var size = wantedSize
    while size >= smallestSize {
      if let base = Pages.mapStack(size) { return LargeStack(base: base, size: size) }
      size /= 2
    }
    return nil
  }
}
