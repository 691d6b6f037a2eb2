// Eigenvalues and eigenvectors of matrices that need not be symmetric.

import Tensors

/// Complex numbers as two variables of one shape.
public struct ComplexVariable: Sendable {
  /// The real parts.
  public let real: Variable
  /// The imaginary parts.
  public let imaginary: Variable

  /// The product of matrices.
  fileprivate func matmul(_ other: ComplexVariable) throws -> ComplexVariable {
    ComplexVariable(
      real: try real.matmul(other.real) - imaginary.matmul(other.imaginary),
      imaginary: try real.matmul(other.imaginary) + imaginary.matmul(other.real))
  }

  /// The inverses of eigenvectors: of V + i W the first columns of that of (V -W; W V).
  ///
  /// - Throws: a value error where they are dependent.
  fileprivate func inverse() throws -> ComplexVariable {
    let n = real.shape[real.rank - 1]
    let above = try Variable.concat([real, -imaginary], axis: -1)
    let below = try Variable.concat([imaginary, real], axis: -1)
    let whole: Variable
    do {
      whole = try Variable.concat([above, below], axis: -2).inverse()
    } catch let error as TensorError where error.kind == .value {
      throw TensorError.defective
    }
    let columns = try whole.sliced(axis: -1, from: 0, to: n).bounded(by: .independence)
    return ComplexVariable(
      real: try columns.sliced(axis: -2, from: 0, to: n),
      imaginary: try columns.sliced(axis: -2, from: n, to: 2 * n))
  }
}

extension Bounds {
  /// Of the elements of V⁻¹ beside vectors of length 1: of two vectors that are one in the first eight digits, as those
  /// computed of a defective matrix are, they are beyond.
  fileprivate static let independence = Bounds(from: -1e7, to: 1e7) { _ in .defective }
}

extension TensorError {
  fileprivate static var defective: TensorError {
    TensorError(
      .value,
      "eig has no derivative where a matrix has fewer eigenvectors than rows, or nearly so",
      hint:
        "eigenvalues that occur once have derivatives, and so have all of a symmetric matrix, by eigh"
    )
  }
}

extension Primitive {
  /// The eigenvalues and eigenvectors of square matrices, with their real and imaginary parts.
  ///
  ///     A V = V diag λ, M = V⁻¹ Ȧ V, Kᵢⱼ = Mᵢⱼ / (λⱼ - λᵢ), 0 on the diagonal
  ///     λ̇ = diag M            U̇ = V K            v̇ⱼ = u̇ⱼ - cⱼ vⱼ
  ///
  /// The complex number c keeps the length of a vector, Re c = Re vᴴu̇, and its greatest component k real,
  /// Im c = Im u̇ₖ / vₖ. The reverse rule is this one, transposed.
  static let eig = Primitive(
    packed: "eig", packing: { n, _ in Packing(shapes: [[n], [n], [n, n], [n, n]]) },
    kernel: { a in
      let (values, vectors) = try Tensor.eig(a)
      return [values.real, values.imaginary, vectors.real, vectors.imaginary]
    },
    forward: { factors, da in try eigenvalueTangents(factors, da) },
    reverse: { factors, cotangents in
      let pull = try vjp([factors[2].zerosLike()]) { try eigenvalueTangents(factors, $0[0]) }
      return try pull(cotangents)[0] ?? factors[2].zerosLike()
    })
}

private func eigenvalueTangents(_ factors: [Variable], _ da: Variable) throws -> [Variable] {
  let (x, y) = (factors[0], factors[1])
  let v = ComplexVariable(real: factors[2], imaginary: factors[3])
  let m = try v.inverse().matmul(
    ComplexVariable(
      real: da.matmul(v.real, zeros: .left), imaginary: da.matmul(v.imaginary, zeros: .left)))
  let u = try v.matmul(m.overGaps(of: x, y))
  // c, of the length and of the greatest component.
  let length = AxisSet(x.rank - 1)
  let along = try (v.real * u.real + v.imaginary * u.imaginary).sum(axes: length, keepAxes: true)
  let sizes = try stopGradient(v.real.square() + v.imaginary.square())
  let least = try sizes.max(axes: length, keepAxes: true) * (1 - 2e-6)
  let greatest = try sizes.isGreaterOrEqual(to: least).converted(to: .i64)
    .argmax(axis: -2, keepAxes: true)
  let turn = try u.imaginary.gather(greatest, axis: -2) / v.real.gather(greatest, axis: -2)
  return [
    try m.real.diagonal(), try m.imaginary.diagonal(),
    try u.real - (along * v.real - turn * v.imaginary),
    try u.imaginary - (along * v.imaginary + turn * v.real),
  ]
}

extension ComplexVariable {
  /// This matrix over λⱼ - λᵢ at i, j; 0 on the diagonal, and, told, where the two are equal up to rounding.
  fileprivate func overGaps(of x: Variable, _ y: Variable) throws -> ComplexVariable {
    if x.count == 0 { return self }
    let (p, q) = (
      try x.expanded(at: -2) - x.expanded(at: -1), try y.expanded(at: -2) - y.expanded(at: -1)
    )
    let square = try p * p + q * q
    let last = AxisSet(x.rank - 1)
    let largest = try stopGradient(x.square() + y.square()).max(axes: last, keepAxes: true)
    let noise = 8 * x.dtype.rounding
    let areEqual = try stopGradient(square)
      .isLessOrEqual(to: (largest * (noise * noise)).expanded(at: -1))
    let apart = try areEqual.select(.number(0, like: square), square)
    let n = x.shape[x.rank - 1]
    let others = try 1 - Variable.tensor(Tensor.eye(n, n, x.dtype)).beside(square)
    let (r, i) = (try real.scaled(by: others), try imaginary.scaled(by: others))
    /// Transposed, it is the quotient that meets what has no derivative.
    func quotient(_ x: Variable) throws -> Variable {
      try apply(
        .withoutZeros, x.over(apart: apart), apart, .int(MissingDerivative.vectors.rawValue))
    }
    return ComplexVariable(
      real: try quotient(r * p + i * q), imaginary: try quotient(i * p - r * q))
  }
}

extension Variable {
  /// The eigenvalues and eigenvectors, as columns, of square matrices that need not be symmetric.
  public func eig() throws -> (values: ComplexVariable, vectors: ComplexVariable) {
    let a = try matrix("eig")
    let n = a.shape[a.rank - 1]
    let parts = try Packing(shapes: [[n], [n], [n, n], [n, n]]).parts(of: apply(.eig, a))
    return (
      ComplexVariable(real: parts[0], imaginary: parts[1]),
      ComplexVariable(real: parts[2], imaginary: parts[3])
    )
  }
}
