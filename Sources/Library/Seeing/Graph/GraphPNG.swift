// A graph as a picture of pixels, from the same drawing as the SVG.

import Tensors

extension GraphDrawing {
  /// The sizes of letters, which have fewer dots than a font's: narrower than those of an SVG picture.
  private static let letters = (title: 12.0, detail: 9.0)
  private static let arrowColor = Color(0x333333)
  /// The pixels of a picture that is not drawn smaller than others.
  private static let mostPixels = 60_000_000.0

  /// The picture on a canvas, smaller where it would have too many pixels.
  ///
  /// - Throws: a value error where it has too many all the same; where the run is to end.
  func canvas() throws -> Canvas {
    let fitting = (GraphDrawing.mostPixels / (size.width * size.height)).squareRoot()
    var canvas = try Canvas(
      width: size.width, height: size.height, scale: min(2, max(fitting, 0.5)))
    if let caption {
      canvas.text(
        caption, x: size.width / 2, y: GraphDrawing.margin + 9, anchor: .middle,
        size: GraphDrawing.letters.title)
    }
    for route in routes {
      try Safepoint.look()
      try draw(route, on: &canvas)
    }
    for shape in shapes {
      try Safepoint.look()
      draw(shape, on: &canvas)
    }
    for label in labels {
      canvas.text(
        label.text, x: label.end.x + 4, y: label.end.y - 4, size: GraphDrawing.letters.detail,
        GraphDrawing.arrowColor)
    }
    return canvas
  }

  private func draw(_ route: LayeredLayout.Route, on canvas: inout Canvas) throws {
    // Straight from the end of a curve to the beginning of the next.
    let points = route.curves.flatMap { GraphDrawing.points(from: $0.from, to: $0.to) }
    try canvas.line(through: points, GraphDrawing.arrowColor)
    switch route.head {
    case .none: break
    case .atEnd: drawHead(at: route.curves.last?.to, pointing: 1, on: &canvas)
    case .atStart: drawHead(at: route.curves.first?.from, pointing: -1, on: &canvas)
    }
  }

  /// Points of the curve that leaves and arrives upright, both ends among them.
  private static func points(
    from: LayeredLayout.Point, to: LayeredLayout.Point
  ) -> [Canvas.Point] {
    let pieces = abs(from.x - to.x) < 0.05 ? 1 : 16
    return (0...pieces).map { piece in
      let t = Double(piece) / Double(pieces)
      // Bézier's curve whose inner points are above and below each other at half height.
      let (s, middle) = (1 - t, (from.y + to.y) / 2)
      let (a, b, c, d) = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
      return ((a + b) * from.x + (c + d) * to.x, a * from.y + (b + c) * middle + d * to.y)
    }
  }

  /// - Parameter direction: 1 downwards, -1 upwards.
  private func drawHead(
    at tip: LayeredLayout.Point?, pointing direction: Double, on canvas: inout Canvas
  ) {
    guard let tip else { return }
    let base = tip.y - 7 * direction
    canvas.fill(
      corners: [(tip.x, tip.y), (tip.x - 3, base), (tip.x + 3, base)], GraphDrawing.arrowColor)
  }

  private func draw(_ shape: Shape, on canvas: inout Canvas) {
    let (letters, leading) = (GraphDrawing.letters, GraphDrawing.leading)
    let (left, top) = (
      shape.center.x - shape.size.width / 2, shape.center.y - shape.size.height / 2
    )
    canvas.fill(
      x: left, y: top, width: shape.size.width, height: shape.size.height, shape.color)
    canvas.stroke(x: left, y: top, width: shape.size.width, height: shape.size.height, .black)
    for (line, content) in shape.lines.enumerated() {
      canvas.text(
        content, x: shape.center.x,
        y: top + 13.5 + (line == 0 ? 0 : leading.detail * Double(line) + 0.5), anchor: .middle,
        size: line == 0 ? letters.title : letters.detail,
        line == 0 ? .black : GraphDrawing.arrowColor)
    }
  }
}
