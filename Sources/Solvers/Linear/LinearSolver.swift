// A linear solver: a method with its tolerances, and the derivative of what it gives.
//
// The solution x of A x = b is a function of b and of everything that A is made of. Its derivatives
// are solutions of systems again, with the same solver, so they exist at every order and in every
// mode (`ImplicitFunction`). How each solve ended is told: in `last`, to who asks for a report, as a
// notice once for a place in the program, or as an error where the solver is strict.

import Autodiff
import Tensors

/// A way to solve square linear systems over trees of tensors.
public final class LinearSolver {
  /// How a solver goes about it.
  enum Method {
    case iterative(any IterativeMethod)
    case direct(DirectMethod)
    case automatic
    /// A program's own solver, from a map and the right side to the solution.
    case function((LinearMap, [Variable]) throws -> [Variable])
  }

  /// Bounds and switches.
  public struct Options {
    /// The most steps; nil for ten an unknown, and 20 at least.
    public var maximumIterations: Int?
    /// The residual's length relative to the right side's at which to stop; nil for 1e-10 in f64
    /// and 1e-5 in f32.
    public var relativeTolerance: Double?
    /// The residual's length at which to stop in any case.
    public var absoluteTolerance = 0.0
    /// A number that is added to the diagonal; gradients reach it.
    public var ridge: Scalar = 0
    /// What helps an iterative method.
    public var preconditioner: Preconditioner?
    /// Where an iterative method starts, for solves that are not told; nil for 0.
    public var initial: [Variable]?
    /// Whether a solve that does not converge is an error.
    public var isStrict = false
    /// Whether so many terms of a series are what is wanted, and nothing is said of one that gets smaller.
    var wantsPartialSum = false
    /// The defaults.
    public init() {}
  }

  /// The name by which the language makes it.
  public let name: String
  let method: Method
  let options: Options
  /// How the last solve ended, those of backward passes included.
  public var last: SolveReport? { latest.report }
  private let latest: Latest

  /// The report of the last solve, one for all that solve in a solver's name.
  private final class Latest {
    var report: SolveReport?
  }

  private init(_ name: String, _ method: Method, _ options: Options, _ latest: Latest) {
    self.name = name
    self.method = method
    self.options = options
    self.latest = latest
  }

  convenience init(_ name: String, _ method: Method, _ options: Options) {
    self.init(name, method, options, Latest())
  }

  /// The same without what helps or starts it, for systems of another shape.
  convenience init(unaided solver: LinearSolver) {
    self.init(shifted: solver, solver.method, isUnaided: true)
  }

  /// What solves in the name of another solver systems that have its ridge in them.
  convenience init(shifted solver: LinearSolver, _ method: Method, isUnaided: Bool = false) {
    var options = solver.options
    options.ridge = 0
    if isUnaided {
      options.preconditioner = nil
      options.initial = nil
    }
    self.init(solver.name, method, options, solver.latest)
  }

  /// The same, where a Neumann series is wanted for what its terms give.
  package var forPartialSums: LinearSolver {
    guard seriesFactor != nil else { return self }
    var options = options
    options.wantsPartialSum = true
    return LinearSolver(name, method, options, latest)
  }

  /// True where the map may take tensors of other shapes than it gives: x makes ‖A x - b‖ least.
  public var solvesLeastSquares: Bool {
    if case .iterative(is NormalConjugateGradient) = method { return true }
    return false
  }

  /// What a Neumann series takes its steps with, where it is a number; nil for any other method.
  package var seriesFactor: Double? {
    if case .iterative(let series as NeumannSeries) = method { return series.alpha.number ?? .nan }
    return nil
  }

  /// True where the method relies on A = Aᵀ, so that products may be taken from either side.
  package var assumesSymmetry: Bool {
    switch method {
    case .iterative(let method): method is ConjugateGradient || method is MinimalResidual
    case .direct(let method): method == .cholesky
    case .automatic, .function: false
    }
  }

  /// The solution of A x = b, differentiable by b and by the operands of A.
  ///
  /// - Parameters:
  ///   - right: b, floats; the tensors of a tree.
  ///   - initial: where an iterative method starts, 0 unless it is given; it has no derivative.
  ///   - purpose: what messages call the solve, `the linear solve`.
  /// - Throws: a value error for a singular matrix under a direct method, and where a strict solver
  ///   did not converge.
  public func solve(
    _ system: LinearOperator, _ right: [Variable], initial: [Variable]? = nil,
    purpose: String = "the linear solve"
  ) throws -> [Variable] {
    try solveWithReport(system, right, initial: initial, purpose: purpose).solution
  }

