// What `plot(ys)` gives: lines through points, as text in a terminal and as a picture in a file.
//
// Points that are not finite are left out; a line is broken there.

import Language
import Tensors

/// Lines through points, as a value: text when printed, an SVG or PNG file when saved.
final class PlotObject: HostObject {
  override class var hostType: HostType { members }

  /// One line.
  struct Line {
    var label: String
    var points: [(x: Double, y: Double)]
    /// Whether pictures show dots, and no line between them.
    var isDotted = false
  }

  private(set) var lines: [Line]

  init(_ line: Line) { lines = [line] }

  override var summary: String { text }
  override func svg() throws -> String? { PlotPicture(self).svg }

  private func save(_ arguments: Arguments) throws {
    let path = try arguments.string(0)
    let picture = PlotPicture(self)
    switch path.split(separator: ".").last?.lowercased() {
    case "svg": try FileWriter.write(picture.svg, to: arguments.writable(0))
    case "png":
      let file = try arguments.writable(0)
      try picture.canvas().save(to: file)
    default:
      throw RuntimeError(
        .value, "a plot cannot be saved as \(path.excerpt)", hint: "save it as .svg or .png")
    }
  }

  /// The line of `plot(ys)` or `plot(xs, ys)`.
  static func line(_ arguments: Arguments, number: Int) throws -> Line {
    let values = arguments.rest(0)
    guard values.count == 1 || values.count == 2 else {
      throw RuntimeError(
        .type, "a plot takes ys, or xs and ys, and \(values.count) values were given")
    }
    let columns = try values.map { value -> [Double] in
      let variable = try arguments.stacked(value, 0)
      guard let tensor = variable.concrete, tensor.rank == 1 else {
        throw RuntimeError(
          .shape, "a plot takes vectors, not \(variable.typeDescription)",
          hint: "plot each column: p.add(xs, ys[:, 1])")
      }
      return try tensor.converted(to: .f64).allDoubles()
    }
    let ys = columns[columns.count - 1]
    let xs = columns.count == 2 ? columns[0] : ys.indices.map(Double.init)
    guard xs.count == ys.count else {
      throw RuntimeError(.shape, "a plot of \(xs.count) xs and \(ys.count) ys")
    }
    let label = try arguments.isGiven(1) ? arguments.string(1) : "line \(number)"
    return Line(
      label: label, points: Array(zip(xs, ys)).map { (x: $0.0, y: $0.1) },
      isDotted: try arguments.isGiven(2) && arguments.bool(2))
  }
}

extension PlotObject {
  private static let members = HostType(
    PlotObject.self, "Plot",
    "What `plot` gives: lines through points, as text when printed.",
    methods: [
      Method(
        "add(*values, label=nil, points=false)",
        """
        Draws another line into the plot, through `ys` or through `xs, ys`, vectors of one length, as
        `plot` does, or its points alone; without a label it is called by its number.

            let p = plot([3.0, 1.0, 2.0], label="train")
            p.add([0.0, 2.0], [2.0, 2.5], label="test")
            print(contains(str(p), "test"))    # true
        """
      ) { plot, arguments in
        plot.lines.append(try PlotObject.line(arguments, number: plot.lines.count + 1))
        return .nil
      },
      Method(
        "save(path)",
        """
        Writes the plot as a picture to an `.svg` or a `.png` file. Another ending is an error of kind `value`, a
        file that cannot be written one of kind `io`.

            plot([3.0, 1.0, 2.0]).save("loss.svg")
            print(contains(read_text("loss.svg"), "<svg"))    # true
        """, needs: [.writing]
      ) { plot, arguments in
        try arguments.writing(path: 0) { try plot.save(arguments) }
      },
    ])

  /// The box around all finite points; a box without extent gets one.
  var bounds: (x: ClosedRange<Double>, y: ClosedRange<Double>)? {
    let points = lines.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    guard let first = points.first else { return nil }
    var (x, y) = ((first.x, first.x), (first.y, first.y))
    for point in points {
      x = (min(x.0, point.x), max(x.1, point.x))
      y = (min(y.0, point.y), max(y.1, point.y))
    }
    func widened(_ range: (Double, Double)) -> ClosedRange<Double> {
      guard range.0 == range.1 else { return range.0...range.1 }
      let margin = range.0 == 0 ? 1 : abs(range.0) / 2
      let greatest = Double.greatestFiniteMagnitude
      return max(range.0 - margin, -greatest)...min(range.1 + margin, greatest)
    }
    return (widened(x), widened(y))
  }

  /// Where a number lies in a range, from 0 to 1; the middle of a range too small to be divided.
  static func place(_ value: Double, in range: ClosedRange<Double>) -> Double {
    // Halves, so that a range wider than the greatest number does not overflow.
    let extent = range.upperBound / 2 - range.lowerBound / 2
    guard extent > 0 else { return 0.5 }
    return min(1, max(0, (value / 2 - range.lowerBound / 2) / extent))
  }

  /// A number on an axis, with four digits.
  static func tick(_ value: Double) -> String {
    let digits = try? FormatSpecification.parse(".4g").format(value)
    return digits ?? formatShortest(value)
  }
}
