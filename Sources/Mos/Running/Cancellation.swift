// The end of one call, asked for from elsewhere.

import Synchronization
internal import Tensors

/// Ends the calls that it is given to, from any thread:
///
///     let cancellation = Cancellation()
///     let result: Double = try mos.run("train()", cancellation: cancellation)    // here
///     cancellation.cancel()                                                     // elsewhere
///
/// The call ends within 50 ms in an error of kind `interrupt`. A call that has not begun ends when it does; one
/// that has ended is left alone, and so is every other call of the interpreter.
public final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    /// The runs that it may end now.
    var running: [RunRequests] = []
  }
  private let state = Mutex(State())

  /// A cancellation that nobody has asked for.
  public init() {}

  /// Ends what it was given to. Not for signal handlers: it takes a lock.
  public func cancel() {
    state.withLock { state in
      state.isCancelled = true
      for requests in state.running { requests.interrupt() }
    }
  }

  /// True after `cancel`.
  public var isCancelled: Bool { state.withLock(\.isCancelled) }

  /// Runs the body, within a run, which ends where it is cancelled.
  static func during<Result>(
    _ requests: RunRequests, _ cancellation: Cancellation?, _ body: () throws -> Result
  ) rethrows -> Result {
    try cancellation?.during(requests, body) ?? body()
  }

  private func during<Result>(_ requests: RunRequests, _ body: () throws -> Result) rethrows
    -> Result
  {
    state.withLock { state in
      state.running.append(requests)
      if state.isCancelled { requests.interrupt() }
    }
    defer {
      state.withLock { state in
        if let place = state.running.firstIndex(where: { $0 === requests }) {
          state.running.remove(at: place)
        }
      }
    }
    return try body()
  }
}
