// Solutions of linear systems, inverses, determinants and Cholesky factors.
//
// The primitives take stacks of matrices, with two axes at least; the methods make a vector a
// matrix of one column first. Leading axes broadcast, so a mapped axis is one of them.

import Tensors

/// Which triangle a system has, and how it is read.
final class TriangleOptions: Sendable {
  let isLower: Bool
  let isTransposed: Bool
  let hasUnitDiagonal: Bool
  /// Whether the right-hand side is a tangent or cotangent, whose columns of zeros stay.
  let keepsZeros: Bool

  init(isLower: Bool, isTransposed: Bool, hasUnitDiagonal: Bool, keepsZeros: Bool = false) {
    self.isLower = isLower
    self.isTransposed = isTransposed
    self.hasUnitDiagonal = hasUnitDiagonal
    self.keepsZeros = keepsZeros
  }

  /// The same triangle for a tangent or cotangent.
  var forDirections: TriangleOptions {
    TriangleOptions(
      isLower: isLower, isTransposed: isTransposed, hasUnitDiagonal: hasUnitDiagonal,
      keepsZeros: true)
  }

  /// The same triangle, transposed once more, for a cotangent.
  var transposed: TriangleOptions {
    TriangleOptions(
      isLower: isLower, isTransposed: !isTransposed, hasUnitDiagonal: hasUnitDiagonal,
      keepsZeros: true)
  }

  /// What of a cotangent of the whole matrix belongs to the triangle.
  fileprivate func part(of x: Variable) throws -> Variable {
    let offset = hasUnitDiagonal ? 1 : 0
    return isLower ? try x.tril(-offset) : try x.triu(offset)
  }
}

extension Attributes {
  /// Of `solve`: whether the right-hand side is a tangent or cotangent.
  fileprivate var keepsZeros: Bool {
    if case .int = self { return true }
    return false
  }

  /// Of a product of a direction, on the left, and the solution: which are directions. The solution
  /// is where the right-hand side is.
  fileprivate var directions: Operands { Operands(left: true, right: keepsZeros) }
}

extension Primitive {
  /// The solution of a square system. Attribute: whether the right-hand side is a tangent or
  /// cotangent, whose columns of zeros stay.
  ///
  ///     A X = B            Ẋ = A⁻¹ (Ḃ - Ȧ X)            B̄ = A⁻ᵀ X̄, Ā = -B̄ Xᵀ
  static let solve = Primitive(
    "solve",
    kernel: { a, b, attributes in
      guard attributes.keepsZeros else { return try Tensor.solve(a, b) }
      return try Tensor.keepingZeroColumns(of: b, in: a) { try Tensor.solve(a, b) }
    },
    forward: { a, b, x, attributes, da, db in
      guard let da else { return try a.solving(direction: db ?? b) }
      let moved = try da.matmul(x, zeros: attributes.directions)
      return try a.solving(direction: db.map { try $0 - moved } ?? -moved)
    },
    reverse: { a, b, x, attributes, dx, needsA, needsB in
      let right = try a.matrixTransposed.solving(direction: dx)
      return (
        needsA
          ? try (-right.matmul(x.matrixTransposed, zeros: attributes.directions)).unbroadcast(to: a)
          : nil,
        needsB ? try right.unbroadcast(to: b) : nil
      )
    },
    batch: { a, aIsMapped, b, bIsMapped, attributes in
      let (s, t) = try aligned(a, aIsMapped, b, bIsMapped)
      return try s.solving(t, attributes)
    })

