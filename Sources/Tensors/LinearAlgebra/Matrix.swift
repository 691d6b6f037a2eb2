// A matrix in memory, and how BLAS reads it.

/// One matrix of a float tensor; strides in elements.
struct Matrix {
  var data: UnsafeMutableRawPointer
  let rows: Int
  let columns: Int
  let rowStride: Int
  let columnStride: Int
  /// Whether memory holds the columns one after the other; the rows otherwise.
  private let isTransposed: Bool
  /// The distance between them. 0 where BLAS cannot read the matrix: one stride must be 1, the other
  /// long enough, both in BLAS's 32-bit range.
  private let leading: Int32

  private init(
    _ data: UnsafeMutableRawPointer, _ rows: Int, _ columns: Int, _ rowStride: Int,
    _ columnStride: Int
  ) {
    self.data = data
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
    (isTransposed, leading) = Matrix.layout(rows, columns, rowStride, columnStride)
  }

  /// The last two axes of a tensor, at its first batch.
  init(_ x: Tensor) {
    let (strides, row, column) = (x.strides, x.rank - 2, x.rank - 1)
    self.init(x.header.data, x.shape[row], x.shape[column], strides[row], strides[column])
  }

  /// Contiguous elements.
  init(_ data: UnsafeMutableRawPointer, rows: Int, columns: Int) {
    self.init(data, rows, columns, columns, 1)
  }

  /// The same elements, read the other way.
  var transposed: Matrix { Matrix(data, columns, rows, columnStride, rowStride) }

  private static func layout(_ rows: Int, _ columns: Int, _ rowStride: Int, _ columnStride: Int)
    -> (isTransposed: Bool, leading: Int32)
  {
    if columnStride == 1 || columns == 1 {
      let leading = rows == 1 ? columns : rowStride
      if leading >= columns && leading >= 1 && leading <= Int(Int32.max) {
        return (false, Int32(leading))
      }
    }
    if rowStride == 1 || rows == 1 {
      let leading = columns == 1 ? rows : columnStride
      if leading >= rows && leading >= 1 && leading <= Int(Int32.max) {
        return (true, Int32(leading))
      }
    }
    return (false, 0)
  }

  /// Whether BLAS reads it without a copy.
  var isReadable: Bool { leading > 0 }

  /// The matrix from this row and column on. It must be readable.
  func operand<T: BlasElement>(_: T.Type = T.self, row: Int = 0, column: Int = 0) -> BlasOperand<T>
  {
    let offset =
      isTransposed ? column * Int(leading) + row : row * Int(leading) + column
    return BlasOperand(
      elements: UnsafePointer(data.assumingMemoryBound(to: T.self)) + offset,
      isTransposed: isTransposed, leading: leading)
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
