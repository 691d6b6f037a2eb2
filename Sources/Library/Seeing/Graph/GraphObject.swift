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

  private func save(_ arguments: Arguments) throws -> Value {
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
      try Graphviz.draw(picture.dot, format: String(format), arguments) {
        _ = try arguments.interpreter.machine.safepoint()
      }
    default:
      throw RuntimeError(
        .value, "a graph cannot be saved as .\(String(format).shortened)",
        hint: "use .dot, .svg, .png or .pdf")
    }
    return .nil
  }
}

extension GraphObject {
  private static let members = HostType(
    GraphObject.self, "Graph",
    "What `graph` gives: the operations behind results, as a tree of text when printed.",
    methods: [
      Method(
        "save(path)",
        """
        Writes the graph to a file: `.dot` as text, `.svg`, `.png` or `.pdf` drawn by Graphviz's
        `dot`, for which a host must have granted `processes` too. Another ending is an error of kind
        `value`, a file that cannot be written one of kind `io`.

            graph(param(2.0) ** 2).save("square.dot")
            print(starts_with(read_text("square.dot"), "digraph"))    # true
        """, needs: [.writing]
      ) { graph, arguments in try graph.save(arguments) }
    ],
    fields: [
      Field("text", "The tree of text that is printed, a String.") { .string($0.picture.text) },
      Field("dot", "The graph in Graphviz's language, a String.") { .string($0.picture.dot) },
      Field("nodes", "The number of nodes, an Int.") { .int($0.picture.nodeCount) },
    ])
}

extension Interpreter {
  /// The graph of results, with names from a tree of parameters, models and snapshots, or, without
  /// one, from the program's variables that hold such.
  func graph(of results: [Variable], names tree: Value?) throws -> GraphPicture {
    var names: [ObjectIdentifier: String] = [:]
    var walk = Walk()
    if let tree {
      try name(tree, .top, in: &names, &walk)
    } else {
      for (variable, value) in variables where value.isState {
        try name(value, .named(variable), in: &names, &walk)
      }
    }
    return GraphPicture(RecordedGraph(of: results), names: names, place: line(ofPlace:))
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

  /// Elements of a list that has no name have none either.
  private func name(
    _ value: Value, _ path: Path, in names: inout [ObjectIdentifier: String], _ walk: inout Walk
  ) throws {
    if let parts = try value.parts(at: path) {
      try walk.enter(path)
      var isBareList = false
      if case .list = value { isBareList = path.isTop }
      for part in parts { try name(part.value, isBareList ? path : part.path, in: &names, &walk) }
    } else if case .host(let snapshot as Snapshot) = value {
      try name(snapshot.unnamed.plain, path, in: &names, &walk)
    } else {
      for leaf in try ValueTree(value, for: "graph", numbersAreLeaves: false, path: path).leaves {
        guard let identity = leaf.variable.nodeIdentity else { continue }
        names[identity] = leaf.path.isTop ? leaf.cell?.name : leaf.path.description
      }
    }
  }
}

extension Value {
  /// True for what a program names its state by: models, parameters, snapshots.
  fileprivate var isState: Bool {
    switch self {
    case .instance, .parameter: true
    case .host(let host): host is Snapshot
    default: false
    }
  }
}
