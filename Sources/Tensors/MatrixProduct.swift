// Products of matrices: BLAS for floats, reading transposed and strided views as they are; a
// plain loop with overflow checks for whole numbers.

internal import COpenBLAS
internal import Kernels

extension Tensor {
  /// The matrix product, as NumPy's: vectors are rows on the left and columns on the right, and
  /// axes before the last two are batches, which stretch.
  ///
  /// A product over no elements is 0; bool and i64 give i64.
  /// - Throws: a shape error where the inner axes differ, a value error where whole numbers
  ///   overflow.
  public static func matmul(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.rank > 0 && b.rank > 0 else {
      throw TensorError(
        .shape, "cannot multiply \(a.typeDescription) and \(b.typeDescription) as matrices",
        hint: "use * for numbers")
    }
    if a.rank == 1 && b.rank == 1 {
      return try matrixProduct(a.expanded(at: 0), b.expanded(at: 1), a, b).reshaped(Shape())
    }
    if a.rank == 1 {
      let product = try matrixProduct(a.expanded(at: 0), b, a, b)
      return try product.squeezed(-2)
    }
    if b.rank == 1 {
      let product = try matrixProduct(a, b.expanded(at: 1), a, b)
      return try product.squeezed(-1)
    }
    return try matrixProduct(a, b, a, b)
  }

  /// The product of tensors of two axes or more; the originals are for messages.
  private static func matrixProduct(
    _ a: Tensor, _ b: Tensor, _ left: Tensor, _ right: Tensor
  ) throws -> Tensor {
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    guard k == b.shape[b.rank - 2] else {
      throw TensorError(
        .shape, "cannot multiply \(left.typeDescription) and \(right.typeDescription) as matrices",
        label: "the inner axes are \(k) and \(b.shape[b.rank - 2])",
        hint:
          "the left's last axis must be the right's \(right.rank == 1 ? "only" : "second last") one"
      )
    }
    let promoted = DType.promoted(a.dtype, b.dtype)
    let dtype: DType = promoted == .bool ? .i64 : promoted
    let (x, y) = (try a.converted(to: dtype), try b.converted(to: dtype))
    if x.rank == 2 && y.rank == 2 {
      if k == 0 { return try zeros(Shape(m, n), dtype) }
      let result = try uninitialized(Shape(m, n).checked(), dtype)
      try multiply(Matrix(x), Matrix(y), into: result.header.data, dtype)
      return withExtendedLifetime((x, y)) { result }
    }
    guard let batch = Shape.broadcast(x.batchShape, y.batchShape), batch.rank <= 6 else {
      throw Shape.mismatch("multiply", left, right)
    }
    var shape = batch
    shape.append(m)
    shape.append(n)
    // A matrix on the right of contiguous ones: one product with all their rows.
    if y.rank == 2 && x.isContiguous && k > 0 {
      let rows = try x.reshaped(Shape(x.count / k, k))
      return try matrixProduct(rows, y, left, right).reshaped(shape)
    }
    if k == 0 { return try zeros(shape, dtype) }
    let result = try uninitialized(shape.checked(), dtype)
    try multiplyBatches(Matrix(x), Matrix(y), x, y, batch, result, dtype)
    return result
  }

  private var batchShape: Shape {
    var result = Shape()
    for axis in 0..<(rank - 2) { result.append(shape[axis]) }
    return result
  }

  private var batchStrides: Shape {
    var result = Shape()
    let own = strides
    for axis in 0..<(rank - 2) { result.append(own[axis]) }
    return result
  }

  private static func multiplyBatches(
    _ a: Matrix, _ b: Matrix, _ x: Tensor, _ y: Tensor, _ batch: Shape, _ result: Tensor,
    _ dtype: DType
  ) throws {
    let count = batch.count
    if result.count == 0 { return }
    let xSteps = x.batchShape.stretched(x.batchStrides, to: batch)
    let ySteps = y.batchShape.stretched(y.batchStrides, to: batch)
    let bytes = a.rows * b.columns * dtype.size
    var (p, q, index) = (a, b, Shape(trusted: repeatElement(0, count: batch.rank)))
    try withExtendedLifetime((x, y)) {
      for i in 0..<count {
        try multiply(p, q, into: result.header.data + i * bytes, dtype)
        var axis = batch.rank - 1
        while axis >= 0 {
          index[axis] += 1
          p.data += xSteps[axis] * dtype.size
          q.data += ySteps[axis] * dtype.size
          if index[axis] < batch[axis] { break }
          p.data -= xSteps[axis] * batch[axis] * dtype.size
          q.data -= ySteps[axis] * batch[axis] * dtype.size
          index[axis] = 0
          axis -= 1
        }
      }
    }
  }

