// A thread that does the jobs of one actor, one after the other.

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The executor of an actor whose jobs may take long.
final class ThreadExecutor: SerialExecutor {
  private let queue = Queue()

  /// Jobs in their order. The thread holds it, and not the executor, so that the thread ends with that.
  private final class Queue: @unchecked Sendable {
    // All under `lock`.
    private var jobs: [(job: UnownedJob, executor: UnownedSerialExecutor)] = []
    private var isEnding = false
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let news: UnsafeMutablePointer<pthread_cond_t>

    init() {
      lock = .allocate(capacity: 1)
      news = .allocate(capacity: 1)
      pthread_mutex_init(lock, nil)
      pthread_cond_init(news, nil)
    }

    deinit {
      pthread_cond_destroy(news)
      pthread_mutex_destroy(lock)
      news.deallocate()
      lock.deallocate()
    }

    func add(_ job: UnownedJob, _ executor: UnownedSerialExecutor) {
      pthread_mutex_lock(lock)
      jobs.append((job, executor))
      pthread_cond_signal(news)
      pthread_mutex_unlock(lock)
    }

    func end() {
      pthread_mutex_lock(lock)
      isEnding = true
      pthread_cond_signal(news)
      pthread_mutex_unlock(lock)
    }

    /// Does jobs until the end.
    func work() {
      while true {
        pthread_mutex_lock(lock)
        while jobs.isEmpty && !isEnding { pthread_cond_wait(news, lock) }
        let now = jobs
        jobs = []
        pthread_mutex_unlock(lock)
        if now.isEmpty { return }
        for (job, executor) in now { job.runSynchronously(on: executor) }
      }
    }
  }

  init() {
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { pointer in
        if let pointer { Unmanaged<Queue>.fromOpaque(pointer).takeRetainedValue().work() }
        return nil
      }, Unmanaged.passRetained(queue).toOpaque())
    precondition(status == 0, "the system has no thread for an InterpreterActor")
    pthread_detach(thread)
  }

  deinit { queue.end() }

  func enqueue(_ job: consuming ExecutorJob) {
    queue.add(UnownedJob(job), asUnownedSerialExecutor())
  }
}
