// A plot as text: a grid of marks between two axes.

import Language
import Tensors

extension PlotObject {
  private static let columns = 60
  private static let rows = 15
  private static let marks: [Character] = ["•", "×", "○", "+", "▪", "△"]

  /// The grid with the ends of both axes, and the labels below where there are several lines.
  var text: String {
    guard let bounds else { return "plot without a finite point" }
    var grid = [[Character]](
      repeating: [Character](repeating: " ", count: PlotObject.columns), count: PlotObject.rows)
    for (index, line) in lines.enumerated() {
      for point in line.points where point.x.isFinite && point.y.isFinite {
        let x = PlotObject.place(point.x, in: bounds.x) * Double(PlotObject.columns - 1)
        let y = PlotObject.place(point.y, in: bounds.y) * Double(PlotObject.rows - 1)
        let row = PlotObject.rows - 1 - Int(y.rounded())
        grid[row][Int(x.rounded())] = PlotObject.marks[index % PlotObject.marks.count]
      }
    }
    let (top, bottom) = (
      PlotObject.tick(bounds.y.upperBound), PlotObject.tick(bounds.y.lowerBound)
    )
    let width = max(top.count, bottom.count)
    func padded(_ text: String) -> String {
      String(repeating: " ", count: width - text.count) + text
    }
    var result = grid.enumerated().map { index, row in
      let tick = index == 0 ? top : index == PlotObject.rows - 1 ? bottom : ""
      var line = padded(tick) + " │" + String(row)
      while line.last == " " { line.removeLast() }
      return line
    }
    result.append(padded("") + " └" + String(repeating: "─", count: PlotObject.columns))
    let (left, right) = (
      PlotObject.tick(bounds.x.lowerBound), PlotObject.tick(bounds.x.upperBound)
    )
    let gap = max(1, PlotObject.columns - left.count - right.count)
    result.append(padded("") + "  " + left + String(repeating: " ", count: gap) + right)
    if lines.count > 1 {
      let labels = lines.enumerated().map { index, line in
        "\(PlotObject.marks[index % PlotObject.marks.count]) \(line.label)"
      }
      result.append(padded("") + "  " + labels.joined(separator: "   "))
    }
    return result.joined(separator: "\n")
  }
}
