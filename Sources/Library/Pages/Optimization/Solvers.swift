// Linear solvers as values.

import Autodiff
import Language
import Solvers
import Tensors

extension Builtins {
  static let solvers = BuiltinPage(
    "Linear solvers", objects: [SolverObject.self], iterativeSolvers + directSolvers)

  /// The parameters that every iterative solver takes.
  private static let iterative = "maxiter=nil, rtol=nil, atol=0.0, ridge=0.0"

  private static let iterativeSolvers: [Builtin] = [
    Builtin(
      "cg(\(iterative), preconditioner=nil, strict=false)",
      """
      Conjugate gradients, for symmetric definite matrices.

      A solver is called with a matrix, or a function of a tree that gives the product, and the
      right side: `solver(a, b, init=nil)`. `solver.with_info(a, b)` gives `(x, info)`, where `info` has
      the `solver`, `iterations`, the relative `residual` computed from x, `converged`, the
      `outcome` in words, an estimate of the `condition` number and of the relative `error` of x;
      `solver.last` is the `info` of its last solve, those of backward passes included. Solutions are
      differentiable, to any order, by the right side and by all that the matrix or function is
      made of. A solve that does not converge warns once for a place in the program, and is an
      error with `strict=true`.

      It stops where the residual is `rtol` times the right side (1e-10 in f64 and 1e-5 in f32
      unless it is given) or `atol`, or after `maxiter` steps, ten an unknown by default. `ridge`
      is added to the diagonal, and gradients reach it. `preconditioner` is a matrix or a function near the inverse,
      `"jacobi"` or `"incomplete_cholesky"`.

          let (x, info) = cg().with_info([[4.0, 1.0], [1.0, 3.0]], [1.0, 2.0])
          print(near(x, [1 / 11, 7 / 11]), info.iterations, info.converged)    # true 2 true
      """
    ) { arguments in .solver(.cg(try arguments.solverOptions(0))) },
    Builtin(
      "normal_cg(\(iterative), preconditioner=nil, strict=false)",
      """
      Conjugate gradients on the normal equations `a.T @ a @ x = a.T @ b`, for any matrix; its
      condition number is squared. A ridge is added to `a.T @ a`, and a preconditioner is near the
      inverse of that.

      A matrix that is not square gives the x that makes the residual least, of several the shortest,
      with the derivatives of a matrix that keeps its rank; the `residual` of `info` is then that of
      the normal equations. A function has its transpose by `vjp`; where it gives another shape
      than it takes, `init` shows what it takes.

          print(near(normal_cg()([[0.0, 2.0], [1.0, 0.0]], [2.0, 3.0]), [3.0, 1.0]))    # true
          let a = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]
          print(near(normal_cg()(a, [1.0, 2.0, 4.0]), lstsq(a, [1.0, 2.0, 4.0])))       # true
          print(near(normal_cg()(x => a @ x, [1.0, 3.0, 5.0], init=zeros(2)), [1.0, 2.0]))    # true
      """
    ) { arguments in .solver(.normalCG(try arguments.solverOptions(0))) },
    Builtin(
      "bicgstab(\(iterative), preconditioner=nil, strict=false)",
      """
      Stabilized biconjugate gradients, for any square matrix, without its transpose.

          print(near(bicgstab()([[2.0, 1.0], [0.0, 1.0]], [3.0, 1.0]), [1.0, 1.0]))    # true
      """
    ) { arguments in .solver(.bicgstab(try arguments.solverOptions(0))) },
    Builtin(
      "gmres(restart=30, \(iterative), preconditioner=nil, strict=false)",
      """
      Generalized minimal residuals, for any square matrix; it keeps `restart` vectors.

          print(near(gmres()([[0.0, 2.0], [1.0, 0.0]], [2.0, 3.0]), [3.0, 1.0]))    # true
      """
    ) { arguments in
      .solver(
        .gmres(
          restart: try arguments.int(0, atLeast: 1), try arguments.solverOptions(1)))
    },
    Builtin(
      "minres(\(iterative), strict=false)",
      """
      Minimal residuals, for symmetric matrices, definite or not.

          print(near(minres()([[1.0, 2.0], [2.0, 1.0]], [3.0, 3.0]), [1.0, 1.0]))    # true
      """
    ) { arguments in .solver(.minres(try arguments.solverOptions(0, hasPreconditioner: false))) },
    Builtin(
      "neumann(terms=10, alpha=1.0, rtol=nil, strict=false)",
      """
      So many terms of the Neumann series α Σ (I - α a)ᵏ b, which converges for eigenvalues of `a`
      between 0 and 2/α. As the solver of an implicit derivative it gives that of gradient descent
      unrolled for as many steps. A series with an `alpha` that gradients reach is differentiated as
      it is summed.

          print(near(neumann(terms=60, alpha=0.5)([[1.0]], [3.0]), [3.0]))    # true
      """
    ) { arguments in
      var options = LinearSolver.Options()
      options.relativeTolerance = try arguments.tolerance(2)
      options.isStrict = try arguments.bool(3)
      return .solver(
        .neumann(
          terms: try arguments.int(0, atLeast: 1),
          alpha: try arguments.scalar(1), options))
    },
    Builtin(
      "auto_solve(\(iterative), preconditioner=nil, strict=false)",
      """
      Picks a method: up to 500 unknowns Cholesky where the matrix is symmetric and definite, else
      LU, and least squares where it is singular; above, cg, minres or gmres by what probes with random
      vectors say of symmetry and definiteness, and the next one where one does not converge.
      `info.solver` says what it was.

          print(auto_solve().with_info([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])[1].solver)    # auto_solve (cholesky_solver)
      """
    ) { arguments in .solver(.automatic(try arguments.solverOptions(0))) },
    Builtin(
      "solve_cg(ridge=0.0, init=nil, maxiter=nil, rtol=nil, atol=0.0, preconditioner=nil, strict=false)",
      """
      `cg` with TorchOpt's name and order of arguments; `init` is where it starts.

          print(near(solve_cg(maxiter=5)([[2.0]], [4.0]), [2.0]))    # true
      """
    ) { arguments in .solver(.cg(try arguments.torchOptOptions())) },
    Builtin(
      "solve_normal_cg(ridge=0.0, init=nil, maxiter=nil, rtol=nil, atol=0.0, preconditioner=nil, strict=false)",
      """
      `normal_cg` with TorchOpt's name and order of arguments; `init` is where it starts.

          print(near(solve_normal_cg()([[-2.0]], [4.0]), [-2.0]))    # true
      """
    ) { arguments in .solver(.normalCG(try arguments.torchOptOptions())) },
  ]

