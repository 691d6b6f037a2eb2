// Many elements into one. Sums are pairwise, so that rounding grows with the logarithm of the
// number of elements; results do not depend on the number of threads.
//
// A reduction is brought to one of two layouts: contiguous rows, one result each; or blocks of
// contiguous rows added to one another, when the reduced axes are neighbours and not the last. Axes
// that are no neighbours go one group after the other where that is the same number. Anything else is
// copied into the first.

internal import Kernels

/// The reductions. The order is the kernels' (`Kernels.h`).
enum ReduceKernel: UInt8 {
  case sum, prod, max, min, any, all, argmax, argmin, logsumexp
  /// Of pairs: Σ a b and Σ (a - b)².
  case dot, squaredDistance

  /// The kernel that combines two partial results, where there is one.
  var combining: BinaryKernel? {
    switch self {
    case .sum, .dot, .squaredDistance: .add
    case .prod: .multiply
    case .max: .maximum
    case .min: .minimum
    case .any: .maximum
    case .all: .minimum
    case .argmax, .argmin, .logsumexp: nil
    }
  }

  fileprivate func combining(of dtype: DType) -> mos_block_kernel? {
    combining.flatMap { mos_binary_kernel($0, dtype, MOS_BOTH_VECTORS) }
  }
}

/// Functions along an axis that give as many elements. The order is the kernels' (`Kernels.h`).
enum ScanKernel: UInt8 {
  case cumsum, cumprod, softmax, logSoftmax
}

extension Tensor {
  /// The sum over axes; bool counts, 0 for no elements.
  ///
  /// - Throws: a value error where whole numbers overflow.
  public func sum(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    try reduce(.sum, axes, keepAxes, dtype, dtype == .bool ? .i64 : dtype)
  }

  /// The product over axes; 1 for no elements.
  ///
  /// - Throws: a value error where whole numbers overflow.
  public func prod(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    let compute = dtype == .bool ? .i64 : dtype
    return try reduce(.prod, axes, keepAxes, compute, compute)
  }

  /// The greatest element over axes; nan where one is nan.
  ///
  /// - Throws: a value error for no elements.
  public func max(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    try requireElements(axes, "max")
    return try reduce(.max, axes, keepAxes, dtype, dtype)
  }

  /// The least element over axes; nan where one is nan.
  ///
  /// - Throws: a value error for no elements.
  public func min(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    try requireElements(axes, "min")
    return try reduce(.min, axes, keepAxes, dtype, dtype)
  }

  /// True where an element is not zero; false for no elements.
  public func any(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    try reduce(.any, axes, keepAxes, .bool, .bool)
  }

  /// True where no element is zero; true for no elements.
  public func all(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    try reduce(.all, axes, keepAxes, .bool, .bool)
  }

  /// The place of the greatest element along an axis, or in the flattened tensor; the first of
  /// several, and the first nan before all.
  ///
  /// - Throws: a value error for no elements.
  public func argmax(axis: Int? = nil, keepAxes: Bool = false) throws -> Tensor {
    try place(.argmax, axis, keepAxes)
  }

  /// The place of the least element along an axis, or in the flattened tensor; the first of
  /// several, and the first nan before all.
  ///
  /// - Throws: a value error for no elements.
  public func argmin(axis: Int? = nil, keepAxes: Bool = false) throws -> Tensor {
    try place(.argmin, axis, keepAxes)
  }

  private func place(_ kernel: ReduceKernel, _ axis: Int?, _ keepAxes: Bool) throws -> Tensor {
    let axes = try axis.map { AxisSet(try shape.axis($0)) } ?? .all(rank: rank)
    try requireElements(axes, "\(kernel)")
    return try reduce(kernel, axes, keepAxes, dtype, .i64)
  }

  /// `log Σ exp x` over axes, without overflow; minus infinity for no elements.
  public func logsumexp(
    _ axes: AxisSet, keepAxes: Bool = false, defaultFloat: DType = .f64
  ) throws -> Tensor {
    let compute = dtype.isFloat ? dtype : defaultFloat
    return try reduce(.logsumexp, axes, keepAxes, compute, compute)
  }

