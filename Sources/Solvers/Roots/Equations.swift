// Equations, on vectors, with what Newton's method and its kin need of their Jacobian.
//
// Of items that are done a Jacobian is the identity and a right side 0, so that what they have there, a
// singular matrix or a nan, does not reach the items that one factorization serves with them.

import Autodiff
import Tensors

/// F(x) = 0 with as many equations as unknowns.
struct Equations {
  let raveling: Raveling
  let calls: CallCounter
  /// Whether the steps of the search are differentiated themselves.
  let isRecorded: Bool
  let solver: LinearSolver
  let function: RootSolver.Function

  func callAsFunction(_ x: Variable) throws -> Variable {
    calls.count += 1
    let parts = try raveling.parts(x)
    let images = try function(parts)
    try requireFit(images, parts, called: "the function")
    return try raveling.vector(images)
  }

  /// x with F(x) and ½ ‖F(x)‖².
  func point(at x: Variable) throws -> Point {
    let residual = try self(x)
    return Point(x: x, residual: residual, value: try residual.inner(residual) * 0.5)
  }

  /// J v at x.
  func product(_ x: Variable, _ v: Variable) throws -> Variable {
    try jvp([x], [v]) { [try self($0[0])] }.tangents[0] ?? v.zerosLike()
  }

  /// The Jacobian at x for items that are active, the identity for others.
  private func jacobian(_ x: Variable, _ isActive: Variable) -> LinearMap {
    LinearMap(
      apply: { v in [try isActive.pick(product(x, v[0]), v[0])] },
      applyTransposed: { u in
        let pull = try vjp([x]) { [try self($0[0])] }
        return [try isActive.pick(pull(u)[0] ?? u[0].zerosLike(), u[0])]
      })
  }

  /// Newton's step -J⁻¹ F(x) for items that are active.
  ///
  /// - Returns: nil where a direct solver cannot solve with J.
  func newtonStep(from point: Point, _ isActive: Variable) throws -> Variable? {
    let zeros = try point.x.zerosLike()
    let right = try isActive.pick(-point.residual, zeros)
    let jacobian = jacobian(point.x, isActive)
    do {
      guard isRecorded else { return try solver.solve(jacobian, [right], initial: nil).0[0] }
      return try solver.solve(LinearOperator(like: [right], jacobian.apply), [right])[0]
    } catch let error as TensorError where error.kind == .value {
      return nil
    }
  }

  /// The inverse of the Jacobian for items that are active, the pseudoinverse where there is none.
  func inverseJacobian(at x: Variable, _ isActive: Variable) throws -> Variable {
    let matrix = try jacobian(x, isActive).dense(Raveling(like: [x]))
    do {
      return try matrix.inverse()
    } catch let error as TensorError where error.kind == .value {
      guard try matrix.isfinite().isTrueEverywhere else {
        return try matrix.isfinite().select(matrix, .number(.nan, like: matrix))
      }
      return try matrix.pseudoInverse()
    }
  }
}
