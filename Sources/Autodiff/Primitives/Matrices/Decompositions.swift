// QR, LU, singular values and eigenvalues. A primitive has one result, so the factors are packed
// into one vector a matrix; the methods take them apart again with slices.

import Tensors

/// The factors of one decomposition, as they lie one after the other in the last axis.
struct Packing {
  let shapes: [[Int]]

  func packed(_ parts: [Tensor]) throws -> Tensor {
    try Tensor.concat(
      zip(parts, shapes).map { part, shape in
        let lead = part.shape.array.dropLast(shape.count)
        return try part.reshaped(Shape(lead + [shape.reduce(1, *)]))
      }, axis: -1)
  }

  func packed(_ parts: [Variable]) throws -> Variable {
    try Variable.concat(
      zip(parts, shapes).map { part, shape in
        let lead = part.shape.array.dropLast(shape.count)
        return try part.reshape(to: Shape(lead + [shape.reduce(1, *)]))
      }, axis: -1)
  }

  func parts(of packed: Variable) throws -> [Variable] {
    let lead = packed.shape.array.dropLast()
    var start = 0
    return try shapes.map { shape in
      let count = shape.reduce(1, *)
      defer { start += count }
      return try packed.sliced(axis: -1, from: start, to: start + count)
        .reshape(to: Shape(lead + shape))
    }
  }
}

extension Primitive {
  /// A decomposition whose factors are packed.
  convenience init(
    packed name: String, packing: @escaping @Sendable (_ rows: Int, _ columns: Int) -> Packing,
    kernel: @escaping @Sendable (Tensor) throws -> [Tensor],
    forward: @escaping @Sendable (_ factors: [Variable], _ da: Variable) throws -> [Variable],
    reverse:
      @escaping @Sendable (_ factors: [Variable], _ cotangents: [Variable]) throws
      -> Variable
  ) {
    @Sendable func layout(_ a: Shape) -> Packing { packing(a[a.rank - 2], a[a.rank - 1]) }
    self.init(
      name, kernel: { a, _ in try layout(a.shape).packed(kernel(a)) },
      forward: { a, y, _, da in
        let packing = layout(a.shape)
        return try packing.packed(forward(packing.parts(of: y), da))
      },
      reverse: { a, y, _, dy in
        let packing = layout(a.shape)
        return try reverse(packing.parts(of: y), packing.parts(of: dy))
      })
  }

  /// The reduced QR factorization of a matrix with at least as many rows as columns.
  ///
  ///     A = Q R, C = Ȧ R⁻¹, M = Qᵀ C, Ω = the antisymmetric matrix with M's lower triangle
  ///     Q̇ = Q Ω + C - Q M            Ṙ = (M - Ω) R
  ///     S = R R̄ᵀ - Q̄ᵀ Q            Ā = (Q̄ + Q (tril S + (tril S)ᵀ - diag S)) R⁻ᵀ
  ///
  /// The derivative needs independent columns.
  static let qr = Primitive(
    packed: "qr", packing: { Packing(shapes: [[$0, $1], [$1, $1]]) },
    kernel: { a in
      let (q, r) = try Tensor.qr(a)
      return [q, r]
    },
    forward: { factors, da in
      let (q, r) = (factors[0], factors[1])
      let c = try r.solvingUpper(da.matrixTransposed, isTransposed: true).matrixTransposed
      let m = try q.matrixTransposed.matmul(c, zeros: .right)
      let lower = try m.tril(-1)
      let turn = try lower - lower.matrixTransposed
      return [
        try q.matmul(turn - m, zeros: .right) + c, try (m - turn).matmul(r, zeros: .left),
      ]
    },
    reverse: { factors, cotangents in
      let (q, r) = (factors[0], factors[1])
      let s =
        try r.matmul(cotangents[1].matrixTransposed, zeros: .right)
        - cotangents[0].matrixTransposed.matmul(q, zeros: .left)
      let symmetric = try s.tril() + s.tril(-1).matrixTransposed
      let left = try cotangents[0] + q.matmul(symmetric, zeros: .right)
      return try r.solvingUpper(left.matrixTransposed).matrixTransposed
    })

