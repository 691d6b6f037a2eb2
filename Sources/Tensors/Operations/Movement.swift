// Other shapes of the same elements: views where strides can say it, copies where not.

extension Tensor {
  /// The elements in row-major order under another shape; a view where they are contiguous.
  ///
  /// - Throws: a shape error where the numbers of elements differ.
  public func reshaped(_ target: Shape) throws -> Tensor {
    if target == shape { return self }
    guard try target.checked().count == count else {
      throw TensorError(
        .shape, "cannot reshape \(typeDescription) to \(target)",
        hint: "it has \(count) elements, and the shape asks for \(target.count)")
    }
    return try contiguous().view(shape: target, strides: target.contiguousStrides)
  }

  /// The axes in another order: axis i of the result is axis `permutation[i]`.
  ///
  /// - Throws: a shape error where the numbers are not each axis once.
  public func transposed(permutation: Shape) throws -> Tensor {
    var (newShape, newStrides, seen) = (Shape(), Shape(), AxisSet())
    let own = strides
    for i in 0..<Swift.min(permutation.rank, rank) {
      let axis = permutation[i]
      guard axis >= 0 && axis < rank && !seen.contains(axis) else { break }
      seen.insert(axis)
      newShape.append(shape[axis])
      newStrides.append(own[axis])
    }
    guard newShape.rank == rank && permutation.rank == rank else {
      throw TensorError(
        .shape, "\(permutation) is not an order of the axes of \(typeDescription)",
        hint: "name each of 0 to \(rank - 1) once")
    }
    return view(shape: newShape, strides: newStrides)
  }

  /// Two axes exchanged; negative ones count from the end.
  public func swappedAxes(_ i: Int, _ j: Int) throws -> Tensor {
    let (i, j) = (try shape.axis(i), try shape.axis(j))
    if i == j { return self }
    var (newShape, newStrides) = (shape, strides)
    (newShape[i], newShape[j]) = (newShape[j], newShape[i])
    (newStrides[i], newStrides[j]) = (newStrides[j], newStrides[i])
    return view(shape: newShape, strides: newStrides)
  }

  /// An axis of 1 put in before an axis, `0 ... rank`, or counted from the end, `-rank - 1 ... -1`.
  public func expanded(at axis: Int) throws -> Tensor {
    let place = axis < 0 ? axis &+ rank &+ 1 : axis
    guard place >= 0 && place <= rank else {
      throw TensorError(
        .index, "a new axis cannot stand at \(axis) in \(typeDescription)",
        hint: "places go from \(-rank - 1) to \(rank)")
    }
    guard rank < Shape.maximumRank else {
      throw TensorError(.shape, "a tensor has at most 8 axes, and \(typeDescription) has them")
    }
    var (newShape, newStrides) = (Shape(), Shape())
    let own = strides
    for i in 0...rank {
      if i == place {
        newShape.append(1)
        newStrides.append(1)
      }
      if i < rank {
        newShape.append(shape[i])
        newStrides.append(own[i])
      }
    }
    return view(shape: newShape, strides: newStrides)
  }

  /// An axis of 1 taken away.
  ///
  /// - Throws: a shape error where its extent is not 1.
  public func squeezed(_ axis: Int) throws -> Tensor {
    let place = try shape.axis(axis)
    guard shape[place] == 1 else {
      throw TensorError(
        .shape, "cannot squeeze axis \(axis) of \(typeDescription)",
        hint: "its extent is \(shape[place]); only axes of 1 can be squeezed")
    }
    return view(shape: shape.removing(axis: place), strides: strides.removing(axis: place))
  }

  /// Every axis of 1 taken away.
  public func squeezed() -> Tensor {
    var (newShape, newStrides) = (Shape(), Shape())
    let own = strides
    for axis in 0..<rank where shape[axis] != 1 {
      newShape.append(shape[axis])
      newStrides.append(own[axis])
    }
    return newShape.rank == rank ? self : view(shape: newShape, strides: newStrides)
  }

