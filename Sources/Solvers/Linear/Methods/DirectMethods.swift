// Methods that factorize the matrix itself.

import Autodiff
import Tensors

/// A factorization to solve with.
enum DirectMethod: String, Sendable {
  case lu = "lu_solve"
  case cholesky = "cholesky_solver"
  case leastSquares = "lstsq_solve"

  /// The solution for a vector or for the columns of a matrix.
  ///
  /// - Throws: a value error for a matrix that is singular, or not definite for Cholesky.
  func solve(_ matrix: Variable, _ right: Variable) throws -> Variable {
    switch self {
    case .lu: return try matrix.solve(right)
    case .leastSquares: return try matrix.lstsq(right)
    case .cholesky:
      // A negative definite matrix, as a contraction's Jacobian minus one is, is turned around.
      let isNegative = try matrix.trace().isLess(than: .number(0, like: matrix)).isTrueAnywhere
      let factor = try (isNegative ? -matrix : matrix).cholesky()
      let x = try factor.choleskySolve(right)
      return isNegative ? try -x : x
    }
  }
}

extension LinearMap {
  /// The matrix on raveled tensors: what the map makes of the unit vectors, all at once.
  func dense(_ raveling: Raveling) throws -> Variable {
    if let matrix { return matrix }
    let basis = Variable.tensor(try Tensor.eye(raveling.count, raveling.count, raveling.dtype))
    guard raveling.count > 0 else { return basis }
    return try vmap([basis], axes: [0], size: raveling.count) { unit in
      [try raveling.vector(apply(raveling.parts(unit[0])))]
    }[0].transposed()
  }
}

extension Variable {
  /// This matrix plus a number on its diagonal.
  func plus(ridge: Scalar) throws -> Variable {
    guard ridge.number != 0 else { return self }
    return try self + ridge * Variable.tensor(Tensor.eye(shape[0], shape[1], dtype)).beside(self)
  }

  /// True where the matrices of all items equal their transposes up to rounding.
  func isSymmetric() throws -> Bool {
    let difference = try (self - transposed()).abs().max(axes: .all(rank: 2))
    let size = try abs().max(axes: .all(rank: 2))
    let tolerance = 100 * dtype.epsilon
    return !(try difference.isLessOrEqual(to: size * tolerance).not().isTrueAnywhere)
  }
}

extension DType {
  /// The distance from 1 to the next number.
  var epsilon: Double { self == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne }
}
