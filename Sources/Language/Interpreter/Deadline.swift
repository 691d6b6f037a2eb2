// The end of a run's time. One thread of the process waits for the nearest of all deadlines and says so to
// the run that it belongs to, so that a running program reads no clock.

import Glibc
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

  private let state = Mutex(State())
  /// Says that a deadline was added.
  nonisolated(unsafe) private let news: UnsafeMutablePointer<sem_t>

  private init() {
    news = .allocate(capacity: 1)
    sem_init(news, 0, 0)
  }

  /// Adds a deadline; gives its number.
  func add(_ end: Double, _ requests: RunRequests) -> Int {
    let (number, needsThread) = state.withLock { state in
      state.last += 1
      state.ends[state.last] = (end, requests)
      defer { state.isThreadRunning = true }
      return (state.last, !state.isThreadRunning)
    }
    if needsThread { start() } else { sem_post(news) }
    return number
  }

  func remove(_ number: Int) {
    state.withLock { _ = $0.ends.removeValue(forKey: number) }
  }

  private func start() {
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { _ in
        Watch.shared.wait()
        return nil
      }, nil)
    precondition(status == 0, "cannot start the thread that watches the time of programs")
    pthread_detach(thread)
  }

  /// Waits for one deadline after the other, for ever.
  private func wait() {
    // Signals are for the threads that run programs.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    while true {
      let now = monotonicSeconds()
      let nearest = state.withLock { state in
        for (number, entry) in state.ends where entry.end <= now {
          entry.requests.endTime()
          state.ends[number] = nil
        }
        return state.ends.values.map(\.end).min()
      }
      guard let nearest else {
        sem_wait(news)
        continue
      }
      // The semaphore's clock can be set, so that a wait is at most a second.
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      let nanoseconds = Int(min(nearest - now, 1) * 1e9) + time.tv_nsec
      time.tv_sec += nanoseconds / 1_000_000_000
      time.tv_nsec = nanoseconds % 1_000_000_000
      sem_timedwait(news, &time)
    }
  }
}

/// Seconds of a clock that only goes forward.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
