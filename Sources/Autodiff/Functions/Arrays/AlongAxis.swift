// Elements taken, put and added along an axis by tensors of places, and sums by number: NumPy's, PyTorch's
// and JAX's ways to say what `take`, `put` and `scatter_add` do.

import Tensors

extension Variable {
  /// For each place of `index` the element whose place along the axis stands there; the other axes of both are
  /// stretched to one shape.
  public func takingAlongAxis(_ index: Variable, axis: Int) throws -> Variable {
    let axis = try shape.axis(axis)
    let (target, places) = try stretchedExtents(index, axis: axis, "take_along_axis")
    return try broadcast(to: target).gather(index.broadcast(to: places), axis: axis)
  }

  /// This tensor with other values where `takingAlongAxis` would read; the last one counts where a place is
  /// named twice.
  public func puttingAlongAxis(_ index: Variable, _ values: Variable, axis: Int) throws -> Variable
  {
    let axis = try shape.axis(axis)
    let (target, wide) = try stretchedExtents(index, axis: axis, "put_along_axis")
    guard target == shape else {
      throw TensorError(
        .shape,
        "put_along_axis does not fit \(typeDescription) and places of \(index.typeDescription)",
        label: "the places have more than the tensor")
    }
    let places = try gatherPlaces(index.broadcast(to: wide), axis: axis)
    guard Shape.broadcast(values.shape, wide) == wide else {
      throw TensorError(
        .shape,
        "put_along_axis does not fit values of \(values.typeDescription) and places of "
          + index.typeDescription)
    }
    return try flattened().putting(values.broadcast(to: wide), at: places).reshape(to: shape)
  }

  /// The shapes of this tensor and of places along an axis, when their other axes are stretched to each other.
  private func stretchedExtents(
    _ index: Variable, axis: Int, _ name: String
  ) throws -> (tensor: Shape, places: Shape) {
    var (tensor, places) = (shape, index.shape)
    let fits =
      places.rank == rank
      && (0..<rank).allSatisfy {
        $0 == axis || tensor[$0] == places[$0] || tensor[$0] == 1 || places[$0] == 1
      }
    guard fits else {
      throw TensorError(
        .shape, "\(name) does not fit \(typeDescription) and places of \(index.typeDescription)",
        hint: "both have as many axes, and the same extents but along axis \(axis)")
    }
    for other in 0..<rank where other != axis {
      let extent = tensor[other] == 1 ? places[other] : tensor[other]
      (tensor[other], places[other]) = (extent, extent)
    }
    return (tensor, places)
  }

  /// This tensor with slices of `source`, times a factor, added along an axis where `index` says; places may
  /// repeat.
  public func indexAdd(
    axis: Int, _ index: Variable, _ source: Variable, factor: Scalar = 1
  ) throws -> Variable {
    let axis = try shape.axis(axis)
    try index.requireWholeNumbers(for: "index_add")
    var expected = shape
    expected[axis] = index.count
    guard index.rank <= 1, source.shape == expected else {
      throw TensorError(
        .shape,
        "index_add does not fit \(typeDescription), places of \(index.typeDescription) and "
          + source.typeDescription,
        hint: "the source has the shape of x, with a slice for each place")
    }
    let places = try index.flattened().converted(to: .i64)
    let slices = try source.movedAxis(from: axis, to: 0)
    let added = try apply(.scatter, slices, places, .int(shape[axis]))
    return try self + factor * added.movedAxis(from: 0, to: axis)
  }

  /// The sums of the slices along the first axis that have the same number; numbers below 0 and from `count` on
  /// are left out.
  public func segmentSum(_ ids: Variable, count: Int) throws -> Variable {
    try ids.requireWholeNumbers(for: "segment_sum")
    guard rank > 0, ids.rank == 1, ids.shape[0] == shape[0] else {
      throw TensorError(
        .shape, "segment_sum does not fit \(typeDescription) and numbers of \(ids.typeDescription)",
        hint: "there is a number for each slice along the first axis")
    }
    // What is left out goes to one more segment.
    let segments = try Shape([count])
    let extent = segments[0] + 1
    let whole = try ids.converted(to: .i64)
    let isLeftOut = try whole.isLess(than: .tensor(Tensor(0)))
      .or(whole.isGreaterOrEqual(to: .tensor(Tensor(count))))
    let places = try isLeftOut.select(.tensor(Tensor(count)), whole)
    let data = dtype == .bool ? try converted(to: .i64) : self
    return try apply(.scatter, data, places, .int(extent)).sliced(axis: 0, from: 0, to: count)
  }

  /// - Throws: a type error for floats.
  private func requireWholeNumbers(for name: String) throws {
    guard !dtype.isFloat || count == 0 else {
      throw TensorError(
        .type, "\(name) needs whole numbers, and \(typeDescription) holds none",
        hint: "convert them with .to(i64)")
    }
  }

  /// How many elements lie in each bin between neighbouring edges, or the sum of their weights; an element at
  /// the last edge is in the last bin, and those outside and nan are in none.
  public func histogram(edges: Variable, weights: Variable? = nil) throws -> Variable {
    let x = try flattened()
    let bins = edges.shape[0] - 1
    let places = try edges.searchsorted(x, right: true) - .tensor(Tensor(1))
    let last = try edges.sliced(axis: 0, from: bins, to: bins + 1)
    let ids = try x.isEqual(to: last).select(.tensor(Tensor(bins - 1)), places)
    let amounts = try weights?.flattened() ?? .tensor(Tensor.full(x.shape, 1, .i64))
    return try amounts.segmentSum(ids, count: bins)
  }
}
