// Axes to reduce over.

/// A set of axes, `0 ..< 8`.
public struct AxisSet: Sendable, Hashable {
  /// Bit i stands for axis i.
  public var bits: UInt8

  /// The axes of bits; none unless they are given.
  @inlinable public init(bits: UInt8 = 0) { self.bits = bits }

  /// One axis, which must be in `0 ..< 8`.
  @inlinable public init(_ axis: Int) { bits = 1 &<< UInt8(truncatingIfNeeded: axis) }

  /// Every axis of a tensor of that rank.
  @inlinable public static func all(rank: Int) -> AxisSet {
    AxisSet(bits: UInt8(truncatingIfNeeded: (1 &<< rank) &- 1))
  }

  /// The axes that a program names; negative ones count from the end.
  ///
  /// - Throws: an index error outside the rank, a value error for an axis named twice.
  public init(_ axes: some Collection<Int>, of shape: Shape) throws {
    bits = 0
    for axis in axes {
      let place = try shape.axis(axis)
      guard !contains(place) else {
        throw TensorError(.value, "axis \(axis) is named twice")
      }
      insert(place)
    }
  }

  /// True for an axis of the set; false for any other number.
  @inlinable public func contains(_ axis: Int) -> Bool {
    axis >= 0 && axis < 8 && bits & (1 &<< UInt8(truncatingIfNeeded: axis)) != 0
  }

  /// Adds an axis, which must be in `0 ..< 8`.
  @inlinable public mutating func insert(_ axis: Int) { bits |= AxisSet(axis).bits }

  /// True where there is no axis.
  @inlinable public var isEmpty: Bool { bits == 0 }
  /// The number of axes.
  @inlinable public var count: Int { bits.nonzeroBitCount }
}
