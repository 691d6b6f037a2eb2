// What `graph(loss)` gives: the graph with the program's names and source lines.

import Autodiff
import Language
import Tensors

/// A picture of a graph as a value: text when printed, a file when saved.
final class GraphObject: HostObject {
  override class var hostType: HostType { members }

  private let picture: GraphPicture

  init(_ picture: GraphPicture) { self.picture = picture }

  override var summary: String { picture.text }
  override func svg() throws -> String? { try GraphDrawing(picture).svg() }

  private func save(_ arguments: Arguments) throws {
    let path = try arguments.string(0)
    guard let format = path.split(separator: "/").last?.split(separator: ".").dropFirst().last
    else {
      throw RuntimeError(
        .value, "\(path.excerpt) has no ending that names a format",
        hint: "save a graph as .dot, .svg, .png or .pdf")
    }
    switch format {
    case "dot": try FileWriter.write(picture.dot, to: arguments.writable(0))
    case "svg", "png", "pdf":
      let format = String(format)
      let wantsGraphviz = arguments.has(1) ? try arguments.bool(1) : format == "pdf" ? true : nil
      if wantsGraphviz ?? mayAskGraphviz(arguments) {
        switch try drawByGraphviz(format, arguments) {
        case nil: return
        case .some where wantsGraphviz == nil: break
        case .isMissing:
          throw RuntimeError(
            .io, "cannot write \(path.excerpt): Graphviz's `dot` is not installed",
            hint: "install the package graphviz, or save as .svg or .png, which need none")
        case .couldNot:
          throw RuntimeError(.io, "Graphviz's `dot` could not draw \(path.excerpt)")
        }
      }
      let file = try arguments.writable(0)
      switch format {
      case "svg": try FileWriter.write(GraphDrawing(picture).svg(), to: file)
      case "png": try GraphDrawing(picture).canvas().save(to: file)
      default:
        throw RuntimeError(
          .value, "a .pdf of a graph is drawn by Graphviz alone",
          hint: "save it as .svg or .png to have it drawn without")
      }
    default:
      throw RuntimeError(
        .value, "a graph cannot be saved as .\(String(format).shortened)",
        hint: "use .dot, .svg, .png or .pdf")
    }
  }

  /// Above so many boxes Graphviz is not asked by itself: `dot` takes the square of their number.
  private static let mostForGraphviz = 400

  /// Whether Graphviz draws where nobody says: where a program may be started, and for a graph that does not
  /// take `dot` minutes.
  private func mayAskGraphviz(_ arguments: Arguments) -> Bool {
    picture.boxes.count <= GraphObject.mostForGraphviz
      && arguments.interpreter.capabilities.include(.processes)
  }

  private func drawByGraphviz(
    _ format: String, _ arguments: Arguments
  ) throws -> Graphviz.Failure? {
    try Graphviz.draw(picture.dot, format: format, arguments) {
      _ = try arguments.interpreter.machine.safepoint()
    }
  }
}

extension GraphObject {
  private static let members = HostType(
    GraphObject.self, "Graph",
    "What `graph` gives: the operations behind results, as a tree of text when printed.",
    methods: [
      Method(
        "save(path, graphviz=nil)",
        """
        Writes the graph to a file: `.dot` as text, `.svg` or `.png` as a picture, `.pdf` by Graphviz's
        `dot`. Graphviz draws the other pictures too where it is installed and the graph is small; with
        `graphviz=false` it never does, and with `graphviz=true` it must. A host must have granted
        `processes` for it. Another ending is an error of kind `value`, a file that cannot be written
        one of kind `io`.

            graph(param(2.0) ** 2).save("square.svg")
            print("<svg" in read_text("square.svg"))    # true
        """, needs: [.writing]
      ) { graph, arguments in
        try arguments.writing(path: 0) { try graph.save(arguments) }
      }
    ],
    fields: [
      Field("text", "The tree of text that is printed, a String.") { .string($0.picture.text) },
      Field("dot", "The graph in Graphviz's language, a String.") { .string($0.picture.dot) },
      Field("svg", "The picture that is drawn without Graphviz, a String.") {
        .string(try GraphDrawing($0.picture).svg())
      },
      Field("nodes", "The number of nodes that are drawn, an Int.") {
        .int($0.picture.boxes.count)
      },
      Field(
        "recorded",
        """
        The number of nodes on the tape that the drawn ones stand for, an Int: more than `nodes` where
        the operations of a source line are one, or the results of an operation of several.
        """
      ) { .int($0.picture.recordedCount) },
    ])
}

extension Interpreter {
  /// The graph of results, with names from a tree of parameters, models, optimizers and snapshots, or, without one,
  /// from the program's variables that hold such.
  func graph(of results: [Variable], names tree: Value?) throws -> GraphPicture {
    try GraphPicture(
      RecordedGraph(of: results),
      names: tree.map(GraphNames.init(of:)) ?? GraphNames(of: variables), place: line(ofPlace:))
  }

  /// The nodes and bytes of a graph by source line, the greatest first.
  func memoryByLine(of results: [Variable]) -> [Value] {
    var lines: [String: (nodes: Int, bytes: Int)] = [:]
    for node in RecordedGraph(of: results).nodes where node.operation != nil && !node.isPart {
      lines[line(ofPlace: node.place), default: (0, 0)].nodes += 1
      lines[line(ofPlace: node.place), default: (0, 0)].bytes += node.bytes
    }
    return lines.sorted { ($0.value.bytes, $1.key) > ($1.value.bytes, $0.key) }.map { place, sum in
      .record(
        Record([
          ("place", .string(place)), ("nodes", .int(sum.nodes)), ("bytes", .int(sum.bytes)),
        ]))
    }
  }

  /// `file:line` of a `Context.place`, without folders; empty where it is not known.
  func line(ofPlace place: UInt64) -> String {
    guard let label = label(ofPlace: place) else { return "" }
    let file = label.source.name.split(separator: "/").last ?? ""
    return "\(file):\(label.source.line(at: label.span.start))"
  }
}
