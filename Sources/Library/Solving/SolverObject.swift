// Linear solvers as values: `cg(maxiter=50)` is called as `solver(matvec_or_matrix, b)`.

import Autodiff
import Language
import Solvers
import Tensors

/// A linear solver as a value.
final class SolverObject: HostObject {
  override class var hostType: HostType { members }

  let solver: LinearSolver

  init(_ solver: LinearSolver) { self.solver = solver }

  override var summary: String { "<solver \(solver.name)>" }

  private func solve(_ arguments: Arguments) throws -> (solution: Value, report: SolveReport) {
    let right = try ValueTree(arguments[1])
    guard !right.leaves.isEmpty else { throw arguments.mismatch(1, "a tensor, or a tree of them") }
    let initial = arguments.has(2) ? try ValueTree(arguments[2], for: "init").variables : nil
    if arguments[0].isCallable, solver.solvesLeastSquares, arguments.has(2) {
      return try solve(arguments, right, from: ValueTree(arguments[2], for: "init"))
    }
    if arguments[0].isCallable {
      let system = try LinearOperator(like: right.floats()) { parts in
        let product = try arguments.interpreter.call(
          arguments[0], [right.rebuilt(with: parts.map { .tensor($0) })])
        return try ValueTree(product).variables
      }
      let (solution, report) = try solver.solveWithReport(
        system, right.floats(), initial: initial?.map { try $0.asFloat() })
      return (right.rebuilt(with: solution.map { .tensor($0) }), report)
    }
    guard let matrix = arguments[0].variable, matrix.rank == 2 else {
      throw arguments.mismatch(
        0, "a matrix or a function of a vector", hint: "solver(a, b) or solver(v => a @ v, b)")
    }
    guard right.leaves.count == 1, let b = right.variables.first else {
      throw arguments.mismatch(
        1, "a vector or matrix, as the matrix is", hint: "for a tree, give a function of such trees"
      )
    }
    let (solution, report) = try solver.solve(
      matrix: matrix.asFloat(), b.asFloat(), initial: initial?.first)
    return (.tensor(solution), report)
  }

  /// The solution for a function that takes trees like where the search starts, and gives trees like
  /// the right side.
  private func solve(
    _ arguments: Arguments, _ right: ValueTree, from start: ValueTree
  ) throws -> (solution: Value, report: SolveReport) {
    guard !start.leaves.isEmpty else {
      throw arguments.mismatch(2, "a tensor, or a tree of them")
    }
    let (initial, b) = (try start.floats(), try right.floats())
    let system = try LinearOperator(like: initial, to: b) { parts in
      let product = try arguments.interpreter.call(
        arguments[0], [start.rebuilt(with: parts.map { .tensor($0) })])
      return try ValueTree(product).floats()
    }
    let (solution, report) = try solver.solveWithReport(
      system, b, like: initial, initial: initial)
    return (start.rebuilt(with: solution.map { .tensor($0) }), report)
  }
}

extension SolverObject {
  private static let members = HostType(
    SolverObject.self, "Solver",
    """
    A way to solve linear systems: `cg()`, `gmres()`, `lu_solve()` and the others of this page.
    """,
    call: Method(
      "solver(a, b, init=nil)",
      """
      The x with a x = b, of the structure and shapes of `b`, with its derivatives by both sides.

      `a` is a matrix `[n, n]` and `b` a vector `[n]` or a matrix `[n, k]`; or `a` is a linear
      function of a tree of tensors, and `b` such a tree. `normal_cg` and `lstsq_solve` take matrices
      `[m, n]`, and `normal_cg` functions between trees of different shapes: `init` says what they
      take. Iterations start at `init`, else at 0. A solve that does not converge says so in a warning, and is an error for a `strict` solver.

          print(cg()([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]))    # [1.0, 0.5]
          print(cg()(v => ({w: v.w * 2.0}), {w: [2.0, 4.0]}))    # {w: [1.0, 2.0]}
      """
    ) { solver, arguments in try solver.solve(arguments).solution },
    methods: [
      Method(
        "with_info(a, b, init=nil)",
        """
        The solution, as a call gives it, and how the solve ended, as a list of two.

        How it ended is a record: the `solver`, its `iterations`, the `residual` relative to `b`,
        whether it `converged`, the `outcome` in words, and estimates of the `condition` of the
        matrix and of the relative `error` of x, which are nil where nothing is known of them.

            let (x, info) = cg().with_info([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
            print(x, info.converged, info.iterations)    # [1.0, 0.5] true 2
        """
      ) { solver, arguments in
        lookAtOutcome()
        let (solution, report) = try solver.solve(arguments)
        return .list([solution, Value(report)])
      }
    ],
    fields: [
      Field("name", "What the solver is called, a String.") { .string($0.solver.name) },
      Field(
        "last",
        """
        How the last solve ended, those of backward passes included: a record as that of `with_info`;
        nil before the first.
        """
      ) {
        lookAtOutcome()
        return $0.solver.last.map(Value.init) ?? .nil
      },
    ])

  /// A recording has no numbers of the solves to come.
  private static func lookAtOutcome() {
    Context.current.meets(obstacle: "looks at how a solve ended")
  }
}

extension Value {
  /// A report as a record.
  init(_ report: SolveReport) {
    self = .record(
      Record([
        ("solver", .string(report.solver)), ("iterations", .int(report.iterations)),
        ("residual", .float(report.residual)), ("converged", .bool(report.isConverged)),
        ("outcome", .string(report.outcome.rawValue)),
        ("condition", report.condition.map(Value.float) ?? .nil),
        ("error", report.error.map(Value.float) ?? .nil),
      ]))
  }
}

extension ValueTree {
  /// The leaves as floats.
  func floats() throws -> [Variable] { try variables.map { try $0.asFloat() } }
}

extension Arguments {
  /// The solver of a parameter: a solver, or a function `(matvec, b) => x`; `auto_solve()` where it
  /// was not given.
  func solver(_ index: Int) throws -> Value {
    switch self[index] {
    case .absent, .nil: return .host(SolverObject(.automatic()))
    case .host(let host) where host is SolverObject: return self[index]
    case let value where value.isCallable: return value
    default:
      throw mismatch(index, "a solver", hint: "cg(), gmres(), lu_solve(), auto_solve() …")
    }
  }
}

extension LinearSolver {
  /// A value that `Arguments.solver` let through, for solutions of a structure.
  static func make(
    from value: Value, for structure: ValueTree, _ interpreter: Interpreter
  ) -> LinearSolver {
    if case .host(let host) = value, let object = host as? SolverObject { return object.solver }
    func tree(_ parts: [Variable]) -> Value {
      structure.rebuilt(with: parts.map { .tensor($0) })
    }
    return .function("a solver of one's own") { map, right in
      /// The tensors of a value that has to be like the right side.
      func parts(of value: Value, _ message: String) throws -> [Variable] {
        let given = try ValueTree(value)
        guard given.leaves.count == right.count,
          zip(given.variables, right).allSatisfy({ $0.shape == $1.shape })
        else {
          throw RuntimeError(
            .shape, message + " what has the structure and shapes of its right side")
        }
        return try given.floats()
      }
      let matvec = BuiltinFunction("matvec(v)") { call in
        tree(try map.apply(parts(of: call[0], "matvec of a linear solver takes")))
      }
      return try parts(
        of: interpreter.call(value, [.builtin(matvec), tree(right)]), "a linear solver must give")
    }
  }
}
