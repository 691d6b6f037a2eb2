// Linear solvers as values: `cg(maxiter=50)` is called as `solver(matvec_or_matrix, b)`.

import Autodiff
import Solvers
import Tensors

/// A linear solver as a value.
final class SolverObject: HostObject {
  let solver: LinearSolver

  init(_ solver: LinearSolver) { self.solver = solver }

  override var typeName: String { "Solver" }
  override var summary: String { "<solver \(solver.name)>" }
  override var memberNames: [String] { ["with_info", "name", "last"] }
  override var isCallable: Bool { true }
  override var callSignature: String { "call(a, b, init=nil)" }

  override func field(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    switch name {
    case "name": .string(solver.name)
    case "last": lastReport
    default: nil
    }
  }

  /// How the last solve ended; a recording has no numbers of those to come.
  private var lastReport: Value {
    Context.current.meets(obstacle: "looks at how a solve ended")
    return solver.last.map(Value.init) ?? .nil
  }

  override func methodSignature(_ name: String) -> String? {
    name == "with_info" ? "with_info(a, b, init=nil)" : nil
  }

  override func call(_ arguments: Arguments) throws -> Value { try solve(arguments).solution }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    Context.current.meets(obstacle: "looks at how a solve ended")
    let (solution, report) = try solve(arguments)
    return .list([solution, Value(report)])
  }

  private func solve(_ arguments: Arguments) throws -> (solution: Value, report: SolveReport) {
    let right = try ValueTree(arguments[1])
    guard !right.leaves.isEmpty else { throw arguments.mismatch(1, "a tensor, or a tree of them") }
    let initial = arguments.has(2) ? try ValueTree(arguments[2], for: "init").variables : nil
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
