// Sums over tasks that ranks share out among them: the same bits on any number of ranks.
//
// Tasks 0 … n−1 are the leaves of a binary tree, split at the largest power of two below the number of leaves.
// A sum is taken along it, and what a task does not give is left out. Each rank has a block of tasks that follow
// each other; it adds up the whole subtrees that lie in it, at most two for each binary digit of n, and the ranks
// exchange these alone. Their tops are then added on every rank, or of large tensors a part on each.

import Tensors

/// What a rank's tasks give to sums, by output.
struct TaskSums {
  /// A subtree of tasks that begins at `start`, with its sum.
  private struct Node {
    let start: Int
    let size: Int
    let value: Variable
  }

  private var nodes: [[Node]]

  /// Sums of so many outputs.
  init(outputs: Int) { nodes = Array(repeating: [], count: outputs) }

  /// Adds what a task gives to an output; tasks come in their order.
  mutating func add(_ value: Variable, of task: Int, to output: Int) throws {
    try value.requireProcessor(for: "parallel_map")
    var node = Node(start: task, size: 1, value: stopGradient(value))
    // Neighbours are one subtree where both are full and the first begins at a multiple of their size together.
    while let last = nodes[output].last, last.size == node.size,
      last.start + last.size == node.start, last.start % (2 * last.size) == 0,
      last.value.shape == node.value.shape, last.value.dtype == node.value.dtype
    {
      nodes[output].removeLast()
      node = Node(start: last.start, size: 2 * last.size, value: try last.value + node.value)
    }
    nodes[output].append(node)
  }

  /// The sums over the tasks of all ranks, on every rank; nil for an output that no task gave anything to.
  ///
  /// - Parameters:
  ///   - tasks: how many tasks there are.
  ///   - deed: what the ranks do, for messages.
  func exchanged(tasks: Int, _ ranks: Ranks, _ deed: @autoclosure () -> String) throws
    -> [Variable?]
  {
    let all = nodes.joined().map(\.value)
    let levels = try Context.current.levelsOfAnyRank(of: all, ranks, deed())
    return try exchanged(tasks: tasks, ranks, at: levels)
  }

  private func exchanged(tasks: Int, _ ranks: Ranks, at levels: UInt64) throws -> [Variable?] {
    guard levels != 0 else { return try exchangedPlain(tasks, ranks) }
    let context = Context.current
    let height = Int32(63 - levels.leadingZeroBitCount)
    let level = context.levels[Int(height)]
    guard level.kind == .batch else {
      throw TensorError(
        .value, "parallel_map cannot be called in what is recorded to be solved or linearized",
        hint: "write a loop there, or map over tasks before it and capture what that gives")
    }
    var below = self
    below.nodes = try nodes.map { nodes in
      try nodes.map { node in
        let (value, isHere) = lowered(node.value, height)
        return Node(
          start: node.start, size: node.size,
          value: try mapped(value, isHere, size: level.size))
      }
    }
    return try below.exchanged(tasks: tasks, ranks, at: levels & ~(1 << UInt64(height))).map {
      $0.map { context.value(.batch, $0, height: height) }
    }
  }

  // MARK: - Plain tensors

  /// A node of any rank.
  private struct Header {
    let output: Int
    let start: Int
    let size: Int
    let dtype: DType
    let shape: Shape
    var bytes: Int { shape.count * dtype.size }
  }

  private func exchangedPlain(_ tasks: Int, _ ranks: Ranks) throws -> [Variable?] {
    let own = try nodes.map { try $0.map { try plain($0.value).contiguous() } }
    let headers = try headersOfAll(own, ranks)
    var rows: [[(start: Int, size: Int, Tensor)]] = Array(repeating: [], count: nodes.count)
    var places: [[(rank: Int, header: Header)]] = Array(repeating: [], count: nodes.count)
    for (rank, headers) in headers.enumerated() {
      for header in headers { places[header.output].append((rank, header)) }
    }
    try requireAlike(places)
    guard ranks.count > 1 else {
      return try zip(places, own).map { places, tensors in
        let nodes = zip(places, tensors).map { ($0.header.start, $0.header.size, $1) }
        return try TaskSums.top(nodes, 0..<tasks).map { .tensor($0) }
      }
    }
    // Large sums are taken in parts, one on each rank; all else goes to every rank as it is.
    let isShared = places.map { $0.count > 1 && $0[0].header.bytes > TaskSums.mostGathered }
    try gather(own, headers, isShared, ranks) { header, tensor in
      rows[header.output].append((header.start, header.size, tensor))
    }
    return try places.indices.map { output in
      guard !places[output].isEmpty else { return nil }
      let found =
        isShared[output]
        ? try sharedSum(own[output], places[output], tasks, ranks)
        : try TaskSums.top(rows[output], 0..<tasks)
      return found.map { .tensor($0) }
    }
  }

  /// Up to so many bytes of a sum every rank gets all its subtrees.
  private static let mostGathered = 1 << 14

  /// The sum over a part of the tree; nil where no task in it gave anything.
  private static func top(
    _ nodes: [(start: Int, size: Int, Tensor)], _ tasks: Range<Int>
  ) throws -> Tensor? {
    func sum(_ nodes: ArraySlice<(start: Int, size: Int, Tensor)>, _ tasks: Range<Int>) throws
      -> Tensor?
    {
      guard let first = nodes.first else { return nil }
      if nodes.count == 1 { return first.2 }
      let half = 1 << (Int.bitWidth - 1 - (tasks.count - 1).leadingZeroBitCount)
      let middle = tasks.lowerBound + half
      let border = nodes.firstIndex { $0.start >= middle } ?? nodes.endIndex
      let left = try sum(nodes[..<border], tasks.lowerBound..<middle)
      let right = try sum(nodes[border...], middle..<tasks.upperBound)
      guard let left, let right else { return left ?? right }
      return try Tensor.binary(.add, left, right)
    }
    return try sum(nodes[...], tasks)
  }

