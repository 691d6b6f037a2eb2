// Threads that work beside programs.

/// A thread of the system.
public enum Thread {
  /// A number that no other living thread has, and that is not 0.
  @inlinable public static var current: UInt {
    #if canImport(Glibc)
      UInt(pthread_self())
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }

  /// Starts a thread that ends with the body; false where the system has none.
  ///
  /// Signals are for the threads that run programs: one that does neither that nor raises any is not given them.
  public static func start(
    stackSize: Int? = nil, takesSignals: Bool = false, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let work = Unmanaged.passRetained(Work(takesSignals, body))
    let status = pthread_create(
      &thread, &attributes,
      { pointer in
        let pointer: UnsafeMutableRawPointer? = pointer
        if let pointer { Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().perform() }
        return nil
      }, work.toOpaque())
    if status != 0 { work.release() }
    return status == 0
  }

  private final class Work: Sendable {
    private let takesSignals: Bool
    private let body: @Sendable () -> Void

    init(_ takesSignals: Bool, _ body: @escaping @Sendable () -> Void) {
      self.takesSignals = takesSignals
      self.body = body
    }

    func perform() {
      if !takesSignals {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
      }
      body()
    }
  }
}
