// Products of matrices, systems of equations, factorizations.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let linearAlgebra = BuiltinPage(
    "Linear algebra", products + systems + factorizations + functionsOfMatrices)

  private static let products: [Builtin] = [
    Builtin(
      "dot(a, b)",
      """
      The inner product of vectors; of matrices their product.

          print(dot([1.0, 2.0], [3.0, 4.0]))    # 11.0
      """
    ) { arguments in
      .tensor(try arguments.stacked(0).dot(arguments.stacked(1)))
    },
    Builtin(
      "matmul(a, b)",
      """
      The product of matrices, as `a @ b`; leading axes broadcast.

          print(matmul([[1, 2], [3, 4]], [1, 1]))    # [3, 7]
      """
    ) { arguments in .tensor(try arguments.variable(0).matmul(arguments.variable(1))) },
    Builtin(
      "outer(a, b)",
      """
      The products of each element of a with each of b.

          print(outer([1, 2], [3, 4]))
          # [[3, 4],
          #  [6, 8]]
      """
    ) { arguments in
      .tensor(try arguments.stacked(0).outer(arguments.stacked(1)))
    },
    Builtin(
      "cross(a, b, axis=-1)",
      """
      The cross products of vectors of three numbers along an axis of the shape that both stretch to.

          print(cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))    # [0.0, 0.0, 1.0]
      """
    ) { arguments in
      .tensor(try arguments.stacked(0).cross(arguments.stacked(1), axis: arguments.int(2)))
    },
    Builtin(
      "einsum(equation, *tensors)",
      """
      Sums of products by the letters of an equation: those not behind `->` are summed over.

          print(einsum("ij,j->i", [[1, 2], [3, 4]], [1, 1]))    # [3, 7]
      """
    ) { arguments in
      .tensor(
        try Variable.einsum(
          arguments.string(0), arguments.rest(1).map { try arguments.stacked($0, 1) }))
    },
    Builtin(
      "kron(a, b)",
      """
      The Kronecker product: b times each element of a, in its place.

          print(kron([1, 10], [1, 2]))    # [1, 2, 10, 20]
      """
    ) { arguments in
      .tensor(try arguments.stacked(0).kron(arguments.stacked(1)))
    },
  ]

  private static let systems: [Builtin] = [
    Builtin(
      "solve(a, b)",
      """
      x with a @ x = b; leading axes are a stack of systems.

          print(solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 8.0]))    # [1.0, 2.0]
      """
    ) { arguments in .tensor(try arguments.variable(0).solve(arguments.variable(1))) },
    Builtin(
      "lstsq(a, b)",
      """
      The x of least length among those that make `norm(a @ x - b)` least.

          print(near(lstsq([[1.0], [1.0]], [1.0, 3.0]), [2.0]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).lstsq(arguments.variable(1))) },
    Builtin(
      "inv(a)",
      """
      The inverse of a square matrix.

          print(near(inv([[2.0, 1.0], [1.0, 1.0]]), [[1.0, -1.0], [-1.0, 2.0]]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).inverse()) },
    Builtin(
      "pinv(a)",
      """
      The Moore–Penrose inverse of a matrix.

          print(pinv([[2.0], [0.0]]))    # [[0.5, 0.0]]
      """
    ) { arguments in .tensor(try arguments.variable(0).pseudoInverse()) },
    Builtin(
      "det(a)",
      """
      The determinant of a square matrix.

          print(det([[2.0, 0.0], [0.0, 4.0]]))    # 8.0
      """
    ) { arguments in .tensor(try arguments.variable(0).determinant()) },
    Builtin(
      "logdet(a)",
      """
      The logarithm of the determinant; nan where that is negative.

          print(logdet(eye(3)))    # 0.0
      """
    ) { arguments in .tensor(try arguments.variable(0).logDeterminant()) },
    Builtin(
      "triangular_solve(a, b, lower=true, transpose=false, unit_diagonal=false)",
      """
      x with a @ x = b for a triangular a; the other triangle is not read.

          print(triangular_solve([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0]))    # [1.0, 2.0]
      """
    ) { arguments in
      .tensor(
        try arguments.variable(0).triangularSolve(
          arguments.variable(1), lower: arguments.bool(2),
          transpose: arguments.bool(3),
          unitDiagonal: arguments.bool(4)))
    },
    Builtin(
      "cholesky_solve(factor, b)",
      """
      x with L @ L.T @ x = b for a Cholesky factor L.

          print(cholesky_solve([[2.0, 0.0], [0.0, 1.0]], [4.0, 3.0]))    # [1.0, 3.0]
      """
    ) { arguments in .tensor(try arguments.variable(0).choleskySolve(arguments.variable(1))) },
    Builtin(
      "matrix_rank(a)",
      """
      The number of singular values that are not negligible.

          print(matrix_rank([[1.0, 2.0], [2.0, 4.0]]))    # 1
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixRank()) },
    Builtin(
      "cond(a, f=nil, g=nil, *operands)",
      """
      The greatest singular value of a matrix divided by the least.

          print(cond([[2.0, 0.0], [0.0, 0.5]]))    # 4.0

      With functions, what `f(*operands)` gives where the condition a is true, else what `g(*operands)`
      does; the other one does not run. Inside `vmap`, where examples differ in the condition, both run, give one
      structure, and each example keeps its own result; the gradient of the other is 0, even where that is
      nan or infinite.

          let root = x => cond(x > 0.0, sqrt, x => 0.0 * x, x)
          print(root(4.0), vmap(grad(root))([4.0, -1.0]))    # 2.0 [0.25, 0.0]
      """
    ) { arguments in
      guard arguments.isGiven(1) || arguments.isGiven(2) else {
        return .tensor(try arguments.variable(0).condition())
      }
      return try Differentiation.choice(
        arguments.interpreter, arguments[0], arguments.function(1), arguments.function(2),
        arguments.rest(3))
    },
  ]

  private static let factorizations: [Builtin] = [
    Builtin(
      "cholesky(a)",
      """
      The lower triangular L with L @ L.T = a, for a symmetric positive definite matrix.

          print(cholesky([[4.0, 0.0], [0.0, 9.0]]))
          # [[2.0, 0.0],
          #  [0.0, 3.0]]
      """
    ) { arguments in .tensor(try arguments.variable(0).cholesky()) },
    Builtin(
      "lu(a)",
      """
      The list (p, l, u) with p @ l @ u = a: a permutation, a unit lower and an upper triangle.

          let (p, l, u) = lu([[1.0, 2.0], [3.0, 4.0]])
          print(near(p @ l @ u, [[1.0, 2.0], [3.0, 4.0]]))    # true
      """
    ) { arguments in
      let (p, l, u) = try arguments.variable(0).lu()
      return .list([.tensor(p), .tensor(l), .tensor(u)])
    },
    Builtin(
      "qr(a)",
      """
      The list (q, r) with q @ r = a: orthonormal columns and an upper triangle.

          let (q, r) = qr([[1.0, 2.0], [3.0, 4.0]])
          print(near(q @ r, [[1.0, 2.0], [3.0, 4.0]]), near(q.T @ q, eye(2)))    # true true
      """
    ) { arguments in
      let (q, r) = try arguments.variable(0).qr()
      return .list([.tensor(q), .tensor(r)])
    },
    Builtin(
      "svd(a)",
      """
      The list (u, s, vt) with u @ diag(s) @ vt = a, singular values in descending order.

          let (u, s, vt) = svd([[3.0, 0.0], [0.0, 4.0]])
          print(near(s, [4.0, 3.0]), near(u @ diag(s) @ vt, [[3.0, 0.0], [0.0, 4.0]]))    # true true
      """
    ) { arguments in
      let (u, s, vt) = try arguments.variable(0).svd()
      return .list([.tensor(u), .tensor(s), .tensor(vt)])
    },
    Builtin(
      "eigh(a)",
      """
      The list (w, v) of eigenvalues in ascending order and eigenvectors, the columns of v, of a
      symmetric matrix.

          let (w, v) = eigh([[2.0, 1.0], [1.0, 2.0]])
          print(near(w, [1.0, 3.0]), near(v @ diag(w) @ v.T, [[2.0, 1.0], [1.0, 2.0]]))    # true true
      """
    ) { arguments in
      let (w, v) = try arguments.variable(0).eigh()
      return .list([.tensor(w), .tensor(v)])
    },
    Builtin(
      "eigvalsh(a)",
      """
      The eigenvalues of a symmetric matrix in ascending order.

          print(near(eigvalsh([[2.0, 1.0], [1.0, 2.0]]), [1.0, 3.0]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).eigvalsh()) },
  ]

  private static let functionsOfMatrices: [Builtin] = [
    Builtin(
      "spectral_map(a, f)",
      """
      The function `f` of a symmetric matrix: with a = V diag(w) Vᵀ it is V diag(f(w)) Vᵀ. `f` maps
      eigenvalues one by one. Derivatives of every order are exact where eigenvalues are equal, too, which
      those through `eigh` are not; they go by divided differences of `f` (Daleckii and Krein).

          let a = [[2.0, 1.0], [1.0, 2.0]]
          print(near(spectral_map(a, x => x ** 2), a @ a))                            # true
          print(hessian(t => sum(diag(spectral_map(t * eye(2), x => x ** 3))), 1.0))    # 12.0
      """
    ) { arguments in
      let f = try arguments.function(1)
      let log = FreeVariableLog(arguments.interpreter)
      let result = try arguments.variable(0).spectralMap { w in
        let y = try log.run { try arguments.interpreter.call(f, [.tensor(w)]) }
        guard let variable = y.variable else {
          throw RuntimeError(
            .type, "the function of spectral_map must give a tensor, not \(y.shortDescription)")
        }
        return variable
      }
      return .tensor(result)
    },
    Builtin(
      "expm(a)",
      """
      e to the power of a symmetric matrix, the sum of its powers aⁿ / n!; see `spectral_map`.

          print(near(expm(zeros(2, 2)), eye(2)))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixExponential()) },
    Builtin(
      "sqrtm(a)",
      """
      The square root of a symmetric matrix: what times itself is the matrix. It is nan where an eigenvalue
      is negative; see `spectral_map`.

          print(near(sqrtm([[5.0, 4.0], [4.0, 5.0]]), [[2.0, 1.0], [1.0, 2.0]]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixSquareRoot()) },
    Builtin(
      "logm(a)",
      """
      The logarithm of a symmetric matrix: `expm` of it is the matrix. It is nan where an eigenvalue is
      negative; see `spectral_map`.

          print(near(expm(logm([[2.0, 1.0], [1.0, 2.0]])), [[2.0, 1.0], [1.0, 2.0]]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixLogarithm()) },
  ]
}
