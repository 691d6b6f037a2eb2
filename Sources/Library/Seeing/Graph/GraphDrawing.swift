// A graph as rectangles, lines of text and curves on a page: what SVG and PNG are written from.

import Language
import Syntax
import Tensors

/// A graph on a page.
struct GraphDrawing {
  /// A box with what is written in it.
  struct Shape {
    var center: LayeredLayout.Point
    var size: LayeredLayout.Size
    var lines: [String]
    var color: Color
    /// Everything about it, for who points at it.
    var description: String
  }

  /// The number of arrows that a line stands for, beside its end.
  struct Label {
    var text: String
    var end: LayeredLayout.Point
  }

  private(set) var shapes: [Shape] = []
  private(set) var routes: [LayeredLayout.Route] = []
  private(set) var labels: [Label] = []
  /// What stands above it where boxes stand for several nodes.
  let caption: String?
  let size: LayeredLayout.Size

  /// The heights of characters: of the first line of a box, and of the others.
  static let fonts = (title: 11.0, detail: 8.5)
  /// A character of a fixed width is so much wider than high.
  static let aspect = 0.602
  /// The distance of the base lines of two lines.
  static let leading = (title: 13.0, detail: 11.0)
  static let margin = 12.0

  /// - Throws: where the run is to end.
  init(_ picture: GraphPicture) throws {
    let roots = Set(picture.roots)
    var sizes: [LayeredLayout.Size] = []
    for (index, box) in picture.boxes.enumerated() {
      if index & 255 == 0 { try Safepoint.look() }
      let details = [box.detail, box.place].filter { !$0.isEmpty }
      // What is short stands in one line.
      let joined = details.joined(separator: " · ")
      let isShort = GraphDrawing.columns(joined) <= 32
      let lines = ([box.title] + (isShort ? [joined] : details)).filter { !$0.isEmpty }
        .map(GraphDrawing.written)
      let width =
        lines.enumerated().map { line, text in
          Double(GraphDrawing.columns(text)) * GraphDrawing.aspect
            * (line == 0 ? GraphDrawing.fonts.title : GraphDrawing.fonts.detail)
        }.max() ?? 0
      let height =
        GraphDrawing.leading.title + GraphDrawing.leading.detail * Double(lines.count - 1) + 7
      sizes.append(LayeredLayout.Size(width: max(width + 14, 30), height: height))
      shapes.append(
        Shape(
          center: LayeredLayout.Point(x: 0, y: 0), size: sizes[index], lines: lines,
          color: picture.fill(of: box, isResult: roots.contains(index)).color,
          description: ([box.title] + details).map(\.showingHidden).joined(separator: "\n")))
    }
    var arrows: [(from: Int, to: Int)] = []
    var counts: [Int] = []
    for (index, box) in picture.boxes.enumerated() {
      for operand in box.operands {
        arrows.append((operand.box, index))
        counts.append(operand.count)
      }
    }
    let layout = try LayeredLayout(boxes: sizes, arrows: arrows)
    caption = picture.isFolded ? picture.caption : nil
    let top = GraphDrawing.margin + (caption == nil ? 0 : 22)
    func moved(_ point: LayeredLayout.Point) -> LayeredLayout.Point {
      LayeredLayout.Point(x: point.x + GraphDrawing.margin, y: point.y + top)
    }
    for (index, center) in layout.centers.enumerated() { shapes[index].center = moved(center) }
    routes = layout.routes.map { route in
      var route = route
      route.curves = route.curves.map { (moved($0.from), moved($0.to)) }
      return route
    }
    for route in routes {
      guard let arrow = route.arrow, counts[arrow] > 1, let end = route.curves.last?.to
      else { continue }
      labels.append(Label(text: "×\(counts[arrow])", end: end))
    }
    let captionWidth =
      Double(GraphDrawing.columns(caption ?? "")) * GraphDrawing.aspect * GraphDrawing.fonts.title
    size = LayeredLayout.Size(
      width: (max(layout.size.width, captionWidth) + 2 * GraphDrawing.margin).rounded(.up),
      height: (layout.size.height + top + GraphDrawing.margin).rounded(.up))
  }

  /// A text as it stands in a box: in one line, and not longer than a line should be.
  private static func written(_ text: String) -> String { text.shortened.showingHidden }

  /// The columns of a fixed width that a text takes: two for what is written wide.
  static func columns(_ text: String) -> Int {
    text.reduce(0) { count, character in
      let first = character.unicodeScalars.first?.value ?? 0
      return count + (first >= 0x1100 && !(0x2000..<0x2E80).contains(first) ? 2 : 1)
    }
  }
}
