// The places of vertices along their ranks, after Brandes and Köpf (2002), with the compaction that dagre uses
// for boxes of different widths.
//
// Four alignments, from above or below and from the left or the right, put each vertex under the middle one of
// its neighbours where nothing is in the way. Aligned vertices are a block that stands upright; blocks are set
// as near to each other as their widths allow. A vertex stands at the middle of the four.

import Tensors

/// Where the vertices of a ranked graph stand along their ranks.
struct RankColumns {
  /// The middle of each vertex.
  private(set) var columns: [Double] = []

  private let graph: RankedGraph
  private let widths: [Double]
  private let places: [Int]
  /// Arrow pieces that cross one between two bends and give way to it: those of an upper and a lower vertex.
  private var givesWay: Set<Piece> = []

  private struct Piece: Hashable {
    let upper: Int
    let lower: Int
  }

  init(_ graph: RankedGraph, widths: [Double]) throws {
    self.graph = graph
    self.widths = widths
    var places = [Int](repeating: 0, count: graph.vertices.count)
    for rank in graph.ranks { for (place, vertex) in rank.enumerated() { places[vertex] = place } }
    self.places = places
    try findConflicts()
    var layouts: [[Double]] = []
    for isUpwards in [false, true] {
      for isFromRight in [false, true] {
        layouts.append(try aligned(upwards: isUpwards, fromRight: isFromRight))
      }
    }
    align(&layouts)
    columns = places.indices.map { vertex in
      let values = layouts.map { $0[vertex] }.sorted()
      return (values[1] + values[2]) / 2
    }
    for _ in 0..<2 { try drawTrunksNear() }
  }

  private func isBend(_ vertex: Int) -> Bool { vertex >= graph.boxCount }

  /// Long arrows are to be straight: what crosses a piece between two bends gives way.
  private mutating func findConflicts() throws {
    for (upper, lower) in zip(graph.ranks, graph.ranks.dropFirst()) {
      try Safepoint.look()
      var (leftmost, scanned) = (0, 0)
      for (place, vertex) in lower.enumerated() {
        let inner =
          isBend(vertex) ? graph.vertices[vertex].above.first(where: isBend) : nil
        guard inner != nil || place == lower.count - 1 else { continue }
        let rightmost = inner.map { places[$0] } ?? upper.count
        while scanned <= place {
          let other = lower[scanned]
          for neighbour in graph.vertices[other].above {
            let at = places[neighbour]
            if at < leftmost || at > rightmost, !(isBend(neighbour) && isBend(other)) {
              givesWay.insert(Piece(upper: neighbour, lower: other))
            }
          }
          scanned += 1
        }
        leftmost = rightmost
      }
    }
  }

  // MARK: - One of the four

  private func aligned(upwards: Bool, fromRight: Bool) throws -> [Double] {
    var ranks = upwards ? graph.ranks.reversed() : graph.ranks
    if fromRight { ranks = ranks.map { $0.reversed() } }
    var place = places
    for rank in ranks { for (at, vertex) in rank.enumerated() { place[vertex] = at } }
    let root = try blocks(ranks, place, upwards: upwards)
    let columns = try compacted(ranks, root)
    return fromRight ? columns.map { -$0 } : columns
  }

  /// The first vertex of the block that each vertex is in.
  private func blocks(_ ranks: [[Int]], _ place: [Int], upwards: Bool) throws -> [Int] {
    var root = Array(place.indices)
    var next = root
    for rank in ranks {
      try Safepoint.look()
      var last = -1
      for vertex in rank {
        let known = upwards ? graph.vertices[vertex].below : graph.vertices[vertex].above
        guard !known.isEmpty else { continue }
        let neighbours = known.sorted { place[$0] < place[$1] }
        let middles = Set([(neighbours.count - 1) / 2, neighbours.count / 2]).sorted()
        for middle in middles {
          let neighbour = neighbours[middle]
          let piece =
            upwards
            ? Piece(upper: vertex, lower: neighbour) : Piece(upper: neighbour, lower: vertex)
          guard next[vertex] == vertex, last < place[neighbour], !givesWay.contains(piece)
          else { continue }
          next[neighbour] = vertex
          root[vertex] = root[neighbour]
          next[vertex] = root[vertex]
          last = place[neighbour]
        }
      }
    }
    return root
  }

