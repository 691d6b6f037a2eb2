// Random tensors: a stream is a value, a draw gives the tensor and moves the stream on.
//
// The numbers of a draw depend on the key, the counter before the draw and their places alone: not
// on the machine, nor on how the work is split. Philox's 128-bit counter is (counter, 0) for
// draws, (counter, attempt) for a rejected integer, and (child, counter) under a key of its own for
// `split`.

internal import Kernels

/// A stream of random numbers: the key that names it and how much of it has been used.
public struct RandomKey: Sendable, Hashable {
  /// The name of the stream.
  public var key: UInt64
  /// The number of blocks of four 32-bit words that have been drawn.
  public var counter: UInt64

  /// A stream by its key, from a place on.
  public init(key: UInt64, counter: UInt64 = 0) {
    self.key = key
    self.counter = counter
  }

  /// The stream of a seed, from its beginning.
  public init(seed: Int) { self.init(key: UInt64(bitPattern: Int64(seed))) }

  /// Independent streams; this one moves on, so that a second split gives others.
  public mutating func split(_ count: Int) -> [RandomKey] {
    defer { advance(1) }
    return (0..<max(0, count)).map { RandomKey(key: derived(UInt64($0))) }
  }

  /// A stream that depends on this one's key and counter and on a number; this one stays.
  public func folded(_ number: UInt64) -> RandomKey { RandomKey(key: derived(number)) }

  /// A key from this stream's place: a block under a key that no draw uses, its bits mixed by
  /// one more block.
  private func derived(_ child: UInt64) -> UInt64 {
    let salt: UInt64 = 0x7370_6C69_7420_6B65
    let block = Philox.block(
      counter: (child.low, child.high, counter.low, counter.high),
      key: ((key ^ salt).low, (key ^ salt).high))
    let mixed = Philox.block(counter: block, key: (key.high, key.low))
    return UInt64(mixed.0) | UInt64(mixed.1) << 32
  }

  /// A number of 64 random bits.
  public mutating func next() -> UInt64 {
    defer { advance(1) }
    return kernels_bounded(key, counter, 0)
  }

  /// A number below `range`, without bias; `range` must be above 0.
  public mutating func next(below range: Int) -> Int {
    defer { advance(1) }
    return Int(kernels_bounded(key, counter, UInt64(max(range, 1))))
  }

  private mutating func advance(_ blocks: Int) { counter &+= UInt64(blocks) }

  /// Moves on by the whole groups that so many numbers take.
  private mutating func advance(numbers: Int, inGroup size: Int) {
    advance((numbers + size - 1) / size * Int(KERNELS_RANDOM_GROUP))
  }
}

extension UInt64 {
  fileprivate var low: UInt32 { UInt32(truncatingIfNeeded: self) }
  fileprivate var high: UInt32 { UInt32(truncatingIfNeeded: self >> 32) }
}

// MARK: - Draws

extension RandomKey {
  /// Uniform in [0, 1), with all the bits that the dtype has; f64 unless f32 is asked for.
  public mutating func uniform(_ shape: Shape, _ dtype: DType = .f64) throws -> Tensor {
    try fill(shape, dtype, kernels_uniform_f32, kernels_uniform_f64)
  }

  /// Standard normal.
  public mutating func normal(_ shape: Shape, _ dtype: DType = .f64) throws -> Tensor {
    try fill(shape, dtype, kernels_normal_f32, kernels_normal_f64)
  }

  private mutating func fill(
    _ shape: Shape, _ dtype: DType,
    _ narrow: (UInt64, UInt64, UnsafeMutablePointer<Float>, Int) -> Void,
    _ wide: (UInt64, UInt64, UnsafeMutablePointer<Double>, Int) -> Void
  ) throws -> Tensor {
    let dtype: DType = dtype == .f32 ? .f32 : .f64
    let count = shape.count
    let result = try Tensor.make(shape, dtype) { elements in
      if dtype == .f32 {
        narrow(key, counter, elements.assumingMemoryBound(to: Float.self), count)
      } else {
        wide(key, counter, elements.assumingMemoryBound(to: Double.self), count)
      }
    }
    try Safepoint.look()
    let groupSize = Int(KERNELS_RANDOM_GROUP) * (dtype == .f32 ? 4 : 2)
    advance(numbers: count, inGroup: groupSize)
    return result
  }

