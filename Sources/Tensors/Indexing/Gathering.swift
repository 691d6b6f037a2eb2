// Elements by lists of places along one axis, and the places of elements.

extension Tensor {
  /// The slices of an axis at some places, which may be of any shape: it replaces the axis.
  public func take(axis: Int, _ ids: Tensor) throws -> Tensor {
    try indexed(IndexPlan(shape: shape, axis: axis, .ids(ids)))
  }

  /// The places of the elements that are not zero: one i64 tensor for each axis, in row-major
  /// order, as NumPy's.
  public func nonzero() throws -> [Tensor] {
    try requireArray()
    let flags = try rowMajor(.bool)
    var found: [Int] = []
    try flags.withElements { flags in
      let flags = flags.assumingMemoryBound(to: UInt8.self)
      try Safepoint.forEach(0..<count) { if flags[$0] != 0 { found.append($0) } }
    }
    let strides = shape.contiguousStrides
    return try (0..<rank).map { axis in
      let (stride, extent) = (strides[axis], shape[axis])
      return try Tensor.make(Shape(found.count), .i64) { target in
        let target = target.assumingMemoryBound(to: Int.self)
        try Safepoint.forEach(0..<found.count) { target[$0] = found[$0] / stride % extent }
      }
    }
  }

  /// Rows of zeros with a one at each place: a last axis of `classes` is added.
  ///
  /// - Throws: an index error for a place that is not in `0 ..< classes`.
  public static func oneHot(_ ids: Tensor, classes: Int, _ dtype: DType = .f64) throws -> Tensor {
    guard !ids.dtype.isFloat || ids.count == 0 else {
      throw TensorError(
        .type, "one_hot needs whole numbers, and \(ids.typeDescription) holds none",
        hint: "convert them with .to(i64)")
    }
    let shape = try Shape(ids.shape.array + [classes])
    let places = ids.count == 0 ? [] : try ids.allIntegers()
    for place in places where place < 0 || place >= classes {
      throw TensorError.noClass("\(place)", of: classes)
    }
    return try Tensor.make(shape, dtype) { target in
      try Safepoint.pieces(of: 0..<shape.count * dtype.size, each: 1 << 22) {
        (target + $0.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: $0.count)
      }
      try Safepoint.forEach(0..<places.count) { i in
        let place = places[i]
        let offset = (i * classes + place) * dtype.size
        switch dtype {
        case .f64: target.storeBytes(of: 1, toByteOffset: offset, as: Double.self)
        case .f32: target.storeBytes(of: 1, toByteOffset: offset, as: Float.self)
        case .i64: target.storeBytes(of: 1, toByteOffset: offset, as: Int.self)
        case .bool: target.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
        }
      }
    }
  }
}

extension TensorError {
  /// The error for a number that is no class.
  package static func noClass(_ number: String, of classes: Int) -> TensorError {
    TensorError(
      .index, "class \(number) is out of range for \(classes) classes",
      hint: "classes are numbered from 0")
  }
}