  /// The solution with the report of its solve.
  ///
  /// - Parameter unknowns: tensors of the shapes of x for a map that is not square, which
  ///   `solvesLeastSquares` has to allow.
  public func solveWithReport(
    _ system: LinearOperator, _ right: [Variable], like unknowns: [Variable]? = nil,
    initial: [Variable]? = nil,
    purpose: String = "the linear solve", place: UInt64 = Context.current.place
  ) throws -> (solution: [Variable], report: SolveReport) {
    switch method {
    case .direct(.leastSquares): return try solveLeastSquares(system, right, purpose, place)
    case .iterative(is NormalConjugateGradient) where options.ridge.number != 0:
      return try LinearSolver(shifted: self, .iterative(ConjugateGradient())).solveWithReport(
        system.normal.plus(ridge: options.ridge),
        system.map(system.operands).applyTransposed(right), initial: initial, purpose: purpose,
        place: place)
    case .iterative(is NormalConjugateGradient) where unknowns != nil:
      return try solveNormalEquations(
        system, right, like: unknowns ?? right, initial: initial ?? options.initial,
        purpose: purpose, place: place)
    case _ where options.ridge.number != 0:
      return try LinearSolver(shifted: self, method).solveWithReport(
        system.plus(ridge: options.ridge), right, initial: initial, purpose: purpose, place: place)
    case .iterative(let series as NeumannSeries) where series.alpha.number == nil:
      return try sum(series, system, right, purpose, place)
    default: return try solveImplicitly(system, right, initial, purpose, place)
    }
  }

  /// The solution as the function of the operands that the equations define.
  private func solveImplicitly(
    _ system: LinearOperator, _ right: [Variable], _ initial: [Variable]?, _ purpose: String,
    _ place: UInt64
  ) throws -> (solution: [Variable], report: SolveReport) {
    let operands = system.operands
    let start = (initial ?? options.initial)?.map(stopGradient)
    var report = SolveReport(solver: name)
    let find = CustomFunction(
      "solve", results: right.count,
      value: { given in
        let (numbers, found) = try self.solve(
          system.map(Array(given.prefix(operands.count))),
          Array(given.dropFirst(operands.count)), initial: start)
        report = found
        try self.tell(found, purpose, place)
        return numbers
      }, reverse: { given, _ in given.map { _ in nil } })
    let constants = (operands + right).map(stopGradient)
    // In a recording the search is one operation, made anew whenever that runs.
    let isRecorded = constants.contains(where: \.isRecorded)
    let numbers =
      isRecorded
      ? try find.results(constants)
      : try Context.current.withoutGradients { try find.value(constants) }
    let function = ImplicitFunction(
      residual: { x, given in
        let product = try system.map(Array(given.prefix(operands.count))).apply(x)
        return try zip(product, given.dropFirst(operands.count)).map { try $0 - $1 }
      },
      knownJacobian: { given in
        LinearOperator(operands: Array(given.prefix(operands.count)), map: system.map)
      }, solver: self, place: place)
    let again = { (given: [Variable]) in
      try self.solve(
        LinearOperator(operands: Array(given.prefix(operands.count)), map: system.map),
        Array(given.dropFirst(operands.count)), purpose: purpose)
    }
    let solution = try function.solution(
      numbers, of: operands + right, solve: isRecorded ? nil : again)
    return (solution, report)
  }

  /// The solution of least length. The matrix may be singular, where the theorem of implicit functions
  /// has nothing to say, so the pseudoinverse itself is differentiated.
  private func solveLeastSquares(
    _ system: LinearOperator, _ right: [Variable], _ purpose: String, _ place: UInt64
  ) throws -> (solution: [Variable], report: SolveReport) {
    let raveling = Raveling(like: right)
    let b = try raveling.vector(right)
    let matrix = try system.map(system.operands).dense(raveling).plus(ridge: options.ridge)
    let x = try matrix.lstsq(b)
    let residual = try Context.current.withoutGradients { try b - matrix.matmul(x) }
    var report = SolveReport(solver: name)
    report.residual = try LinearSolver.greatestRatio(residual.length(), stopGradient(b).length())
    report.condition = try LinearSolver.condition(matrix)
    try tell(report, purpose, place)
    return (try raveling.parts(x), report)
  }