  /// One matrix of elements in memory; strides in elements.
  private struct Matrix {
    var data: UnsafeMutableRawPointer
    let rows: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int

    /// The last two axes of a tensor, at its first batch.
    init(_ x: Tensor) {
      let strides = x.strides
      data = x.header.data
      rows = x.shape[x.rank - 2]
      columns = x.shape[x.rank - 1]
      rowStride = strides[x.rank - 2]
      columnStride = strides[x.rank - 1]
    }

    /// How BLAS reads it without a copy, if it can: one stride 1, the other long enough, both in
    /// BLAS's 32-bit range.
    var blas: (order: CBLAS_TRANSPOSE, leading: blasint)? {
      if columnStride == 1 || columns == 1 {
        let leading = rows == 1 ? columns : rowStride
        if leading >= columns && leading >= 1 && leading <= Int(Int32.max) {
          return (CblasNoTrans, blasint(leading))
        }
      }
      if rowStride == 1 || rows == 1 {
        let leading = columns == 1 ? rows : columnStride
        if leading >= rows && leading >= 1 && leading <= Int(Int32.max) {
          return (CblasTrans, blasint(leading))
        }
      }
      return nil
    }

    /// True where both are one matrix in memory, seen from its two sides.
    func isTranspose(of other: Matrix) -> Bool {
      data == other.data && rows == other.columns && columns == other.rows
        && rowStride == other.columnStride && columnStride == other.rowStride
    }

    /// The same elements in a contiguous tensor.
    func copied(_ dtype: DType) throws -> Tensor {
      try Tensor(
        shape: Shape(rows, columns), count: rows * columns, data: data, owner: nil,
        layout: Layout(Shape(trusted: [rowStride, columnStride])), dtype: dtype
      ).contiguous()
    }
  }

  private static func multiply(
    _ a: Matrix, _ b: Matrix, into y: UnsafeMutableRawPointer, _ dtype: DType
  ) throws {
    let (m, k, n) = (a.rows, a.columns, b.columns)
    if m == 0 || n == 0 { return }
    guard dtype.isFloat else {
      let status = mos_matmul_i64(
        m, k, n, a.data.assumingMemoryBound(to: Int64.self), a.rowStride, a.columnStride,
        b.data.assumingMemoryBound(to: Int64.self), b.rowStride, b.columnStride,
        y.assumingMemoryBound(to: Int64.self))
      guard status == MOS_OK else {
        throw TensorError(
          .value, "the product of i64[\(m), \(k)] and i64[\(k), \(n)] overflows i64",
          hint: "convert one of them to f64 first")
      }
      return
    }
    guard m <= Int(Int32.max), k <= Int(Int32.max), n <= Int(Int32.max) else {
      throw TensorError(
        .limit, "a product of [\(m), \(k)] and [\(k), \(n)] is beyond BLAS's 32-bit extents")
    }
    guard let left = a.blas else {
      let copy = try a.copied(dtype)
      return try withExtendedLifetime(copy) { try multiply(Matrix(copy), b, into: y, dtype) }
    }
    guard let right = b.blas else {
      let copy = try b.copied(dtype)
      return try withExtendedLifetime(copy) { try multiply(a, Matrix(copy), into: y, dtype) }
    }
    _ = Threads.blasIsReady
    if m == 1 || n == 1 {
      // Row times matrix is the transposed matrix times a column.
      let isColumn = n == 1
      let matrix = isColumn ? (a, left) : (b, right)
      return multiply(
        matrix.0, order: matrix.1.order, leading: matrix.1.leading, isTransposed: !isColumn,
        vector: isColumn ? b.data : a.data,
        step: k == 1 ? 1 : isColumn ? b.rowStride : a.columnStride, into: y, dtype)
    }
    if a.isTranspose(of: b), m >= leastGram {
      return multiplyByTranspose(a, order: left.order, leading: left.leading, into: y, dtype)
    }
    let (rows, inner, columns) = (blasint(m), blasint(k), blasint(n))
    if dtype == .f32 {
      cblas_sgemm(
        CblasRowMajor, left.order, right.order, rows, columns, inner, 1,
        a.data.assumingMemoryBound(to: Float.self), left.leading,
        b.data.assumingMemoryBound(to: Float.self), right.leading, 0,
        y.assumingMemoryBound(to: Float.self), columns)
    } else {
      cblas_dgemm(
        CblasRowMajor, left.order, right.order, rows, columns, inner, 1,
        a.data.assumingMemoryBound(to: Double.self), left.leading,
        b.data.assumingMemoryBound(to: Double.self), right.leading, 0,
        y.assumingMemoryBound(to: Double.self), columns)
    }
  }
  /// The rows from which A Aᵀ is computed by halves.
  private static let leastGram = 32

