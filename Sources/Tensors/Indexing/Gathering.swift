// Elements by lists of places along one axis, and the places of elements.

extension Tensor {
  /// The slices of an axis at some places, which may be of any shape: it replaces the axis.
  public func take(axis: Int, _ ids: Tensor) throws -> Tensor {
    try indexed(IndexPlan(shape: shape, axis: axis, .ids(ids)))
  }

  /// `y[i][j][k] = x[i][index[i][j][k]][k]` for axis 1, and likewise for any other: one element
  /// for each of `index`, whose other axes may be shorter than x's.
  public func gather(axis: Int, _ index: Tensor) throws -> Tensor {
    let offsets = try gatherOffsets(axis: axis, index, strides)
    return try Tensor.make(index.shape, dtype) { target in
      withElements { source in
        func copy<T>(_: T.Type) {
          let source = source.assumingMemoryBound(to: T.self)
          let target = target.assumingMemoryBound(to: T.self)
          for (i, offset) in offsets.enumerated() { target[i] = source[offset] }
        }
        switch dtype {
        case .bool: copy(UInt8.self)
        case .f32: copy(UInt32.self)
        case .i64, .f64: copy(UInt64.self)
        }
      }
    }
  }

  /// This tensor with each element of `source` added at the place that `gather` would read for
  /// it; the reverse of `gather`.
  public func scatterAdd(axis: Int, _ index: Tensor, _ source: Tensor) throws -> Tensor {
    guard source.shape == index.shape else {
      throw TensorError(
        .shape,
        "scatter_add needs an index for each element of \(source.typeDescription), and got "
          + index.typeDescription)
    }
    let dtype = self.dtype
    guard source.dtype <= dtype || dtype.isFloat else {
      throw TensorError(
        .type, "\(source.dtype.name) values do not fit into \(typeDescription)",
        hint: "convert the tensor first with .to(\(source.dtype.name))")
    }
    let offsets = try gatherOffsets(axis: axis, index, shape.contiguousStrides)
    let values = try source.rowMajor(dtype)
    let result = try copied()
    values.withElements { values in
      result.withElements { sums in
        func add<T>(_: T.Type, _ plus: (inout T, T) -> Void) {
          let values = values.assumingMemoryBound(to: T.self)
          let sums = sums.assumingMemoryBound(to: T.self)
          for (i, offset) in offsets.enumerated() { plus(&sums[offset], values[i]) }
        }
        switch dtype {
        case .f64: add(Double.self) { $0 += $1 }
        case .f32: add(Float.self) { $0 += $1 }
        case .i64: add(Int.self) { $0 &+= $1 }
        case .bool: add(UInt8.self) { $0 |= $1 }
        }
      }
    }
    return result
  }

  /// For each element of `index` the offset, by `strides`, of the element that it names.
  private func gatherOffsets(axis: Int, _ index: Tensor, _ strides: Shape) throws -> [Int] {
    let axis = try shape.axis(axis)
    guard index.dtype == .i64 || index.count == 0 else {
      throw TensorError(
        .type, "an index is a whole number, and \(index.typeDescription) holds none",
        hint: "convert it with .to(i64)")
    }
    guard index.rank == rank else {
      throw TensorError(
        .shape,
        "gather needs an index of \(rank) axes for \(typeDescription), and got "
          + index.typeDescription)
    }
    for other in 0..<rank where other != axis && index.shape[other] > shape[other] {
      throw TensorError(
        .shape, "an index of shape \(index.shape) does not fit \(typeDescription)",
        label: "axis \(other) has \(shape[other]), the index \(index.shape[other])")
    }
    var others = strides
    others[axis] = 0
    var offsets = elementOffsets(index.shape, others)
    let extent = shape[axis]
    for (i, place) in (index.count == 0 ? [] : index.integers).enumerated() {
      let inside = place < 0 ? place &+ extent : place
      guard inside >= 0 && inside < extent else { throw indexError(place, extent: extent) }
      offsets[i] += inside * strides[axis]
    }
    return offsets
  }

  /// The places of the elements that are not zero: one i64 tensor for each axis, in row-major
  /// order, as NumPy's.
  public func nonzero() throws -> [Tensor] {
    let flags = try rowMajor(.bool)
    let found = flags.withElements { flags in
      let flags = flags.assumingMemoryBound(to: UInt8.self)
      return (0..<count).filter { flags[$0] != 0 }
    }
    let strides = shape.contiguousStrides
    return try (0..<rank).map { axis in
      let (stride, extent) = (strides[axis], shape[axis])
      return try Tensor.make(Shape(found.count), .i64) { target in
        let target = target.assumingMemoryBound(to: Int.self)
        for (i, offset) in found.enumerated() { target[i] = offset / stride % extent }
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
    let places = ids.count == 0 ? [] : ids.integers
    for place in places where place < 0 || place >= classes {
      throw TensorError.noClass("\(place)", of: classes)
    }
    return try Tensor.make(shape, dtype) { target in
      target.initializeMemory(as: UInt8.self, repeating: 0, count: shape.count * dtype.size)
      for (i, place) in places.enumerated() {
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
  public static func noClass(_ number: String, of classes: Int) -> TensorError {
    TensorError(
      .index, "class \(number) is out of range for \(classes) classes",
      hint: "classes are numbered from 0")
  }
}
