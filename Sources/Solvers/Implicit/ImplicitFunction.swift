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

  private let residual: Residual
  /// The Jacobian where it is known; nil where the residual is differentiated to get it.
  private let knownJacobian: (([Variable]) -> LinearOperator)?
  private let solver: LinearSolver
  private let place: UInt64

  /// Equations by their residual.
  ///
  /// - Parameters:
  ///   - knownJacobian: the Jacobian by x for given parameters, where it does not depend on x.
  ///   - place: where in the program they stand, for notices of backward passes.
  public init(
    residual: @escaping Residual, knownJacobian: (([Variable]) -> LinearOperator)? = nil,
    solver: LinearSolver, place: UInt64 = Context.current.place
  ) {
    self.residual = residual
    self.knownJacobian = knownJacobian
    self.solver = solver
    self.place = place
  }

  /// The solution with these numbers as a function of the parameters.
  ///
  /// - Parameter solve: finds the solution for other parameters, for recordings that are run with them.
  public func solution(
    _ numbers: [Variable], of parameters: [Variable],
    solve: (([Variable]) throws -> [Variable])? = nil
  ) throws -> [Variable] {
    let count = numbers.count
    let function = CustomFunction(
      "implicit", results: count, value: { Array($0.prefix(count)) },
      forward: { arguments, tangents in
        let (numbers, parameters) = arguments.split(at: count)
        let x = try solution(numbers, of: parameters)
        let moved = try jvp(parameters, Array(tangents.dropFirst(count))) { try residual(x, $0) }
        let right = try zip(moved.tangents, x).map { try $0.map { try -$0 } ?? $1.zerosLike() }
        let jacobian = jacobian(Linearization(residual, x, parameters))
        return try solver.solveWithReport(
          solver.assumesSymmetry ? jacobian.transposed() : jacobian, right,
          purpose: "the solve of a forward pass", place: place
        ).solution
      },
      reverse: { arguments, cotangents in
        let (numbers, parameters) = arguments.split(at: count)
        let x = try solution(numbers, of: parameters)
        let right = try zip(cotangents, x).map { try $0 ?? $1.zerosLike() }
        let linearization = Linearization(residual, x, parameters)
        var adjoint = try solver.solveWithReport(
          jacobian(linearization).transposed(), right, purpose: "the solve of a backward pass",
          place: place
        ).solution
        if knownJacobian == nil { adjoint = try told(linearization.residuals(), adjoint, x, right) }
        return try numbers.map { _ in nil }
          + linearization.pull(adjoint.map { try -$0 }, of: count..<(count + parameters.count))
      },
      again: solve.map { solve in { try solve(Array($0.dropFirst(count))) } })
    return try function.results(numbers + parameters)
  }

  /// The Jacobian at a point. For numbers the linearization itself serves; operands that a solver has
  /// made constants get one of their own.
  private func jacobian(_ linearization: Linearization) -> LinearOperator {
    if let knownJacobian { return knownJacobian(linearization.parameters) }
    let x = linearization.x
    return LinearOperator(operands: x + linearization.parameters) { operands in
      let isSame = zip(operands, x + linearization.parameters).allSatisfy { $0 === $1 }
      let here =
        isSame
        ? linearization
        : Linearization(
          residual, Array(operands.prefix(x.count)), Array(operands.dropFirst(x.count)))
      return here.map
    }
  }

  /// The adjoint, once `tell` has seen it: in a recording an operation, so that each run tells of its own numbers.
  private func told(
    _ residual: [Variable], _ adjoint: [Variable], _ x: [Variable], _ cotangents: [Variable]
  ) throws -> [Variable] {
    let (all, count) = (adjoint + residual + x + cotangents, adjoint.count)
    guard all.contains(where: \.isRecorded) else {
      try tell(residual, adjoint, x, cotangents)
      return adjoint
    }
    return try CustomFunction(
      "told", results: count,
      value: { given in
        func part(_ index: Int) -> [Variable] { Array(given[index * count..<(index + 1) * count]) }
        try tell(part(1), part(0), part(2), part(3))
        return part(0)
      },
      forward: { _, tangents in Array(tangents.prefix(count)) },
      reverse: { given, cotangents in
        cotangents + given.dropFirst(count).map { _ in nil }
      }
    ).results(all)
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

/// A residual around a point, run on a tape when something first needs it.
private final class Linearization {
  let x: [Variable]
  let parameters: [Variable]
  private let residual: ImplicitFunction.Residual
  private var pullback: Pullback?

  init(
    _ residual: @escaping ImplicitFunction.Residual, _ x: [Variable], _ parameters: [Variable]
  ) {
    self.residual = residual
    self.x = x
    self.parameters = parameters
  }

  private func made() throws -> Pullback {
    if let pullback { return pullback }
    let count = x.count
    let made = try vjp(x + parameters) { operands in
      try self.residual(Array(operands.prefix(count)), Array(operands.dropFirst(count)))
    }
    pullback = made
    return made
  }

  /// F(x, θ).
  func residuals() throws -> [Variable] { try made().values }

  /// The cotangents of some operands, those of x first.
  func pull(_ cotangents: [Variable], of wanted: Range<Int>) throws -> [Variable?] {
    try made()(cotangents, of: wanted)
  }

  /// The Jacobian by x.
  var map: LinearMap {
    LinearMap(
      apply: { direction in
        let moved = try jvp(self.x, direction) { try self.residual($0, self.parameters) }
        return try zip(moved.tangents, self.x).map { try $0 ?? $1.zerosLike() }
      },
      applyTransposed: { cotangents in
        try zip(self.pull(cotangents, of: 0..<self.x.count), self.x).map {
          try $0 ?? $1.zerosLike()
        }
      })
  }
}

extension Array {
  /// The first so many elements, and the others.
  fileprivate func split(at count: Int) -> (Self, Self) {
    (Array(prefix(count)), Array(dropFirst(count)))
  }
}
