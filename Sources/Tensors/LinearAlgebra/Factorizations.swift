// Factorizations of stacks of matrices.
//
// A row-major matrix A in memory is the column-major matrix Aᵀ to LAPACK, so each routine is
// chosen for the transpose: QR of A is LQ of Aᵀ, the singular vectors of A are those of Aᵀ with
// the sides swapped, the lower Cholesky factor is the upper one of a column-major matrix. Only
// LU, whose pivots tell rows from columns, is transposed in and out.
//
// Signs are LAPACK's own: the diagonal of R and the first entry of a singular vector or
// eigenvector may have either sign, always the same one for the same bits.

import Platform

extension Tensor {
  /// The lower triangular L with L Lᵀ = A; only the lower triangle of A is read.
  ///
  /// - Throws: a value error where A is not positive definite.
  public static func choleskyFactor(_ a: Tensor) throws -> Tensor {
    let stack = try MatrixStack(a, "cholesky", square: true)
    return stack.dtype == .f32
      ? try cholesky(stack, Float.self) : try cholesky(stack, Double.self)
  }

  private static func cholesky<T: LapackElement>(_ a: MatrixStack, _: T.Type) throws -> Tensor {
    let n = a.rows
    return try a.map(T.self, to: [n, n]) { index, source, factor in
      factor.update(from: source, count: n * n)
      let pivot = T.factorCholesky(n, factor)
      for i in 0..<n {
        for j in (i + 1)..<Swift.max(n, i + 1) { factor[i * n + j] = 0 }
      }
      // OpenBLAS lets nan through where LAPACK calls it a failed pivot.
      let failed = pivot > 0 ? pivot - 1 : (0..<n).first { factor[$0 * n + $0].isNaN }
      guard let failed else { return }
      throw TensorError(
        .value,
        "cholesky cannot factor \(a.name(index)): it is not positive definite, pivot \(failed) is "
          + (factor[failed * n + failed].isNaN ? "nan" : "not above zero"),
        hint: "add a small multiple of the identity, such as 1e-6 * eye(\(n))")
    }
  }

  /// The LU factorization with partial pivoting, packed as LAPACK does: U in the upper triangle,
  /// L without its unit diagonal below. `pivots[i]`, counted from 0, is the row that step i
  /// exchanged with row i. A may be rectangular or singular.
  public static func luPacked(_ a: Tensor) throws -> (lu: Tensor, pivots: Tensor) {
    let stack = try MatrixStack(a, "lu")
    return stack.dtype == .f32 ? try lu(stack, Float.self) : try lu(stack, Double.self)
  }

  private static func lu<T: LapackElement>(_ a: MatrixStack, _: T.Type) throws -> (
    lu: Tensor, pivots: Tensor
  ) {
    let (m, n, steps) = (a.rows, a.columns, Swift.min(a.rows, a.columns))
    var exchanges: [Int32] = []
    let packed = try a.map(T.self, to: [m, n]) { index, source, result in
      var columns = [T](repeating: 0, count: m * n)
      var pivots = [Int32](repeating: 0, count: steps)
      transpose(source, rows: m, columns: n, into: &columns)
      _ = T.factorLU(m, n, &columns, &pivots)
      transpose(columns, rows: n, columns: m, into: result)
      exchanges += pivots
    }
    let pivots = try Tensor.make(a.shape(steps), .i64) { elements in
      let elements = elements.assumingMemoryBound(to: Int64.self)
      for (i, row) in exchanges.enumerated() { elements[i] = Int64(row) - 1 }
    }
    return (packed, pivots)
  }

  /// P, L and U with A = P L U: a permutation matrix, a unit lower triangle and an upper one.
  public static func lu(_ a: Tensor) throws -> (p: Tensor, l: Tensor, u: Tensor) {
    let stack = try MatrixStack(a, "lu")
    return stack.dtype == .f32 ? try unpacked(stack, Float.self) : try unpacked(stack, Double.self)
  }

