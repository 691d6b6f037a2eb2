// Lines of standard input, as they come. Waiting for one ends where the run is to end, which a read of
// the C library does not.

import Platform
import Synchronization

/// Standard input, line by line, of the whole process.
package enum InputLines {
  /// What was read and belongs to later lines.
  private static let rest = Mutex<[UInt8]>([])

  /// How long a wait goes on without a look, in milliseconds.
  private static let patience: Int32 = 10

  /// The next line without its end, and whether it has one; nil at the end of the input.
  ///
  /// - Throws: an io error for a line that is too long or cannot be read, and where the run is to end;
  ///   what was read of the line is then the beginning of the next one.
  package static func next() throws -> (text: String?, isEnded: Bool) {
    var bytes = rest.withLock { taken in
      defer { taken = [] }
      return taken
    }
    var searched = 0
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    do {
      while true {
        if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
          rest.withLock { $0 = Array(bytes[(end + 1)...]) }
          return (line(bytes[..<end]), true)
        }
        searched = bytes.count
        guard bytes.count <= FileReader.textLimit else {
          bytes = []
          throw TensorError(
            .io, "a line of standard input has more than \(FileReader.textLimit) bytes")
        }
        try MemoryAccount.require(bytes.count)
        let count = try read(into: &piece)
        if count == 0 { return (bytes.isEmpty ? nil : line(bytes[...]), false) }
        bytes += piece[..<count]
      }
    } catch {
      rest.withLock { $0 = bytes }
      throw error
    }
  }

  /// Waits for bytes; 0 at the end.
  private static func read(into piece: inout [UInt8]) throws -> Int {
    while true {
      try Safepoint.look()
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&input, 1, patience) > 0 else { continue }
      let count = Platform.read(STDIN_FILENO, &piece, piece.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw TensorError(cannot: "read", "<stdin>") }
    }
  }

  private static func line(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
  }
}
