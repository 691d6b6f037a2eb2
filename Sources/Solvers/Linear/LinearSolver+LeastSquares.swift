// Least squares by conjugate gradients: x = A⁺ b for a map A between spaces of any sizes.
//
// The numbers come from AᵀA x = Aᵀ b, started at 0, so that x has no part in the null space of A and
// is the shortest of all that make ‖A x - b‖ least. Derivatives are those of the pseudoinverse of a map
// that keeps its rank (Golub & Pereyra 1973):
//
//     r = b - A x          y = A⁺ᵀ x
//     ẋ = A⁺ (ḃ - Ȧ x) + A⁺ A⁺ᵀ Ȧᵀ r + (I - A⁺A) Ȧᵀ y
//     b̄ = w                θ̄ = ∂/∂θ (⟨r, A u⟩ + ⟨y, A p⟩ - ⟨w, A x⟩)
//     w = A⁺ᵀ x̄            u = A⁺ w          p = x̄ - A⁺A x̄
//
// A⁺ᵀ is the pseudoinverse of Aᵀ, so every rule is made of least squares again, at every order.

import Autodiff
import Tensors

extension LinearSolver {
  /// The shortest x that makes ‖A x - b‖ least, by conjugate gradients on the normal equations.
  ///
  /// - Parameters:
  ///   - like: tensors of the shapes of x.
  ///   - initial: where the search starts; the part of it in the null space of A stays in x.
  func solveNormalEquations(
    _ system: LinearOperator, _ right: [Variable], like unknowns: [Variable],
    initial: [Variable]?, purpose: String, place: UInt64
  ) throws -> (solution: [Variable], report: SolveReport) {
    let count = unknowns.count
    let operands = system.operands
    let start = initial?.map(stopGradient)
    var report = SolveReport(solver: name)
    func find(_ given: [Variable]) throws -> [Variable] {
      let map = try system.map(Array(given.prefix(operands.count)))
      let (numbers, found) = try LinearSolver(shifted: self, .iterative(ConjugateGradient()))
        .solve(
          map.normal, map.applyTransposed(Array(given.dropFirst(operands.count))), initial: start)
      report = found
      report.solver = name
      try tell(report, purpose, place)
      return numbers
    }
    let constants = (operands + right).map(stopGradient)
    let isRecorded = constants.contains(where: \.isRecorded)
    let search = CustomFunction(
      "solve", results: count, value: find, reverse: { given, _ in given.map { _ in nil } })
    let numbers =
      isRecorded
      ? try search.results(constants)
      : try Context.current.withoutGradients { try find(constants) }
    let solution = try pseudoinverse(
      numbers, system, right, place: place,
      again: isRecorded
        ? nil
        : { given in
          try self.solveNormalEquations(
            LinearOperator(operands: Array(given.prefix(operands.count)), map: system.map),
            Array(given.dropFirst(operands.count)), like: unknowns, initial: nil,
            purpose: purpose, place: place
          ).solution
        })
    return (solution, report)
  }

  /// The numbers of A⁺ b as a function of A's operands and b.
  private func pseudoinverse(
    _ numbers: [Variable], _ system: LinearOperator, _ right: [Variable], place: UInt64,
    again: (([Variable]) throws -> [Variable])?
  ) throws -> [Variable] {
    let count = numbers.count
    let operandCount = system.operands.count
    typealias Parts = (x: [Variable], operands: [Variable], b: [Variable])
    func parts(_ given: [Variable]) throws -> Parts {
      let (found, operands) = (given.prefix(count), given.dropFirst(count).prefix(operandCount))
      let b = Array(given.dropFirst(count + operandCount))
      let x = try pseudoinverse(
        Array(found), LinearOperator(operands: Array(operands), map: system.map), b, place: place,
        again: again)
      return (x, Array(operands), b)
    }
    func least(
      _ operands: [Variable], _ b: [Variable], _ like: [Variable], transposed: Bool, _ pass: String
    ) throws -> [Variable] {
      let system = LinearOperator(operands: operands, map: system.map)
      let (solution, _) = try LinearSolver(unaided: self).solveNormalEquations(
        transposed ? system.transposed() : system, b, like: like, initial: nil,
        purpose: "the solve of a \(pass) pass", place: place)
      return solution
    }
    let function = CustomFunction(
      "least_squares", results: count, value: { Array($0.prefix(count)) },
      forward: { given, tangents in
        let (x, operands, b) = try parts(given)
        let moves = Array(tangents.dropFirst(count).prefix(operandCount))
        let y = try least(operands, x, b, transposed: true, "forward")
        let map = try system.map(operands)
        let r = try zip(b, map.apply(x)).map { try $0 - $1 }
        func moved(
          _ product: @escaping (LinearMap) throws -> [Variable], like zeros: [Variable]
        ) throws -> [Variable] {
          let (_, change) = try jvp(operands, moves) { try product(system.map($0)) }
          return try zip(change, zeros).map { try $0 ?? $1.zerosLike() }
        }
        let change = try moved({ try $0.apply(x) }, like: b)
        let first = try zip(zip(b, change), tangents.dropFirst(count + operandCount)).map {
          try ($1 ?? $0.0.zerosLike()) - $0.1
        }
        let turned = try moved({ try $0.applyTransposed(r) }, like: x)
        let second = try least(operands, turned, b, transposed: true, "forward")
        let image = try least(
          operands, zip(first, second).map { try $0 + $1 }, x, transposed: false, "forward")
        let third = try moved({ try $0.applyTransposed(y) }, like: x)
        let kept = try least(
          operands, map.apply(third), x, transposed: false, "forward")
        return try zip(zip(image, third), kept).map { try $0.0 + $0.1 - $1 }
      },
      reverse: { given, cotangents in
        let (x, operands, b) = try parts(given)
        let bar = try zip(cotangents, x).map { try $0 ?? $1.zerosLike() }
        let w = try least(operands, bar, b, transposed: true, "backward")
        let u = try least(operands, w, x, transposed: false, "backward")
        let y = try least(operands, x, b, transposed: true, "backward")
        let map = try system.map(operands)
        let r = try zip(b, map.apply(x)).map { try $0 - $1 }
        let kept = try least(operands, map.apply(bar), x, transposed: false, "backward")
        let p = try zip(bar, kept).map { try $0 - $1 }
        let pull = try vjp(operands) { operands in
          let map = try system.map(operands)
          return try map.apply(u) + map.apply(p) + map.apply(x)
        }
        return try numbers.map { _ in nil } + pull(r + y + w.map { try -$0 }) + w
      }, again: again.map { again in { try again(Array($0.dropFirst(count))) } })
    return try function.results(numbers + system.operands + right)
  }
}