  private static let directSolvers: [Builtin] = [
    Builtin(
      "lu_solve(ridge=0.0, strict=false)",
      """
      A solver by LU factorization of the whole matrix; a function is made a matrix first.

          print(near(lu_solve()([[0.0, 2.0], [1.0, 0.0]], [2.0, 3.0]), [3.0, 1.0]))    # true
      """
    ) { arguments in .solver(.lu(try arguments.directOptions())) },
    Builtin(
      "cholesky_solver(ridge=0.0, strict=false)",
      """
      A solver by Cholesky factorization, for symmetric definite matrices; `cholesky_solve(factor, b)`
      takes a factor that is at hand.

          print(near(cholesky_solver()([[4.0, 0.0], [0.0, 2.0]], [4.0, 6.0]), [1.0, 3.0]))    # true
      """
    ) { arguments in .solver(.cholesky(try arguments.directOptions())) },
    Builtin(
      "lstsq_solve(ridge=0.0, strict=false)",
      """
      A solver for matrices of any shape and rank: the x of least length that makes the residual
      least. Derivatives are those of the pseudoinverse of a matrix that keeps its rank.

          print(near(lstsq_solve()([[1.0], [1.0]], [1.0, 3.0]), [2.0]))    # true
      """
    ) { arguments in .solver(.leastSquares(try arguments.directOptions())) },
    Builtin(
      "inv_solve(ridge=0.0, strict=false)",
      """
      The inverse of the matrix times the right side, as TorchOpt calls it; it is found as by
      `lu_solve`, without the inverse itself.

          print(near(inv_solve()([[0.0, 2.0], [1.0, 0.0]], [2.0, 3.0]), [3.0, 1.0]))    # true
      """
    ) { arguments in .solver(.inverse(try arguments.directOptions())) },
    Builtin(
      "solve_inv(ridge=0.0, ns=false, maxiter=10, alpha=nil, strict=false)",
      """
      `inv_solve` with TorchOpt's name; with `ns=true` the Neumann series of `maxiter + 1` terms,
      as TorchOpt counts them.

          print(near(solve_inv()([[4.0]], [2.0]), [0.5]))    # true
      """
    ) { arguments in
      var options = LinearSolver.Options()
      options.ridge = try arguments.scalar(0)
      options.isStrict = try arguments.bool(4)
      guard try arguments.bool(1) else { return .solver(.inverse(options)) }
      let last = try arguments.int(2, atLeast: 0)
      return .solver(
        .neumann(
          terms: last < Int.max ? last + 1 : last,
          alpha: try arguments.has(3) ? arguments.scalar(3) : 1,
          options))
    },
  ]
}