  /// The solution of a triangular system; the other triangle is not read. Attribute: the
  /// triangle.
  ///
  ///     op(A) X = B            Ẋ = op(A)⁻¹ (Ḃ - op(Ȧ) X)            B̄ = op(A)⁻ᵀ X̄, op(Ā) = -B̄ Xᵀ
  static let triangularSolve = Primitive(
    "triangular_solve",
    kernel: { a, b, attributes in
      let triangle = attributes.object(as: TriangleOptions.self)
      let solve = {
        try Tensor.triangularSolve(
          a, b, lower: triangle.isLower, transpose: triangle.isTransposed,
          unitDiagonal: triangle.hasUnitDiagonal)
      }
      return triangle.keepsZeros
        ? try Tensor.keepingZeroColumns(of: b, in: a, solve) : try solve()
    },
    forward: { a, b, x, attributes, da, db in
      let triangle = attributes.object(as: TriangleOptions.self)
      guard let da else { return try a.solving(db ?? b, triangle.forDirections) }
      let part = try triangle.part(of: da)
      let moved = try (triangle.isTransposed ? part.matrixTransposed : part)
        .matmul(x, zeros: Operands(left: true, right: triangle.keepsZeros))
      return try a.solving(db.map { try $0 - moved } ?? -moved, triangle.forDirections)
    },
    reverse: { a, b, x, attributes, dx, needsA, needsB in
      let triangle = attributes.object(as: TriangleOptions.self)
      let right = try a.solving(dx, triangle.transposed)
      var whole: Variable?
      if needsA {
        let kept = Operands(left: true, right: triangle.keepsZeros)
        let product =
          triangle.isTransposed
          ? try x.matmul(right.matrixTransposed, zeros: kept.exchanged)
          : try right.matmul(x.matrixTransposed, zeros: kept)
        whole = try triangle.part(of: -product).unbroadcast(to: a)
      }
      return (whole, needsB ? try right.unbroadcast(to: b) : nil)
    },
    batch: { a, aIsMapped, b, bIsMapped, attributes in
      let triangle = attributes.object(as: TriangleOptions.self)
      let (s, t) = try aligned(a, aIsMapped, b, bIsMapped)
      return try s.solving(t, triangle)
    })

  /// The inverse.
  ///
  ///     Y = A⁻¹            Ẏ = -Y Ȧ Y            Ā = -Yᵀ Ȳ Yᵀ
  static let inverse = Primitive(
    "inv", kernel: { a, _ in try Tensor.inverse(a) },
    forward: { _, y, _, da in try -da.between(y, y) },
    reverse: { _, y, _, dy in
      let transposed = try y.matrixTransposed
      return try -dy.between(transposed, transposed)
    })

  /// The Moore–Penrose inverse. Attribute: the tolerance relative to the greatest singular value.
  ///
  ///     P = A⁺            Ṗ = -P Ȧ P + P Pᵀ Ȧᵀ (I - A P) + (I - P A) Ȧᵀ Pᵀ P
  ///                       Ā = -Pᵀ P̄ Pᵀ + (I - A P) P̄ᵀ P Pᵀ + Pᵀ P P̄ᵀ (I - P A)
  ///
  /// The derivative is that of matrices which keep their rank.
  static let pseudoInverse = Primitive(
    "pinv",
    kernel: { a, attributes in
      if let tolerance = attributes.optionalNumber {
        return try Tensor.pinv(a, tolerance: tolerance)
      }
      return try Tensor.pinv(a)
    },
    forward: { a, p, _, da in
      let (pt, dat) = (try p.matrixTransposed, try da.matrixTransposed)
      let left = try dat - dat.matmul(a, zeros: .left).matmul(p, zeros: .left)
      let right = try dat - p.matmul(a).matmul(dat, zeros: .right)
      return try p.matmul(pt).matmul(left, zeros: .right) - da.between(p, p)
        + right.matmul(pt, zeros: .left).matmul(p, zeros: .left)
    },
    reverse: { a, p, _, dp in
      let (pt, dpt) = (try p.matrixTransposed, try dp.matrixTransposed)
      let left = try dpt - a.matmul(p).matmul(dpt, zeros: .right)
      let right = try dpt - dpt.matmul(p, zeros: .left).matmul(a, zeros: .left)
      return try left.matmul(p, zeros: .left).matmul(pt, zeros: .left) - dp.between(pt, pt)
        + pt.matmul(p).matmul(right, zeros: .right)
    })

  /// The lower Cholesky factor of a symmetric matrix, of which the lower triangle is read.
  ///
  ///     A = L Lᵀ            L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ)            Ā = sym(L⁻ᵀ Φ(Lᵀ L̄) L⁻¹)
  ///
  /// Φ takes the lower triangle and half the diagonal. Tangents and cotangents are those of
  /// symmetric matrices.
  static let cholesky = Primitive(
    "cholesky", kernel: { a, _ in try Tensor.choleskyFactor(a) },
    forward: { _, l, _, da in
      let symmetric = try (da + da.matrixTransposed) * 0.5
      let half = try l.solvingLower(symmetric)
      return try l.matmul(
        l.solvingLower(half.matrixTransposed).halvedLower(), zeros: .right)
    },
    reverse: { _, l, _, dl in
      let middle = try l.matrixTransposed.matmul(dl.tril(), zeros: .right).halvedLower()
      let left = try l.solvingLower(middle, isTransposed: true)
      let whole = try l.solvingLower(left.matrixTransposed, isTransposed: true)
      return try (whole + whole.matrixTransposed) * 0.5
    })