  /// For each axis the elements `start, start + step, …` before `stop` (after it, for a negative
  /// step); a view.
  ///
  /// The numbers are places, not counted from the end: with a negative step, a stop of -1 goes
  /// through place 0. Ranges that reach beyond an axis end with it, as Python's do.
  /// - Throws: a value error for a step of 0, a shape error where the counts are not the rank.
  public func sliced(starts: [Int], stops: [Int], steps: [Int]) throws -> Tensor {
    guard starts.count == rank, stops.count == rank, steps.count == rank else {
      throw TensorError(
        .shape, "a slice of \(typeDescription) needs \(rank) ranges, and \(starts.count) were given"
      )
    }
    var (newShape, newStrides, offset) = (Shape(), Shape(), 0)
    let own = strides
    for axis in 0..<rank {
      let (extent, step) = (shape[axis], steps[axis])
      guard step != 0 else { throw TensorError(.value, "a slice cannot have the step 0") }
      let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
      let start = Swift.max(low, Swift.min(high, starts[axis]))
      let stop = Swift.max(low, Swift.min(high, stops[axis]))
      let distance = step > 0 ? stop - start : start - stop
      let length = distance <= 0 ? 0 : 1 + Int((UInt(distance) - 1) / step.magnitude)
      newShape.append(length)
      newStrides.append(length <= 1 ? own[axis] : own[axis] * step)
      if length > 0 { offset += start * own[axis] }
    }
    return view(shape: newShape, strides: newStrides, offset: newShape.count == 0 ? 0 : offset)
  }

  /// The part `start ..< stop` of one axis; a view.
  public func sliced(axis: Int, from start: Int, to stop: Int) throws -> Tensor {
    let place = try shape.axis(axis)
    var (starts, stops) = ([Int](repeating: 0, count: rank), shape.array)
    starts[place] = start
    stops[place] = stop
    return try sliced(starts: starts, stops: stops, steps: [Int](repeating: 1, count: rank))
  }

  // MARK: Copies

  /// The tensor with the value around it: `before[i]` and `after[i]` elements along axis i.
  ///
  /// - Throws: a shape error where the counts are not the rank, a value error for negative ones.
  public func padded(before: [Int], after: [Int], value: Double = 0) throws -> Tensor {
    guard before.count == rank, after.count == rank else {
      throw TensorError(
        .shape, "padding of \(typeDescription) needs \(rank) pairs, and \(before.count) were given")
    }
    var target = [Int]()
    for axis in 0..<rank {
      guard before[axis] >= 0, after[axis] >= 0 else {
        throw TensorError(
          .value, "cannot pad by the negative width \(Swift.min(before[axis], after[axis]))")
      }
      let (sum, overflow) = before[axis].addingReportingOverflow(after[axis])
      let (extent, second) = sum.addingReportingOverflow(shape[axis])
      guard !overflow && !second else {
        throw TensorError(.limit, "padding by \(before[axis]) and \(after[axis]) is too large")
      }
      target.append(extent)
    }
    let filled = try Tensor.full(Shape(target), value, dtype)
    // A fill of one element is a view's copy, so the memory is this tensor's alone.
    let result = filled.shape == shape ? self : filled
    if result === self || count == 0 { return result }
    let source = try contiguous()
    let size = dtype.size
    let steps = result.shape.contiguousStrides
    let row = rank == 0 ? 1 : shape[rank - 1]
    try source.withElements { from in
      var index = [Int](repeating: 0, count: rank)
      try Safepoint.rows(0..<(count / row), of: row) { line in
        var offset = 0
        for axis in 0..<rank { offset += (index[axis] + before[axis]) * steps[axis] }
        (result.elements + offset * size).copyMemory(
          from: from + line * row * size, byteCount: row * size)
        var axis = rank - 2
        while axis >= 0 {
          index[axis] += 1
          if index[axis] < shape[axis] { break }
          index[axis] = 0
          axis -= 1
        }
      }
    }
    return result
  }

