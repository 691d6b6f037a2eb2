// QR, LU, singular values and eigenvalues. A primitive has one result, so the factors are packed
// into one vector a matrix; the methods take them apart again with slices.

import Tensors

/// The factors of one decomposition, as they lie one after the other in the last axis.
private struct Packing {
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
  private convenience init(
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
      let m = try q.matrixTransposed.matmul(c)
      let lower = try m.tril(-1)
      let turn = try lower - lower.matrixTransposed
      return [try q.matmul(turn - m) + c, try (m - turn).matmul(r)]
    },
    reverse: { factors, cotangents in
      let (q, r) = (factors[0], factors[1])
      let s =
        try r.matmul(cotangents[1].matrixTransposed)
        - cotangents[0].matrixTransposed.matmul(q)
      let symmetric = try s.tril() + s.tril(-1).matrixTransposed
      let left = try cotangents[0] + q.matmul(symmetric)
      return try r.solvingUpper(left.matrixTransposed).matrixTransposed
    })

  /// The LU factorization of a square matrix with partial pivoting: L without its unit diagonal
  /// and U in one matrix, and the permutation matrix P.
  ///
  ///     A = P L U, X = L⁻¹ Pᵀ Ȧ U⁻¹            L̇ = L tril₋₁ X, U̇ = triu X U
  ///     Ā = P L⁻ᵀ (tril₋₁(Lᵀ L̄) + triu(Ū Uᵀ)) U⁻ᵀ            P is constant
  static let lu = Primitive(
    packed: "lu", packing: { n, _ in Packing(shapes: [[n, n], [n, n]]) },
    kernel: { a in [try Tensor.luPacked(a).lu, try Tensor.lu(a).p] },
    forward: { factors, da in
      let (lu, p) = (factors[0], stopGradient(factors[1]))
      let left = try lu.solvingLower(p.matrixTransposed.matmul(da), unit: true)
      let x = try lu.solvingUpper(left.matrixTransposed, isTransposed: true).matrixTransposed
      let lower = try lu.unitLower().matmul(x.tril(-1))
      return [try lower + x.triu().matmul(lu.triu()), try p.zerosLike()]
    },
    reverse: { factors, cotangents in
      let (lu, p, d) = (factors[0], stopGradient(factors[1]), cotangents[0])
      let lower = try lu.unitLower().matrixTransposed.matmul(d.tril(-1)).tril(-1)
      let upper = try d.triu().matmul(lu.triu().matrixTransposed).triu()
      let left = try lu.solvingLower(lower + upper, isTransposed: true, unit: true)
      return try p.matmul(lu.solvingUpper(left.matrixTransposed).matrixTransposed)
    })

  /// The eigenvalues, ascending, and eigenvectors of a symmetric matrix, of which the lower
  /// triangle is read.
  ///
  ///     A V = V diag w, M = Vᵀ Ȧ V, Fᵢⱼ = 1 / (wⱼ - wᵢ)
  ///     ẇ = diag M, V̇ = V (F ∘ M)            Ā = sym(V (diag w̄ + F ∘ (Vᵀ V̄)) Vᵀ)
  ///
  /// F is 0 on the diagonal and for equal eigenvalues, whose vectors have no derivative.
  static let eigh = Primitive(
    packed: "eigh", packing: { n, _ in Packing(shapes: [[n], [n, n]]) },
    kernel: { a in
      let (w, v) = try Tensor.eigh(a)
      return [w, v]
    },
    forward: { factors, da in
      let (w, v) = (factors[0], factors[1])
      let symmetric = try (da + da.matrixTransposed) * 0.5
      let m = try v.matrixTransposed.matmul(symmetric).matmul(v)
      return [try m.diagonal(), try v.matmul(w.reciprocalGaps() * m)]
    },
    reverse: { factors, cotangents in
      let (w, v) = (factors[0], factors[1])
      let turned = try w.reciprocalGaps() * v.matrixTransposed.matmul(cotangents[1])
      let middle = try cotangents[0].diagonalMatrix() + turned
      let whole = try v.matmul(middle).matmul(v.matrixTransposed)
      return try (whole + whole.matrixTransposed) * 0.5
    })

  /// The reduced singular value decomposition, the greatest value first.
  ///
  ///     A = U diag(s) Vᵀ, M = Uᵀ Ȧ V, Fᵢⱼ = 1 / (sⱼ² - sᵢ²)
  ///     ṡ = diag M
  ///     U̇ = U (F ∘ (M S + S Mᵀ)) + (I - U Uᵀ) Ȧ V S⁻¹
  ///     V̇ = V (F ∘ (S M + Mᵀ S)) + (I - V Vᵀ) Ȧᵀ U S⁻¹
  ///
  /// F is 0 on the diagonal and for equal values, and 1/s is 0 for s = 0: there the vectors have
  /// no derivative.
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
      let right = try da.matmul(v)
      let left = try da.matrixTransposed.matmul(u)
      let m = try ut.matmul(right)
      let (row, column) = (try s.expanded(at: -2), try s.expanded(at: -1))
      let gaps = try s.square().reciprocalGaps()
      let inverse = try s.reciprocalOrZero().expanded(at: -2)
      let mt = try m.matrixTransposed
      let du = try u.matmul(gaps * (m * row + column * mt)) + (right - u.matmul(m)) * inverse
      let dv = try v.matmul(gaps * (column * m + mt * row)) + (left - v.matmul(mt)) * inverse
      return [du, try m.diagonal(), try dv.matrixTransposed]
    },
    reverse: { factors, cotangents in
      let (u, s, vt) = (factors[0], factors[1], factors[2])
      let (du, ds, dvt) = (cotangents[0], cotangents[1], cotangents[2])
      let (ut, v) = (try u.matrixTransposed, try vt.matrixTransposed)
      let (row, column) = (try s.expanded(at: -2), try s.expanded(at: -1))
      let gaps = try s.square().reciprocalGaps()
      let inverse = try s.reciprocalOrZero().expanded(at: -2)
      let utdu = try ut.matmul(du)
      let vtdv = try vt.matmul(dvt.matrixTransposed)
      let (j, k) = (try gaps * utdu, try gaps * vtdv)
      let middle =
        try (j + j.matrixTransposed) * row + column * (k + k.matrixTransposed)
        + ds.diagonalMatrix()
      let core = try u.matmul(middle).matmul(vt)
      let outU = try ((du - u.matmul(utdu)) * inverse).matmul(vt)
      let outV = try (u * inverse).matmul(dvt - dvt.matmul(v).matmul(vt))
      return try core + outU + outV
    })
}

