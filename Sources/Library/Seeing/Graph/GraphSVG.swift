// A graph as an SVG picture of our own, which needs no Graphviz.

import Tensors

extension GraphDrawing {
  /// The picture as text; who points at a box sees its title.
  ///
  /// - Throws: where the run is to end.
  func svg() throws -> String {
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(written(size.width))\" "
        + "height=\"\(written(size.height))\" "
        + "viewBox=\"0 0 \(written(size.width)) \(written(size.height))\" "
        + "font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" text-anchor=\"middle\">",
      "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" "
        + "markerHeight=\"7\" orient=\"auto-start-reverse\">"
        + "<path d=\"M0 0.8L8 4L0 7.2z\" fill=\"#333\"/></marker></defs>",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
    if let caption {
      parts.append(
        "<text x=\"\(written(size.width / 2))\" y=\"\(written(GraphDrawing.margin + 9))\" "
          + "font-size=\"\(written(GraphDrawing.fonts.title))\">\(GraphDrawing.escaped(caption))</text>"
      )
    }
    parts.append("<g fill=\"none\" stroke=\"#333\" stroke-width=\"1\">")
    for (index, route) in routes.enumerated() {
      if index & 255 == 0 { try Safepoint.look() }
      parts.append(path(route))
    }
    parts.append("</g>")
    for (index, shape) in shapes.enumerated() {
      if index & 255 == 0 { try Safepoint.look() }
      parts.append(box(shape))
    }
    for label in labels {
      parts.append(
        "<text x=\"\(written(label.end.x + 4))\" y=\"\(written(label.end.y - 4))\" "
          + "font-size=\"\(written(GraphDrawing.fonts.detail))\" text-anchor=\"start\" "
          + "fill=\"#333\">\(label.text)</text>")
    }
    return (parts + ["</svg>\n"]).joined(separator: "\n")
  }

  private func path(_ route: LayeredLayout.Route) -> String {
    var text = ""
    for curve in route.curves {
      let (from, to) = (curve.from, curve.to)
      text += "\(text.isEmpty ? "M" : "L")\(written(from.x)) \(written(from.y))"
      if abs(from.x - to.x) < 0.05 {
        text += "V\(written(to.y))"
      } else {
        let middle = written((from.y + to.y) / 2)
        text +=
          "C\(written(from.x)) \(middle) \(written(to.x)) \(middle) "
          + "\(written(to.x)) \(written(to.y))"
      }
    }
    let head =
      switch route.head {
      case .none: ""
      case .atEnd: " marker-end=\"url(#head)\""
      case .atStart: " marker-start=\"url(#head)\""
      }
    return "<path d=\"\(text)\"\(head)/>"
  }

  private func box(_ shape: Shape) -> String {
    let (fonts, leading) = (GraphDrawing.fonts, GraphDrawing.leading)
    let top = shape.center.y - shape.size.height / 2
    var text =
      "<g><title>\(GraphDrawing.escaped(shape.description))</title>"
      + "<rect x=\"\(written(shape.center.x - shape.size.width / 2))\" y=\"\(written(top))\" "
      + "width=\"\(written(shape.size.width))\" height=\"\(written(shape.size.height))\" rx=\"2\" "
      + "fill=\"\(shape.color.hex)\" stroke=\"black\" stroke-width=\"0.8\"/>"
    for (line, content) in shape.lines.enumerated() {
      let y = top + 13.5 + (line == 0 ? 0 : leading.detail * Double(line) + 0.5)
      text +=
        "<text x=\"\(written(shape.center.x))\" y=\"\(written(y))\" "
        + "font-size=\"\(written(line == 0 ? fonts.title : fonts.detail))\""
        + (line == 0 ? "" : " fill=\"#333\"") + ">\(GraphDrawing.escaped(content))</text>"
    }
    return text + "</g>"
  }

  /// A length with a digit behind the point.
  private func written(_ length: Double) -> String {
    let tenths = Int((length * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