  private func headersOfAll(_ own: [[Tensor]], _ ranks: Ranks) throws -> [[Header]] {
    var words: [Int] = []
    for (output, nodes) in nodes.enumerated() {
      for (node, tensor) in zip(nodes, own[output]) {
        words += [output, node.start, node.size, Int(tensor.dtype.rawValue), tensor.rank]
        words += tensor.shape.array
      }
    }
    return try ranks.allGather(words.withUnsafeBytes { Array($0) }).map { bytes in
      let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
      var headers: [Header] = []
      var place = 0
      while place < words.count {
        let rank = words[place + 4]
        let extents = Array(words[place + 5..<place + 5 + rank])
        headers.append(
          Header(
            output: words[place], start: words[place + 1], size: words[place + 2],
            dtype: DType.allCases[words[place + 3]], shape: try Shape(extents)))
        place += 5 + rank
      }
      return headers
    }
  }

  private func requireAlike(_ places: [[(rank: Int, header: Header)]]) throws {
    for places in places {
      guard let first = places.first?.header else { continue }
      for (_, other) in places
      where other.shape != first.shape || other.dtype != first.dtype {
        throw TensorError(
          .shape,
          "tasks \(first.start) and \(other.start) give \(first.dtype.name)\(first.shape) and "
            + "\(other.dtype.name)\(other.shape), which have no sum",
          hint: "give tensors of one shape and dtype from every task")
      }
    }
  }

  /// Brings every node that is not shared to every rank, in the order of tasks within an output.
  private func gather(
    _ own: [[Tensor]], _ headers: [[Header]], _ isShared: [Bool], _ ranks: Ranks,
    _ take: (Header, Tensor) -> Void
  ) throws {
    let sizes = headers.map { $0.reduce(0) { $0 + (isShared[$1.output] ? 0 : $1.bytes) } }
    let total = sizes.reduce(0, +)
    let mine = try Tensor.bytes(sizes[ranks.rank])
    let all = try Tensor.bytes(total)
    var place = 0
    mine.withElements { bytes in
      for (output, tensors) in own.enumerated() where !isShared[output] {
        for tensor in tensors {
          tensor.withBytes { source in
            UnsafeMutableRawBufferPointer(start: bytes + place, count: source.count)
              .copyMemory(from: source)
            place += source.count
          }
        }
      }
    }
    try all.withElements { bytes in
      try mine.withBytes {
        try ranks.communicator.allGather(
          $0, sizes: sizes, into: UnsafeMutableRawBufferPointer(start: bytes, count: total))
      }
    }
    place = 0
    for header in headers.joined() where !isShared[header.output] {
      let tensor = try Tensor.make(header.shape, header.dtype) { target in
        all.withBytes {
          UnsafeMutableRawBufferPointer(start: target, count: header.bytes)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<place + header.bytes]))
        }
      }
      place += header.bytes
      take(header, tensor)
    }
  }

  /// A sum of which each rank takes a part of the elements.
  private func sharedSum(
    _ own: [Tensor], _ places: [(rank: Int, header: Header)], _ tasks: Int, _ ranks: Ranks
  ) throws -> Tensor? {
    let header = places[0].header
    let (count, size) = (header.shape.count, header.dtype.size)
    let bounds = (0...ranks.count).map { $0 * count / ranks.count }
    func length(_ rank: Int) -> Int { bounds[rank + 1] - bounds[rank] }
    let nodesOf = (0..<ranks.count).map { rank in places.count { $0.rank == rank } }
    // Piece r holds the part of rank r of every subtree here.
    let mine = try Tensor.make(Shape(own.count * count), header.dtype) { bytes in
      var place = 0
      for rank in 0..<ranks.count {
        for tensor in own {
          tensor.withBytes {
            let part = $0[bounds[rank] * size..<bounds[rank + 1] * size]
            UnsafeMutableRawBufferPointer(start: bytes + place, count: part.count)
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            place += part.count
          }
        }
      }
    }
    let part = length(ranks.rank)
    let pieces = try Tensor.make(Shape(places.count, part), header.dtype) { bytes in
      try mine.withBytes {
        try ranks.communicator.exchange(
          $0, given: (0..<ranks.count).map { own.count * length($0) * size },
          into: UnsafeMutableRawBufferPointer(start: bytes, count: places.count * part * size),
          taken: nodesOf.map { $0 * part * size },
          largest: (nodesOf.max() ?? 0) * ((0..<ranks.count).map(length).max() ?? 0) * size)
      }
    }
    let nodes = try places.enumerated().map { index, place in
      (
        place.header.start, place.header.size,
        try pieces.sliced(axis: 0, from: index, to: index + 1).reshaped(Shape(part)).contiguous()
      )
    }
    guard let sum = try TaskSums.top(nodes, 0..<tasks)?.contiguous() else { return nil }
    return try Tensor.make(header.shape, header.dtype) { bytes in
      try sum.withBytes {
        try ranks.communicator.allGather(
          $0, sizes: (0..<ranks.count).map { length($0) * size },
          into: UnsafeMutableRawBufferPointer(start: bytes, count: count * size))
      }
    }
  }
}

extension Tensor {
  /// Room for bytes.
  fileprivate static func bytes(_ count: Int) throws -> Tensor {
    try MemoryAccount.require(count)
    return try make(Shape(count), .bool) { _ in }
  }
}
