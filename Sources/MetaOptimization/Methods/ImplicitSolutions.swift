// Derivatives of solutions that a program found in its own way.

/// A root of a residual as a function of every variable that the residual reads.
///
///     let x = try implicitRoot(found) { x in x * x - theta }    // dx/dθ = 1 / 2x
///
/// The implicit function theorem (Blondel et al. 2022, arXiv:2105.15183): how the numbers were found
/// does not matter, and nothing of it is kept. Derivatives have any order.
/// - Parameters:
///   - solution: the numbers of the root, floats.
///   - solver: what solves linear systems with the residual's Jacobian.
///   - residual: gives a tensor of the shape of the solution, 0 at the solution.
/// - Throws: what the residual throws; a shape error where it does not fit the solution.
public func implicitRoot(
  _ solution: Variable, solver: LinearSolver = .automatic(),
  residual: (Variable) throws -> Variable
) throws -> Variable {
  try implicitRoot([solution], solver: solver) { [try residual($0[0])] }[0]
}

/// A minimum of a function as a function of every variable that it reads besides: the root of its
/// gradient; see `implicitRoot(_:solver:residual:)`.
///
/// - Parameters:
///   - solution: the numbers of the minimum, floats.
///   - solver: what solves linear systems with the Hessian.
///   - objective: gives one number, a float of one element.
/// - Throws: what the objective throws; a shape or type error where it does not give one float.
public func implicitMinimum(
  _ solution: Variable, solver: LinearSolver = .automatic(),
  of objective: (Variable) throws -> Variable
) throws -> Variable {
  try implicitRoot(solution, solver: solver) { try gradient(of: objective, at: $0) }
}
