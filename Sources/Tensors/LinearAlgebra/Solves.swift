// Linear systems: square ones by LU, or by Cholesky where they are large, symmetric and positive
// definite, triangular ones by substitution, others by least squares.

extension Tensor {
  /// X with A X = B. A one-dimensional B is a vector, any other a stack of matrices, as in
  /// NumPy 2; leading axes broadcast.
  ///
  /// - Throws: a value error where A is singular.
  public static func solve(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let system = try LinearSystem(a, b, "solve", square: true)
    return system.dtype == .f32 ? try solve(system, Float.self) : try solve(system, Double.self)
  }

  private static func solve<T: LapackElement>(_ system: LinearSystem, _: T.Type) throws -> Tensor {
    let (n, k) = (system.a.rows, system.b.columns)
    var factor = [T](repeating: 0, count: n * n)
    var pivots = [Int32](repeating: 0, count: n)
    var (factored, isCholesky) = (-1, false)
    return try system.map(T.self) { index, a, b, x in
      x.update(from: b, count: n * k)
      guard n > 0 else { return }
      if factored != index {
        isCholesky = n >= leastCholesky && factorPositive(a, n, &factor)
        if !isCholesky {
          for i in 0..<n * n { factor[i] = a[i] }
          let status = T.factorLU(n, n, &factor, &pivots)
          guard status == 0 else { throw system.a.singular("solve", index, pivot: status - 1) }
        }
        factored = index
      }
      if isCholesky {
        Blas.substitute(lower: true, transpose: false, unit: false, n, k, factor, x)
        Blas.substitute(lower: true, transpose: true, unit: false, n, k, factor, x)
        return
      }
      // LAPACK saw Aᵀ = P L U, so A = Uᵀ Lᵀ Pᵀ, where Uᵀ and Lᵀ lie row-major in `factor`.
      Blas.substitute(lower: true, transpose: false, unit: false, n, k, factor, x)
      Blas.substitute(lower: false, transpose: false, unit: true, n, k, factor, x)
      for i in (0..<n).reversed() where Int(pivots[i]) != i + 1 {
        let other = Int(pivots[i]) - 1
        for j in 0..<k { (x[i * k + j], x[other * k + j]) = (x[other * k + j], x[i * k + j]) }
      }
    }
  }

  /// The order from which half the cost counts. Below it, systems of round numbers have round
  /// solutions, which square roots would spoil.
  private static let leastCholesky = 32

  /// Puts the lower Cholesky factor of a matrix that is symmetric to the last bit in `factor`, at half
  /// the cost of LU; false where it is not symmetric, not positive definite or not finite.
  private static func factorPositive<T: LapackElement>(
    _ a: UnsafePointer<T>, _ n: Int, _ factor: inout [T]
  ) -> Bool {
    for i in 0..<n {
      guard a[i * n + i] > 0 else { return false }
      for j in 0..<i where a[i * n + j] != a[j * n + i] { return false }
    }
    for i in 0..<n * n { factor[i] = a[i] }
    return T.factorCholesky(n, &factor) == 0 && (0..<n).allSatisfy { factor[$0 * n + $0].isFinite }
  }

  /// X with op(A) X = B for a triangular A, op the transpose or nothing; the other triangle of
  /// A, and the diagonal if `unitDiagonal`, are not read.
  ///
  /// - Throws: a value error for a zero on the diagonal.
  public static func triangularSolve(
    _ a: Tensor, _ b: Tensor, lower: Bool, transpose: Bool = false, unitDiagonal: Bool = false
  ) throws -> Tensor {
    let system = try LinearSystem(a, b, "triangular_solve", square: true)
    func solve<T: LapackElement>(_: T.Type) throws -> Tensor {
      let (n, k) = (system.a.rows, system.b.columns)
      return try system.map(T.self) { index, a, b, x in
        x.update(from: b, count: n * k)
        if !unitDiagonal, let zero = (0..<n).first(where: { a[$0 * n + $0] == 0 }) {
          throw system.a.singular("triangular_solve", index, pivot: zero)
        }
        Blas.substitute(lower: lower, transpose: transpose, unit: unitDiagonal, n, k, a, x)
      }
    }
    return system.dtype == .f32 ? try solve(Float.self) : try solve(Double.self)
  }

