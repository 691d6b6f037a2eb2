// Derivatives along directions: forward mode, reverse mode with a cotangent, and the product of a
// Hessian with a direction.

/// The value of a function at a point, with its derivative along a direction there.
///
///     try jvp(of: { x in try x.square() }, at: Variable([1, 2]), along: [1, 0])    // [1, 4], [2, 0]
///
/// By forward mode: the time of some evaluations, and no memory beyond theirs.
/// - Parameters:
///   - f: gives a tensor of any shape.
///   - point: floats.
///   - direction: of the structure, shapes and dtypes of the point.
/// - Returns: the value and the tangent, which has its shape.
/// - Throws: what `f` throws; a shape error for a direction of other shapes; a type error where the
///   point is not of floats.
public func jvp<Point: Differentiable>(
  of f: (Point.Seen) throws -> Variable, at point: Point, along direction: Point
) throws -> (value: Variable, tangent: Variable) {
  let leaves = try point.floatLeaves()
  let found = try jvp(leaves, directions(direction, at: leaves)) { [try f(point.seen($0))] }
  return (found.values[0], try found.tangents[0] ?? found.values[0].zerosLike())
}

/// The value of a function at a point, with what pulls a cotangent of it back to the point.
///
///     let (y, pullback) = try vjp(of: { x in try x.square() }, at: Tensor([1, 2]))
///     try pullback([1, 10])    // [2.0, 40.0]
///
/// By reverse mode. The pull-back may be called any number of times.
/// - Returns: the value, and the function from a cotangent of its shape to the structure of the point.
/// - Throws: what `f` throws; a type error where the point is not of floats.
public func vjp<Point: Differentiable>(
  of f: (Point.Seen) throws -> Variable, at point: Point
) throws -> (value: Variable, pullback: (Variable) throws -> Point) {
  let leaves = try point.floatLeaves()
  let pull = try vjp(leaves) { [try f(point.seen($0))] }
  return (
    pull.values[0],
    { cotangent in
      guard cotangent.shape == pull.values[0].shape else {
        throw TensorError(
          .shape,
          "a cotangent of \(cotangent.typeDescription) does not fit a result of "
            + pull.values[0].typeDescription)
      }
      let found = try pull([cotangent.converted(to: pull.values[0].dtype)])
      return try point.replaced(by: zip(found, leaves).map { try $0 ?? $1.zerosLike() })
    }
  )
}

/// The product of a function's Hessian at a point with a direction: `∇²f(x) v`.
///
///     try hessianVectorProduct(
///       of: { x in try x.power(3).sum() }, at: Tensor([1, 2]), [1, 1])    // [6.0, 12.0]
///
/// Forward over reverse (Pearlmutter 1994): the time of some gradients; the matrix is never made.
/// - Parameters:
///   - f: gives one number, a float of one element.
///   - point: floats.
///   - direction: of the structure, shapes and dtypes of the point.
/// - Returns: the product, in the structure of the point.
/// - Throws: as `gradient(of:at:)`; a shape error for a direction of other shapes.
public func hessianVectorProduct<Point: Differentiable>(
  of f: (Point.Seen) throws -> Variable, at point: Point, _ direction: Point
) throws -> Point {
  let leaves = try point.floatLeaves()
  let found = try jvp(leaves, directions(direction, at: leaves)) { moved in
    try gradient(of: { try f(point.seen($0)) }, at: moved)
  }
  return try point.replaced(by: zip(found.tangents, leaves).map { try $0 ?? $1.zerosLike() })
}

/// The leaves of a direction, in the dtypes of the point's.
private func directions<Point: Differentiable>(
  _ direction: Point, at leaves: [Variable]
) throws -> [Variable] {
  let parts = direction.leaves
  guard parts.count == leaves.count, zip(parts, leaves).allSatisfy({ $0.shape == $1.shape }) else {
    throw TensorError(
      .shape,
      "a direction of \(parts.map(\.typeDescription)) does not fit a point of "
        + "\(leaves.map(\.typeDescription))")
  }
  return try zip(parts, leaves).map { try $0.converted(to: $1.dtype) }
}