  /// The LU factorization, with partial pivoting, of a matrix with at least as many rows as columns:
  /// L without its unit diagonal and U in one matrix, and the permutation matrix P.
  ///
  /// The first rows of L are the square L₁, the others L₂.
  ///
  ///     A = P L U, W = Pᵀ Ȧ U⁻¹, X = L₁⁻¹ W₁
  ///     L̇₁ = L₁ tril₋₁ X, L̇₂ = W₂ - L₂ triu X, U̇ = triu X U
  ///     Y = tril₋₁(L₁ᵀ L̄₁) + triu(Ū Uᵀ - L₂ᵀ L̄₂)
  ///     Ā = P W̄ U⁻ᵀ, W̄₁ = L₁⁻ᵀ Y, W̄₂ = L̄₂            P is constant
  ///
  /// The derivative needs independent columns.
  static let lu = Primitive(
    packed: "lu", packing: { m, n in Packing(shapes: [[m, n], [m, m]]) },
    kernel: { a in [try Tensor.luPacked(a).lu, try Tensor.lu(a).p] },
    forward: { factors, da in
      let (p, (square, below)) = (stopGradient(factors[1]), try factors[0].squareAndBelow())
      let sorted = try p.matrixTransposed.matmul(da, zeros: .right)
      let w = try square.solvingUpper(sorted.matrixTransposed, isTransposed: true).matrixTransposed
      let (first, second) = try w.squareAndBelow()
      let x = try square.solvingLower(first, unit: true)
      let top =
        try square.unitLower().matmul(x.tril(-1), zeros: .right)
        + x.triu().matmul(square.triu(), zeros: .left)
      let rest = try second - below.matmul(x.triu(), zeros: .right)
      return [try Variable.concat([top, rest], axis: -2), try p.zerosLike()]
    },
    reverse: { factors, cotangents in
      let (p, (square, below)) = (stopGradient(factors[1]), try factors[0].squareAndBelow())
      let (top, rest) = try cotangents[0].squareAndBelow()
      let lower = try square.unitLower().matrixTransposed.matmul(top.tril(-1), zeros: .right)
      let upper =
        try top.triu().matmul(square.triu().matrixTransposed, zeros: .left)
        - below.matrixTransposed.matmul(rest, zeros: .right)
      let first = try square.solvingLower(
        lower.tril(-1) + upper.triu(), isTransposed: true, unit: true)
      let w = try Variable.concat([first, rest], axis: -2)
      return try p.matmul(
        square.solvingUpper(w.matrixTransposed).matrixTransposed, zeros: .right)
    })

  /// The eigenvalues, ascending, and eigenvectors of a symmetric matrix, of which the lower
  /// triangle is read.
  ///
  ///     A V = V diag w, M = Vᵀ Ȧ V, Fᵢⱼ = 1 / (wⱼ - wᵢ)
  ///     ẇ = diag M, V̇ = V (F ∘ M)            Ā = sym(V (diag w̄ + F ∘ (Vᵀ V̄)) Vᵀ)
  ///
  /// F is 0 on the diagonal and for equal eigenvalues, whose vectors have no derivative: a direction
  /// that asks for one is told.
  static let eigh = Primitive(
    packed: "eigh", packing: { n, _ in Packing(shapes: [[n], [n, n]]) },
    kernel: { a in
      let (w, v) = try Tensor.eigh(a)
      return [w, v]
    },
    forward: { factors, da in
      let (w, v) = (factors[0], factors[1])
      let symmetric = try (da + da.matrixTransposed) * 0.5
      let m = try symmetric.between(v.matrixTransposed, v)
      return [try m.diagonal(), try v.matmul(m.overGaps(of: w), zeros: .right)]
    },
    reverse: { factors, cotangents in
      let (w, v) = (factors[0], factors[1])
      let turned = try v.matrixTransposed.matmul(cotangents[1], zeros: .right)
      let middle = try cotangents[0].diagonalMatrix() + turned.overGaps(of: w)
      let whole = try middle.between(v, v.matrixTransposed)
      return try (whole + whole.matrixTransposed) * 0.5
    })

