// Standard output, buffered by us, and standard error, written at once.
//
// A terminal sees each piece of text as it is written; a pipe or a file sees large pieces. What
// was printed before an error is always out before the error is. A reader that has gone away ends
// the process by SIGPIPE, quietly.

import Glibc
import Syntax
import Tensors

/// Buffered standard output.
final class StandardOutput {
  /// The process's one output; the interpreter of the command line runs on the main thread alone.
  nonisolated(unsafe) static let shared = StandardOutput()

  private static let capacity = 1 << 16
  private let isTerminal = isatty(1) == 1
  private var buffer: [UInt8] = []
  /// Whether the last byte written ended a line.
  private(set) var isAtLineStart = true

  /// Whether the buffer is being changed, so that a signal handler leaves it alone.
  private(set) var isBusy = false

  func write(_ text: String) {
    guard let last = text.utf8.last else { return }
    isBusy = true
    defer { isBusy = false }
    isAtLineStart = last == UInt8(ascii: "\n")
    buffer.append(contentsOf: text.utf8)
    if isTerminal || buffer.count >= Self.capacity { flush() }
  }

  /// Writes out what is there; ends the process where that cannot be done, as on a full disk.
  func flush() {
    guard !buffer.isEmpty else { return }
    let isWritten = writeAll(buffer, to: 1)
    buffer.removeAll(keepingCapacity: true)
    guard !isWritten else { return }
    writeAll(Array("error: cannot write to standard output: \(errorText())\n".utf8), to: 2)
    exit(ExitStatus.failure)
  }
}

/// Writes to standard error, after everything that was printed.
func writeError(_ text: String) {
  StandardOutput.shared.flush()
  writeAll(Array(text.utf8), to: 2)
}

/// False where not everything could be written.
@discardableResult
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { all in
    var rest = all[...]
    while !rest.isEmpty {
      let written = Glibc.write(
        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0 && errno != EINTR { return false }
      rest = rest.dropFirst(max(0, written))
    }
    return true
  }
}

/// The program in a file, or of standard input for `-`.
func readProgram(_ path: String) throws -> Source {
  try naming {
    path == "-"
      ? Source(name: "<stdin>", text: try FileReader.textOfInput())
      : Source(name: path, text: try FileReader.text(of: path))
  }
}

/// Writes a text in place of what a file held, all of it or nothing.
func writeFile(_ text: String, to path: String) throws {
  try naming { try FileWriter.write(text, to: path) }
}

/// Runs the body; an error says what went wrong without its kind, which is for programs.
private func naming<R>(_ body: () throws -> R) throws -> R {
  do { return try body() } catch let error as TensorError {
    throw FileError(description: error.message)
  }
}

/// A file that can not be read or written.
struct FileError: Error, CustomStringConvertible {
  let description: String
}

/// The C library's words for what went wrong last, in our style.
func errorText() -> String {
  let text = String(cString: strerror(errno))
  return text.prefix(1).lowercased() + text.dropFirst()
}