  private static func unpacked<T: LapackElement>(_ a: MatrixStack, _: T.Type) throws -> (
    p: Tensor, l: Tensor, u: Tensor
  ) {
    let (m, n, steps) = (a.rows, a.columns, Swift.min(a.rows, a.columns))
    let (packed, pivots) = try lu(a, T.self)
    let factors = try MatrixStack(packed, "lu")
    let exchanges = pivots.integers
    let lower = try factors.map(T.self, to: [m, steps]) { _, source, result in
      for i in 0..<m {
        for j in 0..<steps { result[i * steps + j] = j < i ? source[i * n + j] : j == i ? 1 : 0 }
      }
    }
    let upper = try factors.map(T.self, to: [steps, n]) { _, source, result in
      for i in 0..<steps {
        for j in 0..<n { result[i * n + j] = j >= i ? source[i * n + j] : 0 }
      }
    }
    let permutation = try factors.map(T.self, to: [m, m]) { index, _, result in
      var rows = Array(0..<m)
      for i in 0..<steps { rows.swapAt(i, exchanges[index * steps + i]) }
      result.update(repeating: 0, count: m * m)
      for (i, row) in rows.enumerated() { result[row * m + i] = 1 }
    }
    return (permutation, lower, upper)
  }

  /// The sign of the determinant and the logarithm of its absolute value: (0, -inf) where A is
  /// singular, (1, 0) for a matrix without rows.
  public static func logAbsDet(_ a: Tensor) throws -> (sign: Tensor, logAbs: Tensor) {
    let stack = try MatrixStack(a, "logdet", square: true)
    return stack.dtype == .f32
      ? try logAbsDet(stack, Float.self) : try logAbsDet(stack, Double.self)
  }

  private static func logAbsDet<T: LapackElement>(_ a: MatrixStack, _: T.Type) throws -> (
    sign: Tensor, logAbs: Tensor
  ) {
    var signs: [T] = []
    let logarithms = try a.map(T.self, to: []) { _, source, result in
      var (sign, sum): (T, Double) = (1, 0)
      for pivot in determinantFactors(a, source) {
        sign = pivot < 0 ? -sign : pivot > 0 ? sign : pivot.isNaN ? .nan : 0
        sum += log(Double(pivot.magnitude))
      }
      signs.append(sign)
      result.pointee = T(sum)
    }
    let sign = try a.map(T.self, to: []) { index, _, result in result.pointee = signs[index] }
    return (sign, logarithms)
  }

  /// The determinant: 1 for a matrix without rows.
  public static func determinant(_ a: Tensor) throws -> Tensor {
    let stack = try MatrixStack(a, "det", square: true)
    func determinants<T: LapackElement>(_: T.Type) throws -> Tensor {
      try stack.map(T.self, to: []) { _, source, result in
        result.pointee = determinantFactors(stack, source).reduce(1, *)
      }
    }
    return stack.dtype == .f32 ? try determinants(Float.self) : try determinants(Double.self)
  }

  /// Numbers whose product is the determinant: the pivots, the first negated for an odd
  /// permutation.
  private static func determinantFactors<T: LapackElement>(
    _ a: MatrixStack, _ source: UnsafeMutablePointer<T>
  ) -> [T] {
    let n = a.rows
    guard n > 0 else { return [] }
    var copy = Array(UnsafeBufferPointer(start: source, count: a.area))
    var pivots = [Int32](repeating: 0, count: n)
    _ = T.factorLU(n, n, &copy, &pivots)
    var factors = (0..<n).map { copy[$0 * n + $0] }
    for i in 0..<n where Int(pivots[i]) != i + 1 { factors[0].negate() }
    return factors
  }

  /// The reduced QR factorization A = Q R: Q of orthonormal columns, R upper triangular.
  public static func qr(_ a: Tensor) throws -> (q: Tensor, r: Tensor) {
    let stack = try MatrixStack(a, "qr")
    return stack.dtype == .f32 ? try qr(stack, Float.self) : try qr(stack, Double.self)
  }

  private static func qr<T: LapackElement>(_ a: MatrixStack, _: T.Type) throws -> (
    q: Tensor, r: Tensor
  ) {
    let (m, n, k) = (a.rows, a.columns, Swift.min(a.rows, a.columns))
    var uppers: [T] = []
    let q = try a.map(T.self, to: [m, k]) { _, source, orthogonal in
      guard k > 0 else { return }
      var work = Array(UnsafeBufferPointer(start: source, count: m * n))
      var tau = [T](repeating: 0, count: k)
      _ = T.gelqf(Int32(n), Int32(m), &work, &tau)
      for i in 0..<k {
        for j in 0..<n { uppers.append(j >= i ? work[i * n + j] : 0) }
      }
      for i in 0..<m {
        for j in 0..<k { orthogonal[i * k + j] = work[i * n + j] }
      }
      _ = T.orglq(Int32(k), Int32(m), Int32(k), orthogonal, &tau)
    }
    let r = try a.map(T.self, to: [k, n]) { index, _, result in
      for i in 0..<k * n { result[i] = uppers[index * k * n + i] }
    }
    return (q, r)
  }

