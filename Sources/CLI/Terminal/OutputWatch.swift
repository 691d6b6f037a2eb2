// A thread that writes out standard output: what has waited for half a second, so that who reads a pipe
// or a file sees it while the program computes, and all of it when the process is told to end, by
// SIGTERM or SIGHUP. It starts with the first output that waits; until then nothing can be lost.

import Platform
import Synchronization

/// The watch over standard output.
enum OutputWatch {
  /// A pipe that gets a byte when output waits and when the process is to end.
  nonisolated(unsafe) private static var news: (reading: Int32, writing: Int32) = (-1, -1)
  /// The signal that told the process to end; 0 before.
  private static let ending = Atomic<Int32>(0)
  private static let isRunning = start()

  /// How long output waits, in milliseconds.
  nonisolated(unsafe) static var patience: Int32 = 500

  /// From now on something waits, which is written out in a moment.
  static func expectOutput() {
    if isRunning { tell() }
  }

  /// False where there is no thread to be had, and signals end the process as they do.
  private static func start() -> Bool {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return false }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    news = (ends[0], ends[1])
    // The signal that ends the process is raised there.
    guard Thread.start(takesSignals: true, { watch() }) else { return false }
    for signal in [SIGTERM, SIGHUP] { endOrderly(by: signal) }
    return true
  }

  private static func tell() {
    var byte: UInt8 = 0
    _ = write(news.writing, &byte, 1)
  }

  private static func watch() -> Never {
    while true {
      hear(within: -1)
      hear(within: patience)
      while !StandardOutput.shared.flushWithoutWaiting() { hear(within: 50) }
    }
  }

  /// Waits for news, and ends the process if that is what they are.
  private static func hear(within milliseconds: Int32) {
    var readiness = pollfd(fd: news.reading, events: Int16(POLLIN), revents: 0)
    while poll(&readiness, 1, milliseconds) < 0 {}
    var byte: UInt8 = 0
    _ = read(news.reading, &byte, 1)
    let signal = ending.load(ordering: .relaxed)
    if signal != 0 { endProcess(by: signal) }
  }

  /// Ends the process as the signal would have, once what was printed is written, or a second has
  /// shown that nobody reads it.
  private static func endProcess(by signal: Int32) -> Never {
    for _ in 0..<100 where !StandardOutput.shared.flushWithoutWaiting() { usleep(10_000) }
    Platform.signal(signal, SIG_DFL)
    raise(signal)
    // The first process of a container is not ended by signals.
    _exit(128 + signal)
  }

  /// Has a signal end the process by way of the watch, unless it was to be ignored, as by `nohup`.
  private static func endOrderly(by signal: Int32) {
    var action = sigaction()
    sigaction(signal, nil, &action)
    guard action.handler == nil else { return }
    action.sa_flags = SA_RESTART
    action.handler = { signal in
      OutputWatch.ending.store(signal, ordering: .relaxed)
      OutputWatch.tell()
    }
    sigaction(signal, &action, nil)
  }
}
