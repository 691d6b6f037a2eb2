// The solution of equations as a function of what they are made of.
//
// F(x, θ) = 0 defines x as a function of θ, however its numbers were found (implicit function
// theorem):
//
//     ẋ = -A⁻¹ ∂F/∂θ θ̇            θ̄ = -(∂F/∂θ)ᵀ A⁻ᵀ x̄            A = ∂F/∂x
//
// The solution is a custom function of the numbers found and of θ whose value is the numbers. Its rules take
// the solution, a function of θ again, and solve a linear system, whose solution is such a function
// too, of A's operands and the right side. So nothing ends at the first order.

import Autodiff
import Tensors

/// Equations F(x, θ) = 0 with a way to solve linear systems with their Jacobian.
public struct ImplicitFunction {
  /// `(x, θ) → F(x, θ)`, tensors of the shapes of x.
  public typealias Residual = ([Variable], [Variable]) throws -> [Variable]

  let residual: Residual
  let jacobian: ([Variable], [Variable]) -> LinearOperator
  let solver: LinearSolver
  let place: UInt64

  init(
    residual: @escaping Residual, jacobian: @escaping ([Variable], [Variable]) -> LinearOperator,
    solver: LinearSolver, place: UInt64
  ) {
    self.residual = residual
    self.jacobian = jacobian
    self.solver = solver
    self.place = place
  }

  /// Equations by their residual, differentiated to get the Jacobian.
  ///
  /// - Parameter place: where in the program they stand, for notices of backward passes.
  public init(
    residual: @escaping Residual, solver: LinearSolver, place: UInt64 = Context.current.place
  ) {
    self.init(
      residual: residual,
      jacobian: { x, parameters in
        LinearOperator(operands: x + parameters) { operands in
          Linearization(
            residual, Array(operands.prefix(x.count)), Array(operands.dropFirst(x.count))
          ).map
        }
      }, solver: solver, place: place)
  }

  /// The solution with these numbers as a function of the parameters.
  public func solution(
    _ numbers: [Variable], of parameters: [Variable]
  ) throws -> [Variable] {
    let count = numbers.count
    let function = CustomFunction(
      "implicit", results: count, value: { Array($0.prefix(count)) },
      forward: { arguments, tangents in
        let (numbers, parameters) = arguments.split(at: count)
        let x = try solution(numbers, of: parameters)
        let moved = try jvp(parameters, Array(tangents.dropFirst(count))) { try residual(x, $0) }
        let right = try zip(moved.tangents, x).map { try $0.map { try -$0 } ?? $1.zerosLike() }
        let jacobian = jacobian(x, parameters)
        return try solver.solveWithReport(
          solver.assumesSymmetry ? jacobian.transposed() : jacobian, right,
          purpose: "the solve of a forward pass", place: place
        ).solution
      },
      reverse: { arguments, cotangents in
        let (numbers, parameters) = arguments.split(at: count)
        let x = try solution(numbers, of: parameters)
        let right = try zip(cotangents, x).map { try $0 ?? $1.zerosLike() }
        let adjoint = try solver.solveWithReport(
          jacobian(x, parameters).transposed(), right, purpose: "the solve of a backward pass",
          place: place
        ).solution
        let pull = try vjp(parameters) { try residual(x, $0) }
        try tell(pull.values, adjoint, x, right)
        return try numbers.map { _ in nil } + pull(adjoint.map { try -$0 })
      })
    return try function.results(numbers + parameters)
  }

  /// Says so where the numbers are far from a root: to first order, finishing the solve would change
  /// what was differentiated by ⟨A⁻ᵀ x̄, F(x, θ)⟩. More than a hundredth of ⟨|x̄|, |x|⟩ is told.
  private func tell(
    _ residual: [Variable], _ adjoint: [Variable], _ x: [Variable], _ cotangents: [Variable]
  ) throws {
    guard Context.current.notify != nil else { return }
    func total(
      _ a: [Variable], _ b: [Variable], _ weigh: (Variable) throws -> Variable = { $0 }
    ) throws -> Double {
      try zip(a, b).reduce(0) { sum, pair in
        try sum + weigh(stopGradient(pair.0) * stopGradient(pair.1)).underlying.doubles.reduce(0, +)
      }
    }
    let change = try total(adjoint, residual)
    let size = try total(cotangents, x) { try $0.abs() }
    guard abs(change) > 0.01 * size, size > 0 else { return }
    let figures = [change, size].map {
      (try? FormatSpecification.parse(".2g").format($0)) ?? "\($0)"
    }
    Notice(
      "the derivative was taken at numbers that do not solve the equations: solving on would change "
        + "a result of size \(figures[1]) by about \(figures[0])",
      hint: "the inner solver stopped too early; implicit derivatives hold at the solution alone",
      place: place
    ).send()
  }
}

/// A residual's Jacobian by x at a point, linearized when a product first needs it.
private final class Linearization {
  private let residual: ImplicitFunction.Residual
  private let x: [Variable]
  private let parameters: [Variable]
  private var pull: Pullback?

  init(
    _ residual: @escaping ImplicitFunction.Residual, _ x: [Variable], _ parameters: [Variable]
  ) {
    self.residual = residual
    self.x = x
    self.parameters = parameters
  }

  var map: LinearMap {
    LinearMap(
      apply: { direction in
        let moved = try jvp(self.x, direction) { try self.residual($0, self.parameters) }
        return try zip(moved.tangents, self.x).map { try $0 ?? $1.zerosLike() }
      },
      applyTransposed: { cotangents in
        let pull = try self.pull ?? vjp(self.x) { try self.residual($0, self.parameters) }
        self.pull = pull
        return try zip(pull(cotangents), self.x).map { try $0 ?? $1.zerosLike() }
      })
  }
}

extension Array {
  /// The first so many elements, and the others.
  fileprivate func split(at count: Int) -> (Self, Self) {
    (Array(prefix(count)), Array(dropFirst(count)))
  }
}
