// The extents of a tensor's axes, stored inline: no heap array for any shape.
//
// Invariants: `rank` ≤ 8, every extent ≥ 0, extents past the rank are 0, and the product of the
// extents fits an Int.

/// The extents of up to eight axes.
public struct Shape: Sendable, Hashable {
  @usableFromInline
  typealias Extents = (Int, Int, Int, Int, Int, Int, Int, Int)

  /// The most axes that a tensor has.
  public static let maximumRank = 8

  @usableFromInline var extents: Extents
  @usableFromInline var axes: Int

  /// The number of axes.
  @inlinable public var rank: Int { axes }

  /// The shape of a 0-d tensor.
  @inlinable public init() {
    extents = (0, 0, 0, 0, 0, 0, 0, 0)
    axes = 0
  }

  /// A shape of one axis; the extent must not be negative.
  @inlinable public init(_ extent: Int) {
    extents = (extent, 0, 0, 0, 0, 0, 0, 0)
    axes = 1
  }

  /// A shape of two axes; the extents must not be negative.
  @inlinable public init(_ rows: Int, _ columns: Int) {
    extents = (rows, columns, 0, 0, 0, 0, 0, 0)
    axes = 2
  }

  /// A shape that the caller knows to keep the invariants: at most eight extents, none negative.
  @inlinable package init(trusted values: some Collection<Int>) {
    self.init()
    for value in values { append(value) }
  }

  /// A shape from a program's numbers.
  ///
  /// - Throws: a shape error for a negative extent or more than eight axes, a limit error where
  ///   the number of elements overflows.
  public init(_ values: some Collection<Int>) throws {
    guard values.count <= Shape.maximumRank else {
      throw TensorError(
        .shape, "a tensor has at most 8 axes, and \(values.count) were given")
    }
    self.init()
    var count = 1
    for value in values {
      guard value >= 0 else {
        throw TensorError(
          .shape, "an axis cannot have the negative extent \(value)",
          hint: "extents are 0 or more; one -1 stands for the rest in reshape alone")
      }
      append(value)
      if value != 0 {
        let (product, overflow) = count.multipliedReportingOverflow(by: value)
        guard !overflow, product < 1 << 60 else {
          throw TensorError(
            .limit,
            "a tensor of shape (\(values.map(String.init).joined(separator: ", "))) is too large to address"
          )
        }
        count = product
      }
    }
  }

  /// Adds a last axis; the shape must have less than eight.
  @inlinable public mutating func append(_ extent: Int) {
    precondition(rank < Shape.maximumRank, "a shape of nine axes was made; please report")
    axes += 1
    self[rank - 1] = extent
  }

  /// The extent of an axis, `0 ..< rank`.
  @inlinable public subscript(axis: Int) -> Int {
    get {
      precondition(axis >= 0 && axis < rank, "an axis out of range was asked for; please report")
      return withUnsafePointer(to: extents) {
        UnsafeRawPointer($0).assumingMemoryBound(to: Int.self)[axis]
      }
    }
    set {
      precondition(axis >= 0 && axis < rank, "an axis out of range was set; please report")
      withUnsafeMutablePointer(to: &extents) {
        UnsafeMutableRawPointer($0).assumingMemoryBound(to: Int.self)[axis] = newValue
      }
    }
  }

  /// The number of elements: 1 for a 0-d tensor.
  @inlinable public var count: Int {
    if rank == 0 { return 1 }
    if rank == 1 { return extents.0 }
    var product = 1
    for axis in 0..<rank { product *= self[axis] }
    return product
  }

  /// The extents as an array, for messages and cold paths.
  public var array: [Int] { (0..<rank).map { self[$0] } }

  /// Row-major strides in elements.
  @inlinable public var contiguousStrides: Shape {
    var strides = self
    var step = 1
    var axis = rank - 1
    while axis >= 0 {
      strides[axis] = step
      step *= max(self[axis], 1)
      axis -= 1
    }
    return strides
  }

  /// The axis that a program means: negative ones count from the end.
  ///
  /// - Throws: an index error outside `-rank ..< rank`.
  public func axis(_ axis: Int) throws -> Int {
    if axis >= 0 && axis < rank { return axis }
    if axis < 0 && axis >= -rank { return axis + rank }
    throw TensorError(
      .index, "axis \(axis) is out of range for \(rank) \(rank == 1 ? "axis" : "axes")",
      hint: rank == 0 ? "a 0-d tensor has no axes" : "axes go from \(-rank) to \(rank - 1)")
  }

  /// This shape without an axis.
  public func removing(axis: Int) -> Shape {
    var result = Shape()
    for i in 0..<rank where i != axis { result.append(self[i]) }
    return result
  }

  /// This shape with an extent put in before an axis, `0 ... rank`.
  ///
  /// - Throws: a shape error at the ninth axis.
  public func inserting(_ extent: Int, at axis: Int) throws -> Shape {
    var values = array
    values.insert(extent, at: axis)
    return try Shape(values)
  }

  /// True for the same extents in the same order.
  @inlinable public static func == (a: Shape, b: Shape) -> Bool {
    guard a.rank == b.rank else { return false }
    for axis in 0..<a.rank where a[axis] != b[axis] { return false }
    return true
  }

  /// Hashes the extents.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for axis in 0..<rank { hasher.combine(self[axis]) }
  }
}

extension Shape: CustomStringConvertible {
  /// `[3, 4]`, as in `f64[3, 4]`; `[]` for no axes.
  public var description: String { "[" + array.map(String.init).joined(separator: ", ") + "]" }
}

extension Shape {
  /// The shape that both stretch to: axes are matched from the right, and one of two extents
  /// that differ must be 1.
  ///
  /// Nil where they do not fit; the caller knows the operation's name and throws.
  @inlinable public static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    if a == b { return a }
    let rank = max(a.rank, b.rank)
    var result = a.rank >= b.rank ? a : b
    for i in 0..<rank {
      let x = i < a.rank ? a[a.rank - 1 - i] : 1
      let y = i < b.rank ? b[b.rank - 1 - i] : 1
      if x != y && x != 1 && y != 1 { return nil }
      result[rank - 1 - i] = x == 1 ? y : x
    }
    return result
  }
}