  private func requireElements(_ axes: AxisSet, _ name: String) throws {
    for axis in 0..<rank where axes.contains(axis) && shape[axis] == 0 {
      throw TensorError(
        .value,
        "\(name) of no elements is not defined: \(typeDescription) has none along axis \(axis)",
        hint: "ask first whether its size is above 0")
    }
  }

  /// The shape after reducing.
  func reducedShape(_ axes: AxisSet, _ keepAxes: Bool) -> Shape {
    var result = Shape()
    for axis in 0..<rank {
      if !axes.contains(axis) {
        result.append(shape[axis])
      } else if keepAxes {
        result.append(1)
      }
    }
    return result
  }

  private func reduce(
    _ kernel: ReduceKernel, _ axes: AxisSet, _ keepAxes: Bool, _ compute: DType, _ dtype: DType
  ) throws -> Tensor {
    for axis in rank..<8 where axes.contains(axis) {
      throw TensorError(.index, "axis \(axis) is out of range for \(typeDescription)")
    }
    if let last = lastGroup(axes), isContiguous, self.dtype == dtype, dtype == compute,
      dtype.isFloat, kernel.combining != nil, count > Tensor.shortScan
    {
      let rest = AxisSet(bits: axes.bits & ~last.bits)
      let result = try reduce(kernel, last, true, compute, dtype)
        .reduce(kernel, rest, true, compute, dtype)
      return keepAxes ? result : try result.reshaped(reducedShape(axes, false))
    }
    let result = try Tensor.uninitialized(reducedShape(axes, keepAxes), dtype)
    if result.count == 0 { return result }
    let reduced = count / result.count
    let status: Int32
    if let combine = kernel.combining(of: dtype), reduced > 0, isContiguous, self.dtype == dtype,
      dtype == compute,
      let (blocks, columns) = middle(axes), columns >= 8
    {
      status = withExtendedLifetime(self) {
        mos_reduce_columns(
          combine, blocks, reduced, columns, header.data, result.header.data, dtype.size)
      }
      if let recorder = PlanRecorder.current {
        let step = mos_reduce_step(
          kernel: nil, combine: combine, rows: reduced, n: columns, blocks: blocks,
          size: dtype.size, result_size: dtype.size, x: header.data, b: nil, y: result.header.data)
        recorder.reduceColumns("\(kernel)", step, self, result)
      }
    } else {
      let rows = try reducedLast(axes).converted(to: compute).contiguous()
      status = Tensor.reduceRows(kernel, rows, into: result)
    }
    try Safepoint.look()
    guard status == MOS_OK else {
      throw TensorError(
        .value, "\(kernel) of \(typeDescription) overflows i64",
        hint: "convert it to f64 first")
    }
    return result
  }

  /// Reduces contiguous rows to the elements of a result, each alone or with a row of another tensor
  /// of the same layout.
  static func reduceRows(
    _ kernel: ReduceKernel, _ rows: Tensor, with others: Tensor? = nil, into result: Tensor
  ) -> Int32 {
    let (compute, dtype) = (rows.dtype, result.dtype)
    guard let function = mos_reduction_kernel(Int32(kernel.rawValue), Int32(compute.rawValue))
    else { preconditionFailure("no kernel for \(kernel) of \(compute); please report") }
    // Parts of whole numbers could overflow where the whole does not.
    let combine = compute.isFloat && dtype == compute ? kernel.combining(of: dtype) : nil
    let n = rows.count / result.count
    if let recorder = PlanRecorder.current {
      let step = mos_reduce_step(
        kernel: function, combine: combine, rows: result.count, n: n, blocks: 1,
        size: compute.size, result_size: dtype.size, x: rows.header.data, b: others?.header.data,
        y: result.header.data)
      recorder.reduceRows("\(kernel)", step, rows, others, result)
    }
    return withExtendedLifetime((rows, others)) {
      mos_reduce_rows(
        function, combine, result.count, n, rows.header.data, others?.header.data, compute.size,
        result.header.data, dtype.size)
    }
  }

