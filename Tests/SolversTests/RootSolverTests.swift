// Searches of every kind on equations with closed solutions, and the derivatives of what they find.

import Autodiff
import Solvers
import Tensors
import Testing

@Suite struct RootSolverTests {
  /// A search that finds √p for p, elementwise.
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var find: @Sendable (RootSolver, _ p: Variable, _ start: Variable) throws -> RootSolver.Result
  }

  /// A minimum at √p of x³ / 3 - p x.
  @Sendable private static func potential(_ p: Variable) -> RootSolver.Function {
    { x in [try (x[0].power(3) * (1.0 / 3) - p * x[0]).sum(axes: .all(rank: 1))] }
  }

  @Sendable private static func residual(_ p: Variable) -> RootSolver.Function {
    { x in [try x[0] * x[0] - p] }
  }

  static let rows = [
    Row(testDescription: "newton") { try $0.newtonRoot(residual($1), from: [$2]) },
    Row(testDescription: "broyden") { try $0.broyden(residual($1), from: [$2]) },
    Row(testDescription: "fixed point, Heron's") { solver, p, start in
      try solver.fixedPoint({ x in [try (x[0] + p / x[0]) * 0.5] }, from: [start])
    },
    Row(testDescription: "gauss_newton") { try $0.gaussNewton(residual($1), from: [$2]) },
    Row(testDescription: "levenberg_marquardt") {
      try $0.levenbergMarquardt(residual($1), from: [$2])
    },
    Row(testDescription: "lbfgs") { try $0.minimize(potential($1), from: [$2], method: .lbfgs) },
    Row(testDescription: "newton_cg") {
      try $0.minimize(potential($1), from: [$2], method: .newtonCG)
    },
    Row(testDescription: "gradient descent") {
      try $0.minimize(potential($1), from: [$2], method: .gradientDescent)
    },
  ]

  /// dx/dp = 1 / 2√p and d²x/dp² = -1 / 4p√p.
  @Test(arguments: rows) func `finds roots with their derivatives`(_ row: Row) throws {
    let numbers = [1.0, 2.0, 4.0]
    let p = try vector(numbers)
    func slope(_ p: Variable) throws -> Variable {
      let pull = try vjp([p]) { given in
        try row.find(RootSolver(), given[0], vector([1.5, 1.5, 1.5])).solution
      }
      return try #require(pull([try pull.values[0].onesLike()])[0])
    }
    let found = try row.find(RootSolver(), p, vector([1.5, 1.5, 1.5]))
    #expect(try found.report.isConverged().underlying.firstInt == 1)
    let second = try vjp([p]) { [try slope($0[0])] }
    let curvature = try #require(second([try p.onesLike()])[0])
    for (i, p) in numbers.enumerated() {
      let root = p.squareRoot()
      #expect(abs(try element(found.solution[0], i) - root) < 1e-7)
      #expect(abs(try element(second.values[0], i) - 1 / (2 * root)) < 1e-6)
      #expect(abs(try element(curvature, i) + 1 / (4 * p * root)) < 1e-5)
    }
  }

  @Test func `a search that cannot converge says so`() throws {
    var options = RootOptions()
    options.maximumIterations = 3
    let (_, report) = try RootSolver(options).newtonRoot(
      { x in [try x[0] * x[0] + 1] }, from: [vector([3, 3])])
    #expect(try report.isConverged().underlying.firstInt == 0)
    options.isStrict = true
    #expect(throws: TensorError.self) {
      try RootSolver(options).newtonRoot({ x in [try x[0] * x[0] + 1] }, from: [vector([3, 3])])
    }
  }

  private func vector(_ numbers: [Double]) throws -> Variable {
    .tensor(
      try Tensor.make(Shape(numbers.count), .f64) {
        $0.initializeMemory(as: Double.self, from: numbers, count: numbers.count)
      })
  }

  private func element(_ x: Variable, _ index: Int) throws -> Double {
    try x.indexed(at: index).underlying.firstDouble
  }
}
