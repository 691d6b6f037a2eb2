// Where long work looks whether it is to end. Whoever asks sets a bit, so that a look costs a load:
// Ctrl-C and other threads by `interrupt`, and the end of a run's time by a thread that waits for it.
//
// Everything that can take longer than some milliseconds looks at least every 50 ms: between the
// pieces of a kernel's work, the rounds of a solver, the levels and parts of a walk.
//
// Kernels stop where the run is to end and tell nobody (`mos_run_ends`). Who calls one on more than
// some pieces looks afterwards, so that what it left half done is seen by none; the request stands
// until the run has ended.

internal import Kernels
import Synchronization

/// What other threads and signal handlers ask of a run. An interpreter has one, and each of its runs
/// begins with nothing asked.
public final class RunRequests: @unchecked Sendable {
  private let requests: UnsafeMutablePointer<mos_requests>

  /// Requests for runs to come.
  public init() {
    requests = .allocate(capacity: 1)
    requests.initialize(to: mos_requests(bits: 0, threads: 0, seconds: .infinity))
  }

  deinit { requests.deallocate() }

  private static func bits(_ request: Int) -> UInt32 { UInt32(request) }
  private static let ends = bits(MOS_ASKS_INTERRUPT | MOS_ASKS_OVERTIME | MOS_ASKS_FAILURE)

  /// Asks the program to end; what comes before a run begins ends that run.
  public func interrupt() { _ = mos_requests_add(requests, RunRequests.bits(MOS_ASKS_INTERRUPT)) }

  /// Takes an interrupt back, between runs: what a run has begun to end for, it ends for.
  public func clear() { _ = mos_requests_remove(requests, RunRequests.bits(MOS_ASKS_INTERRUPT)) }

  /// True while the program is asked to end by an interrupt.
  public var isInterrupted: Bool {
    mos_requests_get(requests) & RunRequests.bits(MOS_ASKS_INTERRUPT) != 0
  }

  /// Says that the time of the run is over.
  package func endTime() { _ = mos_requests_add(requests, RunRequests.bits(MOS_ASKS_OVERTIME)) }

  /// Asks the program to say where it is.
  package func askForSample() { _ = mos_requests_add(requests, RunRequests.bits(MOS_ASKS_SAMPLE)) }

  /// True once after a sample has been asked for.
  package func takeSampleRequest() -> Bool {
    let sample = RunRequests.bits(MOS_ASKS_SAMPLE)
    return mos_requests_remove(requests, sample) & sample != 0
  }

  /// True once after a search for rings of holders has been asked for.
  package func takeCollectRequest() -> Bool {
    let collect = RunRequests.bits(MOS_ASKS_COLLECT)
    return mos_requests_remove(requests, collect) & collect != 0
  }

  /// True while anything is asked for.
  @inline(__always) package var isPending: Bool {
    mos_requests_get(requests) & ~RunRequests.bits(MOS_RUNS) != 0
  }

  /// Runs the body as the run that these requests are for.
  ///
  /// - Parameters:
  ///   - seconds: what it may take, for the message when that is over.
  ///   - threads: how many of the process's threads an operation may take; nil for all.
  package func duringRun<R>(
    of seconds: Double, threads: Int? = nil, _ body: () throws -> R
  ) rethrows -> R {
    let outer = begin(seconds: seconds, threads: threads)
    defer { end(outer) }
    return try body()
  }

  /// What ran on a thread when a run began there.
  package struct Outer {
    fileprivate let requests: UnsafeMutablePointer<mos_requests>?
  }

  /// The beginning of a run; see `duringRun`.
  package func begin(seconds: Double, threads: Int?) -> Outer {
    requests.pointee.seconds = seconds
    RunFailures.forget(requests)
    requests.pointee.threads = Int32(clamping: threads ?? 0)
    _ = mos_requests_add(requests, RunRequests.bits(MOS_RUNS))
    let outer = mos_run_get()
    mos_run_set(requests)
    return Outer(requests: outer)
  }

  /// Its end.
  package func end(_ outer: Outer) {
    mos_run_set(outer.requests)
    _ = mos_requests_remove(requests, RunRequests.bits(MOS_RUNS) | RunRequests.ends)
  }
}

/// A place where work can end.
public enum Safepoint {
  /// - Throws: an interrupt or a limit error where the run on this thread is to end.
  @inline(__always) public static func look() throws {
    if mos_run_is_asked() != 0 { try answer() }
  }

  /// Runs the body to its end whatever the run is asked for, as what changes memory in place needs.
  @inline(__always) package static func withoutLooks<R>(_ body: () throws -> R) rethrows -> R {
    let run = mos_run_get()
    mos_run_set(nil)
    defer { mos_run_set(run) }
    return try body()
  }

  /// Has the run on this thread end, at its next look, with an error that its caller cannot be told.
  package static func end(with error: any Error) {
    guard let requests = mos_run_get() else { return }
    RunFailures.keep(error, for: requests)
    _ = mos_requests_add(requests, UInt32(MOS_ASKS_FAILURE))
  }

  private static func answer() throws {
    guard let requests = mos_run_get() else { return }
    let asked = mos_requests_get(requests)
    if asked & UInt32(MOS_ASKS_FAILURE) != 0, let error = RunFailures.of(requests) { throw error }
    if asked & UInt32(MOS_ASKS_INTERRUPT) != 0 { throw TensorError(.interrupt, "interrupted") }
    if asked & UInt32(MOS_ASKS_OVERTIME) != 0 {
      throw TensorError(
        .limit, "the program ran longer than \(requests.pointee.seconds) seconds")
    }
    _ = mos_requests_remove(requests, UInt32(MOS_ASKS_COUNT))
    try MemoryAccount.count()
  }

  /// Stack that native recursion leaves to what it calls: the deepest numerical routines take 100 KB.
  private static let reserve = 256 * 1024

  /// Looks, at a step of a recursion.
  ///
  /// - Throws: a limit error where too little of this thread's stack is left, and what `look` throws.
  @inline(__always) public static func descend() throws {
    if mos_stack_left() < reserve { try goDeep() }
    try look()
  }

  /// Memory of the stack that a recursion takes at a time.
  private static let deeper = 1 << 24

  /// Goes on below what a stack keeps between runs; see `LargeStack` of the language. What it takes is held
  /// until the run ends.
  private static func goDeep() throws {
    var stack = mos_stack_get()
    let more = min(deeper, Int(stack.end - stack.last))
    guard more > reserve else {
      throw TensorError(.limit, "values or calls are nested too deep for the stack")
    }
    try MemoryAccount.require(more)
    SmallObjects.charge(more)
    stack.end -= UInt(more)
    mos_stack_set(stack)
  }
}

/// What runs are to end with, by the requests that stand for them.
private enum RunFailures {
  private static let errors = Mutex<[UInt: any Error]>([:])

  static func keep(_ error: any Error, for requests: UnsafeMutablePointer<mos_requests>) {
    errors.withLock { $0[UInt(bitPattern: requests)] = error }
  }

  static func of(_ requests: UnsafeMutablePointer<mos_requests>) -> (any Error)? {
    errors.withLock { $0[UInt(bitPattern: requests)] }
  }

  /// Forgets what an earlier run ended with.
  static func forget(_ requests: UnsafeMutablePointer<mos_requests>) {
    errors.withLock { errors in
      if !errors.isEmpty { errors[UInt(bitPattern: requests)] = nil }
    }
  }
}
