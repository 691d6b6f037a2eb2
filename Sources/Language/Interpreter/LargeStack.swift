// Room for programs that nest deeply: built-ins that call back and values walked by recursion need more
// than the few megabytes that a thread has. Who recurses asks how much is left; see `Safepoint`.

import Glibc

enum LargeStack {
  /// Addresses, not memory: pages are taken as they are touched. A call of a built-in that calls back takes
  /// about 5 KB, a level of a walk about 300 bytes.
  private static let wantedSize = 1 << 30
  /// What is still worth a thread of its own, where addresses are scarce.
  private static let smallestSize = 1 << 28

  /// What the thread is to do and what came of it.
  private final class Job<R> {
    let body: () throws -> R
    var result: Result<R, any Error>?
    init(_ body: @escaping () throws -> R) { self.body = body }
  }

  /// Runs the body on a thread with a large stack while this one waits; here, where no such
  /// thread is to be had.
  static func run<R>(_ body: () throws -> R) throws -> R {
    try withoutActuallyEscaping(body) { body in
      let job = Job(body)
      let start: () -> Void = { job.result = Result(catching: job.body) }
      guard spawn(start) else { return try body() }
      guard let result = job.result else {
        preconditionFailure("a thread ended without a result; please report")
      }
      return try result.get()
    }
  }

  private final class Start {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Addresses for a stack, its lowest page closed: what overflows it stops there.
  private static func addresses() -> (UnsafeMutableRawPointer, Int)? {
    var size = wantedSize
    while size >= smallestSize {
      let stack = mmap(
        nil, size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0)
      if let stack, stack != MAP_FAILED {
        mprotect(stack, Int(sysconf(Int32(_SC_PAGESIZE))), PROT_NONE)
        return (stack, size)
      }
      size /= 2
    }
    return nil
  }

  /// Runs the body on a new thread to its end; false where the thread cannot be made.
  private static func spawn(_ body: @escaping () -> Void) -> Bool {
    guard let (stack, size) = addresses() else { return false }
    defer { munmap(stack, size) }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstack(&attributes, stack, size)
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(body))
    let status = pthread_create(
      &thread, &attributes,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      start.release()
      return false
    }
    pthread_join(thread, nil)
    return true
  }
}
