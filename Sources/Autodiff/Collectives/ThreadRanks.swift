// Ranks that are threads of one process: programs of several ranks without an engine of messages.
//
// Every exchange is three meetings at a barrier: ranks say where their bytes lie, each copies what is for it,
// and none goes on before all have.

import Platform

/// The ranks of one process, each on a thread of its own.
public final class ThreadRanks: @unchecked Sendable {
  private let count: Int
  private var mutex = pthread_mutex_t()
  private var condition = pthread_cond_t()
  /// How many have come to the barrier, and how often all have.
  private var arrived = 0
  private var round = 0
  fileprivate var words: [[UInt64]]
  fileprivate var spans: [UnsafeRawBufferPointer]
  fileprivate var sizes: [[Int]]

  /// So many ranks.
  public init(_ count: Int) {
    self.count = count
    words = Array(repeating: [], count: count)
    spans = Array(repeating: UnsafeRawBufferPointer(start: nil, count: 0), count: count)
    sizes = Array(repeating: [], count: count)
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&condition, nil)
  }

  deinit {
    pthread_cond_destroy(&condition)
    pthread_mutex_destroy(&mutex)
  }

  /// What one of the ranks sees.
  public func communicator(rank: Int) -> any Communicator { ThreadRank(self, rank, count) }

  /// Waits until every rank has come here, after a deed that no other does meanwhile.
  fileprivate func barrier(_ deed: () -> Void = {}) {
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    deed()
    arrived += 1
    if arrived == count {
      arrived = 0
      round += 1
      pthread_cond_broadcast(&condition)
      return
    }
    let mine = round
    while round == mine { pthread_cond_wait(&condition, &mutex) }
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

  func greatest(_ words: inout [UInt64]) {
    let own = words
    ranks.barrier { ranks.words[rank] = own }
    for other in ranks.words {
      for (index, word) in other.enumerated() where index < words.count {
        words[index] = max(words[index], word)
      }
    }
    ranks.barrier()
  }

  /// Shows the others this rank's bytes while each copies what is for it.
  private func show(
    _ own: UnsafeRawBufferPointer, _ sizes: [Int] = [], _ copy: ([UnsafeRawBufferPointer]) -> Void
  ) {
    ranks.barrier {
      ranks.spans[rank] = own
      ranks.sizes[rank] = sizes
    }
    copy(ranks.spans)
    ranks.barrier()
  }

  func allGather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer
  ) {
    show(own) { spans in
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
  ) {
    show(own, given) { spans in
      var place = 0
      for (span, sizes) in zip(spans, ranks.sizes) {
        let start = sizes.prefix(rank).reduce(0, +)
        let size = sizes[rank]
        UnsafeMutableRawBufferPointer(rebasing: pieces[place..<place + size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: span[start..<start + size]))
        place += size
      }
    }
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    show(UnsafeRawBufferPointer(bytes)) { if rank != root { bytes.copyMemory(from: $0[root]) } }
  }

  func gather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer,
    at root: Int
  ) {
    show(own) { spans in
      guard rank == root else { return }
      var start = 0
      for span in spans {
        UnsafeMutableRawBufferPointer(rebasing: all[start..<start + span.count])
          .copyMemory(from: span)
        start += span.count
      }
    }
  }

  func scatter(
    _ all: UnsafeRawBufferPointer, sizes: [Int], into own: UnsafeMutableRawBufferPointer,
    from root: Int
  ) {
    show(all) { spans in
      let start = sizes.prefix(rank).reduce(0, +)
      own.copyMemory(from: UnsafeRawBufferPointer(rebasing: spans[root][start..<start + own.count]))
    }
  }
}
