// Standard output, buffered by us.
//
// A terminal sees each piece of text as it is written; a pipe or a file sees large pieces, and what
// has waited for half a second. A reader that has gone away ends the process by SIGPIPE, quietly.

import Platform
import Syntax

/// Buffered standard output.
final class StandardOutput {
  /// The process's one output. A lock guards it: the interpreter may write from another thread than
  /// the first, and the watch writes out what has waited.
  nonisolated(unsafe) static let shared = StandardOutput()

  private static let capacity = 1 << 16
  /// A launcher has its ranks write to terminals of its own, and passes on what it reads there.
  private let isTerminal = isatty(1) == 1 && Launcher.current == nil
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  /// The bytes of the buffer that wait.
  private var waiting = 0..<0
  /// Whether the watch knows that something waits.
  private var isAwaited = false
  /// Whether the last byte written ended a line.
  private(set) var isAtLineStart = true

  /// Something else was written to the terminal: an error, or what somebody typed.
  func noteOther(endsLine: Bool) {
    if isTerminal { isAtLineStart = endsLine }
  }

  private init() { pthread_mutex_init(lock, nil) }

  func write(_ text: String) {
    guard let last = text.utf8.last else { return }
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    isAtLineStart = last == UInt8(ascii: "\n")
    var text = text
    text.withUTF8 { bytes in
      if bytes.count > Self.capacity - waiting.upperBound { writeOut() }
      guard let start = bytes.baseAddress, bytes.count <= Self.capacity else {
        return require(writeAll(UnsafeRawBufferPointer(bytes), to: 1))
      }
      (buffer + waiting.upperBound).initialize(from: start, count: bytes.count)
      waiting = waiting.lowerBound..<waiting.upperBound + bytes.count
    }
    if isTerminal {
      writeOut()
    } else if !waiting.isEmpty, !isAwaited {
      isAwaited = true
      OutputWatch.expectOutput()
    }
  }

  /// Writes out what is there; ends the process where that cannot be done, as on a full disk.
  func flush() {
    pthread_mutex_lock(lock)
    writeOut()
    pthread_mutex_unlock(lock)
  }

  /// Writes out what the reader takes at once, for who must not wait: the watch and signal handlers.
  ///
  /// - Returns: false where something is left.
  @discardableResult
  func flushWithoutWaiting() -> Bool {
    guard pthread_mutex_trylock(lock) == 0 else { return false }
    defer { pthread_mutex_unlock(lock) }
    if Redirection.take != nil { writeOut() }
    var readiness = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
    while !waiting.isEmpty, poll(&readiness, 1, 0) > 0 {
      // A pipe that is ready takes so much without a wait.
      let piece = min(waiting.count, Int(PIPE_BUF))
      let written = Platform.write(1, buffer + waiting.lowerBound, piece)
      require(written >= 0 || errno == EINTR || errno == EAGAIN)
      waiting.removeFirst(max(0, written))
    }
    guard waiting.isEmpty else { return false }
    waiting = 0..<0
    isAwaited = false
    return true
  }

  private func writeOut() {
    guard !waiting.isEmpty else { return }
    let bytes = UnsafeRawBufferPointer(start: buffer + waiting.lowerBound, count: waiting.count)
    waiting = 0..<0
    require(writeAll(bytes, to: 1))
  }

  private func require(_ isWritten: Bool) {
    if isWritten { return }
    writeAll("error: cannot write to standard output: \(errorText())\n", to: 2)
    _exit(ExitStatus.failure)
  }
}
