// Elements in order, whatever the strides.

/// The offset of each element of a shape from the first, in row-major order.
///
/// - Parameter look: called after every piece of them.
func elementOffsets(
  _ shape: Shape, _ strides: Shape, look: () throws -> Void = {}
) rethrows -> [Int] {
  let count = shape.count
  guard count > 0 else { return [] }
  return try [Int](unsafeUninitializedCapacity: count) { offsets, written in
    // Axis by axis: what is there so far is repeated for each index of the axis to its left.
    offsets[0] = 0
    written = 1
    var seen = 0
    for axis in (0..<shape.rank).reversed() {
      let block = written
      for index in 1..<max(shape[axis], 1) {
        let shift = index &* strides[axis]
        for i in 0..<block { offsets[written &+ i] = offsets[i] &+ shift }
        written &+= block
        if written &- seen > Safepoint.piece {
          seen = written
          try look()
        }
      }
    }
  }
}

extension Tensor {
  /// The elements in row-major order as Doubles, of a tensor that is not large.
  package var doubles: [Double] { read(look: {}, double) }

  /// The elements of an i64 or bool tensor, which is not large, in row-major order.
  package var integers: [Int] { read(look: {}, integer) }

  /// `doubles` of a tensor of any size.
  ///
  /// - Throws: where the run is to end.
  package func allDoubles() throws -> [Double] {
    try requireArray()
    return try read(look: Safepoint.look, double)
  }

  /// `integers` of a tensor of any size.
  ///
  /// - Throws: where the run is to end.
  package func allIntegers() throws -> [Int] {
    try requireArray()
    return try read(look: Safepoint.look, integer)
  }

  /// Looks before the elements are made an array, which a broadcast tensor is no bound for: of numbers, and
  /// of two more for each where they lie in another order.
  ///
  /// - Throws: a limit error where there is no memory for it.
  package func requireArray() throws {
    try MemoryAccount.require(count, of: 3 * MemoryLayout<Int>.stride)
  }

  private func double(_ elements: UnsafeRawPointer, _ offset: Int) -> Double {
    switch dtype {
    case .f64: elements.load(fromByteOffset: offset &* 8, as: Double.self)
    case .f32: Double(elements.load(fromByteOffset: offset &* 4, as: Float.self))
    case .i64: Double(elements.load(fromByteOffset: offset &* 8, as: Int64.self))
    case .bool: elements.load(fromByteOffset: offset, as: UInt8.self) != 0 ? 1 : 0
    }
  }

  private func integer(_ elements: UnsafeRawPointer, _ offset: Int) -> Int {
    switch dtype {
    case .i64: return elements.load(fromByteOffset: offset &* 8, as: Int.self)
    case .bool: return Int(elements.load(fromByteOffset: offset, as: UInt8.self))
    case .f32, .f64:
      preconditionFailure("integers of a float tensor were asked for; please report")
    }
  }

  @inline(__always)
  private func read<T>(
    look: () throws -> Void, _ load: (UnsafeRawPointer, Int) -> T
  ) rethrows -> [T] {
    try withElements { elements in
      let offsets = isContiguous ? [] : try elementOffsets(shape, strides, look: look)
      return try [T](unsafeUninitializedCapacity: count) { result, written in
        guard let first = result.baseAddress else { return }
        for i in 0..<count {
          if i & (Safepoint.piece - 1) == Safepoint.piece - 1 { try look() }
          (first + i).initialize(to: load(elements, isContiguous ? i : offsets[i]))
          written = i + 1
        }
      }
    }
  }

  /// The first element, in row-major order, that is below one number or above another; nan is
  /// neither.
  package func firstElement(below low: Double, orAbove high: Double) throws -> Tensor? {
    if count > Tensor.shortScan, try isWithin(low, high) { return nil }
    func place<T>(_ elements: UnsafePointer<T>, _ number: (T) -> Double) -> Int? {
      (0..<count).first {
        let x = number(elements[$0])
        return x < low || x > high
      }
    }
    let source = try contiguous()
    let first = source.withElements { elements in
      switch dtype {
      case .f64: place(elements.assumingMemoryBound(to: Double.self)) { $0 }
      case .f32: place(elements.assumingMemoryBound(to: Float.self)) { Double($0) }
      case .i64: place(elements.assumingMemoryBound(to: Int.self)) { Double($0) }
      case .bool: place(elements.assumingMemoryBound(to: UInt8.self)) { $0 != 0 ? 1 : 0 }
      }
    }
    return first.map { source.view(shape: Shape(), strides: Shape(), offset: $0) }
  }

  /// True where no element is nan or infinite; it may be false, too, where their sum overflows.
  func isSurelyFinite() throws -> Bool {
    if count > Tensor.shortScan { return try sum(.all(rank: rank)).firstDouble.isFinite }
    let source = try contiguous()
    return source.withElements { elements in
      if dtype == .f64 {
        let numbers = elements.assumingMemoryBound(to: Double.self)
        return (0..<count).allSatisfy { numbers[$0].isFinite }
      }
      let numbers = elements.assumingMemoryBound(to: Float.self)
      return (0..<count).allSatisfy { numbers[$0].isFinite }
    }
  }

  /// Up to so many elements a loop is done before a reduction, with its result, has begun.
  static let shortScan = 512

  /// True where every element lies between two numbers; false where one is nan.
  private func isWithin(_ low: Double, _ high: Double) throws -> Bool {
    let axes = AxisSet.all(rank: rank)
    return try min(axes).firstDouble >= low
      && (high == .infinity || max(axes).firstDouble <= high)
  }

  /// This tensor with its elements in order and of a dtype, for code that walks them by pointer.
  func rowMajor(_ dtype: DType) throws -> Tensor { try converted(to: dtype).contiguous() }
}
