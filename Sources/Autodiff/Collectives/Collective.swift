// Collectives: linear maps on the values of all ranks together.
//
//     all_reduce       y_r = Σ x_s          transposed: the same
//     all_gather       y_r = (x_0, x_1, …)  transposed: reduce_scatter
//     broadcast k      y_r = x_k            transposed: reduce to k
//     gather to k      y_k = (x_0, x_1, …)  transposed: scatter from k
//
// The objective is the sum of what the ranks return, so cotangents go by the transposed map. Sums are taken in
// the order of ranks, ((x₀ + x₁) + x₂) + …, by our own addition: the same bits on every rank and by every engine.

import Tensors

/// A linear map on the tensors of all ranks.
package enum Collective: Equatable, Sendable {
  /// The sum, on every rank.
  case allReduce
  /// The tensors of all ranks along a new first axis, on every rank.
  case allGather
  /// Row r of the sum, on rank r.
  case reduceScatter
  /// The tensor of one rank, on every rank.
  case broadcast(root: Int)
  /// The sum on one rank, zeros of its shape on others.
  case reduce(root: Int)
  /// The tensors of all ranks along a new first axis on one rank, none of them on others.
  case gather(root: Int)
  /// Row r of one rank's tensor, on rank r; others give a tensor without rows.
  case scatter(root: Int)

  /// What programs call it.
  package var name: String {
    switch self {
    case .allReduce: "all_reduce"
    case .allGather: "all_gather"
    case .reduceScatter: "reduce_scatter"
    case .broadcast: "broadcast"
    case .reduce: "reduce"
    case .gather: "gather"
    case .scatter: "scatter"
    }
  }

  /// The map that cotangents go by.
  var transposed: Collective {
    switch self {
    case .allReduce: .allReduce
    case .allGather: .reduceScatter
    case .reduceScatter: .allGather
    case .broadcast(let root): .reduce(root: root)
    case .reduce(let root): .broadcast(root: root)
    case .gather(let root): .scatter(root: root)
    case .scatter(let root): .gather(root: root)
    }
  }

  private var root: Int? {
    switch self {
    case .allReduce, .allGather, .reduceScatter: nil
    case .broadcast(let root), .reduce(let root), .gather(let root), .scatter(let root): root
    }
  }

  /// Whether what comes in has an axis of ranks first.
  package var takesRows: Bool {
    switch self {
    case .reduceScatter, .scatter: true
    default: false
    }
  }

  /// Whether what comes out has an axis of ranks first.
  package var givesRows: Bool {
    switch self {
    case .allGather, .gather: true
    default: false
    }
  }

  /// What must be the same on every rank, for a message: `broadcast from rank 1 of f64[3]`.
  func described(_ shape: Shape, _ dtype: DType) -> String {
    let part = shape.array.dropFirst(takesRows ? 1 : 0).map(String.init).joined(separator: ", ")
    let place =
      switch self {
      case .broadcast(let root), .scatter(let root): " from rank \(root)"
      case .reduce(let root), .gather(let root): " to rank \(root)"
      default: ""
      }
    return "\(name)\(place) of \(takesRows ? "rows of " : "")\(dtype.name)[\(part)]"
  }

  /// A word for what must be the same on every rank.
  func code(_ shape: Shape, _ dtype: DType) -> UInt64 {
    var code = Code()
    let kind: (number: UInt64, root: Int) =
      switch self {
      case .allReduce: (1, 0)
      case .allGather: (2, 0)
      case .reduceScatter: (3, 0)
      case .broadcast(let root): (4, root)
      case .reduce(let root): (5, root)
      case .gather(let root): (6, root)
      case .scatter(let root): (7, root)
      }
    code.add(kind.number)
    code.add(UInt64(kind.root))
    // Behind a first axis of ranks, others than the root have no rows.
    code.add(takesRows && !shape.array.isEmpty ? shape.removing(axis: 0) : shape, dtype)
    return code.word
  }

  /// The result for plain tensors. The ranks have met.
  func callAsFunction(_ x: Tensor, _ ranks: Ranks) throws -> Tensor {
    // What others than the root give is not looked at.
    let x =
      if case .broadcast(let root) = self, ranks.rank != root { x } else { try x.contiguous() }
    switch self {
    case .allReduce: return try sum(x, ranks)
    case .allGather: return try gathered(x, ranks)
    case .reduceScatter: return try summedRow(x, ranks)
    case .broadcast(let root): return try broadcast(x, from: root, ranks)
    case .reduce(let root):
      let all = try gathered(x, ranks, at: root)
      return ranks.rank == root ? try Collective.sumOfRows(all) : try Tensor.zeros(x.shape, x.dtype)
    case .gather(let root): return try gathered(x, ranks, at: root)
    case .scatter(let root):
      let shape = try Shape(x.shape.array.dropFirst())
      return try Tensor.make(shape, x.dtype) { bytes in
        let size = shape.count * x.dtype.size
        try x.withBytes {
          try ranks.communicator.scatter(
            $0, sizes: Array(repeating: size, count: ranks.count),
            into: UnsafeMutableRawBufferPointer(start: bytes, count: size), from: root)
        }
      }
    }
  }

  private func broadcast(_ x: Tensor, from root: Int, _ ranks: Ranks) throws -> Tensor {
    guard ranks.count > 1 else { return x }
    func exchange(_ bytes: UnsafeMutableRawPointer) throws {
      try ranks.communicator.broadcast(
        UnsafeMutableRawBufferPointer(start: bytes, count: x.byteCount), from: root)
    }
    guard ranks.rank == root else { return try Tensor.make(x.shape, x.dtype, fill: exchange) }
    // The root's bytes are read alone.
    try x.withElements(exchange)
    return x
  }

  // MARK: - Sums

  /// Up to so many bytes every rank gets all tensors and adds them; above, each adds a part of them.
  private static let mostGathered = 1 << 15

  private func sum(_ x: Tensor, _ ranks: Ranks) throws -> Tensor {
    guard ranks.count > 1 else { return x }
    if x.byteCount <= Collective.mostGathered {
      return try Collective.sumOfRows(gathered(x, ranks))
    }
    let bounds = (0...ranks.count).map { $0 * x.count / ranks.count }
    let sizes = (0..<ranks.count).map { (bounds[$0 + 1] - bounds[$0]) * x.dtype.size }
    let own = bounds[ranks.rank + 1] - bounds[ranks.rank]
    let part = try Collective.sumOfRows(
      exchanged(x, given: sizes, rows: own, ranks, largest: sizes.max() ?? 0))
    return try Tensor.make(x.shape, x.dtype) { bytes in
      try part.withBytes {
        try ranks.communicator.allGather(
          $0, sizes: sizes, into: UnsafeMutableRawBufferPointer(start: bytes, count: x.byteCount))
      }
    }
  }

  /// Row r of the sum for rank r, of tensors with a row for each rank.
  private func summedRow(_ x: Tensor, _ ranks: Ranks) throws -> Tensor {
    let shape = try Shape(x.shape.array.dropFirst())
    let size = shape.count * x.dtype.size
    let rows = try exchanged(
      x, given: Array(repeating: size, count: ranks.count), rows: shape.count, ranks, largest: size)
    return try Collective.sumOfRows(rows).reshaped(shape)
  }

  /// The piece that each rank has for this one, as rows.
  private func exchanged(
    _ x: Tensor, given: [Int], rows count: Int, _ ranks: Ranks, largest: Int
  ) throws -> Tensor {
    let shape = Shape(ranks.count, count)
    try MemoryAccount.require(shape.count, of: x.dtype.size)
    return try Tensor.make(shape, x.dtype) { bytes in
      let all = UnsafeMutableRawBufferPointer(start: bytes, count: shape.count * x.dtype.size)
      let taken = Array(repeating: count * x.dtype.size, count: ranks.count)
      try x.withBytes {
        try ranks.communicator.exchange(
          $0, given: given, into: all, taken: taken, largest: largest)
      }
    }
  }

  /// The sum of rows, from the first to the last.
  package static func sumOfRows(_ rows: Tensor) throws -> Tensor {
    let shape = try Shape(rows.shape.array.dropFirst())
    func row(_ index: Int) throws -> Tensor {
      try rows.sliced(axis: 0, from: index, to: index + 1).reshaped(shape)
    }
    var sum = try row(0)
    for index in 1..<max(1, rows.shape[0]) { sum = try Tensor.binary(.add, sum, row(index)) }
    return sum
  }

  // MARK: - Rows

  private func gathered(_ x: Tensor, _ ranks: Ranks, at root: Int? = nil) throws -> Tensor {
    let isHere = root == nil || root == ranks.rank
    let shape = try Shape([isHere ? ranks.count : 0] + x.shape.array)
    if ranks.count == 1 { return try x.reshaped(shape) }
    try MemoryAccount.require(shape.count, of: x.dtype.size)
    return try Tensor.make(shape, x.dtype) { bytes in
      let all = UnsafeMutableRawBufferPointer(start: bytes, count: shape.count * x.dtype.size)
      let sizes = Array(repeating: x.byteCount, count: ranks.count)
      try x.withBytes { own in
        if let root {
          try ranks.communicator.gather(own, sizes: sizes, into: all, at: root)
        } else {
          try ranks.communicator.allGather(own, sizes: sizes, into: all)
        }
      }
    }
  }
}

extension Tensor {
  fileprivate var byteCount: Int { count * dtype.size }

  /// The bytes of a tensor that lies in row-major order.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withElements { try body(UnsafeRawBufferPointer(start: $0, count: byteCount)) }
  }
}
