// One product of two float matrices: by our own kernel where it is small, otherwise by the routine of
// BLAS that suits it, in blocks of the result where it is large.

internal import Kernels

/// `result = a b`. Both are readable by BLAS; the result is contiguous.
struct MatrixProduct<T: BlasElement> {
  let a: Matrix
  let b: Matrix
  let result: UnsafeMutablePointer<T>

  init(_ a: Matrix, _ b: Matrix, _ result: UnsafeMutablePointer<T>) {
    self.a = a
    self.b = b
    self.result = result
  }

  func compute() {
    let (m, k, n) = (a.rows, a.columns, b.columns)
    if m == 0 || n == 0 { return }
    if k == 0 { return result.initialize(repeating: 0, count: m * n) }
    if m > 1, n > 1, k <= Int(MOS_SMALL_PRODUCT_INNER), products(m, k, n) <= mostSmallProducts,
      let small = mos_small_product(Int32(T.dtype.rawValue))
    {
      return small(
        m, k, n, a.data, a.rowStride, a.columnStride, b.data, b.rowStride, b.columnStride, result)
    }
    _ = Blas.isReady
    if n == 1 {
      Blocks(rows: m, columns: 1, work: m * k, least: leastRead).forEach { rows, _ in
        multiply(
          a.operand(row: rows.lowerBound), rows: rows.count, columns: k, b.data, b.rowStride,
          into: result + rows.lowerBound)
      }
    } else if m == 1 {
      // A row times a matrix is the transposed matrix times a column.
      Blocks(rows: 1, columns: n, work: k * n, least: leastRead).forEach { _, columns in
        multiply(
          b.operand(column: columns.lowerBound).transposed, rows: columns.count, columns: k,
          a.data, a.columnStride, into: result + columns.lowerBound)
      }
    } else if m >= leastGram && a.isTranspose(of: b) {
      Blocks(rows: m, columns: 1, work: products(m, k, (n + 1) / 2), least: Blocks.leastProducts)
        .forEach { rows, _ in computeStrip(rows) }
      mirrorUpper(n)
    } else {
      Blocks(rows: m, columns: n, work: products(m, k, n), least: Blocks.leastProducts)
        .forEach { rows, columns in
          T.gemm(
            Int32(rows.count), Int32(columns.count), Int32(k),
            a.operand(row: rows.lowerBound), b.operand(column: columns.lowerBound),
            result + rows.lowerBound * n + columns.lowerBound, Int32(n), subtracting: false)
        }
    }
  }

  /// m k n, or the largest number where that overflows.
  private func products(_ m: Int, _ k: Int, _ n: Int) -> Int {
    let all = (m * n).multipliedReportingOverflow(by: k)
    return all.overflow ? .max : all.partialValue
  }

  /// A matrix, of so many rows and columns as it is read, times a vector. BLAS's product of matrices
  /// packs its operands first, which takes several times as long as reading the matrix once.
  private func multiply(
    _ matrix: BlasOperand<T>, rows: Int, columns: Int, _ vector: UnsafeMutableRawPointer,
    _ step: Int, into y: UnsafeMutablePointer<T>
  ) {
    // Added to zeros: with a factor of 0 some versions of BLAS keep a nan that lies in fresh memory.
    y.initialize(repeating: 0, count: rows)
    let (storedRows, storedColumns) = matrix.isTransposed ? (columns, rows) : (rows, columns)
    T.gemv(
      Int32(storedRows), Int32(storedColumns), matrix, vector.assumingMemoryBound(to: T.self),
      Int32(columns == 1 ? 1 : step), y)
  }

  /// Some rows of a matrix times its own transpose, from the diagonal on: half the products, and a
  /// result that is symmetric exactly.
  private func computeStrip(_ rows: Range<Int>) {
    let (n, k) = (a.rows, Int32(a.columns))
    let (strip, corner) = (a.operand(T.self, row: rows.lowerBound), result + rows.lowerBound * n)
    for row in rows {
      (result + row * n + row).initialize(repeating: 0, count: rows.upperBound - row)
    }
    T.syrk(Int32(rows.count), k, strip, corner + rows.lowerBound, Int32(n))
    guard rows.upperBound < n else { return }
    T.gemm(
      Int32(rows.count), Int32(n - rows.upperBound), k, strip,
      b.operand(column: rows.upperBound), corner + rows.upperBound, Int32(n), subtracting: false)
  }

  /// Copies the upper triangle to the lower one, in blocks that stay in cache.
  private func mirrorUpper(_ n: Int) {
    let block = 32
    for top in stride(from: 0, to: n, by: block) {
      for left in stride(from: 0, through: top, by: block) {
        for i in top..<min(top + block, n) {
          for j in left..<min(left + block, i) { result[i * n + j] = result[j * n + i] }
        }
      }
    }
  }
}

/// The multiplications up to which packing for BLAS takes longer than it saves: on AVX2 it is
/// behind by a fifth at 64 rows and columns, level at 96, and ahead at 128.
private let mostSmallProducts = 1 << 19
/// The rows from which A Aᵀ is computed by halves.
private let leastGram = 32
/// The elements that a block of a product with a vector reads at least.
private let leastRead = 1 << 18
