// The kernel for products of matrices, called with the memory it packs its operands in.

internal import Kernels

extension Matrix where Element: BlasElement {
  /// Becomes a b, or loses that where `subtracting`, on this thread; its rows must be contiguous and
  /// lie apart from a and b.
  ///
  /// - Parameter upper: only what is on or above the diagonal is wanted; the rest is undefined.
  func take(
    productOf a: Matrix, _ b: Matrix, subtracting: Bool = false, upper: Bool = false
  ) {
    guard rows > 0, columns > 0, let kernel = mos_product_kernel_of(Int32(Element.dtype.rawValue))
    else { return }
    var product = mos_product(
      rows: rows, inner: a.columns, columns: columns, a: a.elements, b: b.elements, y: elements,
      a_row: a.rowStride, a_column: a.columnStride, b_row: b.rowStride, b_column: b.columnStride,
      y_row: rowStride, sign: subtracting ? -1 : 0, upper: upper ? 1 : 0)
    guard isWorthPacking(a) else { return kernel(&product, nil) }
    let block = Allocator.blockSize(Int(MOS_PRODUCT_SCRATCH))
    let scratch = Allocator.take(block, zeroed: false)
    kernel(&product, scratch)
    if let scratch { Allocator.give(scratch, block) }
  }

  /// Whether tiles come faster from packed operands by more than packing takes.
  private func isWorthPacking(_ a: Matrix) -> Bool {
    rows >= 24 && columns >= (a.columnStride == 1 ? 64 : 16)
      && multiplications(rows, a.columns, columns) > 1 << 20
  }
}

/// What a product of these extents multiplies, or the largest number where that is beyond it.
func multiplications(_ rows: Int, _ inner: Int, _ columns: Int) -> Int {
  let all = (rows * columns).multipliedReportingOverflow(by: inner)
  return all.overflow ? .max : all.partialValue
}
