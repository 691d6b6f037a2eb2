// Areas and lines with smooth edges: a pixel takes the share of a colour that its part of the shape is.

import Tensors

extension Canvas {
  /// Fills a rectangle.
  mutating func fill(x: Double, y: Double, width: Double, height: Double, _ color: Color) {
    let (left, right) = (x * scale, (x + width) * scale)
    let (top, bottom) = (y * scale, (y + height) * scale)
    for row in span(top, bottom, of: rows) {
      let share = Canvas.overlap(row, top, bottom)
      for column in span(left, right, of: columns) {
        blend(column, row, color, share * Canvas.overlap(column, left, right))
      }
    }
  }

  /// Draws the edge of a rectangle.
  mutating func stroke(
    x: Double, y: Double, width: Double, height: Double, thickness: Double = 1, _ color: Color
  ) {
    let half = thickness / 2
    for (top, isHorizontal) in [(y, true), (y + height, true), (y, false)] {
      if isHorizontal {
        fill(x: x - half, y: top - half, width: width + thickness, height: thickness, color)
      } else {
        for left in [x, x + width] {
          fill(x: left - half, y: y + half, width: thickness, height: height - thickness, color)
        }
      }
    }
  }

  /// Draws a line with round ends; nothing where a place is not finite.
  mutating func line(from start: Point, to end: Point, thickness: Double = 1, _ color: Color) {
    let (x0, y0) = (start.x * scale, start.y * scale)
    let (dx, dy) = (end.x * scale - x0, end.y * scale - y0)
    guard x0.isFinite, y0.isFinite, dx.isFinite, dy.isFinite else { return }
    let reach = thickness * scale / 2 + 0.5
    let square = dx * dx + dy * dy
    // What a row can reach of a slanted line lies between its places that far above and below.
    let slant = dy == 0 ? 0 : dx / dy
    let margin = square == 0 ? reach : reach * max(1, square.squareRoot() / max(abs(dy), 1e-9))
    for row in span(min(y0, y0 + dy) - reach, max(y0, y0 + dy) + reach, of: rows) {
      let y = Double(row) + 0.5
      let middle = x0 + slant * (max(min(y, max(y0, y0 + dy)), min(y0, y0 + dy)) - y0)
      let (low, high) = (min(x0, x0 + dx) - reach, max(x0, x0 + dx) + reach)
      let isSteep = dy != 0 && margin < columnsAsDouble
      for column in span(
        isSteep ? max(low, middle - margin - 1) : low,
        isSteep ? min(high, middle + margin + 1) : high, of: columns)
      {
        let (px, py) = (Double(column) + 0.5 - x0, y - y0)
        let along = square == 0 ? 0 : max(0, min(1, (px * dx + py * dy) / square))
        let (ex, ey) = (px - along * dx, py - along * dy)
        blend(column, row, color, reach - (ex * ex + ey * ey).squareRoot())
      }
    }
  }

  /// Draws lines from each point to the next, broken where a point is not finite.
  ///
  /// - Throws: where the run is to end.
  mutating func line(
    through points: [Point], thickness: Double = 1, _ color: Color
  ) throws {
    let isPoint = { (point: Point) in point.x.isFinite && point.y.isFinite }
    try Safepoint.forEach(points.indices, each: 1 << 10) { index in
      let end = points[index]
      let hasStart = index > 0 && isPoint(points[index - 1])
      if hasStart {
        line(from: points[index - 1], to: end, thickness: thickness, color)
      } else if isPoint(end), index + 1 == points.count || !isPoint(points[index + 1]) {
        line(from: end, to: end, thickness: thickness, color)
      }
    }
  }

  /// Fills the area within corners, its own winding no matter: inside is what an odd number of edges
  /// surrounds.
  mutating func fill(corners: [Point], _ color: Color) {
    guard corners.allSatisfy({ $0.x.isFinite && $0.y.isFinite }), corners.count > 2 else { return }
    let places = corners.map { (x: $0.x * scale, y: $0.y * scale) }
    let (ys, fine) = (places.map(\.y), 4)
    for row in span(ys.min() ?? 0, ys.max() ?? 0, of: rows) {
      var shares: [Int: Double] = [:]
      for part in 0..<fine {
        let y = Double(row) + (Double(part) + 0.5) / Double(fine)
        var crossings: [Double] = []
        for (index, start) in places.enumerated() {
          let end = places[(index + 1) % places.count]
          guard (start.y <= y) != (end.y <= y) else { continue }
          crossings.append(start.x + (y - start.y) / (end.y - start.y) * (end.x - start.x))
        }
        crossings.sort()
        for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
          for column in span(crossings[pair], crossings[pair + 1], of: columns) {
            shares[column, default: 0] +=
              Canvas.overlap(column, crossings[pair], crossings[pair + 1]) / Double(fine)
          }
        }
      }
      for (column, share) in shares { blend(column, row, color, share) }
    }
  }

  private var columnsAsDouble: Double { Double(columns) }

  /// How much of a pixel lies between two places.
  private static func overlap(_ pixel: Int, _ low: Double, _ high: Double) -> Double {
    max(0, min(Double(pixel + 1), high) - max(Double(pixel), low))
  }
}
