// Long calls of routines that cannot be asked to end, as LAPACK's and the standard library's on texts,
// run on a thread of their own,
// and where the run is to end, nobody waits for them any more. What such a call computes is dropped
// when it comes to its end; until then it keeps its operands and results alive, and they stay counted.
//
// Invariant: the body holds on to all that it touches, and its results are seen by nobody else before
// it has ended.

internal import Kernels
import Platform
import Synchronization

/// A body that runs on a thread of its own.
package final class AbandonableCall: @unchecked Sendable {
  private let body: () throws -> Void
  private let requests = RunRequests()
  private let account = MemoryAccount.current
  private let state = Monitor(State())

  private struct State {
    var isAbandoned = false
    var result: Result<Void, any Error>?
  }

  private init(_ body: @escaping () throws -> Void) { self.body = body }

  /// The work, in multiplications, from which a thread is started: some milliseconds, hundreds of
  /// times what starting one takes.
  private static let least = 1 << 25

  /// The calls that nobody waits for and that have not ended.
  private static let abandoned = Atomic<Int>(0)

  /// The most of them at a time: they take a core each, and memory.
  private static let mostAbandoned = 2

  /// The stack of a thread: LAPACK's routines take 100 KB.
  package static let usualStack = 4 << 20

  /// Runs a body of so much work, and leaves it to itself where the run on this thread is to end.
  ///
  /// - Throws: what the body throws, or an interrupt or a limit error.
  package static func run(
    work: Int, stackSize: Int = usualStack, _ body: @escaping () throws -> Void
  ) throws {
    guard work >= least, mos_run_get() != nil else { return try runHere(body) }
    while abandoned.load(ordering: .relaxed) >= mostAbandoned {
      try Safepoint.look()
      usleep(2000)
    }
    let call = AbandonableCall(body)
    let isStarted = Thread.start(stackSize: stackSize) { call.perform() }
    guard isStarted else { return try runHere(body) }
    do {
      while true {
        if let result = call.state.wait(for: 0.005, \.result) { return try result.get() }
        try Safepoint.look()
      }
    } catch {
      call.abandon()
      throw error
    }
  }

  /// Products of ours stop where the run is to end, and what is made of them then may fail.
  private static func runHere(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      try Safepoint.look()
      throw error
    }
    try Safepoint.look()
  }

  /// What a body of so much work gives, which does not stop by itself where the run is to end.
  ///
  /// - Throws: as `run`.
  package static func value<R>(work: Int, _ body: @escaping () throws -> R) throws -> R {
    if work < least { return try body() }
    var value: R?
    try run(work: work) { value = try body() }
    guard let value else { preconditionFailure("a call ended without a value; please report") }
    return value
  }

  private func perform() {
    mos_account_set(account.map { Unmanaged.passUnretained($0).toOpaque() })
    let result = Result { try requests.duringRun(of: .infinity, body) }
    state.change {
      $0.result = result
      if $0.isAbandoned { AbandonableCall.abandoned.subtract(1, ordering: .relaxed) }
    }
  }

  /// Products and loops of ours in the body end soon.
  private func abandon() {
    requests.interrupt()
    state.withLock {
      guard $0.result == nil else { return }
      $0.isAbandoned = true
      AbandonableCall.abandoned.add(1, ordering: .relaxed)
    }
  }
}
