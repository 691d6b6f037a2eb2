// The product of matrices, for every case that NumPy has: vectors, matrices, and stacks that
// broadcast. Transposes are views that the kernel reads as they are.

import Devices
import Tensors

/// How a product of matrices, or stacks of them, takes its operands.
private struct ProductForm {
  /// Which are read as their transposes.
  var transposed: Operands = .none
  /// Which keep their zeros, whatever these meet: the cotangents and tangents of derivative rules.
  var kept: Operands = .none

  init(transposed: Operands = .none, kept: Operands = .none) {
    self.transposed = transposed
    self.kept = kept
  }

  init(transposes: (left: Bool, right: Bool) = (false, false), keeps: (left: Bool, right: Bool)) {
    transposed = Operands(left: transposes.left, right: transposes.right)
    kept = Operands(left: keeps.left, right: keeps.right)
  }

  /// What an operation's attribute says.
  init(_ attributes: Attributes) {
    if case .none = attributes {
      self.init(transposed: [])
      return
    }
    let bits = attributes.int
    self.init(transposed: Operands(rawValue: bits & 3), kept: Operands(rawValue: bits >> 2))
  }

  var attributes: Attributes {
    transposed.isEmpty && kept.isEmpty ? .none : .int(transposed.rawValue | kept.rawValue << 2)
  }

  /// The same with other operands that keep their zeros, too.
  func keeping(_ operands: Operands) -> ProductForm {
    ProductForm(transposed: transposed, kept: kept.union(operands))
  }
}

extension Primitive {
  /// The matrix product; a vector is a row on the left and a column on the right. Attribute: the
  /// form, which says what is transposed, so that gradients need no transposes of their own, and whose
  /// zeros stay.
  ///
  ///     Y = A B            Ẏ = Ȧ B + A Ḃ            Ā = Ȳ Bᵀ, B̄ = Aᵀ Ȳ
  static let matmul = Primitive(
    "matmul",
    kernel: { a, b, attributes in
      let form = ProductForm(attributes)
      return try Tensor.matmul(a, b, transposed: form.transposed, keepingZerosOf: form.kept)
    },
    forward: { a, b, y, attributes, da, db in
      let form = ProductForm(attributes)
      let (first, second) = (form.keeping(.left), form.keeping(.right))
      guard let da else { return try a.matmul(db ?? b, second) }
      guard let db else { return try da.matmul(b, first) }
      return try da.matmul(b, first) + a.matmul(db, second)
    },
    reverse: { a, b, _, attributes, dy, needsA, needsB in
      let form = ProductForm(attributes)
      let (left, right) = (form.transposed.contains(.left), form.transposed.contains(.right))
      let (keepsA, keepsB) = (form.kept.contains(.left), form.kept.contains(.right))
      switch (a.rank, b.rank) {
      case (1, 1):
        return (
          needsA ? try dy.scaled(by: b, keepsB) : nil, needsB ? try dy.scaled(by: a, keepsA) : nil
        )
      case (_, 1):
        let column = try dy.expanded(at: -1)
        return (
          needsA ? try column.scaled(by: b, keepsB) : nil,
          !needsB
            ? nil
            : try dy.rowsInOne(a.rank - 1).matmul(
              a.rowsInOne(a.rank - 1), ProductForm(keeps: (true, keepsA)))
        )
      case (1, _):
        let row = try dy.expanded(at: -2)
        return (
          !needsA
            ? nil
            : b.rank == 2
              ? try b.matmul(dy, ProductForm(keeps: (keepsB, true)))
              : try b.matmul(dy.expanded(at: -1), ProductForm(keeps: (keepsB, true)))
                .squeezed(-1).sum(axes: .leading(b.rank - 2)),
          needsB ? try row.scaled(by: a.expanded(at: -1), keepsA) : nil
        )
      default:
        var (rows, cotangents) = (a, dy)
        if a.rank > 2 && b.rank == 2 && !left && needsB {
          // One matrix on the right of a stack: one product with all its rows.
          rows = try a.rowsInOne(a.rank - 1)
          cotangents = try dy.rowsInOne(a.rank - 1)
        }
        return (
          !needsA
            ? nil
            : try
              (left
              ? b.matmul(dy, ProductForm(transposes: (right, true), keeps: (keepsB, true)))
              : dy.matmul(b, ProductForm(transposes: (false, !right), keeps: (true, keepsB))))
              .unbroadcast(to: a),
          !needsB
            ? nil
            : try
              (right
              ? cotangents.matmul(
                rows, ProductForm(transposes: (true, left), keeps: (true, keepsA)))
              : rows.matmul(
                cotangents, ProductForm(transposes: (!left, false), keeps: (keepsA, true))))
              .unbroadcast(to: b)
        )
      }
    },
    batch: { a, aIsMapped, b, bIsMapped, attributes in
      let form = ProductForm(attributes)
      if !form.transposed.isEmpty { return try turnedProduct(a, aIsMapped, b, bIsMapped, form) }
      return try mappedProduct(a, aIsMapped, b, bIsMapped, form)
    },
    device: { x, attributes, _ in
      guard case .tensor(let a) = x[0], case .tensor(let b) = x[1] else { return nil }
      let form = ProductForm(attributes)
      return try DeviceTensor.matmul(
        a, b,
        DeviceProduct(
          transposed: (form.transposed.contains(.left), form.transposed.contains(.right)),
          kept: (form.kept.contains(.left), form.kept.contains(.right)))
      ).map { [$0] }
    })
}