  /// Gamma numbers of scale 1, one for each shape, in its dtype; nan for a shape that is not above 0.
  ///
  /// - Parameter period: after how many numbers the same part of the stream is used again; nil for none.
  public mutating func gamma(_ shapes: Tensor, period: Int? = nil) throws -> Tensor {
    try fill(like: shapes, period, kernels_gamma)
  }

  /// Poisson numbers, one for each rate, in its dtype; nan for a negative rate.
  public mutating func poisson(_ rates: Tensor, period: Int? = nil) throws -> Tensor {
    try fill(like: rates, period, kernels_poisson)
  }

  private mutating func fill(
    like parameters: Tensor, _ period: Int?,
    _ draw: (
      UInt64, UInt64, UnsafePointer<Double>, UnsafeMutablePointer<Double>, Int, Int
    ) -> Void
  ) throws -> Tensor {
    let dtype: DType = parameters.dtype == .f32 ? .f32 : .f64
    let source = try parameters.converted(to: .f64).contiguous()
    let result = try Tensor.make(source.shape, .f64) { elements in
      source.withElements { parameters in
        draw(
          key, counter, parameters.assumingMemoryBound(to: Double.self),
          elements.assumingMemoryBound(to: Double.self), source.count,
          max(period ?? source.count, 1))
      }
    }
    try Safepoint.look()
    advance(source.count)
    return try result.converted(to: dtype)
  }

  /// Integers, uniform in `low ..< high`, without bias.
  ///
  /// - Throws: a value error for an empty range.
  public mutating func integers(low: Int, high: Int, _ shape: Shape) throws -> Tensor {
    guard low < high else {
      throw TensorError(
        .value, "there are no integers from \(low) below \(high) to draw",
        hint: "randint draws from low up to, and without, high")
    }
    let range = UInt64(bitPattern: Int64(high)) &- UInt64(bitPattern: Int64(low))
    let result = try Tensor.make(shape, .i64) {
      kernels_integers(
        key, counter, Int64(low), range, $0.assumingMemoryBound(to: Int64.self), shape.count)
    }
    try Safepoint.look()
    advance(shape.count)
    return result
  }

  /// True with a probability, f64 or f32 by `dtype` as 1 and 0, or bool.
  ///
  /// - Throws: a value error for a probability outside 0 to 1.
  public mutating func bernoulli(_ probability: Double, _ shape: Shape, _ dtype: DType = .bool)
    throws -> Tensor
  {
    try RandomKey.check(probability: probability)
    let draws = try uniform(shape)
    return try RandomKey.flags(shape, dtype) { draw, _ in
      draw < probability
    } from: {
      draws
    }
  }

  /// True with the probability that each element gives.
  public mutating func bernoulli(_ probabilities: Tensor, _ dtype: DType = .bool) throws -> Tensor {
    let values = try probabilities.allDoubles()
    try Safepoint.forEach(0..<values.count) { try RandomKey.check(probability: values[$0]) }
    let draws = try uniform(probabilities.shape)
    return try RandomKey.flags(probabilities.shape, dtype) {
      $0 < values[$1]
    } from: {
      draws
    }
  }

  private static func flags(
    _ shape: Shape, _ dtype: DType, _ isTrue: (Double, Int) -> Bool, from draws: () -> Tensor
  ) throws -> Tensor {
    let flags = try Tensor.make(shape, .bool) { flags in
      try draws().withElements { draws in
        let draws = draws.assumingMemoryBound(to: Double.self)
        let flags = flags.assumingMemoryBound(to: UInt8.self)
        try Safepoint.forEach(0..<shape.count) { flags[$0] = isTrue(draws[$0], $0) ? 1 : 0 }
      }
    }
    return try flags.rowMajor(dtype)
  }

  private static func check(probability: Double) throws {
    guard probability >= 0 && probability <= 1 else {
      throw TensorError(.value, "a probability is between 0 and 1, and \(probability) is not")
    }
  }

  /// The numbers 0 ..< n in random order.
  public mutating func permutation(_ n: Int) throws -> Tensor {
    try permutation(of: n, taking: n)
  }