  /// A matrix times its own transpose: half the products, and a result that is symmetric exactly.
  private static func multiplyByTranspose(
    _ a: Matrix, order: CBLAS_TRANSPOSE, leading: blasint, into y: UnsafeMutableRawPointer,
    _ dtype: DType
  ) {
    let (n, k) = (a.rows, a.columns)
    // As for vectors, products are added to zeros.
    y.initializeMemory(as: UInt8.self, repeating: 0, count: n * n * dtype.size)
    if dtype == .f32 {
      let result = y.assumingMemoryBound(to: Float.self)
      cblas_ssyrk(
        CblasRowMajor, CblasUpper, order, blasint(n), blasint(k), 1,
        a.data.assumingMemoryBound(to: Float.self), leading, 1, result, blasint(n))
      mirrorUpper(result, n)
    } else {
      let result = y.assumingMemoryBound(to: Double.self)
      cblas_dsyrk(
        CblasRowMajor, CblasUpper, order, blasint(n), blasint(k), 1,
        a.data.assumingMemoryBound(to: Double.self), leading, 1, result, blasint(n))
      mirrorUpper(result, n)
    }
  }

  /// Copies the upper triangle to the lower one, in blocks that stay in cache.
  private static func mirrorUpper<T>(_ a: UnsafeMutablePointer<T>, _ n: Int) {
    let block = 32
    for top in stride(from: 0, to: n, by: block) {
      for left in stride(from: 0, through: top, by: block) {
        for i in top..<Swift.min(top + block, n) {
          for j in left..<Swift.min(left + block, i) { a[i * n + j] = a[j * n + i] }
        }
      }
    }
  }

  /// A matrix or its transpose times a vector. BLAS's product of matrices packs its operands first,
  /// which takes several times as long as reading the matrix once.
  private static func multiply(
    _ matrix: Matrix, order: CBLAS_TRANSPOSE, leading: blasint, isTransposed: Bool,
    vector: UnsafeMutableRawPointer, step: Int, into y: UnsafeMutableRawPointer, _ dtype: DType
  ) {
    let isStoredTransposed = order == CblasTrans
    let (rows, columns) =
      isStoredTransposed ? (matrix.columns, matrix.rows) : (matrix.rows, matrix.columns)
    let operation = isStoredTransposed != isTransposed ? CblasTrans : CblasNoTrans
    // Added to zeros: with a factor of 0 some versions of BLAS keep a nan that lies in fresh memory.
    y.initializeMemory(
      as: UInt8.self, repeating: 0,
      count: (isTransposed ? matrix.columns : matrix.rows) * dtype.size)
    if dtype == .f32 {
      cblas_sgemv(
        CblasRowMajor, operation, blasint(rows), blasint(columns), 1,
        matrix.data.assumingMemoryBound(to: Float.self), leading,
        vector.assumingMemoryBound(to: Float.self), blasint(step), 1,
        y.assumingMemoryBound(to: Float.self), 1)
    } else {
      cblas_dgemv(
        CblasRowMajor, operation, blasint(rows), blasint(columns), 1,
        matrix.data.assumingMemoryBound(to: Double.self), leading,
        vector.assumingMemoryBound(to: Double.self), blasint(step), 1,
        y.assumingMemoryBound(to: Double.self), 1)
    }
  }
}
