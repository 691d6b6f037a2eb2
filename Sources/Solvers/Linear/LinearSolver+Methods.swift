// The solvers by name.

import Autodiff

extension LinearSolver {
  /// Conjugate gradients, for symmetric definite matrices.
  public static func cg(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("cg", .iterative(ConjugateGradient()), options)
  }

  /// Conjugate gradients on the normal equations, for any matrix that is well-conditioned.
  public static func normalCG(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("normal_cg", .iterative(NormalConjugateGradient()), options)
  }

  /// Stabilized biconjugate gradients, for any matrix, without its transpose.
  public static func bicgstab(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("bicgstab", .iterative(BiconjugateGradient()), options)
  }

  /// Generalized minimal residuals, for any matrix; `restart` vectors are kept.
  public static func gmres(restart: Int = 30, _ options: Options = Options()) -> LinearSolver {
    LinearSolver("gmres", .iterative(GeneralizedMinimalResidual(restart: restart)), options)
  }

  /// Minimal residuals, for symmetric matrices that need not be definite.
  public static func minres(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("minres", .iterative(MinimalResidual()), options)
  }

  /// So many terms of the Neumann series.
  public static func neumann(
    terms: Int = 10, alpha: Scalar = 1, _ options: Options = Options()
  ) -> LinearSolver {
    var options = options
    options.maximumIterations = terms
    return LinearSolver("neumann", .iterative(NeumannSeries(terms: terms, alpha: alpha)), options)
  }

  /// The LU factorization of the matrix.
  public static func lu(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("lu_solve", .direct(.lu), options)
  }

  /// The Cholesky factorization, for symmetric definite matrices.
  public static func cholesky(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("cholesky_solver", .direct(.cholesky), options)
  }

  /// The inverse of the matrix times the right side, by its LU factorization: the inverse itself
  /// would take three times as long and be less exact.
  public static func inverse(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("inv_solve", .direct(.lu), options)
  }

  /// The solution of least length that makes the residual least.
  public static func leastSquares(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("lstsq_solve", .direct(.leastSquares), options)
  }

  /// A method that is picked by size and by probes of symmetry and definiteness.
  public static func automatic(_ options: Options = Options()) -> LinearSolver {
    LinearSolver("auto_solve", .automatic, options)
  }

  /// A solver of one's own: from the map and the right side to the solution.
  public static func function(
    _ name: String, _ solve: @escaping (LinearMap, [Variable]) throws -> [Variable]
  ) -> LinearSolver {
    LinearSolver(name, .function(solve), Options())
  }
}
