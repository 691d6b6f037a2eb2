// A function to minimize, on vectors, with its derivatives.

import Autodiff
import Tensors

/// f(x) → min, one number.
struct Objective {
  let raveling: Raveling
  let calls: CallCounter
  let function: RootSolver.Function

  func callAsFunction(_ x: Variable) throws -> Variable {
    calls.count += 1
    return try Objective.number(function(raveling.parts(x))).converted(to: raveling.dtype)
  }

  /// x with f(x) and its gradient.
  func point(at x: Variable) throws -> Point {
    let pull = try vjp([x]) { [try self($0[0])] }
    return Point(
      x: x, residual: try pull([pull.values[0].onesLike()])[0] ?? x.zerosLike(),
      value: pull.values[0])
  }

  /// The Hessian at x times v, forward over reverse.
  func hessianProduct(_ x: Variable, _ v: Variable) throws -> Variable {
    try jvp([x], [v]) { [try point(at: $0[0]).residual] }.tangents[0] ?? v.zerosLike()
  }

  /// The number that a function to minimize gave.
  static func number(_ results: [Variable]) throws -> Variable {
    guard results.count == 1, results[0].count == 1 else {
      throw TensorError(
        .shape,
        "a function to minimize must give one number, and it gave "
          + results.map(\.typeDescription).joined(separator: ", "),
        hint: "reduce it with sum or mean; for least squares there is levenberg_marquardt")
    }
    return try results[0].reshape(to: Shape())
  }

  /// The gradient of a function of a tree.
  static func gradient(
    of function: @escaping RootSolver.Function
  ) -> RootSolver.Function {
    { parts in
      let pull = try vjp(parts) { [try number(function($0))] }
      return try zip(pull([pull.values[0].onesLike()]), parts).map { try $0 ?? $1.zerosLike() }
    }
  }
}
