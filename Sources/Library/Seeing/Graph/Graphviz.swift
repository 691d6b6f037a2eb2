// Graphviz's `dot`, run as a process where it is installed.

import Language
import Platform
import Tensors

/// Graphviz's `dot`, run as a process.
enum Graphviz {
  /// Draws a graph, in the language of `dot`, as a picture of a format, into the file that the first argument
  /// names.
  ///
  /// - Parameter pause: called while it works; what it throws ends the process.
  /// - Returns: why there is no picture, where there is none; then the file is as it was.
  /// - Throws: an io error where no process may be started, or the file cannot be written.
  static func draw(
    _ graph: String, format: String, _ arguments: Arguments, pause: () throws -> Void
  ) throws -> Failure? {
    try arguments.require(.processes)
    let file = try arguments.writable(0)
    let target = file.name
    // The graph goes in by a file without a name, so that nothing is left of it however this ends.
    guard let source = tmpfile() else {
      throw RuntimeError(.io, "cannot write \(target.excerpt): no temporary file can be made")
    }
    defer { fclose(source) }
    let bytes = Array(graph.utf8)
    guard fwrite(bytes, 1, bytes.count, source) == bytes.count, fflush(source) == 0 else {
      throw RuntimeError(.io, "cannot write \(target.excerpt): no room for a temporary file")
    }
    rewind(source)
    do {
      try FileWriter.replace(file) { file in
        let streams = (input: fileno(source), output: file.descriptor)
        try run(["dot", "-T\(format)"], streams, pause)
      }
    } catch let failure as Failure {
      return failure
    }
    return nil
  }

  /// Why `dot` has drawn nothing.
  enum Failure: Error {
    case isMissing, couldNot
  }

  private static func run(
    _ words: [String], _ streams: (input: Int32, output: Int32), _ pause: () throws -> Void
  ) throws {
    guard let process = startProgram(words, input: streams.input, output: streams.output) else {
      throw Failure.isMissing
    }
    var result: Int32 = 0
    while waitpid(process, &result, WNOHANG) == 0 {
      do {
        try pause()
      } catch {
        kill(process, SIGKILL)
        waitpid(process, &result, 0)
        throw error
      }
      usleep(5_000)
    }
    guard result == 0 else { throw Failure.couldNot }
  }
}