  /// Blocks as far to the left as they can be, then each as near to what is right of it as it can be.
  private func compacted(_ ranks: [[Int]], _ root: [Int]) throws -> [Double] {
    var before = [[(block: Int, gap: Double)]](repeating: [], count: root.count)
    var after = before
    for rank in ranks {
      for (left, right) in zip(rank, rank.dropFirst()) {
        let gap = gap(left, right)
        before[root[right]].append((root[left], gap))
        after[root[left]].append((root[right], gap))
      }
    }
    var missing = before.map(\.count)
    var order = root.indices.filter { root[$0] == $0 && missing[$0] == 0 }
    var at = [Double](repeating: 0, count: root.count)
    var place = 0
    while place < order.count {
      let block = order[place]
      place += 1
      if place & 1023 == 0 { try Safepoint.look() }
      for (other, gap) in after[block] {
        at[other] = max(at[other], at[block] + gap)
        missing[other] -= 1
        if missing[other] == 0 { order.append(other) }
      }
    }
    for block in order.reversed() {
      guard let limit = after[block].map({ at[$0.block] - $0.gap }).min() else { continue }
      at[block] = max(at[block], limit)
    }
    return root.map { at[$0] }
  }

  // MARK: - Trunks

  /// Moves each straight trunk to where its arrows are short, as far as there is room: the middle of four
  /// may stand far from all that it is connected with.
  private mutating func drawTrunksNear() throws {
    var targets = [[Double]](repeating: [], count: graph.trunks.count)
    for end in graph.ends where isBend(end.from) { targets[end.trunk].append(columns[end.to]) }
    for (index, trunk) in graph.trunks.enumerated() {
      guard let first = trunk.bends.first else { continue }
      if index & 255 == 0 { try Safepoint.look() }
      let column = columns[first]
      guard trunk.bends.allSatisfy({ abs(columns[$0] - column) < 0.01 }) else { continue }
      var (low, high) = (-Double.infinity, Double.infinity)
      for bend in trunk.bends {
        let (rank, place) = (graph.ranks[graph.vertices[bend].rank], places[bend])
        if place > 0 { low = max(low, columns[rank[place - 1]] + gap(rank[place - 1], bend)) }
        if place + 1 < rank.count {
          high = min(high, columns[rank[place + 1]] - gap(bend, rank[place + 1]))
        }
      }
      guard low <= high else { continue }
      let wanted = (targets[index] + [columns[trunk.from]]).sorted()
      let middle = (wanted[(wanted.count - 1) / 2] + wanted[wanted.count / 2]) / 2
      for bend in trunk.bends { columns[bend] = min(max(middle, low), high) }
    }
  }

  private func gap(_ left: Int, _ right: Int) -> Double {
    let gaps = LayeredLayout.gaps
    let space = isBend(left) || isBend(right) ? gaps.bends : gaps.boxes
    return (widths[left] + widths[right]) / 2 + space
  }

  /// Moves the layouts to the narrowest of them: those from the left to its left end, the others to its right.
  private func align(_ layouts: inout [[Double]]) {
    func bounds(_ layout: [Double]) -> (low: Double, high: Double) {
      (
        zip(layout, widths).map { $0 - $1 / 2 }.min() ?? 0,
        zip(layout, widths).map { $0 + $1 / 2 }.max() ?? 0
      )
    }
    let all = layouts.map(bounds)
    guard let narrowest = all.min(by: { $0.high - $0.low < $1.high - $1.low }) else { return }
    for index in layouts.indices {
      let isFromRight = index & 1 == 1
      let shift =
        isFromRight ? narrowest.high - all[index].high : narrowest.low - all[index].low
      for vertex in layouts[index].indices { layouts[index][vertex] += shift }
    }
  }
}
