// What others than the interpreter write to standard output and standard error, as the lines of `!command`: pipes,
// whose other ends are read here and told as streams.

import Platform

/// The streams of a kernel's process and of those that it starts.
final class ForeignStreams: @unchecked Sendable {
  private let channel: KernelChannel
  private let readers: [Int32]
  /// What came of a letter whose last bytes have not, for each stream.
  private var rests: [[UInt8]] = [[], []]
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  private static let names = ["stdout", "stderr"]

  /// Puts pipes in place of both; nil where there are none.
  init?(_ channel: KernelChannel) {
    self.channel = channel
    var readers: [Int32] = []
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return nil }
      dup2(ends[1], descriptor)
      close(ends[1])
      _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
      readers.append(ends[0])
    }
    self.readers = readers
    pthread_mutex_init(lock, nil)
    guard Thread.start({ [unowned self] in watch() }) else { return nil }
  }

  private func watch() -> Never {
    var states = readers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
      _ = poll(&states, nfds_t(states.count), -1)
      drain()
    }
  }

  /// Tells all that has come.
  func drain() {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    for (stream, reader) in readers.enumerated() {
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(reader, &piece, piece.count)
        guard count > 0 else { break }
        let bytes = rests[stream] + piece[..<count]
        let whole = bytes.countOfWholeScalars
        rests[stream] = Array(bytes[whole...])
        if whole > 0 { tell(stream, bytes[..<whole]) }
      }
    }
  }

  private func tell(_ stream: Int, _ bytes: some Sequence<UInt8>) {
    let text = String(decoding: Array(bytes), as: UTF8.self)
    channel.send("stream", [("name", .text(ForeignStreams.names[stream])), ("text", .text(text))])
  }

  /// Tells what the process itself writes, behind what others wrote before.
  func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
    drain()
    if !bytes.isEmpty { tell(descriptor == STDERR_FILENO ? 1 : 0, bytes) }
  }
}

extension [UInt8] {
  /// The bytes without those at the end that begin a letter and do not end it.
  fileprivate var countOfWholeScalars: Int {
    let tail = reversed().prefix(3)
    guard let lead = tail.firstIndex(where: { $0 & 0xc0 != 0x80 }) else { return count }
    let start = lead.base - 1
    let length = self[start] >= 0xf0 ? 4 : self[start] >= 0xe0 ? 3 : self[start] >= 0xc0 ? 2 : 1
    return count - start < length ? start : count
  }
}
