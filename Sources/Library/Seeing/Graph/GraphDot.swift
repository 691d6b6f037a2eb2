// A graph in the language of Graphviz.

import Syntax

extension GraphPicture {
  /// The graph as Graphviz reads it: operands above results, as torchviz and TorchOpt draw it.
  var dot: String {
    var lines = [
      "digraph {",
      "  graph [rankdir=TB]",
      "  node [shape=box, style=filled, fontname=\"monospace\", fontsize=10, height=0.2]",
    ]
    let roots = Set(roots)
    for (index, box) in boxes.enumerated() {
      let parts = [box.title, box.detail, box.place].filter { !$0.isEmpty }
      let label = parts.map(GraphPicture.escaped).joined(separator: "\\n")
      let fill = fill(of: box, isResult: roots.contains(index))
      lines.append("  n\(index) [label=\"\(label)\", fillcolor=\(fill.rawValue)]")
    }
    for (index, box) in boxes.enumerated() {
      for operand in box.operands {
        let count = operand.count > 1 ? " [label=\"×\(operand.count)\"]" : ""
        lines.append("  n\(operand.box) -> n\(index)\(count)")
      }
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  /// Colours by their names in Graphviz, as torchviz and TorchOpt use them.
  enum Fill: String {
    case lightblue, darkolivegreen1, lightgrey

    var color: Color {
      switch self {
      case .lightblue: Color(0xadd8e6)
      case .darkolivegreen1: Color(0xcaff70)
      case .lightgrey: Color(0xe4e4e4)
      }
    }
  }

  /// Results are green, leaves and named values light blue, operations grey.
  func fill(of box: Box, isResult: Bool) -> Fill {
    isResult ? .darkolivegreen1 : box.kind == .operation ? .lightgrey : .lightblue
  }

  /// Graphviz reads entities of HTML in labels.
  private static func escaped(_ text: String) -> String {
    text.showingHidden.replacing("&", with: "&amp;").replacing("\\", with: "\\\\")
      .replacing("\"", with: "\\\"").replacing("\n", with: " ")
  }
}
