// Pictures of graphs of all kinds: boxes stand apart, arrows lead down, and nothing takes long.

import Testing

@testable import Library

@Suite("layouts of graphs") struct LayeredLayoutTests {
  /// Numbers that are the same everywhere.
  private struct Numbers {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
  }

  private func check(
    _ boxes: [LayeredLayout.Size], _ arrows: [(from: Int, to: Int)], isAcyclic: Bool
  ) throws {
    let layout = try LayeredLayout(boxes: boxes, arrows: arrows)
    let again = try LayeredLayout(boxes: boxes, arrows: arrows)
    #expect(layout.centers.map(\.x) == again.centers.map(\.x))
    for (i, a) in layout.centers.enumerated() {
      #expect(
        a.x - boxes[i].width / 2 > -0.001 && a.x + boxes[i].width / 2 < layout.size.width + 0.001)
      for (j, b) in layout.centers.enumerated().prefix(i) {
        let isApart =
          abs(a.x - b.x) >= (boxes[i].width + boxes[j].width) / 2
          || abs(a.y - b.y) >= (boxes[i].height + boxes[j].height) / 2
        #expect(isApart, "boxes \(i) and \(j)")
      }
    }
    for arrow in arrows where isAcyclic {
      #expect(layout.centers[arrow.from].y < layout.centers[arrow.to].y, "\(arrow)")
    }
    // Every arrow ends at its box.
    let ends = layout.routes.filter { $0.arrow != nil }
    #expect(ends.count == arrows.count)
    for route in layout.routes {
      for curve in route.curves {
        #expect(curve.from.x.isFinite && curve.to.x.isFinite && curve.from.y <= curve.to.y + 0.001)
      }
    }
  }

  @Test(arguments: 1...30) func `boxes stand apart and arrows lead down`(seed: Int) throws {
    var numbers = Numbers(state: UInt64(seed))
    let count = 1 + numbers.next(below: 40)
    let boxes = (0..<count).map { _ in
      LayeredLayout.Size(
        width: 30 + Double(numbers.next(below: 150)), height: 20 + Double(numbers.next(below: 20)))
    }
    var pairs: Set<[Int]> = []
    for _ in 0..<numbers.next(below: 3 * count) where count > 1 {
      let (a, b) = (numbers.next(below: count), numbers.next(below: count))
      if a != b { pairs.insert([min(a, b), max(a, b)]) }
    }
    let arrows = pairs.sorted { $0.lexicographicallyPrecedes($1) }.map { (from: $0[0], to: $0[1]) }
    try check(boxes, arrows, isAcyclic: true)
    // The same with some arrows against the others, as folded graphs have them.
    let turned = arrows.enumerated().map {
      $0.offset % 3 == 0 ? (from: $0.element.to, to: $0.element.from) : $0.element
    }
    try check(boxes, turned, isAcyclic: false)
  }

  @Test func `a graph without arrows, a single box and none`() throws {
    let box = LayeredLayout.Size(width: 50, height: 20)
    try check([], [], isAcyclic: true)
    try check([box], [], isAcyclic: true)
    try check([box, box, box], [], isAcyclic: true)
  }

  @Test func `two boxes that lead to each other`() throws {
    let box = LayeredLayout.Size(width: 50, height: 20)
    try check([box, box], [(0, 1), (1, 0)], isAcyclic: false)
  }

  @Test func `more bends than are made are left out`() throws {
    let count = 600
    let boxes = Array(repeating: LayeredLayout.Size(width: 40, height: 20), count: count)
    let chain = (1..<count).map { (from: $0 - 1, to: $0) }
    // Every box is used again at the end: 180,000 bends.
    let long = (0..<(count - 2)).map { (from: $0, to: count - 1) }
    let layout = try LayeredLayout(boxes: boxes, arrows: chain + long)
    #expect(layout.routes.filter { $0.arrow != nil }.count == chain.count + long.count)
  }
}
