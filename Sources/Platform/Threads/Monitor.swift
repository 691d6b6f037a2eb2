// State that threads share, and that one waits for another to change.
//
// Made of what all systems have: macOS has no semaphores without names, and its conditions know no clock but
// that of the day. Waits are measured by a clock that is never set.

/// A state that one thread at a time sees.
public final class Monitor<State>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let news: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  /// A state that nobody waits for.
  public init(_ state: State) {
    self.state = state
    lock = .allocate(capacity: 1)
    news = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    #if canImport(Darwin)
      pthread_cond_init(news, nil)
    #else
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(news, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  deinit {
    pthread_cond_destroy(news)
    pthread_mutex_destroy(lock)
    news.deallocate()
    lock.deallocate()
  }

  /// Runs the body with the state, which nobody waits for what it does to.
  public func withLock<R>(_ body: (inout State) throws -> R) rethrows -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&state)
  }

  /// Runs the body with the state, and has all who wait look at it.
  public func change<R>(_ body: (inout State) throws -> R) rethrows -> R {
    try withLock { state in
      defer { pthread_cond_broadcast(news) }
      return try body(&state)
    }
  }

  /// Waits until the body, which sees every state there is from now on or a later one, gives something.
  @discardableResult
  public func wait<R>(_ body: (inout State) -> R?) -> R {
    withLock { state in
      while true {
        if let found = body(&state) { return found }
        pthread_cond_wait(news, lock)
      }
    }
  }

  /// Waits as `wait` does, for so many seconds; nil when they are over.
  @discardableResult
  public func wait<R>(for seconds: Double, _ body: (inout State) -> R?) -> R? {
    let end = monotonicSeconds() + seconds
    return withLock { state in
      while true {
        if let found = body(&state) { return found }
        guard monotonicSeconds() < end else { return nil }
        wait(until: end)
      }
    }
  }

  /// Waits for a change, until that time; under the lock.
  private func wait(until end: Double) {
    #if canImport(Darwin)
      var time = timespec(seconds: max(0, end - monotonicSeconds()))
      pthread_cond_timedwait_relative_np(news, lock, &time)
    #else
      var time = timespec(seconds: end)
      pthread_cond_timedwait(news, lock, &time)
    #endif
  }
}

extension timespec {
  fileprivate init(seconds: Double) {
    // Longer than machines run, and it fits wherever time is counted.
    let whole = min(seconds, 1e9).rounded(.down)
    self.init(tv_sec: time_t(whole), tv_nsec: Int((min(seconds, 1e9) - whole) * 1e9))
  }
}
