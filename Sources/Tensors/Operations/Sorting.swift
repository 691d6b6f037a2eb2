// Order along an axis: stable, nan last whichever way it runs, -0 equal to 0.
//
// Elements become 64-bit keys whose unsigned order is the order wanted, and a radix sort, stable
// and linear, moves keys and places together; short lanes are sorted by insertion.

extension Tensor {
  /// The places that put each lane of an axis in order.
  public func argsort(axis: Int = -1, descending: Bool = false) throws -> Tensor {
    if rank == 0 { return try Tensor.make(Shape(), .i64) { $0.storeBytes(of: 0, as: Int.self) } }
    let axis = try shape.axis(axis)
    let extent = shape[axis]
    let keys = try sortKeys(descending: descending)
    let lanes = try elementOffsets(
      shape.removing(axis: axis), shape.contiguousStrides.removing(axis: axis),
      look: Safepoint.look)
    let step = shape.contiguousStrides[axis]
    var lane = try SortedLane(extent)
    return try Tensor.make(shape, .i64) { target in
      let target = target.assumingMemoryBound(to: Int.self)
      try Safepoint.rows(0..<lanes.count, of: extent) { number in
        let first = lanes[number]
        try lane.sort(keys, from: first, step: step)
        try Safepoint.pieces(of: 0..<extent) { piece in
          for i in piece { target[first + i * step] = lane.places[i] }
        }
      }
    }
  }

  /// A key for each element, in row-major order, in whose order the elements go.
  private func sortKeys(descending: Bool) throws -> [UInt64] {
    // The keys and places of a lane, twice.
    try MemoryAccount.require(count, of: 5 * MemoryLayout<UInt64>.stride)
    let sign: UInt64 = 1 << 63
    let flip: UInt64 = descending ? .max : 0
    guard dtype.isFloat else {
      return try Safepoint.map(allIntegers()) { (UInt64(bitPattern: Int64($0)) ^ sign) ^ flip }
    }
    return try Safepoint.map(allDoubles()) { value in
      if value.isNaN { return .max }
      // Adding 0 turns -0 into 0. The greatest key below nan's is that of an infinity.
      let bits = (value + 0).bitPattern
      return (bits & sign == 0 ? bits | sign : ~bits) ^ flip
    }
  }

  /// The distinct elements in order, where in them each element is found, and how often each
  /// occurs; all nan are one.
  public func unique() throws -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    let flat = try rowMajor(dtype)
    let keys = try flat.sortKeys(descending: false)
    var lane = try SortedLane(count)
    try lane.sort(keys, from: 0, step: 1)
    var firsts: [Int] = []
    var counts: [Int] = []
    var inverse = try Safepoint.array(repeating: 0, count: count)
    try Safepoint.forEach(0..<count) { i in
      let place = lane.places[i]
      if i > 0 && keys[place] == keys[lane.places[i - 1]] {
        counts[counts.count - 1] += 1
      } else {
        firsts.append(place)
        counts.append(1)
      }
      inverse[place] = firsts.count - 1
    }
    let line = flat.view(shape: Shape(count), strides: Shape(1))
    return (
      try line.take(axis: 0, Tensor.list(firsts)),
      try Tensor.list(inverse).view(shape: shape, strides: shape.contiguousStrides),
      try Tensor.list(counts)
    )
  }

  /// An i64 tensor of one axis.
  static func list(_ values: [Int]) throws -> Tensor {
    try Tensor.make(Shape(values.count), .i64) { target in
      let target = target.assumingMemoryBound(to: Int.self)
      try Safepoint.forEach(0..<values.count) { target[$0] = values[$0] }
    }
  }

  /// For each of `values` the number of elements of this sorted tensor that come before it: those below it,
  /// or those not above it if `right`. Nan comes last.
  ///
  /// A tensor of one axis serves for values of any shape; one of several is sorted along the last, and each of
  /// its rows serves for the values in the same place.
  public func searchsorted(_ values: Tensor, right: Bool = false) throws -> Tensor {
    let rowLength = try lengthOfSearchedRows(for: values)
    let extent = shape[rank - 1]
    // Two i64 tensors compare exactly; with a float among them both compare as doubles.
    let areWhole = !dtype.isFloat && !values.dtype.isFloat
    let sorted =
      try (areWhole ? self : rowMajor(.f64)).sortKeys(descending: false)
    let wanted =
      try (areWhole ? values : values.rowMajor(.f64)).sortKeys(descending: false)
    return try Tensor.make(values.shape, .i64) { target in
      let target = target.assumingMemoryBound(to: Int.self)
      try Safepoint.forEach(0..<wanted.count, each: 1 << 14) { i in
        let key = wanted[i]
        let first = i / rowLength * extent
        var (low, high) = (first, first + extent)
        while low < high {
          let middle = (low + high) / 2
          if sorted[middle] < key || (right && sorted[middle] == key) {
            low = middle + 1
          } else {
            high = middle
          }
        }
        target[i] = low - first
      }
    }
  }

  /// How many of some values each row of this sorted tensor serves.
  private func lengthOfSearchedRows(for values: Tensor) throws -> Int {
    guard rank > 0 else {
      throw TensorError(
        .shape,
        "searchsorted looks into a sorted tensor of one axis or more, not \(typeDescription)")
    }
    guard rank > 1 else { return Swift.max(values.count, 1) }
    guard shape.array.dropLast() == values.shape.array.dropLast(), values.rank == rank else {
      throw TensorError(
        .shape,
        "searchsorted needs values with a row for each sorted one, and got \(values.typeDescription) "
          + "for \(typeDescription)",
        hint: "a sorted tensor of one axis serves for values of any shape")
    }
    return Swift.max(values.shape[rank - 1], 1)
  }

  /// For each element of an axis the place of the greatest up to there, or of the least: the last of equal
  /// ones, and that of the last nan once there is one.
  public func runningPlaces(axis: Int, least: Bool = false) throws -> Tensor {
    if rank == 0 { return Tensor(0) }
    let axis = try shape.axis(axis)
    let (extent, step) = (shape[axis], shape.contiguousStrides[axis])
    let keys = try sortKeys(descending: least)
    let lanes = try elementOffsets(
      shape.removing(axis: axis), shape.contiguousStrides.removing(axis: axis),
      look: Safepoint.look)
    return try Tensor.make(shape, .i64) { target in
      let target = target.assumingMemoryBound(to: Int.self)
      try Safepoint.rows(0..<lanes.count, of: extent) { number in
        let first = lanes[number]
        var place = 0
        try Safepoint.pieces(of: 0..<extent) { piece in
          for i in piece {
            if keys[first + i * step] >= keys[first + place * step] { place = i }
            target[first + i * step] = place
          }
        }
      }
    }
  }
}