  /// The reduced singular value decomposition, the greatest value first.
  ///
  ///     A = U diag(s) Vᵀ, M = Uᵀ Ȧ V, Fᵢⱼ = 1 / (sⱼ - sᵢ), Gᵢⱼ = sⱼ / (sᵢ + sⱼ)
  ///     ṡ = diag M
  ///     U̇ = U (F ∘ (G ∘ M + Gᵀ ∘ Mᵀ)) + (I - U Uᵀ) Ȧ V S⁻¹
  ///     V̇ = V (F ∘ (Gᵀ ∘ M + G ∘ Mᵀ)) + (I - V Vᵀ) Ȧᵀ U S⁻¹
  ///     P = Uᵀ Ū, Q = Vᵀ V̄
  ///     Ā = U (F ∘ (G ∘ (P - Pᵀ) + Gᵀ ∘ (Q - Qᵀ)) + diag s̄) Vᵀ
  ///         + (Ū - U P) S⁻¹ Vᵀ + U S⁻¹ (V̄ - V Q)ᵀ
  ///
  /// F is 0 on the diagonal and for equal values, and 1/s is 0 for s = 0: there the vectors have
  /// no derivative, and a direction that asks for one is told. No value is squared, so that F tells
  /// apart what rounding does, at any scale. The terms with 1/s are 0 for square U and V.
  static let svd = Primitive(
    packed: "svd",
    packing: { m, n in
      let k = Swift.min(m, n)
      return Packing(shapes: [[m, k], [k], [k, n]])
    },
    kernel: { a in
      let (u, s, vt) = try Tensor.svd(a)
      return [u, s, vt]
    },
    forward: { factors, da in
      let (u, s, vt) = (factors[0], factors[1], factors[2])
      let (ut, v) = (try u.matrixTransposed, try vt.matrixTransposed)
      let right = try da.matmul(v, zeros: .left)
      let left = try da.matrixTransposed.matmul(u, zeros: .left)
      let m = try ut.matmul(right, zeros: .right)
      let values = try s.withoutNoise()
      let mt = try m.matrixTransposed
      let turnU = try m.shared(mt, by: s).overGaps(of: s)
      let turnV = try mt.shared(m, by: s).overGaps(of: s)
      var (du, dv) = (
        try u.matmul(turnU, zeros: .right), try v.matmul(turnV, zeros: .right)
      )
      if !u.isSquare {
        let rest = try right - u.matmul(m, zeros: .right)
        du = try du + rest.over(apart: values.expanded(at: -2))
      }
      if !v.isSquare {
        let rest = try left - v.matmul(mt, zeros: .right)
        dv = try dv + rest.over(apart: values.expanded(at: -2))
      }
      return [du, try m.diagonal(), try dv.matrixTransposed]
    },
    reverse: { factors, cotangents in
      let (u, s, vt) = (factors[0], factors[1], factors[2])
      let (du, ds, dvt) = (cotangents[0], cotangents[1], cotangents[2])
      let (ut, v) = (try u.matrixTransposed, try vt.matrixTransposed)
      let values = try s.withoutNoise()
      let p = try ut.matmul(du, zeros: .right)
      let q = try vt.matmul(dvt.matrixTransposed, zeros: .right)
      let turn = try (p - p.matrixTransposed).shared(q - q.matrixTransposed, by: s)
      let middle = try turn.overGaps(of: s) + ds.diagonalMatrix()
      var da = try middle.between(u, vt)
      if !u.isSquare {
        let rest = try du - u.matmul(p, zeros: .right)
        da = try da + rest.over(apart: values.expanded(at: -2)).matmul(vt, zeros: .left)
      }
      if !v.isSquare {
        let rest = try dvt - dvt.matmul(v, zeros: .left).matmul(vt, zeros: .left)
        da = try da + u.matmul(rest.over(apart: values.expanded(at: -1)), zeros: .right)
      }
      return da
    })
}

extension Variable {
  /// The lower triangle of a packed LU with ones on the diagonal.
  fileprivate func unitLower() throws -> Variable {
    try tril(-1)
      + Variable.tensor(Tensor.eye(shape[rank - 2], shape[rank - 1], dtype)).beside(self)
  }

  /// As many rows as there are columns, and the rows below.
  fileprivate func squareAndBelow() throws -> (Variable, Variable) {
    let (m, n) = (shape[rank - 2], shape[rank - 1])
    return (
      try sliced(axis: -2, from: 0, to: n), try sliced(axis: -2, from: n, to: m)
    )
  }

  /// `G ∘ A + Gᵀ ∘ B` of this direction A and another, B, with `Gᵢⱼ = sⱼ / (sᵢ + sⱼ)`; 0 where both
  /// values are.
  fileprivate func shared(_ other: Variable, by s: Variable) throws -> Variable {
    let (row, column) = (try s.expanded(at: -2), try s.expanded(at: -1))
    let sum = try (row + column).infiniteAtZero()
    return try scaled(by: row.over(sum)) + other.scaled(by: column.over(sum))
  }

  /// This direction over `wⱼ - wᵢ` at i, j; 0 on the diagonal, and, told, where the two are equal up to
  /// rounding.
  fileprivate func overGaps(of w: Variable) throws -> Variable {
    let gaps = try w.expanded(at: -2) - w.expanded(at: -1)
    if w.count == 0 { return try scaled(by: gaps) }
    let last = w.shape[w.rank - 1]
    let largest = try stopGradient(w).abs().max(axes: AxisSet(w.rank - 1), keepAxes: true)
    let least = try (largest * (8 * w.dtype.rounding)).expanded(at: -1)
    let areEqual = try stopGradient(gaps).abs().isLessOrEqual(to: least)
    let others = try Variable.tensor(
      Tensor.binary(.subtract, Tensor(1, dtype: dtype), Tensor.eye(last, last, dtype))
    ).beside(self)
    return try scaled(by: others).over(
      apart: areEqual.select(.number(0, like: gaps), gaps))
  }