extension Value {
  /// A linear solver as a value.
  fileprivate static func solver(_ solver: LinearSolver) -> Value { .host(SolverObject(solver)) }
}

extension Arguments {
  /// A tolerance, nil where it was not given.
  func tolerance(_ index: Int) throws -> Double? {
    guard has(index) else { return nil }
    let value = try double(index)
    guard value >= 0 else {
      throw RuntimeError(
        .value, "`\(parameterName(index))` of \(callee.name) must be 0 or more, not \(value)")
    }
    return value
  }

  /// The options of an iterative solver, from the parameter `maxiter` on.
  fileprivate func solverOptions(
    _ first: Int, hasPreconditioner: Bool = true
  ) throws -> LinearSolver.Options {
    var options = LinearSolver.Options()
    options.maximumIterations = has(first) ? try int(first, atLeast: 0) : nil
    options.relativeTolerance = try tolerance(first + 1)
    options.absoluteTolerance = try tolerance(first + 2) ?? 0
    options.ridge = try scalar(first + 3)
    options.preconditioner = hasPreconditioner ? try preconditioner(first + 4) : nil
    options.isStrict = try bool(first + (hasPreconditioner ? 5 : 4))
    return options
  }

  /// The options in TorchOpt's order.
  fileprivate func torchOptOptions() throws -> LinearSolver.Options {
    var options = LinearSolver.Options()
    options.ridge = try scalar(0)
    options.initial = has(1) ? try ValueTree(self[1], for: parameterName(1)).floats() : nil
    options.maximumIterations = has(2) ? try int(2, atLeast: 0) : nil
    options.relativeTolerance = try tolerance(3)
    options.absoluteTolerance = try tolerance(4) ?? 0
    options.preconditioner = try preconditioner(5)
    options.isStrict = try bool(6)
    return options
  }

  /// The options of a direct solver.
  fileprivate func directOptions() throws -> LinearSolver.Options {
    var options = LinearSolver.Options()
    options.ridge = try scalar(0)
    options.isStrict = try bool(1)
    return options
  }

  private func preconditioner(_ index: Int) throws -> Preconditioner? {
    guard has(index) else { return nil }
    let value = self[index]
    if value.text != nil {
      return try choice(index, ["jacobi", "incomplete_cholesky"]) == "jacobi"
        ? .jacobi : .incompleteCholesky
    }
    if value.isCallable {
      let interpreter = interpreter
      return .function { parts in
        let argument = parts.count == 1 ? Value.tensor(parts[0]) : .list(parts.map { .tensor($0) })
        return try ValueTree(interpreter.call(value, [argument])).floats()
      }
    }
    guard let matrix = value.variable, matrix.rank == 2 else {
      throw mismatch(index, "a matrix, a function, \"jacobi\" or \"incomplete_cholesky\"")
    }
    let numbers = stopGradient(try matrix.asFloat())
    return .function { [try numbers.matmul($0[0])] }
  }
}
