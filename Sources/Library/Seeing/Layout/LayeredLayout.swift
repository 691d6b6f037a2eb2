// Where the boxes of a graph stand and how its arrows run, by the method of Sugiyama, Tagawa and Toda (1981): boxes
// in ranks, operands above results; ranks ordered so that few arrows cross; places along a rank by Brandes and Köpf.
//
// The same graph gives the same picture everywhere. Work and memory are bounded by the boxes and arrows, but for
// the bends of long arrows, of which there is a greatest number.

import Tensors

/// The places of boxes and arrows on a page whose y grows downwards.
struct LayeredLayout {
  struct Point {
    var x: Double
    var y: Double
  }

  /// A box to be placed.
  struct Size {
    var width: Double
    var height: Double
  }

  /// The way of arrows that begin at one box: straight pieces, and between them curves that leave and
  /// arrive upright.
  struct Route {
    /// Pairs: where a curve begins, and where it ends.
    var curves: [(from: Point, to: Point)]
    /// Whether a head is drawn at the end, or at the start.
    var head: Head
    /// The arrow that ends here, an index into what was given; nil for a trunk, which arrows branch off.
    var arrow: Int?
  }

  enum Head {
    case none, atEnd, atStart
  }

  private(set) var centers: [Point]
  private(set) var routes: [Route] = []
  private(set) var size = Size(width: 0, height: 0)

  /// Gaps between boxes of a rank, between an arrow and its neighbour, and between ranks.
  static let gaps = (boxes: 18.0, bends: 12.0, ranks: 30.0)

  /// A layout of boxes and arrows, each an index of a box and that of another.
  ///
  /// - Throws: where the run is to end.
  init(boxes: [Size], arrows: [(from: Int, to: Int)]) throws {
    centers = boxes.map { _ in Point(x: 0, y: 0) }
    guard !boxes.isEmpty else { return }
    var graph = try RankedGraph(boxes: boxes.count, arrows: arrows)
    try graph.order()
    let widths = graph.vertices.indices.map { $0 < boxes.count ? boxes[$0].width : 0 }
    var columns = try RankColumns(graph, widths: widths).columns
    let left = zip(columns, widths).map { $0 - $1 / 2 }.min() ?? 0
    for index in columns.indices { columns[index] -= left }
    size.width = zip(columns, widths).map { $0 + $1 / 2 }.max() ?? 0

    var rows: [(top: Double, bottom: Double)] = []
    for rank in graph.ranks {
      let height = rank.lazy.filter { $0 < boxes.count }.map { boxes[$0].height }.max() ?? 0
      // What comes from far away along the rank has more room to turn.
      let reach =
        rank.lazy.flatMap { vertex in
          graph.vertices[vertex].above.lazy.map { abs(columns[$0] - columns[vertex]) }
        }.max() ?? 0
      let gap = LayeredLayout.gaps.ranks + min(reach / 16, LayeredLayout.gaps.ranks)
      let top = rows.last.map { $0.bottom + gap } ?? 0
      rows.append((top, top + height))
    }
    size.height = rows.last?.bottom ?? 0
    for box in boxes.indices {
      let row = rows[graph.vertices[box].rank]
      centers[box] = Point(x: columns[box], y: (row.top + row.bottom) / 2)
    }
    try route(graph, columns, rows, boxes)
  }

  // MARK: - Arrows

  private mutating func route(
    _ graph: RankedGraph, _ columns: [Double], _ rows: [(top: Double, bottom: Double)],
    _ boxes: [Size]
  ) throws {
    func bottom(_ vertex: Int) -> Point {
      guard vertex < boxes.count else {
        return Point(x: columns[vertex], y: rows[graph.vertices[vertex].rank].bottom)
      }
      return Point(x: columns[vertex], y: centers[vertex].y + boxes[vertex].height / 2)
    }
    for (place, trunk) in graph.trunks.enumerated() {
      if place & 255 == 0 { try Safepoint.look() }
      var (curves, last) = ([(from: Point, to: Point)](), bottom(trunk.from))
      for bend in trunk.bends {
        let top = Point(x: columns[bend], y: rows[graph.vertices[bend].rank].top)
        curves.append((last, top))
        last = bottom(bend)
      }
      if let bend = trunk.bends.last {
        // Through the last rank; what branches off begins below it.
        curves.append((Point(x: last.x, y: rows[graph.vertices[bend].rank].top), last))
        routes.append(
          Route(curves: curves, head: trunk.isTurned ? .atStart : .none, arrow: nil))
      }
    }
    let entries = try entries(graph, columns, boxes)
    for (arrow, end) in graph.ends.enumerated() {
      if arrow & 255 == 0 { try Safepoint.look() }
      let target = Point(
        x: columns[end.to] + entries[arrow], y: centers[end.to].y - boxes[end.to].height / 2)
      let trunk = graph.trunks[end.trunk]
      let head: Head = !trunk.isTurned ? .atEnd : trunk.bends.isEmpty ? .atStart : .none
      routes.append(
        Route(curves: [(bottom(end.from), target)], head: head, arrow: arrow))
    }
  }

  /// Where on the top of its box each arrow arrives, from the middle: upright where it can, beside the others.
  private func entries(
    _ graph: RankedGraph, _ columns: [Double], _ boxes: [Size]
  ) throws -> [Double] {
    var entries = [Double](repeating: 0, count: graph.ends.count)
    var arrivals = [[Int]](repeating: [], count: boxes.count)
    for (arrow, end) in graph.ends.enumerated() { arrivals[end.to].append(arrow) }
    for (box, arrows) in arrivals.enumerated() where !arrows.isEmpty {
      if box & 255 == 0 { try Safepoint.look() }
      let limit = max(boxes[box].width / 2 - 9, 0)
      let sorted = arrows.sorted {
        (columns[graph.ends[$0].from], $0) < (columns[graph.ends[$1].from], $1)
      }
      let gap = arrows.count > 1 ? min(10, 2 * limit / Double(arrows.count - 1)) : 0
      var wanted = sorted.map { arrow in
        let distance = columns[graph.ends[arrow].from] - columns[box]
        return abs(distance) <= limit ? distance : (distance < 0 ? -0.6 : 0.6) * limit
      }
      for place in wanted.indices.dropFirst() {
        wanted[place] = max(wanted[place], wanted[place - 1] + gap)
      }
      for place in wanted.indices.reversed() {
        let most = place + 1 < wanted.count ? wanted[place + 1] - gap : limit
        wanted[place] = min(wanted[place], most)
      }
      for (place, arrow) in sorted.enumerated() { entries[arrow] = wanted[place] }
    }
    return entries
  }
}
