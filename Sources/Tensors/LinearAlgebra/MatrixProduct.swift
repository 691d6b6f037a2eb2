// One product of two float matrices: by BLAS where one of them is a vector, otherwise by our own
// kernel, in blocks of the result where it is large.

internal import Kernels

/// `result = a b`; the result is contiguous.
struct MatrixProduct<T: BlasElement> {
  let a: Matrix<T>
  let b: Matrix<T>
  let result: UnsafeMutablePointer<T>

  init(_ a: Matrix<T>, _ b: Matrix<T>, _ result: UnsafeMutablePointer<T>) {
    self.a = a
    self.b = b
    self.result = result
  }

  /// The product by one call of the kernel, where that is the way to compute it.
  var small: ProductKernel<T>? {
    guard a.rows > 1 && b.columns > 1 && a.columns > 0 && !isGram,
      multiplications(a.rows, a.columns, b.columns) < 2 * Blocks.leastProducts
    else { return nil }
    return ProductKernel(a, b, into: Matrix(result, rows: a.rows, columns: b.columns))
  }

  /// The product as a step of a plan. Which operands are one and the same can be another thing at each run, and
  /// so the way to compute what may be a matrix times its own transpose.
  var step: PlanProduct? {
    guard a.rows > 0, b.columns > 0, a.columns > 0 else { return nil }
    if min(a.rows, a.columns) < leastGram || a.rows != b.columns, let small { return small.step }
    let product = mos_product(
      rows: a.rows, inner: a.columns, columns: b.columns, a: a.elements, b: b.elements, y: result,
      a_row: a.rowStride, a_column: a.columnStride, b_row: b.rowStride, b_column: b.columnStride,
      y_row: b.columns, sign: 0, upper: 0)
    return .body(
      T.dtype == .f32
        ? mos_body_step(product: product) { MatrixProduct<Float>.compute($0.pointee) }
        : mos_body_step(product: product) { MatrixProduct<Double>.compute($0.pointee) })
  }

  private static func compute(_ x: mos_product) {
    MatrixProduct(
      Matrix(x.a, x.rows, x.inner, x.a_row, x.a_column),
      Matrix(x.b, x.inner, x.columns, x.b_row, x.b_column), x.y.assumingMemoryBound(to: T.self)
    ).compute()
  }

  private var isGram: Bool { min(a.rows, a.columns) >= leastGram && a.isTranspose(of: b) }

  func compute() {
    let (m, k, n) = (a.rows, a.columns, b.columns)
    if m == 0 || n == 0 { return }
    if k == 0 { return result.initialize(repeating: 0, count: m * n) }
    if let small { return small.run() }
    if n == 1 || m == 1, multiplyVector() { return }
    if isGram { return multiplyByTranspose() }
    let y = Matrix(result, rows: m, columns: n)
    Blocks(rows: m, columns: n, work: multiplications(m, k, n), least: Blocks.leastProducts)
      .forEach { rows, columns in
        ProductKernel(
          a.part(rows: rows), b.part(columns: columns), into: y.part(rows: rows, columns: columns)
        ).run()
      }
  }

  /// A matrix times a vector, or the other way; false where BLAS cannot read them. BLAS reads the
  /// matrix once, where the kernel for two matrices packs it or jumps from row to row.
  private func multiplyVector() -> Bool {
    // A row times a matrix is the transposed matrix times a column.
    let (matrix, vector) = b.columns == 1 ? (a, b) : (b.transposed, a.transposed)
    guard matrix.blasOperand != nil, let step = Int32(exactly: vector.rowStride),
      step > 0 || vector.rows == 1
    else { return false }
    _ = Blas.isReady
    // Added to zeros: with a factor of 0 some versions of BLAS keep a nan of fresh memory.
    result.initialize(repeating: 0, count: matrix.rows)
    let work = matrix.rows * matrix.columns
    func add(_ part: Matrix<T>, to y: UnsafeMutablePointer<T>) {
      let across = max(mostRead / part.rows, 1)
      for start in stride(from: 0, to: part.columns, by: across) where mos_run_ends() == 0 {
        let columns = start..<min(start + across, part.columns)
        guard let operand = part.part(columns: columns).blasOperand else { return }
        let (height, width) = (Int32(part.rows), Int32(columns.count))
        T.gemv(
          operand.isTransposed ? width : height, operand.isTransposed ? height : width, operand,
          vector.elements + start * Int(step), vector.rows == 1 ? 1 : step, y)
      }
    }
    if work < 2 * leastRead {
      add(matrix, to: result)
    } else {
      Blocks(rows: matrix.rows, columns: 1, work: work, least: leastRead).forEach { rows, _ in
        add(matrix.part(rows: rows), to: result + rows.lowerBound)
      }
    }
    return true
  }

  /// A matrix times its own transpose: half the products, and a result that is symmetric exactly.
  private func multiplyByTranspose() {
    let (n, k) = (a.rows, a.columns)
    let y = Matrix(result, rows: n, columns: n)
    Blocks(
      rows: n, columns: 1, work: multiplications(n, k, (n + 1) / 2), least: Blocks.leastProducts
    ).forEach { rows, _ in
      let columns = rows.lowerBound..<n
      ProductKernel(
        a.part(rows: rows), b.part(columns: columns), into: y.part(rows: rows, columns: columns),
        upper: true
      ).run()
    }
    mirrorUpper(n)
  }

  /// Copies the upper triangle to the lower one, in blocks that stay in cache.
  private func mirrorUpper(_ n: Int) {
    let block = 32
    for top in stride(from: 0, to: n, by: block) where mos_run_ends() == 0 {
      for left in stride(from: 0, through: top, by: block) {
        for i in top..<min(top + block, n) {
          for j in left..<min(left + block, i) { result[i * n + j] = result[j * n + i] }
        }
      }
    }
  }
}

/// The rows and columns from which A Aᵀ is computed by halves.
private let leastGram = 32
/// The elements that a block of a product with a vector reads at least.
private let leastRead = 1 << 18
/// The elements that one call of BLAS reads at most: some tens of milliseconds.
private let mostRead = 1 << 25
