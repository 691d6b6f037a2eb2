// Matrices of derivatives.

/// All derivatives of a function's results by its argument.
///
///     try jacobian(of: { x in try x.square() }, at: Tensor([1, 2]))    // [[2, 0], [0, 4]]
///
/// By reverse mode for all results at once where there are at most as many as elements of the
/// argument, otherwise by forward mode.
/// - Returns: a tensor whose axes are those of the result and then those of the point.
/// - Throws: what `f` throws; a type error where the point is not of floats; a shape error where the
///   axes together are more than eight.
public func jacobian(
  of f: (Variable) throws -> Variable, at point: Tensor
) throws -> Tensor {
  try point.replaced(by: [jacobian(of: f, at: Variable(point))])
}

/// All derivatives of a function's results by its argument, which can be differentiated again.
///
/// - Returns: a variable whose axes are those of the result and then those of the point.
/// - Throws: as `jacobian(of:at:)` of tensors.
@_disfavoredOverload
public func jacobian(
  of f: (Variable) throws -> Variable, at point: Variable
) throws -> Variable {
  let inputs = [try point.asFloatLeaf()]
  var result: Variable?
  func run(_ x: [Variable]) throws -> [Variable] {
    let y = try f(x[0])
    result = y
    return [y]
  }
  let blocks = try Jacobian.rows(of: run, at: inputs, always: false)
  let block = try (blocks ?? Jacobian.columns(of: run, at: inputs))[0][0]
  if let block { return block }
  let shape = try (result?.shape ?? Shape()).followed(by: point.shape)
  return .tensor(try Tensor.zeros(shape, point.dtype))
}

/// The second derivatives of a function of one number.
///
///     try hessian(of: { x in try x.power(3).sum() }, at: Tensor([1, 2]))    // [[6, 0], [0, 12]]
///
/// Forward over reverse, all directions at once.
/// - Returns: a tensor with the axes of the point twice.
/// - Throws: as `gradient(of:at:)`; a shape error where the point has more than four axes.
public func hessian(
  of f: (Variable) throws -> Variable, at point: Tensor
) throws -> Tensor {
  try point.replaced(by: [hessian(of: f, at: Variable(point))])
}

/// The second derivatives of a function of one number, which can be differentiated again.
///
/// - Returns: a variable with the axes of the point twice.
/// - Throws: as `hessian(of:at:)` of tensors.
@_disfavoredOverload
public func hessian(
  of f: (Variable) throws -> Variable, at point: Variable
) throws -> Variable {
  let inputs = [try point.asFloatLeaf()]
  let blocks = try Jacobian.columns(
    of: { x in [try gradient(of: f, at: x[0])] }, at: inputs)
  return try blocks[0][0]
    ?? .tensor(Tensor.zeros(point.shape.followed(by: point.shape), point.dtype))
}