  /// Tensors one after the other along an axis; dtypes are promoted to the greatest.
  ///
  /// - Throws: a value error for no tensors, a shape error where other axes differ.
  public static func concat(_ parts: [Tensor], axis: Int) throws -> Tensor {
    guard let first = parts.first else {
      throw TensorError(.value, "concat of no tensors is not defined")
    }
    guard first.rank > 0 else {
      throw TensorError(
        .shape, "cannot concat \(first.typeDescription): it has no axes", hint: "stack makes one")
    }
    let place = try first.shape.axis(axis)
    var (target, dtype) = (first.shape, first.dtype)
    target[place] = 0
    for part in parts {
      var rest = part.shape
      if rest.rank == target.rank { rest[place] = target[place] }
      guard rest == target else {
        throw TensorError(
          .shape,
          "cannot concat \(first.typeDescription) and \(part.typeDescription) along axis \(axis)",
          hint: "all other axes must be equal")
      }
      let (sum, overflow) = target[place].addingReportingOverflow(part.shape[place])
      guard !overflow else { throw TensorError(.limit, "concat makes a tensor too large") }
      target[place] = sum
      dtype = .promoted(dtype, part.dtype)
    }
    if parts.count == 1 { return first }
    let result = try uninitialized(target.checked(), dtype)
    if result.count == 0 { return result }
    var outer = 1
    for i in 0..<place { outer *= target[i] }
    let rowBytes = result.count / outer * dtype.size
    var offset = 0
    for part in parts where part.count > 0 {
      let source = try part.converted(to: dtype).contiguous()
      let bytes = source.count / outer * dtype.size
      try withExtendedLifetime(source) {
        let (from, to) = (source.header.data, result.header.data)
        try Safepoint.rows(0..<outer, of: bytes) { i in
          try Safepoint.copy(from + i * bytes, to: to + i * rowBytes + offset, bytes: bytes)
        }
      }
      PlanRecorder.current?.copyRows(
        outer, source, bytes: bytes, to: result, from: offset, apart: rowBytes)
      offset += bytes
    }
    return result
  }

  /// Tensors of one shape side by side along a new axis.
  ///
  /// - Throws: a value error for no tensors, a shape error where shapes differ.
  public static func stack(_ parts: [Tensor], axis: Int = 0) throws -> Tensor {
    guard let first = parts.first else {
      throw TensorError(.value, "stack of no tensors is not defined")
    }
    for part in parts where part.shape != first.shape {
      throw TensorError(
        .shape, "cannot stack \(first.typeDescription) and \(part.typeDescription)",
        hint: "all must have one shape")
    }
    let place = axis < 0 ? axis &+ first.rank &+ 1 : axis
    return try concat(parts.map { try $0.expanded(at: place) }, axis: place)
  }

  /// Each element along an axis several times in a row.
  public func repeated(_ times: Int, axis: Int) throws -> Tensor {
    let place = try shape.axis(axis)
    var target = shape
    target[place] = try extent(place, times: times)
    let stretched = try shape.inserting(times, at: place + 1)
    return try expanded(at: place + 1).broadcast(to: stretched).reshaped(target)
  }

  /// The tensor several times over along each axis; leading axes are added where there are more
  /// numbers than axes.
  public func tiled(_ times: [Int]) throws -> Tensor {
    var result = self
    while result.rank < times.count { result = try result.expanded(at: 0) }
    for (i, count) in times.enumerated() where count != 1 {
      let axis = result.rank - times.count + i
      var target = result.shape
      target[axis] = try result.extent(axis, times: count)
      if result.rank < Shape.maximumRank {
        let stretched = try result.shape.inserting(count, at: axis)
        result = try result.expanded(at: axis).broadcast(to: stretched).reshaped(target)
      } else if count == 0 {
        result = try Tensor.zeros(target, dtype)
      } else {
        result = try Tensor.concat([Tensor](repeating: result, count: count), axis: axis)
      }
    }
    return result
  }

  private func extent(_ axis: Int, times: Int) throws -> Int {
    guard times >= 0 else {
      throw TensorError(.value, "cannot repeat \(typeDescription) \(times) times")
    }
    let (product, overflow) = shape[axis].multipliedReportingOverflow(by: times)
    guard !overflow else {
      throw TensorError(.limit, "\(typeDescription) repeated \(times) times is too large")
    }
    return product
  }
}
