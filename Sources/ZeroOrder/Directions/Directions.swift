// Directions: random z by which points are moved, with E[z zᵀ] = I over all leaves together.
//
// Several directions are drawn at once, along a new first axis of every leaf. What is drawn depends
// on the key, the number of directions and the shapes alone, so that a key stands for its
// directions: whoever needs them again draws them again.

import Autodiff
import Tensors

/// A law of directions for points that are lists of leaves.
public struct Directions: @unchecked Sendable {
  /// `(count, leaves, key) → for each leaf that many directions`.
  public typealias Draw = (Int, [Variable], RandomKey) throws -> [Variable]

  /// Draws elements that are independent, and moves the stream on.
  public typealias Elements = (Shape, DType, inout RandomKey) throws -> Variable

  /// The name in messages.
  public let name: String
  /// Draws directions.
  public let draw: Draw
  /// Draws the elements of a leaf part by part; nil where elements depend on one another.
  let elements: Elements?

  private init(_ name: String, elements: Elements?, _ draw: @escaping Draw) {
    self.name = name
    self.elements = elements
    self.draw = draw
  }

  /// A law by its draw.
  public init(_ name: String, _ draw: @escaping Draw) {
    self.init(name, elements: nil, draw)
  }

  /// A law by which the elements are independent: each leaf is drawn from a stream of its own.
  public static func elementwise(_ name: String, _ elements: @escaping Elements) -> Directions {
    Directions(name, elements: elements) { count, leaves, key in
      try leaves.indices.map { index in
        var stream = try Directions.stream(key, leaf: index)
        return try elements(leaves[index].shape.rows(count), leaves[index].dtype, &stream)
      }
    }
  }

  /// The stream of a leaf's elements.
  static func stream(_ key: RandomKey, leaf: Int) throws -> RandomKey {
    try key.branch(UInt64(leaf))
  }
}

// MARK: - The laws

extension Directions {
  /// Standard normal elements.
  public static let normal = elementwise("normal") { shape, dtype, key in
    try key.drawn { try $0.normal(shape, dtype) }
  }

  /// Elements uniform in ±√3, whose variance is 1.
  public static let uniform = elementwise("uniform") { shape, dtype, key in
    try (key.drawn { try $0.uniform(shape, dtype) } * 2 - 1) * 3.squareRoot()
  }

  /// Elements -1 or 1.
  public static let rademacher = elementwise("rademacher") { shape, dtype, key in
    try key.drawn { try $0.bernoulli(0.5, shape, dtype) } * 2 - 1
  }

  /// Uniform on the sphere of radius √n, n being the number of elements of all leaves.
  ///
  ///     z = √n g / ‖g‖        g standard normal
  public static let sphere = Directions("sphere") { count, leaves, key in
    let normals = try normal.draw(count, leaves, key)
    let squares = try normals.map { try $0.reshape(to: Shape(count, $0.rowCount)).square() }
    let sums = try squares.map { try $0.converted(to: .f64).sum(axes: AxisSet(1)) }
    guard let first = sums.first else { return [] }
    let square = try sums.dropFirst().reduce(first) { try $0 + $1 }
    let scale = try square.rsqrt() * Double(leaves.elementCount).squareRoot()
    return try normals.map { try $0 * scale.converted(to: $0.dtype).asRows(beside: $0) }
  }

  /// Blocks of up to n mutually orthogonal directions of length √n.
  ///
  /// The rows of a block are Q of a QR decomposition of normal columns, with the signs of R's
  /// diagonal, which makes them uniform (Choromanski et al. 2018, arXiv:1804.02395).
  public static let orthogonal = Directions("orthogonal") { count, leaves, key in
    let size = leaves.elementCount
    guard size > 0, count > 0 else { return try normal.draw(count, leaves, key) }
    var rows: [Variable] = []
    var (drawn, block) = (0, 0)
    while drawn < count {
      try Safepoint.look()
      let width = min(size, count - drawn)
      var stream = try key.branch(UInt64(block))
      let columns = try stream.drawn { try $0.normal(Shape(size, width)) }
      let (q, r) = try columns.qr()
      rows.append(try (q * r.diagonal().sign() * Double(size).squareRoot()).transposed())
      drawn += width
      block += 1
    }
    let all = rows.count == 1 ? rows[0] : try Variable.concat(rows)
    let parts = try all.split(leaves.map(\.count), axis: 1)
    return try zip(parts, leaves).map { part, leaf in
      try part.reshape(to: try leaf.shape.rows(count)).converted(to: leaf.dtype).beside(leaf)
    }
  }

  /// The unit directions from a position on, in the order of the elements of all leaves.
  static func coordinates(from start: Int, _ count: Int, _ leaves: [Variable]) throws -> [Variable]
  {
    var offset = 0
    return try leaves.map { leaf in
      let (size, skipped) = (leaf.count, offset)
      offset += size
      let zeros = try Variable.tensor(Tensor.zeros(Shape(count, size), leaf.dtype)).beside(leaf)
      let first = max(start, skipped)
      let width = min(start + count, skipped + size) - first
      guard width > 0 else { return try zeros.reshape(to: try leaf.shape.rows(count)) }
      let unit = try Variable.tensor(Tensor.eye(width, width, leaf.dtype)).beside(leaf)
      let (row, column) = (first - start, first - skipped)
      return try unit.padded(
        before: [row, column], after: [count - row - width, size - column - width]
      ).reshape(to: try leaf.shape.rows(count))
    }
  }
}

// MARK: - Shapes of rows

extension Shape {
  /// The shape of that many values of this shape along a new first axis.
  func rows(_ count: Int) throws -> Shape {
    guard rank < Shape.maximumRank else {
      throw TensorError(
        .shape, "a leaf with \(rank) axes has no room for the axis of the samples",
        hint: "reshape it to fewer axes")
    }
    return try inserting(count, at: 0)
  }
}

extension Variable {
  /// The elements of one row.
  fileprivate var rowCount: Int { shape.removing(axis: 0).count }

  /// One number for each row, in a shape that multiplies the rows of a variable.
  func asRows(beside rows: Variable) throws -> Variable {
    try reshape(to: try Shape([count] + Array(repeating: 1, count: Swift.max(rows.rank - 1, 0))))
  }
}

extension [Variable] {
  /// The elements of all leaves.
  var elementCount: Int { reduce(0) { $0 + $1.count } }
}
