// What a picture of a graph shows: boxes with labels, and arrows from operands to results.
//
// A graph of more than `foldingLimit` nodes is folded: the operations of one source line become
// one box, with the number of each. Leaves and named values keep boxes of their own.

import Autodiff
import Language
import Tensors

/// Boxes and arrows, operands before results where the graph is not folded.
struct GraphPicture {
  enum Kind {
    case parameter, named, operation, result
  }

  struct Box {
    var kind: Kind
    /// The name of a parameter or snapshot value, or the operation.
    var title: String
    /// The dtype and shape, or what is folded.
    var detail: String
    /// `file:line`, empty where it is not known.
    var place: String
    /// The boxes it was computed from, each with the number of arrows.
    var operands: [(box: Int, count: Int)]
  }

  /// Above this number of nodes a picture shows lines, not operations.
  static let foldingLimit = 2000

  private(set) var boxes: [Box] = []
  /// The boxes of the results that were asked for.
  private(set) var roots: [Int] = []
  /// The number of nodes that the boxes stand for.
  let nodeCount: Int
  let isFolded: Bool

  /// - Parameters:
  ///   - names: what nodes are called by the program.
  ///   - place: the source line of a `Context.place`.
  init(
    _ graph: RecordedGraph, names: [ObjectIdentifier: String], place: (UInt64) -> String
  ) {
    nodeCount = graph.nodes.count
    isFolded = graph.nodes.count > GraphPicture.foldingLimit
    var boxOfNode: [Int] = []
    var lines: [UInt64: String] = [:]
    var folds: [String: Int] = [:]
    var operations: [Int: [(name: String, count: Int)]] = [:]
    let results = Set(graph.roots.compactMap { $0 })
    for (position, node) in graph.nodes.enumerated() {
      let line = lines[node.place] ?? place(node.place)
      lines[node.place] = line
      let name = names[node.identity]
      // A part shows as its bundle unless the program has a name for it.
      if node.isPart, name == nil, let bundle = node.operands.first {
        boxOfNode.append(boxOfNode[bundle])
        continue
      }
      let isLeaf = node.operation == nil
      let box: Int
      if isFolded, !isLeaf, name == nil {
        if let known = folds[line] {
          box = known
        } else {
          box = boxes.count
          folds[line] = box
          boxes.append(Box(kind: .operation, title: line, detail: "", place: "", operands: []))
        }
        GraphPicture.count(node.operation ?? "", in: &operations[box, default: []])
      } else {
        box = boxes.count
        let operation = node.operation ?? (node.isParameter ? "parameter" : "input")
        let kind: Kind =
          isLeaf
          ? .parameter
          : name != nil
            ? .named
            : results.contains(position)
              ? .result
              : .operation
        boxes.append(
          Box(
            kind: kind, title: name ?? operation,
            detail: name == nil || isLeaf ? node.type : "\(operation) \(node.type)", place: line,
            operands: []))
      }
      boxOfNode.append(box)
      for operand in node.operands { connect(boxOfNode[operand], to: box) }
    }
    for (box, counts) in operations {
      let total = counts.reduce(0) { $0 + $1.count }
      let parts = counts.sorted { $0.count > $1.count }.prefix(4).map { "\($0.name) ×\($0.count)" }
      boxes[box].detail =
        "\(total) operations: \(parts.joined(separator: ", "))\(counts.count > 4 ? ", …" : "")"
    }
    roots = graph.roots.compactMap { $0.map { boxOfNode[$0] } }
  }

  private static func count(_ name: String, in counts: inout [(name: String, count: Int)]) {
    if let index = counts.firstIndex(where: { $0.name == name }) {
      counts[index].count += 1
    } else {
      counts.append((name, 1))
    }
  }

  private mutating func connect(_ operand: Int, to box: Int) {
    if let index = boxes[box].operands.firstIndex(where: { $0.box == operand }) {
      boxes[box].operands[index].count += 1
    } else if operand != box {
      boxes[box].operands.append((operand, 1))
    }
  }
}