  /// X with L Lᵀ X = B for a lower Cholesky factor L.
  public static func choleskySolve(factor: Tensor, _ b: Tensor) throws -> Tensor {
    let half = try triangularSolve(factor, b, lower: true)
    return try triangularSolve(factor, half, lower: true, transpose: true)
  }

  /// The inverse.
  ///
  /// - Throws: a value error where A is singular.
  public static func inverse(_ a: Tensor) throws -> Tensor {
    let stack = try MatrixStack(a, "inv", square: true)
    func inverses<T: LapackElement>(_: T.Type) throws -> Tensor {
      let n = stack.rows
      var pivots = [Int32](repeating: 0, count: n)
      return try stack.map(T.self, to: [n, n]) { index, source, result in
        guard n > 0 else { return }
        result.update(from: source, count: n * n)
        var status = T.factorLU(n, n, result, &pivots)
        if status == 0 { status = Int(T.getri(Int32(n), result, &pivots)) }
        guard status == 0 else { throw stack.singular("inv", index, pivot: status - 1) }
      }
    }
    return stack.dtype == .f32 ? try inverses(Float.self) : try inverses(Double.self)
  }

  /// The X of least norm among those that make ‖A X - B‖ least. Singular values at most
  /// `tolerance` times the largest count as zero; nil is the dtype's epsilon times Swift.max(rows,
  /// columns).
  public static func lstsq(_ a: Tensor, _ b: Tensor, tolerance: Double? = nil) throws -> Tensor {
    let system = try LinearSystem(a, b, "lstsq", square: false)
    let inverse = try pinv(system.a.tensor, tolerance: tolerance, operation: "lstsq")
    func apply<T: LapackElement>(_: T.Type) throws -> Tensor {
      let (m, n, k) = (system.a.rows, system.a.columns, system.b.columns)
      return try system.map(T.self) { index, _, b, x in
        inverse.withElements { elements in
          let own = elements.assumingMemoryBound(to: T.self) + index * m * n
          MatrixProduct(
            Matrix(own, rows: n, columns: m), Matrix(b, rows: m, columns: k), x
          ).compute()
        }
      }
    }
    return system.dtype == .f32 ? try apply(Float.self) : try apply(Double.self)
  }

  /// The Moore–Penrose pseudo-inverse, with singular values cut off as in `lstsq`.
  public static func pinv(_ a: Tensor, tolerance: Double? = nil) throws -> Tensor {
    try pinv(a, tolerance: tolerance, operation: "pinv")
  }

  private static func pinv(_ a: Tensor, tolerance: Double?, operation: String) throws -> Tensor {
    let stack = try MatrixStack(a, operation)
    func inverses<T: LapackElement>(_: T.Type) throws -> Tensor {
      let (m, n, k) = (stack.rows, stack.columns, Swift.min(stack.rows, stack.columns))
      try stack.requireFinite(T.self, operation)
      let (u, s, vt) = try svd(stack.tensor)
      let values = s.doubles
      let cutoff = tolerance ?? Double(T.ulpOfOne) * Double(Swift.max(m, n))
      return try stack.map(T.self, to: [n, m]) { index, _, result in
        guard k > 0 else { return }
        let largest = values[index * k]
        // pinv = V diag(1/s) Uᵀ, the product of (diag(1/s) Vᵀ)ᵀ and Uᵀ.
        var scaled = [T](repeating: 0, count: k * n)
        vt.withElements { vt in
          let vt = vt.assumingMemoryBound(to: T.self) + index * k * n
          for i in 0..<k where values[index * k + i] > cutoff * largest {
            let factor = 1 / T(values[index * k + i])
            for j in 0..<n { scaled[i * n + j] = vt[i * n + j] * factor }
          }
        }
        u.withElements { u in
          scaled.withUnsafeMutableBufferPointer { scaled in
            guard let right = scaled.baseAddress else { return }
            let left = u.assumingMemoryBound(to: T.self) + index * m * k
            MatrixProduct(
              Matrix(right, rows: k, columns: n).transposed,
              Matrix(left, rows: m, columns: k).transposed, result
            ).compute()
          }
        }
      }
    }
    return stack.dtype == .f32 ? try inverses(Float.self) : try inverses(Double.self)
  }

