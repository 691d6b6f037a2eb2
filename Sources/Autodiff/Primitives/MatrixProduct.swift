// The product of matrices, for every case that NumPy has: vectors, matrices, and stacks that
// broadcast. Transposes are views that the kernel reads as they are.

import Tensors

/// Which operands of a product of two matrices are read as their transposes.
private struct Turned: OptionSet {
  let rawValue: Int
  static let left = Turned(rawValue: 1)
  static let right = Turned(rawValue: 2)

  init(rawValue: Int) { self.rawValue = rawValue }

  /// What an operation's attribute says.
  init(_ attributes: Attributes) {
    if case .axis(let value) = attributes { rawValue = value } else { rawValue = 0 }
  }
}

extension Primitive {
  /// The matrix product; a vector is a row on the left and a column on the right. Attribute: of two
  /// matrices, which are turned; a gradient's products read transposes without making them.
  ///
  ///     Y = A B            Ẏ = Ȧ B + A Ḃ            Ā = Ȳ Bᵀ, B̄ = Aᵀ Ȳ
  static let matmul = Primitive(
    "matmul",
    kernel: { a, b, attributes in
      let turned = Turned(attributes)
      return try Tensor.matmul(
        a, b, turningLeft: turned.contains(.left), turningRight: turned.contains(.right))
    },
    forward: { a, b, y, attributes, da, db in
      let turned = Turned(attributes)
      guard let da else { return try a.matmul(db ?? b, turned) }
      guard let db else { return try da.matmul(b, turned) }
      return try da.matmul(b, turned) + a.matmul(db, turned)
    },
    reverse: { a, b, _, attributes, dy, needsA, needsB in
      switch (a.rank, b.rank) {
      case (1, 1): return (needsA ? try dy * b : nil, needsB ? try dy * a : nil)
      case (2, 2):
        let turned = Turned(attributes)
        let (left, right) = (turned.contains(.left), turned.contains(.right))
        func product(_ x: Variable, _ turnsX: Bool, _ y: Variable, _ turnsY: Bool) throws
          -> Variable
        {
          try x.matmul(y, [turnsX ? .left : [], turnsY ? .right : []])
        }
        return (
          !needsA
            ? nil : left ? try product(b, right, dy, true) : try product(dy, false, b, !right),
          !needsB ? nil : right ? try product(dy, true, a, left) : try product(a, !left, dy, false)
        )
      case (_, 1):
        let column = try dy.expanded(at: -1)
        return (
          needsA ? try column * b : nil,
          needsB
            ? try (a.rank == 2 ? dy.matmul(a) : (a * column).sum(axes: .leading(a.rank - 1))) : nil
        )
      case (1, _):
        let row = try dy.expanded(at: -2)
        return (
          needsA
            ? try
              (b.rank == 2
              ? b.matmul(dy) : (b * row).sum(axes: .leading(b.rank - 2)).sum(axes: AxisSet(1)))
            : nil,
          needsB ? try a.expanded(at: -1) * row : nil
        )
      case (_, 2):
        // One matrix on the right of a stack: one product with all its rows.
        let (n, k) = (b.shape[1], b.shape[0])
        let rows = needsB && k > 0 ? a.count / k : 0
        return (
          needsA ? try dy.matmul(b.matrixTransposed) : nil,
          needsB
            ? try a.reshape(to: Shape(rows, k)).matrixTransposed.matmul(
              dy.reshape(to: Shape(rows, n))) : nil
        )
      default:
        return (
          needsA ? try dy.matmul(b.matrixTransposed).unbroadcast(to: a) : nil,
          needsB ? try a.matrixTransposed.matmul(dy).unbroadcast(to: b) : nil
        )
      }
    },
    batch: { a, aIsMapped, b, bIsMapped, attributes in
      let turned = Turned(attributes)
      let a = turned.contains(.left) ? try a.matrixTransposed : a
      let b = turned.contains(.right) ? try b.matrixTransposed : b
      let (m, n) = (a.rank - (aIsMapped ? 1 : 0), b.rank - (bIsMapped ? 1 : 0))
      // Mapped vectors beside one matrix are the rows of a matrix.
      if !bIsMapped && n <= 2 && m >= 1 { return try a.matmul(b) }
      if !aIsMapped && m == 2 && n == 1 { return try b.matmul(a.matrixTransposed) }
      if !aIsMapped && m == 1 && n == 1 { return try b.matmul(a) }
      // A matrix beside mapped columns: one product with the columns as rows.
      if !aIsMapped && m == 2 && n == 2 && b.shape[b.rank - 1] == 1 {
        return try b.squeezed(-1).matmul(a.matrixTransposed).expanded(at: -1)
      }
      // Everything else: vectors become matrices, and leading axes line up.
      let left = m == 1 ? try a.expanded(at: -2) : a
      let right = n == 1 ? try b.expanded(at: -1) : b
      let (s, t) = try aligned(left, aIsMapped, right, bIsMapped)
      var y = try s.matmul(t)
      if n == 1 { y = try y.squeezed(-1) }
      if m == 1 { y = try y.squeezed(n == 1 ? -1 : -2) }
      return y
    })
}

extension AxisSet {
  /// The first axes of a tensor.
  fileprivate static func leading(_ count: Int) -> AxisSet { .all(rank: count) }
}

extension Variable {
  /// The matrix product.
  public func matmul(_ b: Variable) throws -> Variable { try apply(.matmul, self, b) }

  /// The product of two matrices, of which some are turned.
  fileprivate func matmul(_ b: Variable, _ turned: Turned) throws -> Variable {
    turned.isEmpty
      ? try matmul(b) : try apply(.matmul, self, b, .axis(turned.rawValue))
  }
}