  /// The first `size` of a random order of 0 ..< n, by Fisher and Yates.
  private mutating func permutation(of n: Int, taking size: Int) throws -> Tensor {
    let shape = try Shape([n])
    let order = try Tensor.make(shape, .i64) { elements in
      let order = elements.assumingMemoryBound(to: Int64.self)
      try Safepoint.forEach(0..<n) { order[$0] = Int64($0) }
      kernels_shuffle(key, counter, order, n, min(size, max(n - 1, 0)))
    }
    try Safepoint.look()
    advance(n)
    return order.view(shape: Shape(size), strides: Shape(1))
  }

  /// Numbers from 0 ..< n: with or without repetition, all alike or by weights, which need not
  /// sum to 1.
  ///
  /// - Throws: a value error where there is not enough to choose from, or for weights that are
  ///   negative, not finite or all zero.
  public mutating func choice(
    _ n: Int, _ shape: Shape, replace: Bool = true, weights: Tensor? = nil
  ) throws -> Tensor {
    let size = shape.count
    if size > 0 && (n <= 0 || (!replace && size > n)) {
      throw TensorError(
        .value, "cannot choose \(size) of \(n)\(replace ? "" : " without repetition")",
        hint: n > 0 ? "choose fewer, or with replace=true" : "there is nothing to choose from")
    }
    guard let weights else {
      if replace && size > 0 { return try integers(low: 0, high: n, shape) }
      let chosen = try permutation(of: max(n, 0), taking: size)
      return chosen.view(shape: shape, strides: shape.contiguousStrides)
    }
    let values = try RandomKey.checked(weights, n, choosing: size, replace: replace)
    return replace
      ? try choice(by: values, shape) : try distinctChoice(by: values, shape)
  }

  private static func checked(_ weights: Tensor, _ n: Int, choosing size: Int, replace: Bool)
    throws -> [Double]
  {
    guard weights.rank == 1 && weights.count == n else {
      throw TensorError(
        .shape, "choice among \(n) needs \(n) weights, not \(weights.typeDescription)")
    }
    let values = try weights.allDoubles()
    if let bad = values.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw TensorError(.value, "a weight is finite and not negative, and \(bad) is not")
    }
    let possible = values.count { $0 > 0 }
    guard size == 0 || possible >= (replace ? 1 : size) else {
      throw TensorError(
        .value, "cannot choose \(size) of \(n) when \(possible) weights are above zero")
    }
    return values
  }

  /// By where uniform numbers fall among the running sums of the weights.
  private mutating func choice(by weights: [Double], _ shape: Shape) throws -> Tensor {
    var sum = 0.0
    let sums = try Safepoint.map(weights) { weight in
      sum += weight
      return sum
    }
    let last = weights.lastIndex { $0 > 0 } ?? 0
    try MemoryAccount.require(shape.count, of: 2 * MemoryLayout<Double>.stride)
    let draws = try uniform(shape).allDoubles()
    return try Tensor.make(shape, .i64) { elements in
      let chosen = elements.assumingMemoryBound(to: Int64.self)
      try Safepoint.forEach(0..<draws.count, each: 1 << 14) { i in
        let place = draws[i] * sum
        var (low, high) = (0, last)
        while low < high {
          let middle = (low + high) / 2
          if sums[middle] > place { high = middle } else { low = middle + 1 }
        }
        chosen[i] = Int64(low)
      }
    }
  }

  /// By the order in which exponential clocks with the weights as rates ring (Efraimidis and
  /// Spirakis, 2006).
  private mutating func distinctChoice(by weights: [Double], _ shape: Shape) throws -> Tensor {
    var clocks = [Double](repeating: 0, count: weights.count)
    kernels_exponential_f64(key, counter, &clocks, clocks.count)
    try Safepoint.look()
    advance(numbers: clocks.count, inGroup: 2 * Int(KERNELS_RANDOM_GROUP))
    try Safepoint.forEach(clocks.indices) {
      clocks[$0] = weights[$0] > 0 ? clocks[$0] / weights[$0] : .infinity
    }
    let order = try Safepoint.sorted(clocks.indices) { (clocks[$0], $0) < (clocks[$1], $1) }
    return try Tensor.make(shape, .i64) { elements in
      let chosen = elements.assumingMemoryBound(to: Int64.self)
      try Safepoint.forEach(0..<shape.count) { chosen[$0] = Int64(order[$0]) }
    }
  }
}
