// A thread that does the jobs of one actor, one after the other.

internal import Platform

/// The executor of an actor whose jobs may take long.
final class ThreadExecutor: SerialExecutor {
  private struct Queue {
    var jobs: [(job: UnownedJob, executor: UnownedSerialExecutor)] = []
    var isEnding = false

    /// The jobs there are, none at the end; nil where they are to be waited for.
    mutating func take() -> [(job: UnownedJob, executor: UnownedSerialExecutor)]? {
      guard !jobs.isEmpty || isEnding else { return nil }
      defer { jobs = [] }
      return jobs
    }
  }

  /// Jobs in their order. The thread holds it, and not the executor, so that the thread ends with that.
  private let queue = Monitor(Queue())

  init() {
    let isStarted = Thread.start(takesSignals: true) { [queue] in
      while true {
        let jobs = queue.wait { $0.take() }
        if jobs.isEmpty { return }
        for (job, executor) in jobs { job.runSynchronously(on: executor) }
      }
    }
    precondition(isStarted, "the system has no thread for an InterpreterActor")
  }

  deinit { queue.change { $0.isEnding = true } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = (UnownedJob(job), asUnownedSerialExecutor())
    queue.change { $0.jobs.append(job) }
  }
}
