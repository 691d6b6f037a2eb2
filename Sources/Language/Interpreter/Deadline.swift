// The end of a run's time. One thread of the process waits for the nearest of all deadlines and says so to
// the run that it belongs to, so that a running program reads no clock.

import Platform
import Synchronization
import Tensors

/// When a run must end.
struct Deadline {
  /// What the run may take.
  private let seconds: Double
  private let requests: RunRequests

  init(_ seconds: Double, _ requests: RunRequests) {
    self.seconds = seconds
    self.requests = requests
  }

  /// Runs the body, which is asked to end when its time is over.
  ///
  /// - Throws: what the body throws; a limit error also where it came to its end too late.
  func watched<R>(_ body: () throws -> R) throws -> R {
    let end = monotonicSeconds() + seconds
    let entry = Watch.shared.add(end, requests)
    defer { Watch.shared.remove(entry) }
    let result = try body()
    if monotonicSeconds() > end { requests.endTime() }
    try Safepoint.look()
    return result
  }
}

/// The deadlines of the process, and the thread that waits for them.
private final class Watch: Sendable {
  static let shared = Watch()

  private struct State {
    var ends: [Int: (end: Double, requests: RunRequests)] = [:]
    var last = 0
    var isThreadRunning = false
  }

  private let state = Monitor(State())

  /// Adds a deadline; gives its number.
  func add(_ end: Double, _ requests: RunRequests) -> Int {
    let (number, needsThread) = state.change { state in
      state.last += 1
      state.ends[state.last] = (end, requests)
      defer { state.isThreadRunning = true }
      return (state.last, !state.isThreadRunning)
    }
    if needsThread {
      let isStarted = Thread.start { Watch.shared.wait() }
      precondition(isStarted, "cannot start the thread that watches the time of programs")
    }
    return number
  }

  func remove(_ number: Int) {
    state.withLock { _ = $0.ends.removeValue(forKey: number) }
  }

  /// Waits for one deadline after the other, for ever.
  private func wait() {
    while true {
      let now = monotonicSeconds()
      let (nearest, last) = state.withLock { state in
        for (number, entry) in state.ends where entry.end <= now {
          entry.requests.endTime()
          state.ends[number] = nil
        }
        return (state.ends.values.map(\.end).min(), state.last)
      }
      let seconds = nearest.map { $0 - now } ?? .infinity
      state.wait(for: seconds) { $0.last != last ? true : nil }
    }
  }
}
