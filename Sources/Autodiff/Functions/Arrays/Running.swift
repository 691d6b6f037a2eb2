// Along an axis: differences of neighbours, areas below curves, and what has been reached so far.

import Tensors

extension Variable {
  /// The differences of neighbours along an axis, taken n times; of Bools whether neighbours differ.
  public func differences(_ n: Int = 1, axis: Int = -1) throws -> Variable {
    guard rank > 0 else {
      throw TensorError(.shape, "diff needs an axis, and \(typeDescription) has none")
    }
    let axis = try shape.axis(axis)
    var result = self
    for _ in 0..<Swift.min(n, shape[axis]) {
      try Safepoint.look()
      let (after, before) = try result.neighbours(axis: axis)
      result = dtype == .bool ? try after.isNotEqual(to: before) : try after - before
    }
    return result
  }

  /// All elements of an axis but the first, and all but the last.
  private func neighbours(axis: Int) throws -> (after: Variable, before: Variable) {
    let extent = shape[axis]
    return (
      try sliced(axis: axis, from: Swift.min(1, extent), to: extent),
      try sliced(axis: axis, from: 0, to: Swift.max(extent - 1, 0))
    )
  }

  /// The area below a curve through these values along an axis, whose points lie at `x` or one step apart.
  ///
  ///     Σ (xₖ₊₁ - xₖ) (yₖ₊₁ + yₖ) / 2
  ///
  /// - Parameter x: the points, of this shape or of one axis.
  public func trapezoid(_ x: Variable? = nil, step: Scalar = 1, axis: Int = -1) throws -> Variable {
    guard rank > 0 else {
      throw TensorError(.shape, "trapezoid needs an axis, and \(typeDescription) has none")
    }
    let axis = try shape.axis(axis)
    let (after, before) = try floating().neighbours(axis: axis)
    let heights = try (after + before) * 0.5
    guard let x else { return try (step * heights).sum(axes: AxisSet(axis)) }
    var points = try x.floating()
    if x.rank == 1, rank > 1 {
      var along = Array(repeating: 1, count: rank)
      along[axis] = x.shape[0]
      points = try points.reshape(to: Shape(along))
    }
    guard points.rank == rank, points.shape[axis] == shape[axis],
      Shape.broadcast(points.shape, shape) != nil
    else {
      throw TensorError(
        .shape,
        "trapezoid does not fit values of \(typeDescription) and points of "
          + x.typeDescription, hint: "there is a point for each value along axis \(axis)")
    }
    return try (points.differences(axis: axis) * heights).sum(axes: AxisSet(axis))
  }

  /// The greatest elements of an axis up to each. The derivative goes to the last of equal ones, and to a nan
  /// once there is one.
  public func cummax(axis: Int) throws -> Variable {
    try gather(runningPlaces(axis: axis, least: false), axis: axis)
  }

  /// The least elements of an axis up to each. The derivative goes to the last of equal ones, and to a nan
  /// once there is one.
  public func cummin(axis: Int) throws -> Variable {
    try gather(runningPlaces(axis: axis, least: true), axis: axis)
  }

  /// log Σ eˣ of the elements of an axis up to each, without overflow: windows of twice the length each time.
  public func logcumsumexp(axis: Int) throws -> Variable {
    let axis = try shape.axis(axis)
    let extent = shape[axis]
    var result = try floating()
    var width = 1
    while width < extent {
      let windows = try result.sliced(axis: axis, from: width, to: extent)
        .logaddexp(result.sliced(axis: axis, from: 0, to: extent - width))
      result = try Variable.concat(
        [result.sliced(axis: axis, from: 0, to: width), windows], axis: axis)
      width *= 2
    }
    return result
  }
}
