// Ranks that are threads of one process: programs of several ranks without an engine of messages.
//
// Every exchange is three meetings at a barrier: ranks say where their bytes lie, each copies what is for it,
// and none goes on before all have.

import Platform
import Tensors

/// The ranks of one process, each on a thread of its own.
public final class ThreadRanks: @unchecked Sendable {
  fileprivate struct State: Sendable {
    /// How many have come to the barrier, and how often all have.
    var arrived = 0
    var round = 0
    /// True once a rank has given up.
    var isBroken = false
    var words: [[UInt64]]
    var spans: [Span]
    var sizes: [[Int]]
  }

  /// Where a rank's bytes lie; it waits while others read them.
  fileprivate struct Span: @unchecked Sendable {
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  private let count: Int
  fileprivate let state: Monitor<State>

  /// So many ranks.
  public init(_ count: Int) {
    self.count = count
    state = Monitor(
      State(
        words: Array(repeating: [], count: count), spans: Array(repeating: Span(), count: count),
        sizes: Array(repeating: [], count: count)))
  }

  /// What one of the ranks sees.
  public func communicator(rank: Int) -> any Communicator { ThreadRank(self, rank, count) }

  /// Lets ranks that wait for one that has ended fail.
  public func giveUp() { state.change { $0.isBroken = true } }

  /// Waits until every rank has come here, after a deed of this one.
  ///
  /// - Throws: where the run is to end, and where another rank has given up.
  fileprivate func barrier(_ deed: (inout State) -> Void = { _ in }) throws {
    let round = state.change { state in
      deed(&state)
      let round = state.round
      state.arrived += 1
      if state.arrived == count { (state.arrived, state.round) = (0, round + 1) }
      return round
    }
    while state.wait(for: 0.02, { $0.round != round || $0.isBroken ? true : nil }) == nil {
      do { try Safepoint.look() } catch {
        giveUp()
        throw error
      }
    }
    if state.withLock({ $0.round == round && $0.isBroken }) {
      throw TensorError(.value, "another rank has ended")
    }
  }
}

private final class ThreadRank: Communicator {
  private let ranks: ThreadRanks
  let rank: Int
  let count: Int

  init(_ ranks: ThreadRanks, _ rank: Int, _ count: Int) {
    self.ranks = ranks
    self.rank = rank
    self.count = count
  }

  func greatest(_ words: inout [UInt64]) throws {
    let own = words
    try ranks.barrier { $0.words[self.rank] = own }
    let all = ranks.state.withLock { $0.words }
    for other in all {
      for (index, word) in other.enumerated() where index < words.count {
        words[index] = max(words[index], word)
      }
    }
    try ranks.barrier()
  }

  /// Shows the others this rank's bytes while each copies what is for it.
  private func show(
    _ own: UnsafeRawBufferPointer, _ sizes: [Int] = [],
    _ copy: ([UnsafeRawBufferPointer], [[Int]]) -> Void
  ) throws {
    let span = ThreadRanks.Span(bytes: own)
    try ranks.barrier {
      $0.spans[self.rank] = span
      $0.sizes[self.rank] = sizes
    }
    let (spans, sizes) = ranks.state.withLock { ($0.spans.map(\.bytes), $0.sizes) }
    copy(spans, sizes)
    try ranks.barrier()
  }

  func allGather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer
  ) throws {
    try show(own) { spans, _ in
      var start = 0
      for span in spans {
        UnsafeMutableRawBufferPointer(rebasing: all[start..<start + span.count])
          .copyMemory(from: span)
        start += span.count
      }
    }
  }

  func exchange(
    _ own: UnsafeRawBufferPointer, given: [Int], into pieces: UnsafeMutableRawBufferPointer,
    taken: [Int], largest: Int
  ) throws {
    try show(own, given) { spans, sizes in
      var place = 0
      for (span, sizes) in zip(spans, sizes) {
        let start = sizes.prefix(rank).reduce(0, +)
        let size = sizes[rank]
        UnsafeMutableRawBufferPointer(rebasing: pieces[place..<place + size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: span[start..<start + size]))
        place += size
      }
    }
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
    try show(UnsafeRawBufferPointer(bytes)) { spans, _ in
      if rank != root { bytes.copyMemory(from: spans[root]) }
    }
  }

  func gather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer,
    at root: Int
  ) throws {
    if rank == root { return try allGather(own, sizes: sizes, into: all) }
    try show(own) { _, _ in }
  }

  func scatter(
    _ all: UnsafeRawBufferPointer, sizes: [Int], into own: UnsafeMutableRawBufferPointer,
    from root: Int
  ) throws {
    try show(all) { spans, _ in
      let start = sizes.prefix(rank).reduce(0, +)
      own.copyMemory(from: UnsafeRawBufferPointer(rebasing: spans[root][start..<start + own.count]))
    }
  }
}
