// What the memory of a run is charged to. Blocks of large tensors are counted one by one, by all threads.
// Small objects (small tensors, nodes of graphs, and what a language on top makes: strings, lists,
// closures) are counted by a number of the thread, so that counting costs an addition.
//
// Small objects that end while no program runs, on the thread that runs them next, are counted by the
// next run: a host that uses several interpreters on one thread makes their counts inexact.

internal import Kernels
import Synchronization

/// How much memory a program holds, and the most it may.
package final class MemoryAccount: Sendable {
  /// The most bytes that may be held at a time.
  package var limit: Int { most.load(ordering: .relaxed) }
  private let most: Atomic<Int>
  /// The most that the run may hold: the limit, or a little more than there was when it began, so that a
  /// program can still forget what an earlier one filled its memory with.
  private let bound: Atomic<Int>
  private static let grace = 1 << 16
  private let held = Atomic<Int>(0)
  /// What small objects hold while no body runs.
  private let small = Atomic<Int>(0)

  /// An account that nothing is charged to yet; its limit is at most what the machine has.
  package init(limit: Int) {
    let limit = min(limit, Allocator.limit)
    most = Atomic(limit)
    bound = Atomic(limit)
  }

  /// Sets the limit of what comes, nil for what the machine has; what is charged stays.
  package func setLimit(_ limit: Int?) {
    most.store(min(limit ?? .max, Allocator.limit), ordering: .relaxed)
  }

  /// An account of nine tenths of the machine's memory.
  package static var ofMachine: MemoryAccount { MemoryAccount(limit: Allocator.limit) }

  /// The bytes that large tensors hold now.
  package var bytes: Int { held.load(ordering: .relaxed) }

  /// Counts a block; the limit, where it would be passed and nothing was counted.
  func reserve(_ block: Int) -> Int? {
    let now = held.add(block, ordering: .relaxed).newValue
    let small = Int(mos_heap_get().bytes)
    let bound = bound.load(ordering: .relaxed)
    if now <= bound && now + small <= bound {
      setCeiling()
      return nil
    }
    held.subtract(block, ordering: .relaxed)
    return limit
  }

  func release(_ block: Int) { held.subtract(block, ordering: .relaxed) }

  /// The bytes that the run on this thread holds now, small objects included.
  package static var held: Int { (current?.bytes ?? 0) + Int(mos_heap_get().bytes) }

  /// The most bytes that the run on this thread may hold.
  package static var limitOfRun: Int { (current ?? ofMachine).limit }

  static var current: MemoryAccount? {
    mos_account_get().map { Unmanaged<MemoryAccount>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Sets what small objects may take of what large tensors leave.
  private func setCeiling() {
    var heap = mos_heap_get()
    heap.ceiling = Int64(max(bound.load(ordering: .relaxed) - bytes, 0))
    mos_heap_set(heap)
  }

  /// Takes off the account what has ended on this thread since the last time, less what was made here: a
  /// host ends what a program made, and what it makes itself is its own.
  package func takeOver() {
    let heap = mos_heap_get()
    let ended = min(0, Int(heap.bytes))
    small.store(max(0, small.load(ordering: .relaxed) + ended), ordering: .relaxed)
    mos_heap_set(mos_heap(bytes: 0, ceiling: heap.ceiling))
  }

  /// What was charged on a thread before.
  package struct Outer {
    fileprivate let account: UnsafeMutableRawPointer?
    fileprivate let heap: mos_heap
  }

  /// From now on the objects of this thread are charged to this account, which somebody holds until `end`.
  package func begin() -> Outer {
    let outer = Outer(account: mos_account_get(), heap: mos_heap_get())
    mos_account_set(Unmanaged.passUnretained(self).toOpaque())
    let small = small.load(ordering: .relaxed)
    mos_heap_set(mos_heap(bytes: Int64(small), ceiling: 0))
    bound.store(max(limit, bytes + small + MemoryAccount.grace), ordering: .relaxed)
    setCeiling()
    return outer
  }

  /// The end of what `begin` began.
  package func end(_ outer: Outer) {
    small.store(max(0, Int(mos_heap_get().bytes)), ordering: .relaxed)
    mos_account_set(outer.account)
    mos_heap_set(outer.heap)
  }

  /// Runs a body whose objects, on this thread, are charged to an account.
  package static func with<R>(_ account: MemoryAccount, _ body: () throws -> R) rethrows -> R {
    let outer = account.begin()
    defer { account.end(outer) }
    return try withExtendedLifetime(account) { try body() }
  }

  /// Compares what is held with the limit.
  ///
  /// - Throws: a limit error where that is too much.
  static func count() throws {
    guard let account = current else { return }
    account.setCeiling()
    let heap = mos_heap_get()
    if heap.bytes > heap.ceiling { throw account.full }
  }

  /// Growth that need not be asked for: the next safepoint finds it early enough.
  private static let smallGrowth = 1 << 16

  /// Looks before something grows by so many bytes.
  ///
  /// - Throws: a limit error where there is no room for them.
  @inline(__always) package static func require(_ bytes: Int) throws {
    if bytes > smallGrowth { try requireMuch(bytes) }
  }

  /// Looks before something grows by so many elements of so many bytes.
  ///
  /// - Throws: a limit error where there is no room for them.
  package static func require(_ count: Int, of size: Int) throws {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    try require(overflow ? .max : bytes)
  }

  private static func requireMuch(_ bytes: Int) throws {
    let account = current ?? ofMachine
    let held = account.bytes + max(0, Int(mos_heap_get().bytes))
    guard bytes <= account.bound.load(ordering: .relaxed) - held else {
      throw account.full(for: bytes)
    }
  }

  private var full: TensorError {
    TensorError(
      .limit, "the program holds more memory than \(Storage.inBytes(limit)), which are allowed here"
    )
  }

  private func full(for bytes: Int) -> TensorError {
    TensorError(
      .limit,
      "\(Storage.inBytes(bytes)) more are needed, and \(Storage.inBytes(limit)) are allowed here")
  }
}

/// The count of small objects.
package enum SmallObjects {
  /// Counts an object of so many bytes; more than are allowed end the run at its next safepoint.
  @inline(__always) package static func charge(_ bytes: Int) { mos_heap_charge(Int64(bytes)) }
  /// An object of so many bytes has ended.
  @inline(__always) package static func refund(_ bytes: Int) { mos_heap_refund(Int64(bytes)) }
}