  /// The reduced singular value decomposition A = U diag(s) Vᵀ, the largest value first.
  ///
  /// - Throws: a value error for nan and infinities, or where the iteration does not converge.
  public static func svd(_ a: Tensor) throws -> (u: Tensor, s: Tensor, vt: Tensor) {
    let stack = try MatrixStack(a, "svd")
    return stack.dtype == .f32 ? try svd(stack, Float.self) : try svd(stack, Double.self)
  }

  private static func svd<T: LapackElement>(_ a: MatrixStack, _: T.Type) throws -> (
    u: Tensor, s: Tensor, vt: Tensor
  ) {
    let (m, n, k) = (a.rows, a.columns, Swift.min(a.rows, a.columns))
    try a.requireFinite(T.self, "svd")
    let u = try Tensor.uninitialized(a.shape(m, k), T.dtype)
    let s = try Tensor.uninitialized(a.shape(k), T.dtype)
    let vt = try Tensor.uninitialized(a.shape(k, n), T.dtype)
    guard k > 0 else { return (u, s, vt) }
    try a.forEach(T.self) { index, source in
      var work = Array(UnsafeBufferPointer(start: source, count: m * n))
      let status = u.withElements { u in
        s.withElements { s in
          vt.withElements { vt in
            T.gesdd(
              CChar(UInt8(ascii: "S")), Int32(n), Int32(m), &work,
              s.assumingMemoryBound(to: T.self) + index * k,
              vt.assumingMemoryBound(to: T.self) + index * k * n,
              u.assumingMemoryBound(to: T.self) + index * m * k)
          }
        }
      }
      guard status == 0 else { throw notConverged("svd", a, index) }
    }
    return (u, s, vt)
  }

  /// The eigenvalues, ascending, and orthonormal eigenvectors, as columns, of symmetric matrices;
  /// only the lower triangle of A is read.
  ///
  /// - Throws: a value error for nan and infinities, or where the iteration does not converge.
  public static func eigh(_ a: Tensor) throws -> (w: Tensor, v: Tensor) {
    let stack = try MatrixStack(a, "eigh", square: true)
    return stack.dtype == .f32
      ? try eigh(stack, vectors: true, Float.self) : try eigh(stack, vectors: true, Double.self)
  }

  /// The eigenvalues of symmetric matrices, ascending.
  public static func eigvalsh(_ a: Tensor) throws -> Tensor {
    let stack = try MatrixStack(a, "eigvalsh", square: true)
    return stack.dtype == .f32
      ? try eigh(stack, vectors: false, Float.self).w
      : try eigh(stack, vectors: false, Double.self).w
  }

  private static func eigh<T: LapackElement>(
    _ a: MatrixStack, vectors: Bool, _: T.Type
  ) throws -> (w: Tensor, v: Tensor) {
    let n = a.rows
    let operation = vectors ? "eigh" : "eigvalsh"
    try a.requireFinite(T.self, operation)
    let w = try Tensor.uninitialized(a.shape(n), T.dtype)
    let v = try a.map(T.self, to: vectors ? [n, n] : [0]) { index, source, result in
      guard n > 0 else { return }
      var work = Array(UnsafeBufferPointer(start: source, count: n * n))
      let job = CChar(UInt8(ascii: vectors ? "V" : "N"))
      let status = w.withElements {
        T.syevd(job, Int32(n), &work, $0.assumingMemoryBound(to: T.self) + index * n)
      }
      guard status == 0 else { throw notConverged(operation, a, index) }
      if vectors { transpose(work, rows: n, columns: n, into: result) }
    }
    return (w, v)
  }

  private static func notConverged(_ operation: String, _ a: MatrixStack, _ index: Int)
    -> TensorError
  {
    TensorError(.value, "\(operation) of \(a.name(index)) did not converge")
  }
}
