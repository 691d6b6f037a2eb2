// Ranks that are processes, by MPI.

import Autodiff
import CMPI
import Platform
import Tensors

/// What one process sees of the others.
final class MessageRanks: Communicator {
  private let library: MessageLibrary
  let rank: Int
  let count: Int
  /// The words of a meeting, always all of them, so that meetings for different things are meetings.
  private let words: UnsafeMutablePointer<UInt64>
  private static let wordCount = Int(MOS_MPI_WORDS)
  /// Whether a meeting was left before all had come: MPI cannot take one back, so that there is no other.
  private(set) var isBroken = false

  /// - Throws: what MPI says.
  init(_ library: MessageLibrary) throws {
    self.library = library
    var (rank, count): (Int32, Int32) = (0, 0)
    guard library.table.start(&rank, &count) == 0 else {
      throw RankError("cannot start MPI: \(library.lastError)")
    }
    (self.rank, self.count) = (Int(rank), Int(count))
    words = .allocate(capacity: MessageRanks.wordCount)
  }

  deinit { words.deallocate() }

  /// The MPI that this is.
  var name: String { library.mpi }

  func greatest(_ given: inout [UInt64]) throws {
    do {
      try meet(&given) {
        try Safepoint.look()
        return true
      }
    } catch {
      isBroken = true
      throw error
    }
  }

  /// The same for so long, or until the wait is to end; false where not all have come by then.
  func greatest(
    _ given: inout [UInt64], within seconds: Double, orUntil isOver: () -> Bool
  ) -> Bool {
    guard !isBroken else { return false }
    let end = monotonicSeconds() + seconds
    isBroken = (try? meet(&given) { monotonicSeconds() < end && !isOver() }) != true
    return !isBroken
  }

  /// How long a wait asks again at once, and how long it gives others of its core their turn before it sleeps
  /// between questions: where ranks work alike the last comes soon, and where they do not none is held up.
  private static let (spins, yields, sleep) = (50e-6, 1e-3, UInt32(50))

  /// - Parameter goesOn: asked at each turn of the wait.
  /// - Returns: false where the wait was ended before all had come.
  @discardableResult
  private func meet(_ given: inout [UInt64], _ goesOn: () throws -> Bool) throws -> Bool {
    precondition(given.count <= MessageRanks.wordCount)
    words.initialize(repeating: 0, count: MessageRanks.wordCount)
    for (index, word) in given.enumerated() { words[index] = word }
    try require(library.table.agree_begin(words))
    var start: Double?
    while true {
      let status = library.table.agree_test(words)
      if status > 0 { break }
      try require(status)
      guard try goesOn() else { return false }
      let now = monotonicSeconds()
      let waited = now - (start ?? now)
      start = start ?? now
      if waited > MessageRanks.yields {
        usleep(MessageRanks.sleep)
      } else if waited > MessageRanks.spins {
        sched_yield()
      }
    }
    for index in given.indices { given[index] = words[index] }
    return true
  }

  func allGather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer
  ) throws {
    try require(library.table.all_gather(own.baseAddress, wide(sizes), all.baseAddress))
  }

  func exchange(
    _ own: UnsafeRawBufferPointer, given: [Int], into pieces: UnsafeMutableRawBufferPointer,
    taken: [Int], largest: Int
  ) throws {
    try require(
      library.table.exchange(
        own.baseAddress, wide(given), pieces.baseAddress, wide(taken), Int64(largest)))
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
    try require(library.table.broadcast(bytes.baseAddress, Int64(bytes.count), Int32(root)))
  }

  func gather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer,
    at root: Int
  ) throws {
    try require(
      library.table.gather(own.baseAddress, wide(sizes), all.baseAddress, Int32(root)))
  }

  func scatter(
    _ all: UnsafeRawBufferPointer, sizes: [Int], into own: UnsafeMutableRawBufferPointer,
    from root: Int
  ) throws {
    try require(
      library.table.scatter(all.baseAddress, wide(sizes), own.baseAddress, Int32(root)))
  }

  /// Ends the processes of all ranks.
  func abort(_ status: Int32) -> Never {
    library.table.abort(status)
    _exit(status)
  }

  /// Takes leave of the others, who do the same.
  func finish() { _ = library.table.finish() }

  private func wide(_ sizes: [Int]) -> [Int64] { sizes.map(Int64.init) }

  /// - Throws: what MPI says where something failed.
  private func require(_ status: Int32) throws {
    guard status < 0 else { return }
    isBroken = true
    throw TensorError(
      .io, "MPI cannot exchange anything: \(library.lastError)")
  }
}
