// A graph in ranks: every arrow leads from a rank to the next, a long one over bends that stand in the ranks between.
//
// The long arrows of one box share a trunk, which they branch off, so that a value used in a thousand places
// has one line along all of them.

import Tensors

/// Boxes and bends in ranks.
struct RankedGraph {
  /// A box, by its index, or a bend, numbered after all boxes.
  struct Vertex {
    var rank: Int
    var above: [Int] = []
    var below: [Int] = []
  }

  /// What the arrows of one box have in common: the bends that they may pass.
  struct Trunk {
    let from: Int
    /// One a rank, from the rank below the box on.
    var bends: [Int] = []
    /// True for an arrow that closes a circle, which is drawn against its direction.
    let isTurned: Bool
  }

  /// The last piece of an arrow: from a box or bend to a box of the next rank.
  struct End {
    var from: Int
    let to: Int
    let trunk: Int
  }

  var vertices: [Vertex]
  /// The vertices of each rank, from left to right.
  var ranks: [[Int]] = []
  private(set) var trunks: [Trunk] = []
  /// One for each arrow, in the order given.
  private(set) var ends: [End] = []
  let boxCount: Int

  /// Bends past this number are not made: the longest trunks are cut, and their arrows run across.
  static let mostBends = 20_000

  init(boxes count: Int, arrows: [(from: Int, to: Int)]) throws {
    boxCount = count
    let turned = try RankedGraph.closesCircle(count, arrows)
    let straight = zip(arrows, turned).map { $1 ? (from: $0.to, to: $0.from) : $0 }
    let rankOfBox = try RankedGraph.ranks(count, straight)
    vertices = rankOfBox.map { Vertex(rank: $0) }
    ranks = Array(repeating: [], count: (rankOfBox.max() ?? 0) + 1)
    try makeTrunks(straight, turned)
    // Boxes by themselves begin in the order they were given; `order` sets the rest.
    for (index, vertex) in vertices.enumerated() { ranks[vertex.rank].append(index) }
  }

  // MARK: - Circles

  /// Which arrows a walk along all of them meets coming back to where it is.
  private static func closesCircle(
    _ count: Int, _ arrows: [(from: Int, to: Int)]
  ) throws -> [Bool] {
    var leaving = [[Int]](repeating: [], count: count)
    for (index, arrow) in arrows.enumerated() { leaving[arrow.from].append(index) }
    var isTurned = [Bool](repeating: false, count: arrows.count)
    var isOpen = [Bool](repeating: false, count: count)
    var isDone = isOpen
    for start in 0..<count where !isDone[start] {
      try Safepoint.look()
      var stack = [(box: start, next: 0)]
      isOpen[start] = true
      while let (box, next) = stack.last {
        guard next < leaving[box].count else {
          isOpen[box] = false
          isDone[box] = true
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let target = arrows[leaving[box][next]].to
        if isOpen[target] {
          isTurned[leaving[box][next]] = true
        } else if !isDone[target] {
          isOpen[target] = true
          stack.append((target, 0))
        }
      }
    }
    return isTurned
  }

  // MARK: - Ranks

  /// The ranks of boxes: below all that it is made of, then as near to what is made of it as shortens arrows.
  private static func ranks(_ count: Int, _ arrows: [(from: Int, to: Int)]) throws -> [Int] {
    var leaving = [[Int]](repeating: [], count: count)
    var arriving = leaving
    for arrow in arrows {
      leaving[arrow.from].append(arrow.to)
      arriving[arrow.to].append(arrow.from)
    }
    var missing = arriving.map(\.count)
    var order = (0..<count).filter { missing[$0] == 0 }
    var rank = [Int](repeating: 0, count: count)
    var place = 0
    while place < order.count {
      let box = order[place]
      place += 1
      if place & 1023 == 0 { try Safepoint.look() }
      for target in leaving[box] {
        rank[target] = max(rank[target], rank[box] + 1)
        missing[target] -= 1
        if missing[target] == 0 { order.append(target) }
      }
    }
    for box in order.reversed() where leaving[box].count >= arriving[box].count {
      guard let nearest = leaving[box].map({ rank[$0] }).min() else { continue }
      rank[box] = nearest - 1
    }
    for box in order where arriving[box].count > leaving[box].count {
      rank[box] = (arriving[box].map { rank[$0] }.max() ?? -1) + 1
    }
    let first = rank.min() ?? 0
    return rank.map { $0 - first }
  }

  // MARK: - Bends

  private mutating func makeTrunks(_ arrows: [(from: Int, to: Int)], _ turned: [Bool]) throws {
    var trunkOfBox: [Int: Int] = [:]
    var lengths: [Int] = []
    for (arrow, isTurned) in zip(arrows, turned) {
      let length = vertices[arrow.to].rank - vertices[arrow.from].rank - 1
      let trunk: Int
      if !isTurned, let known = trunkOfBox[arrow.from] {
        trunk = known
        lengths[trunk] = max(lengths[trunk], length)
      } else {
        trunk = trunks.count
        trunks.append(Trunk(from: arrow.from, isTurned: isTurned))
        lengths.append(length)
        if !isTurned { trunkOfBox[arrow.from] = trunk }
      }
      ends.append(End(from: arrow.from, to: arrow.to, trunk: trunk))
    }
    let longest = RankedGraph.longest(of: lengths)
    for index in trunks.indices where lengths[index] <= longest {
      try Safepoint.look()
      var last = trunks[index].from
      for _ in 0..<lengths[index] {
        let bend = vertices.count
        vertices.append(Vertex(rank: vertices[last].rank + 1))
        connect(last, bend)
        trunks[index].bends.append(bend)
        last = bend
      }
    }
    for index in ends.indices {
      let (to, bends) = (ends[index].to, trunks[ends[index].trunk].bends)
      let passed = vertices[to].rank - vertices[ends[index].from].rank - 1
      if passed > 0, passed <= bends.count { ends[index].from = bends[passed - 1] }
      // An arrow that runs across has no say in the order of ranks.
      if vertices[to].rank == vertices[ends[index].from].rank + 1 {
        connect(ends[index].from, to)
      }
    }
  }

  private mutating func connect(_ upper: Int, _ lower: Int) {
    vertices[upper].below.append(lower)
    vertices[lower].above.append(upper)
  }

  /// The length up to which trunks may have bends.
  private static func longest(of lengths: [Int]) -> Int {
    var left = mostBends
    for length in lengths.sorted() {
      left -= length
      if left < 0 { return length - 1 }
    }
    return .max
  }
}
