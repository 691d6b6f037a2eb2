// Products of matrices, systems of equations, factorizations.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let linearAlgebra = BuiltinPage(
    "Linear algebra", objects: [LUFactors.self, CholeskyFactor.self],
    products + systems + factorizations + functionsOfMatrices)

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
      "inner(a, b)",
      """
      The sums of products over the last axes of both: of vectors the inner product.

          print(inner([[1, 2], [3, 4]], [5, 6]))    # [17, 39]
      """
    ) { arguments in .tensor(try arguments.stacked(0).inner(arguments.stacked(1))) },
    Builtin(
      "tensordot(a, b, axes=2)",
      """
      The sums of products over the last `axes` axes of a and the first of b; or over those that a list of two names, of
      each an axis or a list of them.

          let (a, b) = (ones(2, 3, 4), ones(4, 3, 5))
          print(tensordot(a, b, axes=((1, 2), (1, 0))).shape, tensordot(a, b, axes=1).shape)    # (2, 5) (2, 3, 3, 5)
      """
    ) { arguments in
      let (a, b) = (try arguments.stacked(0), try arguments.stacked(1))
      let (own, others) = try arguments.summedAxes(2, of: a, b)
      return .tensor(try a.tensorDot(b, axes: own, others))
    },
    Builtin(
      "matrix_power(a, n)",
      """
      A square matrix times itself, n factors of it; of a negative n, of its inverse. `n` 0 gives the identity.

          print(matrix_power([[1, 1], [1, 0]], 10))
          # [[89, 55],
          #  [55, 34]]
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixPower(arguments.int(1))) },
    Builtin(
      "block_diag(*matrices)",
      """
      Matrices along the diagonal of one, zeros elsewhere, given one by one or as a list. A vector is a matrix of one
      row; leading axes broadcast.

          print(block_diag([[1, 2]], [[3], [4]]))
          # [[1, 2, 0],
          #  [0, 0, 3],
          #  [0, 0, 4]]
      """
    ) { arguments in
      var parts = arguments.rest(0)
      if parts.count == 1, case .list(let inner) = parts[0] { parts = Array(inner) }
      return .tensor(
        try Variable.blockDiagonal(
          Arguments.alike(Safepoint.map(parts) { try arguments.stacked($0, 0) })))
    },
    Builtin(
      "diagonal(a, offset=0, axis1=0, axis2=1)",
      """
      The elements whose places along two axes differ by `offset`, as the last axis.

          print(diagonal([[1, 2, 3], [4, 5, 6]], 1), diagonal(ones(2, 3, 3), axis1=1, axis2=2).shape)    # [2, 6] (2, 3)
      """
    ) { arguments in
      let a = try arguments.variable(0)
      let (i, j) = (try a.shape.axis(arguments.int(2)), try a.shape.axis(arguments.int(3)))
      guard i != j else {
        throw RuntimeError(.value, "a diagonal goes along two axes, and axis \(i) is named twice")
      }
      let others = (0..<a.rank).filter { $0 != i && $0 != j }
      return .tensor(try a.permute(others + [i, j]).diagonal(arguments.int(1)))
    },
    Builtin(
      "einsum(equation, *tensors)",
      """
      Sums of products by the letters of an equation: those not behind `->` are summed over.

          print(einsum("ij,j->i", [[1, 2], [3, 4]], [1, 1]))    # [3, 7]
      """
    ) { arguments in
      let operands = arguments.rest(1)
      if operands.count == 1, case .list(let list) = operands[0],
        try arguments.string(0).contains(",")
      {
        throw RuntimeError(
          .type, "einsum takes its tensors one by one, not \(operands[0].shortDescription)",
          hint: "write einsum(equation, a, b), or einsum(equation, *list) of the \(list.count)")
      }
      return .tensor(
        try Variable.einsum(
          arguments.string(0), operands.map { try arguments.stacked($0, 1) }))
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
      "slogdet(a)",
      """
      The list (sign, logarithm) of the determinant: its sign, 0 for a singular matrix, and the logarithm of its absolute
      value, which is right where the determinant itself is beyond the numbers.

          print(slogdet([[0.0, 2.0], [4.0, 0.0]]))    # (-1.0, 2.0794415416798357)
      """
    ) { arguments in
      let (sign, logarithm) = try arguments.variable(0).signAndLogAbsDeterminant()
      return .list([.tensor(sign), .tensor(logarithm)])
    },
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
    Builtin(
      "eig(a)",
      """
      The list (w, v) of eigenvalues and eigenvectors, the columns of v, of a square matrix. Both are complex: each is a
      list of two tensors, real and imaginary parts. Conjugate pairs stand side by side; else there is no order. Vectors
      have the length 1, and the greatest component, or the first of those, is real and above 0.

      Eigenvalues that occur once have derivatives, and so have their vectors; where there are fewer vectors than rows,
      a derivative is an error. Of a symmetric matrix `eigh` has more.

          let ((re, im), (v_re, v_im)) = eig([[0.0, -2.0], [2.0, 0.0]])
          print(near(re, [0.0, 0.0]), near(im, [2.0, -2.0]))    # true true
      """
    ) { arguments in
      let (values, vectors) = try arguments.variable(0).eig()
      return .list([.complex(values), .complex(vectors)])
    },
    Builtin(
      "eigvals(a)",
      """
      The eigenvalues of a square matrix as a list of two tensors, real and imaginary parts; see `eig`.

          let (re, im) = eigvals([[1.0, 2.0], [3.0, 2.0]])
          print(near(sort(re), [-1.0, 4.0]), im)    # true [0.0, 0.0]
      """
    ) { arguments in .complex(try arguments.variable(0).eig().values) },
    Builtin(
      "lu_factor(a)",
      """
      The LU factorization of a square matrix as an object: `f.solve(b)` solves systems with it, and `f.p`, `f.l` and
      `f.u` are the factors of `lu(a)`.

          let f = lu_factor([[0.0, 2.0], [4.0, 0.0]])
          print(f.solve([2.0, 4.0]))    # [1.0, 1.0]
      """
    ) { arguments in .host(try LUFactors(of: arguments.variable(0))) },
    Builtin(
      "cho_factor(a)",
      """
      The Cholesky factorization of a symmetric positive definite matrix as an object: `f.solve(b)` solves systems with
      it, and `f.l` is the factor of `cholesky(a)`.

          print(cho_factor([[4.0, 0.0], [0.0, 9.0]]).solve([4.0, 18.0]))    # [1.0, 2.0]
      """
    ) { arguments in .host(try CholeskyFactor(of: arguments.variable(0))) },
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
    exponential("expm(a)"),
    exponential("matrix_exp(a)"),
    Builtin(
      "sqrtm(a)",
      """
      The square root of a square matrix whose eigenvalues have real parts of 0 or more: what times itself is the
      matrix. Derivatives of every order are exact where eigenvalues are equal, too.

      It is a value error where an eigenvalue is real and below 0, for the root is not real there, and where a singular
      matrix has none. A singular matrix has no derivative.

          print(near(sqrtm([[5.0, 4.0], [4.0, 5.0]]), [[2.0, 1.0], [1.0, 2.0]]))    # true
          print(near(sqrtm([[0.0, -2.0], [2.0, 0.0]]), [[1.0, -1.0], [1.0, 1.0]]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixSquareRoot()) },
    Builtin(
      "logm(a)",
      """
      The logarithm of a square matrix: `expm` of it is the matrix, and the imaginary parts of its eigenvalues are
      within π. Derivatives of every order are exact where eigenvalues are equal, too.

      It is a value error where an eigenvalue is real and below 0, for the logarithm is not real there, and for a
      singular matrix.

          print(near(expm(logm([[2.0, 1.0], [1.0, 2.0]])), [[2.0, 1.0], [1.0, 2.0]]))    # true
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixLogarithm()) },
  ]

  private static func exponential(_ signature: String) -> Builtin {
    let name = signature.prefix { $0 != "(" }
    return Builtin(
      signature,
      """
      e to the power of a square matrix, the sum of its powers aⁿ / n!, by SciPy's name and by PyTorch's. Derivatives of
      every order are exact, at equal eigenvalues too. It is nan where an element is not finite.

          print(\(name)([[0.0, 1.0], [0.0, 0.0]]))
          # [[1.0, 1.0],
          #  [0.0, 1.0]]
      """
    ) { arguments in .tensor(try arguments.variable(0).matrixExponential()) }
  }
}

extension Value {
  /// Complex numbers as a list of their real and imaginary parts.
  fileprivate static func complex(_ numbers: ComplexVariable) -> Value {
    .list([.tensor(numbers.real), .tensor(numbers.imaginary)])
  }
}

extension Arguments {
  /// The axes that `tensordot` sums over: a number of them, or a list of two, each an axis or a list.
  fileprivate func summedAxes(_ index: Int, of a: Variable, _ b: Variable) throws -> ([Int], [Int])
  {
    let value = given(index)
    if case .list(let pair) = value {
      guard pair.count == 2, let own = pair[0].ints, let others = pair[1].ints else {
        throw mismatch(index, "an Int, or a list of two: axes of each")
      }
      return (own, others)
    }
    let count = try int(index)
    guard count >= 0, count <= min(a.rank, b.rank) else {
      throw RuntimeError(
        .value,
        "tensordot cannot sum over \(count) axes of \(a.typeDescription) and \(b.typeDescription)")
    }
    return (Array((a.rank - count)..<a.rank), Array(0..<count))
  }
}