  /// The terms of a series whose α gradients reach, differentiated as they are summed: what the
  /// equations define does not depend on α.
  private func sum(
    _ series: NeumannSeries, _ system: LinearOperator, _ right: [Variable], _ purpose: String,
    _ place: UInt64
  ) throws -> (solution: [Variable], report: SolveReport) {
    let map = try system.map(system.operands)
    let (_, report) = try Context.current.withoutGradients {
      try solve(map, right, initial: nil)
    }
    try tell(report, purpose, place)
    let raveling = Raveling(like: right)
    let onVectors = System(map, raveling)
    let b = try raveling.vector(right)
    var watch = Watch()
    let pass = try series.solve(
      LinearSystem(
        apply: onVectors.apply, applyTransposed: onVectors.applyTransposed, precondition: nil,
        goal: .number(0, like: b), budget: series.terms), right: b, &watch)
    return (try raveling.parts(pass.x), report)
  }

  func tell(_ report: SolveReport, _ purpose: String, _ place: UInt64) throws {
    latest.report = report
    guard !report.isConverged else { return }
    let (message, advice) = (report.message(purpose), advice(for: report))
    if options.isStrict { throw TensorError(.value, message, hint: advice) }
    // The sum of no terms has the residual 1.
    if options.wantsPartialSum, report.outcome == .exhausted, report.residual < 1 { return }
    Notice(message, hint: advice, place: place).send()
  }

  private func advice(for report: SolveReport) -> String {
    guard seriesFactor != nil, report.outcome == .exhausted else { return report.outcome.advice }
    return "raise terms; where they grow the series has no sum, and gmres() solves the equations"
  }
}

extension LinearSolver {
  /// The solution of A x = b for a matrix A, and a vector b or the columns of a matrix.
  ///
  /// - Throws: a shape error where they do not fit; only least squares and conjugate gradients on the
  ///   normal equations take a matrix that is not square.
  public func solve(
    matrix: Variable, _ right: Variable, initial: Variable? = nil
  ) throws -> (solution: Variable, report: SolveReport) {
    guard right.rank == 1 || right.rank == 2, matrix.rank == 2, matrix.shape[0] == right.shape[0]
    else {
      throw TensorError(
        .shape, "\(name) does not fit \(matrix.typeDescription) and \(right.typeDescription)",
        hint: "the right side has an element, or a row, for each row of the matrix")
    }
    if case .direct(.leastSquares) = method, matrix.shape[0] != matrix.shape[1] {
      guard options.ridge.number == 0 else {
        throw TensorError(
          .shape,
          "the ridge of \(name) is added to the diagonal of a square matrix, not of "
            + matrix.typeDescription,
          hint: "solve the normal equations: lu_solve(ridge=…)(a.T @ a, a.T @ b)")
      }
      let x = try matrix.lstsq(right)
      var report = SolveReport(solver: name)
      let residual = try stopGradient(right - matrix.matmul(x))
      let axes = AxisSet.all(rank: right.rank)
      report.residual = try LinearSolver.greatestRatio(
        residual.norm(axes: axes), stopGradient(right).norm(axes: axes))
      report.condition = try LinearSolver.condition(matrix)
      latest.report = report
      return (x, report)
    }
    let isSquare = matrix.shape[0] == matrix.shape[1]
    let system =
      isSquare || !solvesLeastSquares
      ? try LinearOperator(matrix: matrix) : LinearOperator(ofRowsAndColumns: matrix)
    let unknown =
      isSquare
      ? nil
      : [try Variable.tensor(Tensor.zeros(Shape(matrix.shape[1]), matrix.dtype)).beside(matrix)]
    guard right.rank == 2 else {
      let (x, report) = try solveWithReport(
        system, [right], like: unknown, initial: initial.map { [$0] })
      return (x[0], report)
    }
    var reports: [SolveReport] = []
    let columns = try vmap(
      initial.map { [right, $0] } ?? [right], axes: initial == nil ? [1] : [1, 1],
      size: right.shape[1]
    ) { column in
      let (x, report) = try solveWithReport(
        system, [column[0]], like: unknown, initial: column.count > 1 ? [column[1]] : nil)
      reports.append(report)
      return x
    }
    return (try columns[0].transposed(), reports.last ?? SolveReport(solver: name))
  }
}