/// The product with a mapped first axis on some operands, each transposed or not.
private func turnedProduct(
  _ a: Variable, _ aIsMapped: Bool, _ b: Variable, _ bIsMapped: Bool, _ form: ProductForm
) throws -> Variable {
  // One matrix beside many is transposed as a view, so that the cases below apply.
  let x = !aIsMapped && form.transposed.contains(.left) ? try a.matrixTransposed : a
  let y = !bIsMapped && form.transposed.contains(.right) ? try b.matrixTransposed : b
  let rest = form.transposed.intersection(Operands(left: aIsMapped, right: bIsMapped))
  let restForm = ProductForm(transposed: rest, kept: form.kept)
  guard !rest.isEmpty else { return try mappedProduct(x, aIsMapped, y, bIsMapped, restForm) }
  let (s, t) = try aligned(x, aIsMapped, y, bIsMapped)
  return try s.matmul(t, restForm)
}

private func mappedProduct(
  _ a: Variable, _ aIsMapped: Bool, _ b: Variable, _ bIsMapped: Bool, _ form: ProductForm
) throws -> Variable {
  let exchanged = ProductForm(kept: form.kept.exchanged)
  let (m, n) = (a.rank - (aIsMapped ? 1 : 0), b.rank - (bIsMapped ? 1 : 0))
  // Mapped vectors beside one matrix are the rows of a matrix.
  if !bIsMapped && n <= 2 && m >= 1 { return try a.matmul(b, form) }
  if !aIsMapped && m == 2 && n == 1 { return try b.matmul(a.matrixTransposed, exchanged) }
  if !aIsMapped && m == 1 && n == 1 { return try b.matmul(a, exchanged) }
  // A matrix beside mapped columns: one product with the columns as rows.
  if !aIsMapped && m == 2 && n == 2 && b.shape[b.rank - 1] == 1 {
    return try b.squeezed(-1).matmul(a.matrixTransposed, exchanged).expanded(at: -1)
  }
  // Everything else: vectors become matrices, and leading axes line up.
  let left = m == 1 ? try a.expanded(at: -2) : a
  let right = n == 1 ? try b.expanded(at: -1) : b
  let (s, t) = try aligned(left, aIsMapped, right, bIsMapped)
  var y = try s.matmul(t, form)
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

  /// The matrix product for derivative rules, where zeros of what has the direction, a tangent or a
  /// cotangent, are zeros whatever they meet: the matrix product's `scaled`.
  func matmul(_ b: Variable, zeros direction: Operands) throws -> Variable {
    try matmul(b, ProductForm(kept: direction))
  }

  fileprivate func matmul(_ b: Variable, _ form: ProductForm) throws -> Variable {
    try apply(.matmul, self, b, form.attributes)
  }

  /// A view of the same elements with so many first axes made one: the rows of a stack of matrices below one another.
  fileprivate func rowsInOne(_ axes: Int) throws -> Variable {
    guard axes > 1 else { return self }
    var rest = shape
    for _ in 0..<axes { rest = rest.removing(axis: 0) }
    let rows = (0..<axes).reduce(1) { $0 * shape[$1] }
    return try reshape(to: Shape(rows).followed(by: rest))
  }

  /// `a b` for derivative rules: 0 where this is 0, and, if b keeps its zeros, too, where b is.
  fileprivate func scaled(by b: Variable, _ bKeepsZeros: Bool) throws -> Variable {
    bKeepsZeros ? try paired(with: b) : try scaled(by: b)
  }
}
