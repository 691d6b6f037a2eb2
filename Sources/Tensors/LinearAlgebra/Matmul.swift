// Products of tensors as matrices: shapes and batches. Floats go to `MatrixProduct`, which reads
// views where they lie; a plain loop with overflow checks multiplies whole numbers.

internal import Kernels

extension Tensor {
  /// The matrix product, as NumPy's: vectors are rows on the left and columns on the right, and
  /// axes before the last two are batches, which stretch.
  ///
  /// A product over no elements is 0; bool and i64 give i64.
  /// - Throws: a shape error where the inner axes differ, a value error where whole numbers
  ///   overflow.
  public static func matmul(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    if let product = try plainProduct(a, false, b, false) { return product }
    guard a.rank > 0 && b.rank > 0 else {
      throw TensorError(
        .shape, "cannot multiply \(a.typeDescription) and \(b.typeDescription) as matrices",
        hint: "use * for numbers")
    }
    if a.rank == 1 && b.rank == 1 {
      if a.dtype == b.dtype && a.dtype.isFloat && a.shape == b.shape { return try dot(a, b) }
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

  /// The product of two matrices, or stacks of them, of which some are read as their transposes.
  public static func matmul(
    _ a: Tensor, _ b: Tensor, transposingLeft: Bool, transposingRight: Bool
  ) throws -> Tensor {
    if let product = try plainProduct(a, transposingLeft, b, transposingRight) { return product }
    return try matmul(
      transposingLeft ? a.swappedAxes(-1, -2) : a, transposingRight ? b.swappedAxes(-1, -2) : b)
  }

  /// The product of two matrices of one float dtype that fit; nil for anything else.
  private static func plainProduct(
    _ a: Tensor, _ turnsA: Bool, _ b: Tensor, _ turnsB: Bool
  ) throws -> Tensor? {
    guard a.rank == 2, b.rank == 2, a.dtype == b.dtype, a.dtype.isFloat else { return nil }
    let inner = a.shape[turnsA ? 0 : 1]
    guard inner == b.shape[turnsB ? 1 : 0], inner > 0 else { return nil }
    let shape = Shape(a.shape[turnsA ? 1 : 0], b.shape[turnsB ? 0 : 1])
    let result = try uninitialized(shape.checked(), a.dtype)
    if result.count == 0 { return result }
    func multiply<T: BlasElement>(_: T.Type) {
      let (x, y) = (Matrix<T>(a, isTold: true), Matrix<T>(b, isTold: true))
      let product = MatrixProduct(
        turnsA ? x.transposed : x, turnsB ? y.transposed : y,
        result.header.data.assumingMemoryBound(to: T.self))
      product.compute()
      PlanRecorder.current?.product(product.step, a, b, result)
    }
    withExtendedLifetime((a, b)) {
      if a.dtype == .f32 { multiply(Float.self) } else { multiply(Double.self) }
    }
    try Safepoint.look()
    return result
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
    if x.rank == 2 && y.rank == 2 { return try multiplyBatches(x, y, Shape(), Shape(m, n), dtype) }
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
    return try multiplyBatches(x, y, batch, shape, dtype)
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

  /// The products of all batches, as a tensor of that shape.
  private static func multiplyBatches(
    _ x: Tensor, _ y: Tensor, _ batch: Shape, _ shape: Shape, _ dtype: DType
  ) throws -> Tensor {
    if x.shape[x.rank - 1] == 0 { return try zeros(shape, dtype) }
    let result = try uninitialized(shape.checked(), dtype)
    if result.count == 0 { return result }
    func multiply<T: MatrixElement>(_: T.Type) throws {
      let (a, b) = (Matrix<T>(x, isTold: true), Matrix<T>(y, isTold: true))
      let elements = result.header.data.assumingMemoryBound(to: T.self)
      if batch.rank == 0 {
        try T.multiply(a, b, into: elements)
        if let recorder = PlanRecorder.current {
          recorder.product(T.step(a, b, into: elements), x, y, result)
        }
        return
      }
      let batches = MatrixBatches(
        batch, x.batchShape.stretched(x.batchStrides, to: batch),
        y.batchShape.stretched(y.batchStrides, to: batch))
      try T.multiply(batches, a, b, into: elements)
      guard let recorder = PlanRecorder.current else { return }
      guard batch.count <= PlanRecorder.mostProducts else { return PlanRecorder.look() }
      let (step, area) = (T.step(a, b, into: elements), result.count / batch.count)
      batches.forEach { index, a, b in
        recorder.product(step?.moved(by: a, b, index * area, of: dtype), x, y, result)
      }
    }
    try withExtendedLifetime((x, y)) {
      switch dtype {
      case .f32: try multiply(Float.self)
      case .f64: try multiply(Double.self)
      default: try multiply(Int64.self)
      }
    }
    try Safepoint.look()
    return result
  }
}

/// An element type that matrices are multiplied in.
private protocol MatrixElement {
  /// The product of a and b as a step of a plan, where it can be one.
  static func step(
    _ a: Matrix<Self>, _ b: Matrix<Self>, into y: UnsafeMutablePointer<Self>
  ) -> PlanProduct?
  /// `y = a b`; y is contiguous.
  static func multiply(
    _ a: Matrix<Self>, _ b: Matrix<Self>, into y: UnsafeMutablePointer<Self>
  ) throws
  /// The products of all batches, one after the other in y; a and b are those of the first.
  static func multiply(
    _ batches: MatrixBatches, _ a: Matrix<Self>, _ b: Matrix<Self>,
    into y: UnsafeMutablePointer<Self>
  ) throws
}

extension MatrixElement where Self: BlasElement {
  static func step(
    _ a: Matrix<Self>, _ b: Matrix<Self>, into y: UnsafeMutablePointer<Self>
  ) -> PlanProduct? { MatrixProduct(a, b, y).step }

  static func multiply(
    _ a: Matrix<Self>, _ b: Matrix<Self>, into y: UnsafeMutablePointer<Self>
  ) {
    MatrixProduct(a, b, y).compute()
  }

  static func multiply(
    _ batches: MatrixBatches, _ a: Matrix<Self>, _ b: Matrix<Self>,
    into y: UnsafeMutablePointer<Self>
  ) {
    let (work, area) = (multiplications(a.rows, a.columns, b.columns), a.rows * b.columns)
    if let small = MatrixProduct(a, b, y).small {
      return batches.share(work: work) { index, x, z in small.run(movedBy: x, z, index * area) }
    }
    batches.share(work: work) { index, x, z in
      MatrixProduct(a.moved(by: x), b.moved(by: z), y + index * area).compute()
    }
  }
}

extension Float: MatrixElement {}
extension Double: MatrixElement {}

extension Int64: MatrixElement {
  fileprivate static func step(
    _ a: Matrix<Int64>, _ b: Matrix<Int64>, into y: UnsafeMutablePointer<Int64>
  ) -> PlanProduct? { nil }

  fileprivate static func multiply(
    _ a: Matrix<Int64>, _ b: Matrix<Int64>, into y: UnsafeMutablePointer<Int64>
  ) throws {
    let status = mos_matmul_i64(
      a.rows, a.columns, b.columns, a.elements, a.rowStride, a.columnStride, b.elements,
      b.rowStride, b.columnStride, y)
    guard status == MOS_OK else {
      throw TensorError(
        .value,
        "the product of i64[\(a.rows), \(a.columns)] and i64[\(b.rows), \(b.columns)]"
          + " overflows i64",
        hint: "convert one of them to f64 first")
    }
  }

  fileprivate static func multiply(
    _ batches: MatrixBatches, _ a: Matrix<Int64>, _ b: Matrix<Int64>,
    into y: UnsafeMutablePointer<Int64>
  ) throws {
    try batches.forEach { index, x, z in
      try Safepoint.look()
      try multiply(a.moved(by: x), b.moved(by: z), into: y + index * a.rows * b.columns)
    }
  }
}
