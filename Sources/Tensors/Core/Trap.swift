// Mistakes in Swift source. Where data decides whether an operation can be done it throws; where the
// source alone does, as with a literal or an operator, it traps, as Swift's own arithmetic does.

/// Ends the process with an error's sentence.
package func trap(_ error: any Error) -> Never { fatalError("\(error)") }

/// What a body gives; an error in it is a mistake in the source that called.
///
/// What the run on this thread is asked, to end or to stop at a limit of time, waits for an operation
/// that can throw.
@inline(__always)
package func trapping<R>(_ body: () throws -> R) -> R {
  do { return try Safepoint.withoutLooks(body) } catch { trap(error) }
}
