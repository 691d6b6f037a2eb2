// Gradients of functions of one number, by reverse mode. The functions are differentiated themselves
// like any other, so that a gradient of a gradient is written as it is thought.

/// The gradient of a function at a point.
///
///     try gradient(of: { x in try x.square().sum() }, at: Tensor([1, 2]))    // [2.0, 4.0]
///
/// Of several arguments it gives the gradients by each, in order:
///
///     try gradient(of: { x, y in x * y }, at: 2.0, 3.0)    // (3.0, 2.0)
///
/// By reverse mode: the time of some evaluations of the function, whatever the number of elements, and
/// memory for each of its operations. It can be taken inside itself to any order; every thread has
/// its own state.
/// - Parameters:
///   - f: gives one number, a float of one element.
///   - point: floats.
/// - Returns: the gradients in the structure, shapes and dtypes of the point; 0 where `f` does not
///   depend on a leaf.
/// - Throws: what `f` throws; a shape or type error where it does not give one float, or the point is
///   not of floats.
public func gradient<each Point: Differentiable>(
  of f: (repeat (each Point).Seen) throws -> Variable, at point: repeat each Point
) throws -> (repeat each Point) {
  try valueWithGradient(of: f, at: repeat each point).gradient
}

/// The value of a function at a point, with its gradient there; see `gradient(of:at:)`.
///
///     let (value, slope) = try valueWithGradient(of: { x in try x.exp() }, at: 0.0)    // 1.0, 1.0
///
/// - Returns: the value, without axes, and the gradients in the structure of the point.
/// - Throws: as `gradient(of:at:)`.
public func valueWithGradient<each Point: Differentiable>(
  of f: (repeat (each Point).Seen) throws -> Variable, at point: repeat each Point
) throws -> (value: Variable, gradient: (repeat each Point)) {
  var leaves: [Variable] = []
  for part in repeat each point { leaves += try part.floatLeaves() }
  let pull = try vjp(leaves) { variables in
    var rest = variables[...]
    return [try f(repeat (each point).seen(&rest)).scalarLoss()]
  }
  let found = try pull([pull.values[0].onesLike()])
  var rest = try zip(found, leaves).map { try $0 ?? $1.zerosLike() }[...]
  return (pull.values[0], (repeat try (each point).replaced(by: &rest)))
}
