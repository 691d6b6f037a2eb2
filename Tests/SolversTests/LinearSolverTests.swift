// Every linear solver on systems of every kind that it takes: solutions, and derivatives by the right
// side and by the matrix, against the closed forms x̄ → A⁻ᵀ x̄ and -(A⁻ᵀ x̄) xᵀ.

import Autodiff
import Solvers
import Tensors
import Testing

@Suite struct LinearSolverTests {
  /// A solver, and whether its systems have to be symmetric and definite.
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var needsSymmetric = false
    var needsDefinite = false
    var make: @Sendable () -> LinearSolver
  }

  static let rows = [
    Row(testDescription: "cg", needsSymmetric: true, needsDefinite: true) { .cg() },
    Row(testDescription: "normal_cg") { .normalCG() },
    Row(testDescription: "bicgstab") { .bicgstab() },
    Row(testDescription: "gmres") { .gmres() },
    Row(testDescription: "gmres, restarted") { .gmres(restart: 5) },
    Row(testDescription: "minres", needsSymmetric: true) { .minres() },
    Row(testDescription: "neumann", needsDefinite: true) { .neumann(terms: 400, alpha: 0.3) },
    Row(testDescription: "lu") { .lu() },
    Row(testDescription: "cholesky", needsSymmetric: true, needsDefinite: true) { .cholesky() },
    Row(testDescription: "inverse") { .inverse() },
    Row(testDescription: "least squares") { .leastSquares() },
    Row(testDescription: "automatic") { .automatic() },
  ]

  /// Sizes around the restart of gmres, 30, and that of the shorter one.
  @Test(arguments: rows, [1, 2, 4, 5, 6, 29, 30, 31])
  func `solves and is differentiated`(_ row: Row, _ n: Int) throws {
    for (isSymmetric, isDefinite) in [(true, true), (true, false), (false, true), (false, false)]
    where (isSymmetric || !row.needsSymmetric) && (isDefinite || !row.needsDefinite) {
      let a = try system(n, isSymmetric: isSymmetric, isDefinite: isDefinite)
      let b = Variable.tensor(try Tensor.arange(1, n + 1).converted(to: .f64))
      let pull = try vjp([a, b]) { given in
        try row.make().solve(LinearOperator(matrix: given[0]), [given[1]])
      }
      let x = pull.values[0]
      let inverse = try a.inverse()
      try expect(x, closeTo: inverse.matmul(b), n)
      let back = try pull([try x.onesLike()])
      let adjoint = try inverse.transposed().matmul(x.onesLike())
      try expect(#require(back[1]), closeTo: adjoint, n)
      let outer = try -(adjoint.reshape(to: Shape([n, 1])).matmul(x.reshape(to: Shape([1, n]))))
      try expect(#require(back[0]), closeTo: outer, n)
    }
  }

  @Test func `a solver that does not converge says so`() throws {
    var options = LinearSolver.Options()
    options.maximumIterations = 1
    let a = try system(6, isSymmetric: true, isDefinite: true)
    let b = try a.onesLike().sum(axes: AxisSet(1))
    let (_, report) = try LinearSolver.cg(options).solveWithReport(
      LinearOperator(matrix: a), [b * .tensor(try Tensor.arange(0, 6).converted(to: .f64))])
    #expect(!report.isConverged)
    options.isStrict = true
    #expect(throws: TensorError.self) {
      try LinearSolver.cg(options).solve(
        LinearOperator(matrix: a), [b * .tensor(try Tensor.arange(0, 6).converted(to: .f64))])
    }
  }

  /// A matrix of condition below 10: 2 on the diagonal, every other one negative for an indefinite one,
  /// and small numbers beside it.
  private func system(_ n: Int, isSymmetric: Bool, isDefinite: Bool) throws -> Variable {
    var elements = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n where i != j && (isSymmetric || i < j) {
        elements[i * n + j] = 0.7 / Double(n * (1 + abs(i - j)))
      }
      elements[i * n + i] = isDefinite || i % 2 == 0 ? 2 + Double(i % 3) : -2 - Double(i % 3)
    }
    let flat = try Tensor.make(Shape(n * n), .f64) {
      $0.initializeMemory(as: Double.self, from: elements, count: n * n)
    }
    return .tensor(try flat.reshaped(Shape([n, n])))
  }

  private func expect(_ found: Variable, closeTo wanted: Variable, _ n: Int) throws {
    let distance = try (found - wanted).abs().max(axes: .all(rank: found.rank))
    let size = try wanted.abs().max(axes: .all(rank: wanted.rank))
    #expect(distance.underlying.firstDouble <= 1e-7 * size.underlying.firstDouble, "size \(n)")
  }
}
