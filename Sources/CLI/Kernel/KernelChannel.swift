// The messages between the notebook's side and a kernel: an object of JSON a line. Standard input and output are theirs
// alone; programs have an empty input.

import Language
import Library
import Platform
import Tensors

/// What goes to and fro.
final class KernelChannel: @unchecked Sendable {
  private let (input, output): (Int32, Int32)
  private var unread: [UInt8] = []
  /// Where in what is unread no line has ended.
  private var searched = 0
  /// Several threads send: those that run programs, and those that write out what waits.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  /// Takes standard input and output; nil where the system has no descriptors left.
  init?() {
    (input, output) = (dup(0), dup(1))
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard input >= 0, output >= 0, nothing >= 0 else { return nil }
    for descriptor in [input, output] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    dup2(nothing, 0)
    close(nothing)
    pthread_mutex_init(lock, nil)
    endWithWriter()
  }

  /// Who asks may be gone while a program runs, which then runs for nobody: the process ends.
  private func endWithWriter() {
    let input = input
    _ = Thread.start {
      while true {
        var state = pollfd(fd: input, events: 0, revents: 0)
        _ = poll(&state, 1, -1)
        if Int32(state.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0 { _exit(0) }
      }
    }
  }

  /// What a line is.
  enum Message {
    case value(Value)
    /// No JSON, with what is wrong.
    case broken(String)
  }

  /// The next message; nil at the end of the input.
  func next() -> Message? {
    while true {
      if let line = takeLine() {
        if line.isEmpty { continue }
        do { return .value(try jsonValue(line)) } catch { return .broken("\(error)") }
      }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(input, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      unread += piece[..<count]
    }
  }

  private func takeLine() -> [UInt8]? {
    guard let end = unread[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = unread.count
      return nil
    }
    let line = Array(unread[..<end])
    unread.removeSubrange(...end)
    searched = 0
    return line
  }

  /// Sends an object with one field, which holds fields.
  func send(_ name: String, _ fields: [(String, JSON)]) { send(name, .object(fields)) }

  /// Sends an object with one field.
  func send(_ name: String, _ content: JSON) {
    let line = "{\(name.inJSON): \(content)}\n"
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    // Nobody reads any more.
    if !writeAll(line, to: output) { _exit(ExitStatus.failure) }
  }
}
