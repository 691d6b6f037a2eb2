// Text on its way out: standard error, which is written at once, and files. What was printed before an
// error is always out before the error is.

import Autodiff
import Language
import Platform
import Syntax
import Tensors

/// Writes to standard error, after everything that was printed.
func writeError(_ text: String) {
  ProgressLine.shared.printAbove {
    StandardOutput.shared.flush()
    writeAll(text, to: 2)
    if isatty(2) == 1 { StandardOutput.shared.noteOther(endsLine: text.hasSuffix("\n")) }
  }
}

/// Writes a text; false where not all of it could be written.
@discardableResult
func writeAll(_ text: String, to descriptor: Int32) -> Bool {
  var text = text
  return text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
}

/// Takes what goes to standard output and standard error, where that is told in another way; set before anything
/// is written.
enum Redirection {
  nonisolated(unsafe) static var take: ((UnsafeRawBufferPointer, _ descriptor: Int32) -> Void)?
}

/// Writes bytes; false where not all of them could be written.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  if let take = Redirection.take, descriptor == 1 || descriptor == 2 {
    take(bytes, descriptor)
    return true
  }
  var rest = bytes[...]
  while !rest.isEmpty {
    let written = Platform.write(
      descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
    if written < 0 && errno != EINTR {
      // Whoever started the process may have told the descriptor not to wait.
      var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard errno == EAGAIN, poll(&readiness, 1, -1) != 0 else { return false }
    }
    rest = rest.dropFirst(max(0, written))
  }
  return true
}

/// The program in a file, that of a page included, or of standard input for `-`.
func readProgram(_ path: String) throws -> Source {
  try naming {
    path == "-"
      ? Source(name: "<stdin>", text: try textOfInput())
      : .program(ofFile: path, text: try FileReader.text(of: FileLocation(path)))
  }
}

/// What standard input holds, which of several ranks the first alone has.
private func textOfInput() throws -> String {
  guard let world = World.current else { return try FileReader.textOfInput() }
  let bytes = try Ranks(world.ranks).once("read the program from standard input") {
    Array(try FileReader.textOfInput().utf8)
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// What a file holds.
func readText(_ path: String) throws -> String {
  try naming { try FileReader.text(of: FileLocation(path)) }
}

/// Writes a text in place of what a file held, all of it or nothing.
func writeFile(_ text: String, to path: String) throws {
  try naming { try FileWriter.write(text, to: FileLocation(path)) }
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