/// Where the q-quantile of n sorted elements lies: `(1 - weight) x[lower] + weight x[upper]`, the
/// linear interpolation that NumPy and PyTorch use by default; the median for q = 1/2.
package struct QuantilePlace: Sendable, Equatable {
  package let lower: Int
  package let upper: Int
  package let weight: Double

  /// The place for q from 0 to 1 among at least one element.
  package init(_ q: Double, of n: Int) {
    let place = q * Double(n - 1)
    lower = Swift.min(Int(place), n - 1)
    upper = Swift.min(lower + 1, n - 1)
    weight = place - Double(lower)
  }
}

/// The sort of one lane, its memory used again for the next.
private struct SortedLane {
  private(set) var places: [Int]
  private var keys: [UInt64]
  private var otherPlaces: [Int]
  private var otherKeys: [UInt64]
  private let extent: Int

  /// Up to this length insertion beats six passes over 2048 counters.
  private static let insertionLimit = 256

  init(_ extent: Int) throws {
    self.extent = extent
    places = try Safepoint.array(repeating: 0, count: extent)
    keys = try Safepoint.array(repeating: 0, count: extent)
    let spare = extent > SortedLane.insertionLimit ? extent : 0
    otherPlaces = try Safepoint.array(repeating: 0, count: spare)
    otherKeys = try Safepoint.array(repeating: 0, count: spare)
  }

  /// Sets `places` to the order of the keys at `first`, `first + step`, …
  mutating func sort(_ source: [UInt64], from first: Int, step: Int) throws {
    if extent <= SortedLane.insertionLimit {
      take(source, from: first, step: step, 0..<extent)
      return insert()
    }
    try Safepoint.pieces(of: 0..<extent) { take(source, from: first, step: step, $0) }
    try radix()
  }

  private mutating func take(
    _ source: [UInt64], from first: Int, step: Int, _ indices: Range<Int>
  ) {
    for i in indices {
      keys[i] = source[first &+ i &* step]
      places[i] = i
    }
  }

  private mutating func insert() {
    for i in 1..<Swift.max(extent, 1) {
      let (key, place) = (keys[i], places[i])
      var hole = i
      while hole > 0 && keys[hole - 1] > key {
        keys[hole] = keys[hole - 1]
        places[hole] = places[hole - 1]
        hole -= 1
      }
      keys[hole] = key
      places[hole] = place
    }
  }

  /// Digits of eleven bits from the lowest to the highest; one that all keys share is passed over.
  private mutating func radix() throws {
    for shift in stride(from: UInt64(0), to: 64, by: 11) {
      var starts = [Int](repeating: 0, count: 2048)
      let isShared = try keys.withUnsafeBufferPointer { keys in
        try starts.withUnsafeMutableBufferPointer { starts in
          try Safepoint.pieces(of: 0..<extent) { piece in
            for i in piece { starts[Int((keys[i] >> shift) & 2047)] &+= 1 }
          }
          if starts[Int((keys[0] >> shift) & 2047)] == extent { return true }
          var sum = 0
          for i in 0..<2048 { (starts[i], sum) = (sum, sum &+ starts[i]) }
          return false
        }
      }
      if isShared { continue }
      try keys.withUnsafeBufferPointer { keys in
        try places.withUnsafeBufferPointer { places in
          try otherKeys.withUnsafeMutableBufferPointer { otherKeys in
            try otherPlaces.withUnsafeMutableBufferPointer { otherPlaces in
              try starts.withUnsafeMutableBufferPointer { starts in
                try Safepoint.pieces(of: 0..<extent) { piece in
                  for i in piece {
                    let digit = Int((keys[i] >> shift) & 2047)
                    otherKeys[starts[digit]] = keys[i]
                    otherPlaces[starts[digit]] = places[i]
                    starts[digit] &+= 1
                  }
                }
              }
            }
          }
        }
      }
      swap(&keys, &otherKeys)
      swap(&places, &otherPlaces)
    }
  }
}
