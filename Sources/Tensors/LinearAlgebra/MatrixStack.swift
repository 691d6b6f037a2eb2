// A tensor as LAPACK's callers see it: one matrix after the other, row-major, in a float dtype.

/// The matrices in the last two axes of a tensor, and the leading axes that count them.
struct MatrixStack {
  let tensor: Tensor
  /// The leading axes.
  let batch: Shape
  let rows: Int
  let columns: Int
  /// The number of matrices.
  let count: Int

  var dtype: DType { tensor.dtype }
  /// The elements of one matrix.
  var area: Int { rows &* columns }

  /// - Parameter operation: the name in the language, for messages.
  /// - Throws: a shape error for a tensor of less than two axes, or one that is not square where
  ///   it should be; a limit error for a matrix that LAPACK's 32-bit counts do not reach.
  init(_ a: Tensor, _ operation: String, square: Bool = false, dtype: DType? = nil) throws {
    guard a.rank >= 2 else {
      throw TensorError(
        .shape, "\(operation) needs a matrix, and got \(a.typeDescription)",
        hint: "the last two axes are the rows and columns of the matrix")
    }
    rows = a.shape[a.rank - 2]
    columns = a.shape[a.rank - 1]
    guard !square || rows == columns else {
      throw TensorError(
        .shape, "\(operation) needs a square matrix, and got \(a.typeDescription)",
        label: "the last axes are \(rows) and \(columns)",
        hint: "pinv, lstsq and svd take matrices of any extents")
    }
    guard max(rows, columns) <= Int(Int32.max) else {
      throw TensorError(
        .limit,
        "\(operation) takes at most \(Int32.max) rows or columns, and got "
          + a.typeDescription)
    }
    batch = Shape(trusted: a.shape.array.dropLast(2))
    count = batch.count
    tensor = try a.rowMajor(dtype ?? (a.dtype.isFloat ? a.dtype : .f64))
  }

  /// The shape of a result with these last axes.
  func shape(_ last: Int...) -> Shape { Shape(trusted: batch.array + last) }

  /// An uninitialized result, its elements filled by `body`, which gets the index of a matrix and
  /// the elements of that matrix here and in the result.
  func map<T: LapackElement>(
    _ type: T.Type, to last: [Int],
    _ body: @escaping (Int, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) throws -> Void
  ) throws -> Tensor {
    let step = last.reduce(1, *)
    let result = try Tensor.uninitialized(Shape(batch.array + last), T.dtype)
    try forEach(type) { index, source in
      try result.withElements {
        try body(index, source, $0.assumingMemoryBound(to: T.self) + index * step)
      }
    }
    return result
  }

  /// Calls `body` with each matrix, which it must not write; see `AbandonableCall` for what it may.
  func forEach<T: LapackElement>(
    _ type: T.Type, _ body: @escaping (Int, UnsafeMutablePointer<T>) throws -> Void
  ) throws {
    let work = multiplications(rows, columns, min(rows, columns))
    try AbandonableCall.run(work: multiplications(work, count, 1)) {
      try tensor.withElements { elements in
        let first = elements.assumingMemoryBound(to: T.self)
        for index in 0..<count {
          try Safepoint.look()
          try body(index, first + index * area)
        }
      }
    }
  }

  /// The matrix of a batch that a message is about: `f64[2, 2]`, `matrix (1, 0) of f64[4, 3, 2, 2]`.
  func name(_ index: Int) -> String {
    if batch.rank == 0 { return tensor.typeDescription }
    var rest = index
    var place: [String] = []
    for axis in (0..<batch.rank).reversed() {
      place.insert(String(rest % batch[axis]), at: 0)
      rest /= batch[axis]
    }
    let position = place.count == 1 ? place[0] : "(\(place.joined(separator: ", ")))"
    return "matrix \(position) of \(tensor.typeDescription)"
  }

  /// - Throws: a value error if an element is nan or infinite; the iterations of `gesdd` and
  ///   `syevd` may otherwise never end.
  func requireFinite<T: LapackElement>(_ type: T.Type, _ operation: String) throws {
    try forEach(type) { index, elements in
      for i in 0..<area where !elements[i].isFinite {
        throw TensorError(
          .value,
          "\(operation) needs finite numbers, and \(name(index)) holds \(elements[i]) in "
            + "row \(i / columns), column \(i % columns)")
      }
    }
  }

  func singular(_ operation: String, _ index: Int, pivot: Int) -> TensorError {
    TensorError(
      .value, "\(operation) cannot use \(name(index)): it is singular, pivot \(pivot) is zero",
      hint: "add a small multiple of the identity, or use lstsq or pinv")
  }
}

/// The number of the matrix of `batch` that each matrix of the broadcast `result` reads.
func batchIndices(_ batch: Shape, in result: Shape) -> [Int] {
  let strides = batch.contiguousStrides
  var stretched = result
  for axis in 0..<result.rank {
    let own = axis - (result.rank - batch.rank)
    stretched[axis] = own < 0 || batch[own] == 1 ? 0 : strides[own]
  }
  return elementOffsets(result, stretched, look: {})
}

/// Copies a row-major matrix to its transpose.
func transpose<T>(
  _ source: UnsafePointer<T>, rows: Int, columns: Int, into target: UnsafeMutablePointer<T>
) {
  for i in 0..<rows {
    for j in 0..<columns { target[j * rows + i] = source[i * columns + j] }
  }
}
