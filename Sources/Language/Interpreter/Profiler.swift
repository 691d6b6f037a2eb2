// `profile(f)`: where the time of a run goes, by source line.
//
// A thread asks a thousand times a second, and the program answers between two operations with the
// place it stands at: the operation that has just run. An operation that takes longer than one
// request answers for all that were missed. While nobody profiles nothing is asked, and the look at
// the requests is the one that every operation takes for interrupts.

import Platform
import Synchronization
import Tensors

/// The samples of one run.
package final class Profiler {
  /// Seconds between two requests.
  private static let period = 0.001

  /// What the asking thread and the program share.
  private final class Clock: Sendable {
    let isRunning = Atomic<Bool>(true)
    /// Whether nothing is asked any more.
    let hasEnded = Monitor(false)
    /// Requests that have not been answered.
    let waiting = Atomic<Int>(0)
  }

  private let clock = Clock()
  /// How many requests each place answered.
  package private(set) var samples: [UInt64: Int] = [:]

  /// A profiler that nobody has asked yet.
  package init() {}

  /// The program answers all requests that wait.
  package func record(_ place: UInt64) {
    let count = clock.waiting.exchange(0, ordering: .relaxed)
    if count > 0 { samples[place, default: 0] += count }
  }

  /// Runs the body while samples are taken.
  package func measure<R>(_ requests: RunRequests, _ body: () throws -> R) throws -> R {
    try ask(requests)
    defer {
      clock.isRunning.store(false, ordering: .relaxed)
      clock.hasEnded.wait { $0 ? true : nil }
      _ = requests.takeSampleRequest()
    }
    return try body()
  }

  private func ask(_ requests: RunRequests) throws {
    let clock = clock
    let isStarted = Thread.start {
      while clock.isRunning.load(ordering: .relaxed) {
        usleep(UInt32(Profiler.period * 1e6))
        clock.waiting.add(1, ordering: .relaxed)
        requests.askForSample()
      }
      clock.hasEnded.change { $0 = true }
    }
    guard isStarted else { throw RuntimeError(.io, "cannot start the thread that profiles") }
  }
}
