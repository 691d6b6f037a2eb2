// A plot as a drawing, in the units of its SVG picture: axes with their ends, a line through the points
// of each line, labels. Files of both kinds are made of it.

import Language
import Tensors

/// What is drawn of a plot.
struct PlotPicture {
  /// A line from each point to the next, broken where a point is not finite; a dot where both
  /// neighbours are not.
  struct Stroke {
    var points: [Canvas.Point]
    var color: Color
    var thickness = 1.0
  }

  /// A text; `y` is the line that letters stand on.
  struct Label {
    var text: String
    var x: Double
    var y: Double
    var anchor = Canvas.Anchor.start
    var color = Color.black
  }

  static let size = (width: 640.0, height: 400.0)
  private static let margin = (left: 70.0, right: 20.0, top: 20.0, bottom: 40.0)
  private static let colors = [0x4c72b0, 0xdd8452, 0x55a868, 0xc44e52, 0x8172b3, 0x937860]

  private(set) var strokes: [Stroke] = []
  private(set) var labels: [Label] = []

  /// The drawing of a plot; the axes alone where no point is finite.
  init(_ plot: PlotObject) {
    let (size, margin) = (PlotPicture.size, PlotPicture.margin)
    let (right, bottom) = (size.width - margin.right, size.height - margin.bottom)
    let axes = [(margin.left, margin.top), (margin.left, bottom), (right, bottom)]
    strokes.append(Stroke(points: axes.map { (x: $0.0, y: $0.1) }, color: .black))
    guard let bounds = plot.bounds else { return }
    let (x, y) = (bounds.x, bounds.y)
    labels = [
      Label(
        text: PlotObject.tick(y.upperBound), x: margin.left - 6, y: margin.top + 10, anchor: .end),
      Label(text: PlotObject.tick(y.lowerBound), x: margin.left - 6, y: bottom, anchor: .end),
      Label(text: PlotObject.tick(x.lowerBound), x: margin.left, y: bottom + 18),
      Label(text: PlotObject.tick(x.upperBound), x: right, y: bottom + 18, anchor: .end),
    ]
    for (index, line) in plot.lines.enumerated() {
      let color = Color(PlotPicture.colors[index % PlotPicture.colors.count])
      let points = line.points.map { point in
        guard point.x.isFinite, point.y.isFinite else { return (x: Double.nan, y: Double.nan) }
        return (
          x: margin.left + PlotObject.place(point.x, in: x) * (right - margin.left),
          y: bottom - PlotObject.place(point.y, in: y) * (bottom - margin.top)
        )
      }
      let gap = (x: Double.nan, y: Double.nan)
      strokes.append(
        line.isDotted
          ? Stroke(points: points.flatMap { [$0, gap] }, color: color, thickness: 6)
          : Stroke(points: points, color: color, thickness: 1.5))
      labels.append(
        Label(
          text: line.label, x: right - 4, y: margin.top + 14 + 16 * Double(index), anchor: .end,
          color: color))
    }
  }

  /// The drawing as an SVG text.
  var svg: String {
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" "
        + "font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"640\" height=\"400\" fill=\"white\"/>",
    ]
    func isFinite(_ point: Canvas.Point) -> Bool { point.x.isFinite && point.y.isFinite }
    for stroke in strokes {
      var path = ""
      var isOpen = false
      for (index, point) in stroke.points.enumerated() {
        let isPoint = isFinite(point)
        if isPoint {
          func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
          path += "\(isOpen ? "L" : "M")\(rounded(point.x)) \(rounded(point.y))"
          // A point alone is a line without length, whose round ends make a dot.
          let next = index + 1
          let isLast = next == stroke.points.count || !isFinite(stroke.points[next])
          if isLast, !isOpen { path += "h0" }
        }
        isOpen = isPoint
      }
      parts.append(
        "<path d=\"\(path)\" fill=\"none\" stroke=\"\(stroke.color.hex)\" "
          + "stroke-width=\"\(stroke.thickness)\" stroke-linecap=\"round\"/>")
    }
    for label in labels {
      parts.append(
        "<text x=\"\(label.x)\" y=\"\(label.y)\" text-anchor=\"\(label.anchor)\" "
          + "fill=\"\(label.color.hex)\">\(PlotPicture.escaped(label.text))</text>")
    }
    return (parts + ["</svg>\n"]).joined(separator: "\n")
  }

  /// The drawing in pixels.
  ///
  /// - Throws: where the run is to end.
  func canvas() throws -> Canvas {
    var canvas = try Canvas(width: PlotPicture.size.width, height: PlotPicture.size.height)
    for stroke in strokes {
      try canvas.line(through: stroke.points, thickness: stroke.thickness, stroke.color)
    }
    for label in labels {
      canvas.text(label.text, x: label.x, y: label.y, anchor: label.anchor, label.color)
    }
    return canvas
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
