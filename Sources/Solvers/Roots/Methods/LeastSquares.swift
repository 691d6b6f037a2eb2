// A sum of squares to minimize, on vectors, with its derivatives.

import Autodiff
import Tensors

/// ½ ‖r(x)‖² → min, for any number of residuals.
struct LeastSquares {
  let raveling: Raveling
  let calls: CallCounter
  let function: RootSolver.Function

  /// The unknowns up to which the Jacobian is made.
  private static let greatestDense = 500

  /// r(x) as a vector.
  func callAsFunction(_ x: Variable) throws -> Variable {
    calls.count += 1
    return try LeastSquares.vector(function(raveling.parts(x))).converted(to: raveling.dtype)
  }

  /// The tensors that a function gave as one vector.
  private static func vector(_ results: [Variable]) throws -> Variable {
    try Raveling(like: results).vector(results)
  }

  /// x with ½ ‖r‖² and its gradient Jᵀ r.
  func point(at x: Variable) throws -> Point {
    let pull = try vjp([x]) { [try self($0[0])] }
    let r = pull.values[0]
    return Point(
      x: x, residual: try pull([r])[0] ?? x.zerosLike(), value: try r.inner(r) * 0.5)
  }

  /// The d of least length that makes ‖r + J d‖ least.
  func step(from point: Point, _ isActive: Variable) throws -> Variable {
    let zero = Variable.number(0, like: point.value)
    guard let (r, matrix) = try jacobian(at: point.x) else {
      return try matrixFree(from: point, isActive, damping: zero)
    }
    return try LeastSquares.shortest(matrix, -r, isActive)
  }

  /// The d that makes ‖r + J d‖² + μ ‖D d‖² least, and D².
  ///
  /// - Parameter scale: the greatest lengths that the columns of J have had.
  func dampedStep(
    from point: Point, _ isActive: Variable, damping: Variable, _ scale: inout Variable?
  ) throws -> (step: Variable, scale: Variable) {
    guard let (r, matrix) = try jacobian(at: point.x) else {
      return (try matrixFree(from: point, isActive, damping: damping), try point.x.onesLike())
    }
    let lengths = try matrix.norm(axes: AxisSet(0))
    let greatest = try scale.map { try $0.maximum(lengths) } ?? lengths
    scale = greatest
    let d = try greatest.isUsableDivisor().select(greatest, greatest.onesLike())
    // In the unknowns D d the columns are of length 1 at most.
    let ridge =
      try Variable.tensor(Tensor.eye(point.x.count, point.x.count, point.x.dtype)).beside(point.x)
      * damping.sqrt()
    let both = try Variable.concat([matrix / d, ridge], axis: 0)
    let right = try Variable.concat([-r, point.x.zerosLike()], axis: 0)
    return (try LeastSquares.shortest(both, right, isActive) / d, try d * d)
  }

  private static func shortest(
    _ matrix: Variable, _ right: Variable, _ isActive: Variable
  ) throws -> Variable {
    let isSound = try isActive.and(
      matrix.isfinite().all(axes: .all(rank: 2)).and(right.isFiniteVector()))
    let x = try isSound.pick(matrix, matrix.zerosLike()).lstsq(
      isSound.pick(right, right.zerosLike()))
    return try isSound.or(isActive.not()).pick(x, x * .nan)
  }

  /// The same step for unknowns too many for a matrix, by conjugate gradients on JᵀJ + μ.
  private func matrixFree(
    from point: Point, _ isActive: Variable, damping: Variable
  ) throws -> Variable {
    let pull = try vjp([point.x]) { [try self($0[0])] }
    let product: LinearMap.Product = { v in
      let moved = try jvp([point.x], v) { [try self($0[0])] }.tangents[0]
      guard let moved else { return [try v[0] * damping] }
      return [try (pull([moved])[0] ?? v[0].zerosLike()) + v[0] * damping]
    }
    let map = LinearMap(apply: product, applyTransposed: product)
    let right = try isActive.pick(-point.residual, point.x.zerosLike())
    return try LinearSolver.cg().solve(map, [right], initial: nil).0[0]
  }

  /// r and J at x; nil where there are too many unknowns to make J.
  private func jacobian(at x: Variable) throws -> (r: Variable, matrix: Variable)? {
    guard raveling.count <= LeastSquares.greatestDense else { return nil }
    let r = try self(x)
    guard raveling.count <= r.count else {
      let basis = try Variable.tensor(Tensor.eye(r.count, r.count, x.dtype)).beside(x)
      let pull = try vjp([x]) { [try self($0[0])] }
      return (
        r, try vmap([basis], axes: [0], size: r.count) { [try pull($0)[0] ?? x.zerosLike()] }[0]
      )
    }
    let basis = try Variable.tensor(Tensor.eye(raveling.count, raveling.count, x.dtype)).beside(x)
    return (
      r,
      try vmap([basis], axes: [0], size: raveling.count) { unit in
        [try jvp([x], unit) { [try self($0[0])] }.tangents[0] ?? r.zerosLike()]
      }[0].transposed()
    )
  }

  /// The full gradient Jᵀ r of a function of a tree, as what vanishes at the minimum.
  ///
  /// Its derivative has the curvature of r beside JᵀJ: the approximation that steps are made with
  /// would be a wrong derivative wherever the residuals do not vanish.
  static func gradient(
    of function: @escaping RootSolver.Function
  ) -> RootSolver.Function {
    Objective.gradient { parts in
      let r = try vector(function(parts))
      return [try r.inner(r) * 0.5]
    }
  }
}
