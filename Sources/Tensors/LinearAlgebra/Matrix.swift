// A matrix in memory, by its strides, and how BLAS reads it.

struct Matrix<Element> {
  let elements: UnsafeMutablePointer<Element>
  let rows: Int
  let columns: Int
  /// In elements, as all strides.
  let rowStride: Int
  let columnStride: Int

  private init(
    _ elements: UnsafeMutablePointer<Element>, _ rows: Int, _ columns: Int, _ rowStride: Int,
    _ columnStride: Int
  ) {
    self.elements = elements
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// Rows and columns some elements apart.
  init(
    _ elements: UnsafeRawPointer, _ rows: Int, _ columns: Int, _ rowStride: Int,
    _ columnStride: Int
  ) {
    self.init(
      UnsafeMutableRawPointer(mutating: elements).assumingMemoryBound(to: Element.self), rows,
      columns, rowStride, columnStride)
  }

  /// The last two axes of a tensor of these elements, at its first batch.
  ///
  /// - Parameter isTold: whether the recorder of a plan is told of what is done with it.
  init(_ x: Tensor, isTold: Bool = false) {
    let (strides, row, column) = (x.strides, x.rank - 2, x.rank - 1)
    self.init(
      (isTold ? x.header.data : x.elements).assumingMemoryBound(to: Element.self), x.shape[row],
      x.shape[column],
      strides[row], strides[column])
  }

  /// Rows one after the other, from one to the next as many elements as there are columns, or more.
  init(
    _ elements: UnsafeMutablePointer<Element>, rows: Int, columns: Int, leading: Int? = nil
  ) {
    self.init(elements, rows, columns, leading ?? columns, 1)
  }

  /// The same elements, read the other way.
  var transposed: Matrix { Matrix(elements, columns, rows, columnStride, rowStride) }

  /// A matrix of the same layout so many elements further on.
  func moved(by offset: Int) -> Matrix {
    Matrix(elements + offset, rows, columns, rowStride, columnStride)
  }

  /// These rows and columns of it.
  func part(rows: Range<Int>, columns: Range<Int>) -> Matrix {
    Matrix(
      elements + rows.lowerBound * rowStride + columns.lowerBound * columnStride, rows.count,
      columns.count, rowStride, columnStride)
  }

  func part(rows: Range<Int>) -> Matrix { part(rows: rows, columns: 0..<columns) }

  func part(columns: Range<Int>) -> Matrix { part(rows: 0..<rows, columns: columns) }

  /// True where both are one matrix in memory, seen from its two sides.
  func isTranspose(of other: Matrix) -> Bool {
    elements == other.elements && rows == other.columns && columns == other.rows
      && rowStride == other.columnStride && columnStride == other.rowStride
  }

  /// The matrix as BLAS reads it, without a copy; nil where it cannot: one stride must be 1, the
  /// other as long as what it steps over, and all within 32 bits.
  var blasOperand: BlasOperand<Element>? {
    guard max(rows, columns) <= Int(Int32.max) else { return nil }
    if columnStride == 1 || columns == 1 {
      let leading = rows == 1 ? columns : rowStride
      if leading >= max(columns, 1) && leading <= Int(Int32.max) {
        return BlasOperand(elements: elements, isTransposed: false, leading: Int32(leading))
      }
    }
    if rowStride == 1 || rows == 1 {
      let leading = columns == 1 ? rows : columnStride
      if leading >= max(rows, 1) && leading <= Int(Int32.max) {
        return BlasOperand(elements: elements, isTransposed: true, leading: Int32(leading))
      }
    }
    return nil
  }
}