  /// The logarithm of the absolute value of the determinant.
  ///
  ///     y = log |det A|            ẏ = tr(A⁻¹ Ȧ)            Ā = A⁻ᵀ (ȳ I)
  static let logAbsDet = Primitive(
    "logdet", kernel: { a, _ in try Tensor.logAbsDet(a).logAbs },
    forward: { a, _, _, da in try a.solving(direction: da).trace() },
    reverse: { a, _, _, dy in
      let n = a.shape[a.rank - 1]
      let diagonal = try dy.asMatrices() * Variable.tensor(Tensor.eye(n, n, a.dtype)).beside(a)
      return try a.matrixTransposed.solving(direction: diagonal)
    })

  /// The sign of the determinant, -1, 0 or 1.
  static let determinantSign = Primitive(
    constant: "sign_of_det", kernel: { a, _ in try Tensor.logAbsDet(a).sign })

  /// The determinant.
  ///
  ///     y = det A            ẏ = Σ C ∘ Ȧ            Ā = ȳ C, with C the cofactors
  ///
  /// C is y A⁻ᵀ where A is far from singular, else made of minors, so that singular matrices have
  /// exact derivatives of every order.
  static let determinant = Primitive(
    "det", kernel: { a, _ in try Tensor.determinant(a) },
    forward: { a, y, _, da in
      let products = try da.scaled(by: a.cofactors(determinant: y))
      return try products.sum(axes: AxisSet(products.rank - 1)).sum(
        axes: AxisSet(products.rank - 2))
    },
    reverse: { a, y, _, dy in try dy.asMatrices().scaled(by: a.cofactors(determinant: y)) })
}

extension Variable {
  /// X with A X = B, of two axes or more each.
  fileprivate func solving(_ b: Variable, _ attributes: Attributes = .none) throws -> Variable {
    try apply(.solve, self, b, attributes)
  }

  /// The same for a tangent or cotangent, whose columns of zeros stay.
  fileprivate func solving(direction b: Variable) throws -> Variable {
    try solving(b, .int(1))
  }

  /// L X R for this X, a tangent or cotangent.
  func between(_ left: Variable, _ right: Variable) throws -> Variable {
    try left.matmul(self, zeros: .right).matmul(right, zeros: .left)
  }

  fileprivate func solving(_ b: Variable, _ triangle: TriangleOptions) throws -> Variable {
    try apply(.triangularSolve, self, b, .object(triangle))
  }

  /// The solution with the lower triangle of this matrix or its transpose, for a tangent or
  /// cotangent.
  func solvingLower(_ b: Variable, isTransposed: Bool = false, unit: Bool = false) throws
    -> Variable
  {
    try solving(
      b,
      TriangleOptions(
        isLower: true, isTransposed: isTransposed, hasUnitDiagonal: unit, keepsZeros: true))
  }

  /// The solution with the upper triangle of this matrix or its transpose, for a tangent or
  /// cotangent.
  func solvingUpper(_ b: Variable, isTransposed: Bool = false) throws -> Variable {
    try solving(
      b,
      TriangleOptions(
        isLower: false, isTransposed: isTransposed, hasUnitDiagonal: false, keepsZeros: true))
  }

  /// The lower triangle with half the diagonal.
  fileprivate func halvedLower() throws -> Variable { try (tril() + tril(-1)) * 0.5 }

  /// Numbers as 1 by 1 matrices, to be multiplied with matrices.
  fileprivate func asMatrices() throws -> Variable {
    try reshape(to: Shape(shape.array + [1, 1]))
  }

  /// The matrix C of cofactors: det A = Σⱼ Aᵢⱼ Cᵢⱼ for each row i.
  fileprivate func cofactors(determinant: Variable) throws -> Variable {
    if try isFarFromSingular(determinant) {
      return try determinant.asMatrices() * inverse().matrixTransposed
    }
    let n = shape[rank - 1]
    guard n > 1 else { return try onesLike() }
    // Row i, column j: the determinant without them, with its sign.
    let rows = try (0..<n).map { i in
      let others = try take(.others(than: i, of: n), axis: rank - 2)
      let columns = try (0..<n).map { j in
        let minor = try others.take(.others(than: j, of: n), axis: rank - 1).determinant()
        return (i + j) % 2 == 0 ? minor : try -minor
      }
      return try Variable.stack(columns, axis: -1)
    }
    return try Variable.stack(rows, axis: -2)
  }