  /// The last of several groups of neighbours among the axes; nil where there is one.
  private func lastGroup(_ axes: AxisSet) -> AxisSet? {
    guard let last = (0..<rank).last(where: axes.contains) else { return nil }
    var first = last
    while axes.contains(first - 1) { first -= 1 }
    let group = AxisSet(bits: AxisSet.all(rank: last + 1).bits & ~AxisSet.all(rank: first).bits)
    return group == axes ? nil : group
  }

  /// The number of elements before and behind the axes, where those are neighbours and something
  /// stands behind them.
  private func middle(_ axes: AxisSet) -> (blocks: Int, columns: Int)? {
    let first = axes.bits.trailingZeroBitCount
    let end = first + axes.count
    guard end < rank, axes.bits >> first == AxisSet.all(rank: axes.count).bits else { return nil }
    var (blocks, columns) = (1, 1)
    for axis in 0..<first { blocks *= shape[axis] }
    for axis in end..<rank { columns *= shape[axis] }
    return (blocks, columns)
  }

  /// A view with the axes moved behind the others.
  func reducedLast(_ axes: AxisSet) -> Tensor {
    var (shape, strides) = (Shape(), Shape())
    let own = self.strides
    for axis in 0..<rank where !axes.contains(axis) {
      shape.append(self.shape[axis])
      strides.append(own[axis])
    }
    for axis in 0..<rank where axes.contains(axis) {
      shape.append(self.shape[axis])
      strides.append(own[axis])
    }
    return shape == self.shape && strides == own ? self : view(shape: shape, strides: strides)
  }

  // MARK: Along an axis

  /// Running sums along an axis.
  ///
  /// - Throws: a value error where whole numbers overflow.
  public func cumsum(axis: Int) throws -> Tensor {
    try scan(.cumsum, axis, dtype == .bool ? .i64 : dtype)
  }

  /// Running products along an axis.
  ///
  /// - Throws: a value error where whole numbers overflow.
  public func cumprod(axis: Int) throws -> Tensor {
    try scan(.cumprod, axis, dtype == .bool ? .i64 : dtype)
  }

  /// `exp x / Σ exp x` along an axis.
  public func softmax(axis: Int, defaultFloat: DType = .f64) throws -> Tensor {
    try scan(.softmax, axis, dtype.isFloat ? dtype : defaultFloat)
  }

  /// `x − log Σ exp x` along an axis.
  public func logSoftmax(axis: Int, defaultFloat: DType = .f64) throws -> Tensor {
    try scan(.logSoftmax, axis, dtype.isFloat ? dtype : defaultFloat)
  }

  private func scan(_ kernel: ScanKernel, _ axis: Int, _ dtype: DType) throws -> Tensor {
    let axis = try shape.axis(axis)
    if axis != rank - 1 {
      return try swappedAxes(axis, rank - 1).scan(kernel, rank - 1, dtype)
        .swappedAxes(axis, rank - 1).contiguous()
    }
    let source = try converted(to: dtype).contiguous()
    let result = try Tensor.uninitialized(shape, dtype)
    guard count > 0,
      let function = mos_scan_kernel(Int32(kernel.rawValue), Int32(dtype.rawValue))
    else { return result }
    let n = shape[axis]
    let status = withExtendedLifetime(source) {
      mos_scan_rows(
        function, count / n, n, source.header.data, result.header.data, dtype.size)
    }
    try Safepoint.look()
    guard status == MOS_OK else {
      throw TensorError(
        .value, "\(kernel) of \(typeDescription) overflows i64", hint: "convert it to f64 first")
    }
    if let recorder = PlanRecorder.current {
      let step = mos_reduce_step(
        kernel: nil, combine: function, rows: count / n, n: n, blocks: 1, size: dtype.size,
        result_size: dtype.size, x: source.header.data, b: nil, y: result.header.data)
      recorder.scanRows("\(kernel)", step, source, result)
    }
    return result
  }
}
