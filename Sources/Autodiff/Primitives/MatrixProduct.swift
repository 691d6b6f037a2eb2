// The product of matrices, for every case that NumPy has: vectors, matrices, and stacks that
// broadcast. Transposes are views that the kernel reads as they are.

import Tensors

/// Which operands of a product of matrices, or stacks of them, are read as their transposes.
private struct Turned: OptionSet {
  let rawValue: Int
  static let left = Turned(rawValue: 1)
  static let right = Turned(rawValue: 2)

  init(rawValue: Int) { self.rawValue = rawValue }

  /// What an operation's attribute says.
  init(_ attributes: Attributes) {
    if case .int(let value) = attributes { rawValue = value } else { rawValue = 0 }
  }
}

extension Primitive {
  /// The matrix product; a vector is a row on the left and a column on the right. Attribute: which
  /// matrices, or stacks of them, are turned, so that gradients need no transposes of their own.
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
      let turned = Turned(attributes)
      let (left, right) = (turned.contains(.left), turned.contains(.right))
      switch (a.rank, b.rank) {
      case (1, 1): return (needsA ? try dy * b : nil, needsB ? try dy * a : nil)
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
      default:
        var (rows, cotangents) = (a, dy)
        if a.rank > 2 && b.rank == 2 && !left && needsB {
          // One matrix on the right of a stack: one product with all its rows.
          let axis = a.rank - 1
          let count = a.shape.removing(axis: axis).count
          rows = try a.reshape(to: Shape(count, a.shape[axis]))
          cotangents = try dy.reshape(to: Shape(count, dy.shape[axis]))
        }
        return (
          !needsA
            ? nil
            : try (left ? b.matmul(dy, right, true) : dy.matmul(b, false, !right))
              .unbroadcast(to: a),
          !needsB
            ? nil
            : try
              (right
              ? cotangents.matmul(rows, true, left) : rows.matmul(cotangents, !left, false))
              .unbroadcast(to: b)
        )
      }
    },
    batch: { a, aIsMapped, b, bIsMapped, attributes in
      let turned = Turned(attributes)
      if !turned.isEmpty { return try turnedProduct(a, aIsMapped, b, bIsMapped, turned) }
      return try mappedProduct(a, aIsMapped, b, bIsMapped)
    })
}

/// The product with a mapped first axis on some operands, each turned or not.
private func turnedProduct(
  _ a: Variable, _ aIsMapped: Bool, _ b: Variable, _ bIsMapped: Bool, _ turned: Turned
) throws -> Variable {
  // One matrix beside many is turned as a view, so that the cases below apply.
  let x = !aIsMapped && turned.contains(.left) ? try a.matrixTransposed : a
  let y = !bIsMapped && turned.contains(.right) ? try b.matrixTransposed : b
  let rest = turned.intersection([aIsMapped ? .left : [], bIsMapped ? .right : []])
  guard !rest.isEmpty else { return try mappedProduct(x, aIsMapped, y, bIsMapped) }
  let (s, t) = try aligned(x, aIsMapped, y, bIsMapped)
  return try s.matmul(t, rest)
}

private func mappedProduct(
  _ a: Variable, _ aIsMapped: Bool, _ b: Variable, _ bIsMapped: Bool
) throws -> Variable {
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
}

extension AxisSet {
  /// The first axes of a tensor.
  fileprivate static func leading(_ count: Int) -> AxisSet { .all(rank: count) }
}

extension Variable {
  /// The matrix product.
  public func matmul(_ b: Variable) throws -> Variable { try apply(.matmul, self, b) }

  /// The product of matrices or stacks of them, each turned or not.
  fileprivate func matmul(_ b: Variable, _ turnsThis: Bool, _ turnsOther: Bool) throws -> Variable {
    try matmul(b, [turnsThis ? .left : [], turnsOther ? .right : []])
  }

  fileprivate func matmul(_ b: Variable, _ turned: Turned) throws -> Variable {
    turned.isEmpty
      ? try matmul(b) : try apply(.matmul, self, b, .int(turned.rawValue))
  }
}
