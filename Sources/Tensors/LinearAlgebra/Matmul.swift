// Products of tensors as matrices: shapes, batches and layouts. BLAS multiplies floats, reading
// transposed and strided views as they are; a plain loop with overflow checks multiplies whole
// numbers.

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
    guard a.isReadable else {
      let copy = try a.copied(dtype)
      return try withExtendedLifetime(copy) { try multiply(Matrix(copy), b, into: y, dtype) }
    }
    guard b.isReadable else {
      let copy = try b.copied(dtype)
      return try withExtendedLifetime(copy) { try multiply(a, Matrix(copy), into: y, dtype) }
    }
    if dtype == .f32 {
      MatrixProduct(a, b, y.assumingMemoryBound(to: Float.self)).compute()
    } else {
      MatrixProduct(a, b, y.assumingMemoryBound(to: Double.self)).compute()
    }
  }
}
