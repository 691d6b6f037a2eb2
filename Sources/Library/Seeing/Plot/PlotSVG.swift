// A plot as an SVG picture: axes with their ends, a polyline a line, labels.

import Language
import Tensors

extension PlotObject {
  private static let colors = ["#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860"]
  private static let size = (width: 640.0, height: 400.0)
  private static let margin = (left: 70.0, right: 20.0, top: 20.0, bottom: 40.0)

  /// The picture as text.
  var svg: String {
    let (size, margin) = (PlotObject.size, PlotObject.margin)
    let (right, bottom) = (size.width - margin.right, size.height - margin.bottom)
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" "
        + "font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"640\" height=\"400\" fill=\"white\"/>",
      "<path d=\"M\(margin.left) \(margin.top)V\(bottom)H\(right)\" fill=\"none\" stroke=\"black\"/>",
    ]
    func text(_ x: Double, _ y: Double, _ anchor: String, _ content: String, _ color: String) {
      parts.append(
        "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"\(color)\">"
          + PlotObject.escaped(content) + "</text>")
    }
    guard let bounds else { return (parts + ["</svg>\n"]).joined(separator: "\n") }
    text(margin.left - 6, margin.top + 10, "end", PlotObject.tick(bounds.y.upperBound), "black")
    text(margin.left - 6, bottom, "end", PlotObject.tick(bounds.y.lowerBound), "black")
    text(margin.left, bottom + 18, "start", PlotObject.tick(bounds.x.lowerBound), "black")
    text(right, bottom + 18, "end", PlotObject.tick(bounds.x.upperBound), "black")
    for (index, line) in lines.enumerated() {
      let color = PlotObject.colors[index % PlotObject.colors.count]
      var path = ""
      var isOpen = false
      for point in line.points {
        guard point.x.isFinite, point.y.isFinite else {
          isOpen = false
          continue
        }
        let x = margin.left + PlotObject.place(point.x, in: bounds.x) * (right - margin.left)
        let y = bottom - PlotObject.place(point.y, in: bounds.y) * (bottom - margin.top)
        path += "\(isOpen ? "L" : "M")\((x * 100).rounded() / 100) \((y * 100).rounded() / 100)"
        isOpen = true
      }
      parts.append(
        "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\" "
          + "stroke-linecap=\"round\"/>")
      text(right - 4, margin.top + 14 + 16 * Double(index), "end", line.label, color)
    }
    return (parts + ["</svg>\n"]).joined(separator: "\n")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
