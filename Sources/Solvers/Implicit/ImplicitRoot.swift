// Solutions that some program found, made functions of what their equations read.

import Autodiff
import Tensors

/// The numbers that a program finds, with nothing recorded outside it.
///
/// What the program records by itself, gradients and optimizers included, works in it. A recording of
/// what calls it would hold the numbers of one run.
package func numbers<R>(of program: () throws -> R) throws -> R {
  Context.current.meets(obstacle: searchObstacle)
  return try Context.current.isolated(program)
}

/// Why a recording cannot stand for a search: the parameters that it reads decide its steps.
let searchObstacle = "searches for a solution"

/// The root of a residual as a function of everything that the residual reads.
///
/// - Parameters:
///   - solution: the numbers of the root, floats.
///   - solver: what solves linear systems with the residual's Jacobian.
///   - residual: x ↦ F(x), tensors of the shapes of x; it may read variables that transformations
///     follow.
/// - Throws: a shape error where the residual does not fit the solution.
public func implicitRoot(
  _ solution: [Variable], solver: LinearSolver, residual: ([Variable]) throws -> [Variable]
) throws -> [Variable] {
  let solution = solution.map(stopGradient)
  let recorded = try RecordedFunction(at: solution) { x in
    let found = try residual(x)
    try requireFit(found, solution)
    return found
  }
  guard !recorded.externals.isEmpty else { return solution }
  let function = ImplicitFunction(
    residual: { x, parameters in try recorded(x, externals: parameters) }, solver: solver)
  return try function.solution(solution, of: recorded.externals)
}

/// Requires equations to fit their unknowns.
///
/// - Parameter name: what messages call what gave the residual.
func requireFit(
  _ residual: [Variable], _ solution: [Variable], called name: String = "the optimality condition"
) throws {
  guard residual.count == solution.count else {
    throw TensorError(
      .shape, "the solution has \(solution.count) tensors and \(name) \(residual.count)",
      hint: "it must give one tensor for each of the solution, of its shape")
  }
  for (found, x) in zip(residual, solution) where found.shape != x.shape {
    throw TensorError(
      .shape,
      "\(name) gives \(found.typeDescription) where the solution has \(x.typeDescription)",
      hint: "there are as many equations as unknowns, in the same shapes")
  }
}
