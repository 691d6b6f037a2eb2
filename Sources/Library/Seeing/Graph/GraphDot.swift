// A graph in the language of Graphviz, and as a picture made by its `dot`.
//
// Colours are those of torchviz: parameters light blue, results green, named values (snapshots)
// light blue boxes of their own, operations grey.

import Language
import Platform
import Tensors

extension GraphPicture {
  /// The graph as Graphviz reads it.
  var dot: String {
    var lines = [
      "digraph {",
      "  graph [rankdir=BT]",
      "  node [shape=box, style=filled, fontname=\"monospace\", fontsize=10, height=0.2]",
    ]
    for (index, box) in boxes.enumerated() {
      let parts = [box.title, box.detail, box.place].filter { !$0.isEmpty }
      let label = parts.map(GraphPicture.escaped).joined(separator: "\\n")
      lines.append("  n\(index) [label=\"\(label)\", fillcolor=\(color(index, box))]")
    }
    for (index, box) in boxes.enumerated() {
      for operand in box.operands {
        let count = operand.count > 1 ? " [label=\"×\(operand.count)\"]" : ""
        lines.append("  n\(operand.box) -> n\(index)\(count)")
      }
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  private func color(_ index: Int, _ box: Box) -> String {
    if roots.contains(index) { return "darkolivegreen1" }
    return box.kind == .operation ? "lightgrey" : "lightblue"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ")
  }
}

/// Graphviz's `dot`, run as a process.
enum Graphviz {
  /// Draws a graph, in the language of `dot`, as a picture of a format, into the file that the first argument
  /// names.
  ///
  /// - Parameter pause: called while it works; what it throws ends the process.
  /// - Throws: an io error where `dot` is not installed or fails, or no process may be started.
  static func draw(
    _ graph: String, format: String, _ arguments: Arguments, pause: () throws -> Void
  ) throws {
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
    try FileWriter.replace(file) { file in
      let streams = (input: fileno(source), output: file.descriptor)
      try run(["dot", "-T\(format)"], streams, target, pause)
    }
  }

  private static func run(
    _ words: [String], _ streams: (input: Int32, output: Int32), _ target: String,
    _ pause: () throws -> Void
  ) throws {
    guard let process = startProgram(words, input: streams.input, output: streams.output) else {
      throw RuntimeError(
        .io, "cannot write \(target.excerpt): Graphviz's `dot` is not installed",
        hint: "install the package graphviz, or save a .dot file")
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
    guard result == 0 else {
      throw RuntimeError(.io, "Graphviz's `dot` could not draw \(target.excerpt)")
    }
  }
}