  private static func others(than place: Int, of n: Int) throws -> Variable {
    let all = try Tensor.arange(0, n)
    return .tensor(
      try Tensor.concat(
        [all.sliced(axis: 0, from: 0, to: place), all.sliced(axis: 0, from: place + 1, to: n)],
        axis: 0))
  }

  /// True where every determinant is a fair part of the product of its rows' lengths, which
  /// bounds it; a convention-free question about numbers, whatever transformations are active.
  private func isFarFromSingular(_ determinant: Variable) throws -> Bool {
    let (a, y) = (underlying, determinant.underlying)
    if a.count == 0 { return true }
    let square = try Tensor.binary(.multiply, a, a)
    let lengths = try Tensor.unary(.sqrt, square.sum(AxisSet(a.rank - 1)))
    let bound = try lengths.prod(AxisSet(lengths.rank - 1))
    let least = try Tensor.binary(.multiply, bound, Tensor(1e-6, dtype: bound.dtype))
    let isFar = try Tensor.binary(.greater, Tensor.unary(.abs, y.reshaped(bound.shape)), least)
    return try isFar.all(.all(rank: isFar.rank)).firstInt != 0
  }

  // MARK: What programs call

  /// X with A X = B; a B of one axis is a vector.
  public func solve(_ b: Variable) throws -> Variable {
    try asColumn(b, "solve") { try floating().solving($0) }
  }

  /// X with A X = B for a triangular A, or with Aᵀ.
  public func triangularSolve(
    _ b: Variable, lower: Bool = true, transpose: Bool = false, unitDiagonal: Bool = false
  ) throws -> Variable {
    let triangle = TriangleOptions(
      isLower: lower, isTransposed: transpose, hasUnitDiagonal: unitDiagonal)
    return try asColumn(b, "triangular_solve") { try floating().solving($0, triangle) }
  }

  /// X with L Lᵀ X = B for this lower Cholesky factor L.
  public func choleskySolve(_ b: Variable) throws -> Variable {
    try triangularSolve(triangularSolve(b), transpose: true)
  }

  /// The X of least norm among those that make ‖A X - B‖ least.
  public func lstsq(_ b: Variable, tolerance: Double? = nil) throws -> Variable {
    try pseudoInverse(tolerance: tolerance).matmul(b.floating())
  }

  /// The inverse.
  public func inverse() throws -> Variable { try apply(.inverse, matrix("inv")) }

  /// The Moore–Penrose inverse.
  public func pseudoInverse(tolerance: Double? = nil) throws -> Variable {
    try apply(.pseudoInverse, matrix("pinv"), tolerance.map { .number($0) } ?? .none)
  }

  /// The lower Cholesky factor.
  public func cholesky() throws -> Variable { try apply(.cholesky, matrix("cholesky")) }

  /// The determinant.
  public func determinant() throws -> Variable { try apply(.determinant, matrix("det")) }

  /// The sign of the determinant and the logarithm of its absolute value.
  public func signAndLogAbsDeterminant() throws -> (sign: Variable, logarithm: Variable) {
    let a = try matrix("slogdet")
    return (try apply(.determinantSign, a), try apply(.logAbsDet, a))
  }

  /// The logarithm of the determinant; nan where that is negative.
  public func logDeterminant() throws -> Variable {
    let (sign, logarithm) = try signAndLogAbsDeterminant()
    let isNegative = try sign.isLess(than: .number(0, like: sign))
    return try isNegative.select(.number(.nan, like: logarithm), logarithm)
  }

  /// The variable as floats, with two axes at least.
  func matrix(_ operation: String) throws -> Variable {
    guard rank >= 2 else {
      throw TensorError(.shape, "\(operation) needs a matrix, and got \(typeDescription)")
    }
    return try floating()
  }

  private func asColumn(
    _ b: Variable, _ operation: String, _ solve: (Variable) throws -> Variable
  ) throws -> Variable {
    _ = try matrix(operation)
    guard b.rank >= 1 else {
      throw TensorError(
        .shape, "\(operation) needs a vector or matrix on the right, and got \(b.typeDescription)")
    }
    let right = try b.floating()
    guard b.rank == 1 else { return try solve(right) }
    return try solve(right.expanded(at: -1)).squeezed(-1)
  }
}
