// What a picture of a graph shows: boxes with labels, and arrows from operands to results.
//
// A graph of more than `foldingLimit` nodes is folded: the operations of one source line become
// one box, with the number of each, and so do leaves, and values that the program has names for, where a
// line has many of them. Other leaves and named values keep boxes of their own.

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
  /// Above this number, leaves and named values of one line are one box too in such a picture.
  static let mostOfLine = 24

  private(set) var boxes: [Box] = []
  /// The boxes of the results that were asked for.
  private(set) var roots: [Int] = []
  /// The number of nodes on the tape that the boxes stand for.
  let recordedCount: Int
  let isFolded: Bool

  /// - Parameters:
  ///   - names: what nodes are called by the program.
  ///   - place: the source line of a `Context.place`.
  /// - Throws: where the run is to end.
  init(_ graph: RecordedGraph, names: GraphNames, place: (UInt64) -> String) throws {
    recordedCount = graph.nodes.count
    isFolded = graph.nodes.count > GraphPicture.foldingLimit
    var lines: [UInt64: String] = [:]
    func line(of node: RecordedGraph.Node) -> String {
      // A parameter's leaf may be younger than the parameter.
      let made = names.place(of: node.identity) ?? node.place
      if let line = lines[made] { return line }
      let line = place(made)
      lines[made] = line
      return line
    }
    var (leavesOfLine, namedOfLine): ([String: Int], [String: Int]) = ([:], [:])
    if isFolded {
      for (position, node) in graph.nodes.enumerated() {
        if position & 1023 == 0 { try Safepoint.look() }
        if node.operation == nil {
          leavesOfLine[line(of: node), default: 0] += 1
        } else if names.name(of: node.identity) != nil {
          namedOfLine[line(of: node), default: 0] += 1
        }
      }
    }
    var boxOfNode: [Int] = []
    var arrows: [Arrow: Int] = [:]
    var folds: [Fold: Int] = [:]
    var contents: [Int: [String: Share]] = [:]
    let results = Set(graph.roots.compactMap { $0 })
    for (position, node) in graph.nodes.enumerated() {
      if position & 1023 == 0 { try Safepoint.look() }
      let name = names.name(of: node.identity) ?? node.ownName
      // A part shows as its bundle unless the program has a name for it.
      if node.isPart, name == nil, let bundle = node.operands.first {
        boxOfNode.append(boxOfNode[bundle])
        continue
      }
      let line = line(of: node)
      let isLeaf = node.operation == nil
      let isOneOfMany =
        isLeaf
        ? leavesOfLine[line, default: 0] > GraphPicture.mostOfLine
        : isFolded && (name == nil || namedOfLine[line, default: 0] > GraphPicture.mostOfLine)
      let operation = node.operation ?? (node.isParameter ? "parameter" : "input")
      let box: Int
      if isOneOfMany {
        let fold = Fold(line: line, isOfLeaves: isLeaf)
        box = folds[fold] ?? boxes.count
        if folds.updateValue(box, forKey: fold) == nil {
          boxes.append(
            Box(
              kind: isLeaf ? .parameter : .operation,
              title: isLeaf ? "\(name ?? operation), …" : line.isEmpty ? "operations" : line,
              detail: "", place: isLeaf ? line : "", operands: []))
        }
        let first = Share(count: 0, position: position)
        contents[box, default: [:]][operation, default: first].count += 1
      } else {
        box = boxes.count
        let kind: Kind =
          isLeaf
          ? .parameter : name != nil ? .named : results.contains(position) ? .result : .operation
        boxes.append(
          Box(
            kind: kind, title: name ?? operation,
            detail: name == nil || isLeaf ? node.type : "\(operation) \(node.type)", place: line,
            operands: []))
      }
      boxOfNode.append(box)
      for operand in node.operands { connect(boxOfNode[operand], to: box, &arrows) }
    }
    for (box, counts) in contents {
      boxes[box].detail = GraphPicture.summary(of: counts, areLeaves: boxes[box].kind == .parameter)
    }
    roots = graph.roots.compactMap { $0.map { boxOfNode[$0] } }
  }

  /// A line whose operations, or leaves, are one box.
  private struct Fold: Hashable {
    let line: String
    let isOfLeaves: Bool
  }

  /// How many nodes of a kind are in a box, and where the first of them stands.
  private struct Share {
    var count: Int
    let position: Int
  }

  private static func summary(of shares: [String: Share], areLeaves: Bool) -> String {
    let total = shares.values.reduce(0) { $0 + $1.count }
    let sorted = shares.sorted {
      ($1.value.count, $0.value.position) < ($0.value.count, $1.value.position)
    }
    let parts = sorted.prefix(4).map { "\($0.key) ×\($0.value.count)" }.joined(separator: ", ")
    let what = areLeaves ? "leaves" : "operations"
    return "\(total) \(what): \(parts)\(sorted.count > 4 ? ", …" : "")"
  }

  private struct Arrow: Hashable {
    let from: Int
    let to: Int
  }

  /// - Parameter arrows: where among the operands of its box each arrow stands.
  private mutating func connect(_ operand: Int, to box: Int, _ arrows: inout [Arrow: Int]) {
    guard operand != box else { return }
    if let index = arrows[Arrow(from: operand, to: box)] {
      boxes[box].operands[index].count += 1
    } else {
      arrows[Arrow(from: operand, to: box)] = boxes[box].operands.count
      boxes[box].operands.append((operand, 1))
    }
  }
}