extension Variable {
  /// The lower triangle of a packed LU with ones on the diagonal.
  fileprivate func unitLower() throws -> Variable {
    let n = shape[rank - 1]
    return try tril(-1) + .tensor(Tensor.eye(n, n, dtype))
  }

  /// `1 / (wⱼ - wᵢ)` at i, j; 0 where the two are equal up to rounding.
  fileprivate func reciprocalGaps() throws -> Variable {
    let gaps = try expanded(at: -2) - expanded(at: -1)
    if count == 0 { return gaps }
    let epsilon = dtype == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let largest = try stopGradient(self).abs().max(axes: AxisSet(rank - 1), keepAxes: true)
    let least = try (largest * (8 * epsilon)).expanded(at: -1)
    let areEqual = try stopGradient(gaps).abs().isLessOrEqual(to: least)
    return try 1 / areEqual.select(.number(.infinity, like: gaps), gaps)
  }

  /// `1 / s`, 0 for singular values that are 0 up to rounding.
  fileprivate func reciprocalOrZero() throws -> Variable {
    if count == 0 { return self }
    let epsilon = dtype == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let largest = try stopGradient(self).max(axes: AxisSet(rank - 1), keepAxes: true)
    let isZero = try stopGradient(self).isLessOrEqual(to: largest * (8 * epsilon))
    return try 1 / isZero.select(.number(.infinity, like: self), self)
  }

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
    guard m <= n else { return try a.tallLU() }
    let square = m < n ? try a.sliced(axis: -1, from: 0, to: m) : a
    let factors = try Packing(shapes: [[m, m], [m, m]]).parts(of: apply(.lu, square))
    let p = stopGradient(factors[1])
    let (l, u) = (try factors[0].unitLower(), try factors[0].triu())
    guard m < n else { return (p, l, u) }
    let rest = try p.matrixTransposed.matmul(a.sliced(axis: -1, from: m, to: n))
    return (p, l, try Variable.concat([u, l.solvingLower(rest, unit: true)], axis: -1))
  }

  /// More rows than columns: with the rows in pivot order, the first ones are a square matrix
  /// that needs no pivots, and the others follow from its U.
  private func tallLU() throws -> (p: Variable, l: Variable, u: Variable) {
    let (m, n) = (shape[rank - 2], shape[rank - 1])
    let p = try apply(.permutation, self)
    let sorted = try p.matrixTransposed.matmul(self)
    let (top, l, u) = try sorted.sliced(axis: -2, from: 0, to: n).lu()
    let rest = try sorted.sliced(axis: -2, from: n, to: m)
    let below = try u.solvingUpper(rest.matrixTransposed, isTransposed: true).matrixTransposed
    return (p, try Variable.concat([top.matmul(l), below], axis: -2), u)
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
  /// The permutation matrix of the LU factorization.
  static let permutation = Primitive(
    constant: "lu_permutation", kernel: { a, _ in try Tensor.lu(a).p })

  /// The number of singular values above a tolerance. Attribute: the tolerance.
  static let matrixRank = Primitive(
    constant: "matrix_rank",
    kernel: { a, attributes in
      if case .number(let tolerance) = attributes {
        return try Tensor.matrixRank(a, tolerance: tolerance)
      }
      return try Tensor.matrixRank(a)
    })
}
