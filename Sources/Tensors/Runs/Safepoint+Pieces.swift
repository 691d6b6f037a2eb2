// Plain loops of any length that look now and then: a look costs a load, and stands between pieces of
// work of a millisecond or so.

extension Safepoint {
  /// Elements, or bytes, that a plain loop walks between two looks: some milliseconds at most.
  package static let piece = 1 << 16

  /// Calls the body with the parts of a range, each of some elements, and looks before all but the
  /// first.
  @inline(__always) package static func pieces(
    of range: Range<Int>, each size: Int = piece, _ body: (Range<Int>) throws -> Void
  ) throws {
    var start = range.lowerBound
    while start < range.upperBound {
      if start > range.lowerBound { try look() }
      let end = range.upperBound - start > size ? start + size : range.upperBound
      try body(start..<end)
      start = end
    }
  }

  /// Calls the body with each number of a range, and looks now and then.
  @inline(__always) package static func forEach(
    _ range: Range<Int>, each size: Int = piece, _ body: (Int) throws -> Void
  ) throws {
    try pieces(of: range, each: size) { for i in $0 { try body(i) } }
  }

  /// An array of one value, in fresh memory whose pages take their time; looks now and then.
  static func array<T>(repeating value: T, count: Int) throws -> [T] {
    try [T](unsafeUninitializedCapacity: count) { buffer, written in
      guard let first = buffer.baseAddress else { return }
      try pieces(of: 0..<count) {
        (first + $0.lowerBound).initialize(repeating: value, count: $0.count)
        written = $0.upperBound
      }
    }
  }

  /// What the body gives for each element; looks now and then.
  @inline(__always) package static func map<T, R>(
    _ elements: some Sequence<T>, _ body: (T) throws -> R
  ) throws -> [R] {
    var results: [R] = []
    results.reserveCapacity(elements.underestimatedCount)
    for element in elements {
      results.append(try body(element))
      if results.count & (piece - 1) == 0 { try look() }
    }
    return results
  }

  /// Numbers in order; looks at some of the comparisons.
  @inline(__always) package static func sorted(
    _ numbers: Range<Int>, by comesBefore: (Int, Int) throws -> Bool
  ) throws -> [Int] {
    var comparisons = 0
    return try numbers.sorted {
      comparisons &+= 1
      if comparisons & 4095 == 0 { try look() }
      return try comesBefore($0, $1)
    }
  }

  /// Copies bytes, and looks now and then.
  package static func copy(
    _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, bytes: Int
  ) throws {
    try pieces(of: 0..<bytes, each: 1 << 22) {
      (target + $0.lowerBound).copyMemory(from: source + $0.lowerBound, byteCount: $0.count)
    }
  }

  /// Calls the body with each row of some elements, and looks now and then.
  @inline(__always) package static func rows(
    _ range: Range<Int>, of elements: Int, _ body: (Int) throws -> Void
  ) throws {
    try forEach(range, each: max(piece / max(elements, 1), 1), body)
  }
}
