// The order of vertices along the ranks of a graph, with few crossings: sweeps by the mean place of neighbours
// (Sugiyama), then exchanges of neighbours where that helps (Gansner and others 1993). The best order seen stays.

import Tensors

extension RankedGraph {
  /// What sweeps may look at: pieces of arrows, all sweeps together.
  private static let sweepWork = 4_000_000
  /// Neighbours are exchanged in graphs up to this many vertices.
  private static let mostToExchange = 4000

  /// Puts the vertices of each rank into an order with few crossings.
  mutating func order() throws {
    try orderByWalk()
    var places = [Int](repeating: 0, count: vertices.count)
    func note(_ ranks: [[Int]]) {
      for rank in ranks { for (place, vertex) in rank.enumerated() { places[vertex] = place } }
    }
    note(ranks)
    var (best, fewest) = (ranks, try crossings(places))
    let pieces = vertices.reduce(1) { $0 + $1.below.count }
    var (failures, sweep) = (0, 0)
    while fewest > 0, failures < 6, sweep < 40, sweep * pieces < RankedGraph.sweepWork {
      try sort(downwards: sweep & 1 == 0, tiesTurned: sweep & 2 != 0, &places)
      sweep += 1
      let count = try crossings(places)
      failures = count < fewest ? 0 : failures + 1
      if count < fewest { (best, fewest) = (ranks, count) }
    }
    ranks = best
    note(ranks)
    if fewest > 0, vertices.count <= RankedGraph.mostToExchange { try exchange(&places) }
  }

  /// The first order: operands from left to right, as a walk back from the results meets them.
  private mutating func orderByWalk() throws {
    var isSeen = [Bool](repeating: false, count: vertices.count)
    var ordered = [[Int]](repeating: [], count: ranks.count)
    for rank in ranks.reversed() {
      for start in rank where !isSeen[start] && vertices[start].below.isEmpty {
        try Safepoint.look()
        var stack = [start]
        while let vertex = stack.popLast() {
          guard !isSeen[vertex] else { continue }
          isSeen[vertex] = true
          ordered[vertices[vertex].rank].append(vertex)
          stack += vertices[vertex].above.reversed()
        }
      }
    }
    ranks = ordered
  }

  /// Sorts each rank by the mean place of the neighbours in the one before, which stays.
  private mutating func sort(downwards: Bool, tiesTurned: Bool, _ places: inout [Int]) throws {
    let order = downwards ? Array(ranks.indices) : ranks.indices.reversed()
    for rank in order.dropFirst() {
      try Safepoint.look()
      var keyed: [(key: Double, place: Int, vertex: Int)] = []
      for (place, vertex) in ranks[rank].enumerated() {
        let neighbours = downwards ? vertices[vertex].above : vertices[vertex].below
        let sum = neighbours.reduce(0) { $0 + places[$1] }
        let key = neighbours.isEmpty ? Double(place) : Double(sum) / Double(neighbours.count)
        keyed.append((key, tiesTurned ? -place : place, vertex))
      }
      keyed.sort { ($0.key, $0.place) < ($1.key, $1.place) }
      ranks[rank] = keyed.map(\.vertex)
      for (place, vertex) in ranks[rank].enumerated() { places[vertex] = place }
    }
  }

  /// The number of pairs of arrow pieces that cross: inversions, counted by a Fenwick tree.
  private func crossings(_ places: [Int]) throws -> Int {
    var count = 0
    for rank in ranks.indices.dropLast() {
      try Safepoint.look()
      let size = ranks[rank + 1].count
      var tree = [Int](repeating: 0, count: size + 1)
      var total = 0
      for vertex in ranks[rank] {
        let targets = vertices[vertex].below.map { places[$0] }
        for target in targets {
          var (index, before) = (target + 1, 0)
          while index > 0 {
            before += tree[index]
            index &= index - 1
          }
          count += total - before
        }
        for target in targets {
          var index = target + 1
          while index <= size {
            tree[index] += 1
            index += index & -index
          }
          total += 1
        }
      }
    }
    return count
  }

  /// Exchanges neighbours while that takes crossings away.
  private mutating func exchange(_ places: inout [Int]) throws {
    var isBetter = true
    var round = 0
    while isBetter, round < 12 {
      (isBetter, round) = (false, round + 1)
      for rank in ranks.indices {
        try Safepoint.look()
        for place in ranks[rank].indices.dropLast() {
          let (left, right) = (ranks[rank][place], ranks[rank][place + 1])
          let gain = crossings(left, right, places) - crossings(right, left, places)
          guard gain > 0 else { continue }
          ranks[rank].swapAt(place, place + 1)
          (places[left], places[right]) = (place + 1, place)
          isBetter = true
        }
      }
    }
  }

  /// The crossings of the arrows of two neighbours, in this order.
  private func crossings(_ left: Int, _ right: Int, _ places: [Int]) -> Int {
    func count(_ first: [Int], _ second: [Int]) -> Int {
      guard !first.isEmpty, !second.isEmpty else { return 0 }
      let first = first.map { places[$0] }.sorted()
      let second = second.map { places[$0] }.sorted()
      var (total, smaller) = (0, 0)
      for place in first {
        while smaller < second.count, second[smaller] < place { smaller += 1 }
        total += smaller
      }
      return total
    }
    return count(vertices[left].above, vertices[right].above)
      + count(vertices[left].below, vertices[right].below)
  }
}
