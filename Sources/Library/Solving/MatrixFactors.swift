// Factorizations that solve many systems: `lu_factor(a)` and `cho_factor(a)`.

import Autodiff
import Language

/// The factors of P L U = A, for square matrices.
final class LUFactors: HostObject {
  override class var hostType: HostType { members }
  override var mayHoldCode: Bool { false }
  override func changes(since start: Int) -> Bool { false }

  let p: Variable
  let l: Variable
  let u: Variable

  init(of a: Variable) throws {
    guard a.rank >= 2, a.shape[a.rank - 1] == a.shape[a.rank - 2] else {
      throw RuntimeError(
        .shape, "lu_factor needs a square matrix, and got \(a.typeDescription)",
        hint: "lu(a) factors others")
    }
    (p, l, u) = try a.lu()
  }

  override var summary: String { "<LU factors of \(u.typeDescription)>" }

  /// X with A X = B, or with Aᵀ.
  fileprivate func solve(_ b: Variable, isTransposed: Bool) throws -> Variable {
    try b.solvingColumns(of: u) { b in
      if isTransposed {
        let half = try u.triangularSolve(b, lower: false, transpose: true)
        return try p.matmul(l.triangularSolve(half, transpose: true, unitDiagonal: true))
      }
      let moved = try p.swappedAxes(-1, -2).matmul(b)
      return try u.triangularSolve(l.triangularSolve(moved, unitDiagonal: true), lower: false)
    }
  }

  private static let members = HostType(
    LUFactors.self, "LUFactors", makers: ["lu_factor"],
    "What `lu_factor` gives: the factors of square matrices, which solve systems with any right side.",
    methods: [
      Method(
        "solve(b, transpose=false)",
        """
        x with a @ x = b for the matrix that was factored, or with a.T @ x = b; derivatives go to both.

            let f = lu_factor([[0.0, 2.0], [4.0, 0.0]])
            print(f.solve([2.0, 4.0]), f.solve([4.0, 2.0], transpose=true))    # [1.0, 1.0] [1.0, 1.0]
        """
      ) { factors, arguments in
        .tensor(try factors.solve(arguments.variable(0), isTransposed: arguments.bool(1)))
      }
    ],
    fields: [
      Field("p", "The permutation matrix, with p @ l @ u = a.") { .tensor($0.p) },
      Field("l", "The lower triangle, with ones on its diagonal.") { .tensor($0.l) },
      Field("u", "The upper triangle.") { .tensor($0.u) },
    ])
}

/// The factor of L Lᵀ = A, for symmetric positive definite matrices.
final class CholeskyFactor: HostObject {
  override class var hostType: HostType { members }
  override var mayHoldCode: Bool { false }
  override func changes(since start: Int) -> Bool { false }

  let l: Variable

  init(of a: Variable) throws { l = try a.cholesky() }

  override var summary: String { "<Cholesky factor of \(l.typeDescription)>" }

  private static let members = HostType(
    CholeskyFactor.self, "CholeskyFactor", makers: ["cho_factor"],
    """
    What `cho_factor` gives: the factor of symmetric positive definite matrices, which solves systems with any right
    side.
    """,
    methods: [
      Method(
        "solve(b)",
        """
        x with a @ x = b for the matrix that was factored; derivatives go to both.

            print(cho_factor([[4.0, 0.0], [0.0, 9.0]]).solve([4.0, 18.0]))    # [1.0, 2.0]
        """
      ) { factor, arguments in
        .tensor(
          try arguments.variable(0).solvingColumns(of: factor.l) { try factor.l.choleskySolve($0) })
      }
    ],
    fields: [Field("l", "The lower triangle, with l @ l.T = a.") { .tensor($0.l) }])
}

extension Variable {
  /// A solution for this right side, of which a vector is one column, and square factors.
  fileprivate func solvingColumns(
    of factor: Variable, _ solve: (Variable) throws -> Variable
  ) throws -> Variable {
    let rows = rank == 1 ? shape[0] : rank >= 2 ? shape[rank - 2] : nil
    guard rows == factor.shape[factor.rank - 1] else {
      throw RuntimeError(
        .shape, "solve does not fit factors of \(factor.typeDescription) and \(typeDescription)",
        hint: "the right side is a vector or matrix with as many rows as the matrix")
    }
    return rank == 1 ? try solve(expanded(at: -1)).squeezed(-1) : try solve(self)
  }
}
