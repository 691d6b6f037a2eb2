// OpenBLAS, used by any number of threads at once.
//
// OpenBLAS splits its work over a number of threads that holds for the whole process. Where two
// callers do so at the same moment its answers can be wrong: syrk, getrf, potrf and what LAPACK
// builds on them have no lock (OpenMathLib/OpenBLAS#5620). And a fork ends its threads, at work or
// not, so that who waits for them waits for ever. Here it runs on one thread, where all its routines
// may overlap; products and substitutions are split by `Blocks`.

internal import COpenBLAS
internal import Kernels

enum Blas {
  /// OpenBLAS's kernels chosen, and one thread, once, before its first use.
  static let isReady: Void = {
    mos_choose_blas_kernels()
    openblas_set_num_threads(1)
  }()

  /// `b := op(a)⁻¹ b` for contiguous matrices: a triangle of order n and b of k columns.
  static func substitute<T: BlasElement>(
    lower: Bool, transpose: Bool, unit: Bool, _ n: Int, _ k: Int, _ a: UnsafePointer<T>,
    _ b: UnsafeMutablePointer<T>
  ) {
    guard n > 0, k > 0 else { return }
    let triangle = BlasOperand(elements: a, isTransposed: transpose, leading: Int32(n))
    _ = isReady
    Blocks(rows: 1, columns: k, work: n * (n / 2) &* k, least: Blocks.leastProducts).forEach {
      _, columns in
      T.trsm(
        onRight: false, lower: lower, unit: unit, Int32(n), Int32(columns.count), triangle,
        b + columns.lowerBound, Int32(k))
    }
  }
}

/// An element type that BLAS computes in. Everything is row-major; leading dimensions are
/// in elements.
protocol BlasElement: BinaryFloatingPoint, TensorElement {
  typealias Elements = UnsafeMutablePointer<Self>

  /// `y += op(a) x`, a stored with these rows and columns.
  static func gemv(
    _ rows: Int32, _ columns: Int32, _ a: BlasOperand<Self>, _ x: UnsafePointer<Self>,
    _ step: Int32, _ y: Elements)
  /// `b := op(a)⁻¹ b`, or `b := b op(a)⁻¹` where a is on the right: b of m rows and n columns, a
  /// triangle of as many as meet it.
  static func trsm(
    onRight: Bool, lower: Bool, unit: Bool, _ m: Int32, _ n: Int32, _ a: BlasOperand<Self>,
    _ b: Elements, _ leading: Int32)
}

/// A matrix as BLAS reads it: rows of `leading` elements, to be read as its transpose or not.
struct BlasOperand<Element> {
  let elements: UnsafePointer<Element>
  let isTransposed: Bool
  let leading: Int32

  fileprivate var operation: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

extension Double: BlasElement {
  static func gemv(
    _ rows: Int32, _ columns: Int32, _ a: BlasOperand<Double>, _ x: UnsafePointer<Double>,
    _ step: Int32, _ y: Elements
  ) {
    cblas_dgemv(
      CblasRowMajor, a.operation, rows, columns, 1, a.elements, a.leading, x, step, 1, y, 1)
  }
  static func trsm(
    onRight: Bool, lower: Bool, unit: Bool, _ m: Int32, _ n: Int32, _ a: BlasOperand<Double>,
    _ b: Elements, _ leading: Int32
  ) {
    cblas_dtrsm(
      CblasRowMajor, onRight ? CblasRight : CblasLeft, lower ? CblasLower : CblasUpper,
      a.operation, unit ? CblasUnit : CblasNonUnit, m, n, 1, a.elements, a.leading, b, leading)
  }
}

extension Float: BlasElement {
  static func gemv(
    _ rows: Int32, _ columns: Int32, _ a: BlasOperand<Float>, _ x: UnsafePointer<Float>,
    _ step: Int32, _ y: Elements
  ) {
    cblas_sgemv(
      CblasRowMajor, a.operation, rows, columns, 1, a.elements, a.leading, x, step, 1, y, 1)
  }
  static func trsm(
    onRight: Bool, lower: Bool, unit: Bool, _ m: Int32, _ n: Int32, _ a: BlasOperand<Float>,
    _ b: Elements, _ leading: Int32
  ) {
    cblas_strsm(
      CblasRowMajor, onRight ? CblasRight : CblasLeft, lower ? CblasLower : CblasUpper,
      a.operation, unit ? CblasUnit : CblasNonUnit, m, n, 1, a.elements, a.leading, b, leading)
  }
}