  /// The number of singular values above `tolerance` times the largest, as i64; nil is the
  /// dtype's epsilon times Swift.max(rows, columns).
  public static func matrixRank(_ a: Tensor, tolerance: Double? = nil) throws -> Tensor {
    let stack = try MatrixStack(a, "matrix_rank")
    let epsilon = stack.dtype == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let cutoff = tolerance ?? epsilon * Double(Swift.max(stack.rows, stack.columns))
    let values = try svd(stack.tensor).s.doubles
    let k = Swift.min(stack.rows, stack.columns)
    return try Tensor.make(stack.batch, .i64) { elements in
      let ranks = elements.assumingMemoryBound(to: Int64.self)
      for index in 0..<stack.count {
        let own = values[(index * k)..<((index + 1) * k)]
        ranks[index] = Int64(own.count { $0 > cutoff * (own.first ?? 0) })
      }
    }
  }

  /// The ratio of the largest singular value to the smallest: inf where A is singular.
  public static func condition(_ a: Tensor) throws -> Tensor {
    let stack = try MatrixStack(a, "cond")
    guard stack.area > 0 else {
      throw TensorError(.shape, "cond needs a matrix with elements, and got \(a.typeDescription)")
    }
    let values = try svd(stack.tensor).s.doubles
    let k = Swift.min(stack.rows, stack.columns)
    func ratios<T: LapackElement>(_: T.Type) throws -> Tensor {
      try stack.map(T.self, to: []) { index, _, result in
        let (largest, smallest) = (values[index * k], values[index * k + k - 1])
        result.pointee = smallest == 0 ? .infinity : T(largest / smallest)
      }
    }
    return stack.dtype == .f32 ? try ratios(Float.self) : try ratios(Double.self)
  }
}

/// A and B of A X = B, of one dtype, with broadcast leading axes.
private struct LinearSystem {
  let a: MatrixStack
  let b: MatrixStack
  let result: Shape
  let batch: Shape

  var dtype: DType { a.dtype }

  init(_ a: Tensor, _ b: Tensor, _ operation: String, square: Bool) throws {
    let promoted = DType.promoted(a.dtype, b.dtype)
    let dtype = promoted.isFloat ? promoted : .f64
    self.a = try MatrixStack(a, operation, square: square, dtype: dtype)
    guard b.rank >= 1 else {
      throw TensorError(
        .shape, "\(operation) needs a vector or matrix on the right, and got \(b.typeDescription)")
    }
    let isVector = b.rank == 1
    let right = try b.rowMajor(dtype)
    self.b = try MatrixStack(
      isVector ? right.view(shape: Shape(b.shape[0], 1), strides: Shape(1, 1)) : right, operation)
    guard self.a.rows == self.b.rows, let batch = Shape.broadcast(self.a.batch, self.b.batch) else {
      throw TensorError(
        .shape, "\(operation) does not fit \(a.typeDescription) and \(b.typeDescription)",
        label: self.a.rows != self.b.rows
          ? "\(self.a.rows) equations, and \(self.b.rows) right sides" : nil,
        hint: "the rows of both must agree, and leading axes be equal or 1")
    }
    self.batch = batch
    result = try Shape(batch.array + [self.a.columns] + (isVector ? [] : [self.b.columns]))
  }

  /// A tensor of solutions, each filled by `body` from the index of A's matrix, A, B and X; see
  /// `AbandonableCall` for what it may touch.
  func map<T: LapackElement>(
    _: T.Type,
    _ body:
      @escaping (
        Int, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>
      ) throws -> Void
  ) throws -> Tensor {
    let left = batchIndices(a.batch, in: batch)
    let right = batchIndices(b.batch, in: batch)
    let solutions = try Tensor.uninitialized(result, T.dtype)
    let work = multiplications(a.rows, a.columns, a.columns + b.columns)
    try AbandonableCall.run(work: multiplications(work, left.count, 1)) {
      try withExtendedLifetime((a.tensor, b.tensor, solutions)) {
        func elements(_ tensor: Tensor) -> UnsafeMutablePointer<T> {
          tensor.elements.assumingMemoryBound(to: T.self)
        }
        for index in 0..<left.count {
          try Safepoint.look()
          try body(
            left[index], elements(a.tensor) + left[index] * a.area,
            elements(b.tensor) + right[index] * b.area,
            elements(solutions) + index * a.columns * b.columns)
        }
      }
    }
    return solutions
  }
}