  /// Singular values, 0 for those that are 0 up to rounding.
  fileprivate func withoutNoise() throws -> Variable {
    if count == 0 { return self }
    let largest = try stopGradient(self).max(axes: AxisSet(rank - 1), keepAxes: true)
    let isZero = try stopGradient(self).isLessOrEqual(to: largest * (8 * dtype.rounding))
    return try isZero.select(.number(0, like: self), self)
  }

  fileprivate var isSquare: Bool { shape[rank - 1] == shape[rank - 2] }

  /// The reduced QR factorization A = Q R.
  public func qr() throws -> (q: Variable, r: Variable) {
    let a = try matrix("qr")
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    // Columns beyond the rows are what they are in the basis that the first ones give.
    let square = m < n ? try a.sliced(axis: -1, from: 0, to: m) : a
    let k = Swift.min(m, n)
    let factors = try Packing(shapes: [[m, k], [k, k]]).parts(of: apply(.qr, square))
    guard m < n else { return (factors[0], factors[1]) }
    let rest = try factors[0].matrixTransposed.matmul(a.sliced(axis: -1, from: m, to: n))
    return (factors[0], try Variable.concat([factors[1], rest], axis: -1))
  }

  /// P, L and U with A = P L U.
  public func lu() throws -> (p: Variable, l: Variable, u: Variable) {
    let a = try matrix("lu")
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let k = Swift.min(m, n)
    let first = m < n ? try a.sliced(axis: -1, from: 0, to: m) : a
    let factors = try Packing(shapes: [[m, k], [m, m]]).parts(of: apply(.lu, first))
    let p = stopGradient(factors[1])
    let (l, u) = (try factors[0].unitLower(), try factors[0].squareAndBelow().0.triu())
    guard m < n else { return (p, l, u) }
    let rest = try p.matrixTransposed.matmul(a.sliced(axis: -1, from: m, to: n))
    let right = try l.triangularSolve(rest, unitDiagonal: true)
    return (p, l, try Variable.concat([u, right], axis: -1))
  }

  /// The eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices.
  public func eigh() throws -> (w: Variable, v: Variable) {
    let a = try matrix("eigh")
    let n = a.shape[a.rank - 1]
    let factors = try Packing(shapes: [[n], [n, n]]).parts(of: apply(.eigh, a))
    return (factors[0], factors[1])
  }

  /// The reduced singular value decomposition A = U diag(s) Vᵀ.
  public func svd() throws -> (u: Variable, s: Variable, vt: Variable) {
    let a = try matrix("svd")
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let k = Swift.min(m, n)
    let factors = try Packing(shapes: [[m, k], [k], [k, n]]).parts(of: apply(.svd, a))
    return (factors[0], factors[1], factors[2])
  }

  /// The number of singular values above a tolerance.
  public func matrixRank(tolerance: Double? = nil) throws -> Variable {
    try apply(.matrixRank, matrix("matrix_rank"), tolerance.map { .number($0) } ?? .none)
  }
}

extension Primitive {
  /// The number of singular values above a tolerance. Attribute: the tolerance.
  static let matrixRank = Primitive(
    constant: "matrix_rank",
    kernel: { a, attributes in
      if let tolerance = attributes.optionalNumber {
        return try Tensor.matrixRank(a, tolerance: tolerance)
      }
      return try Tensor.matrixRank(a)
    })
}

extension DType {
  /// The distance from 1 to the next number.
  var rounding: Double { self == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne }
}

extension Tensor {
  /// - Throws: a value error where a matrix is not its transpose up to rounding.
  fileprivate func requireSymmetric() throws {
    guard count > 0, shape[rank - 1] == shape[rank - 2] else { return }
    let all = AxisSet.all(rank: rank)
    let difference = try Tensor.unary(.abs, .binary(.subtract, self, swappedAxes(-1, -2)))
    let (greatest, size) = (
      try difference.max(all).firstDouble, try Tensor.unary(.abs, self).max(all).firstDouble
    )
    guard greatest > 100 * dtype.rounding * size else { return }
    throw TensorError(
      .value,
      "the matrix of a spectral map must be symmetric, and \(typeDescription) differs from its "
        + "transpose by \(greatest)", hint: "(a + a.T) / 2 is symmetric")
  }
}

extension Primitive {
  /// The matrix itself, which has to be symmetric.
  ///
  ///     y = x            ẏ = ẋ            x̄ = ȳ
  ///
  /// An operation, as `bounded` is, so that what is mapped or recorded is looked at when its numbers
  /// are there.
  static let symmetric = Primitive(
    "symmetric",
    kernel: { x, _ in
      try x.requireSymmetric()
      return x
    },
    forward: { _, _, _, dx in dx },
    reverse: { _, _, _, dy in dy })
}
