// Preconditioners: maps near the inverse of a matrix that are cheap to apply.

import Autodiff
import Tensors

/// What an iterative method is helped by.
public enum Preconditioner {
  /// The inverse of the diagonal.
  case jacobi
  /// An incomplete Cholesky factorization: the factor keeps the zeros of the matrix.
  case incompleteCholesky
  /// A function r ↦ M r with M near A⁻¹, symmetric and definite for cg.
  case function(LinearMap.Product)

  /// The preconditioner of a map, on vectors.
  ///
  /// - Throws: a value error for a zero on the diagonal, or for a matrix that is not definite.
  func product(_ map: LinearMap, _ raveling: Raveling) throws -> (Variable) throws -> Variable {
    switch self {
    case .function(let product):
      return { residual in
        let parts = try raveling.parts(residual)
        let images = try product(parts)
        guard images.map(\.shape) == parts.map(\.shape) else {
          throw TensorError(
            .shape, "a preconditioner must give what has the shapes of the residual",
            hint: "it takes a tensor, or a list of those of a tree, and gives as many")
        }
        return try raveling.vector(images)
      }
    case .jacobi:
      let diagonal = try map.dense(raveling).diagonal()
      guard !(try diagonal.isUsableDivisor().not().isTrueAnywhere) else {
        throw TensorError(
          .value, "the Jacobi preconditioner divides by the diagonal, and that has a zero",
          hint: "solve without a preconditioner, or give a function")
      }
      return { try $0 / diagonal }
    case .incompleteCholesky:
      let matrix = try map.dense(raveling)
      guard let numbers = matrix.concrete else {
        throw TensorError(
          .value, "the incomplete Cholesky preconditioner cannot be mapped by vmap",
          hint: "the Jacobi preconditioner can")
      }
      let factor = Variable.tensor(try numbers.incompleteCholesky())
      return { try factor.choleskySolve($0) }
    }
  }
}

extension Tensor {
  /// The lower triangular L, zero where A is, with L Lᵀ = A at the other places: IC(0), Golub & Van
  /// Loan, algorithm 11.5.7.
  ///
  /// - Throws: a value error where a pivot is not positive.
  fileprivate func incompleteCholesky() throws -> Tensor {
    let n = shape[0]
    var a = doubles
    for k in 0..<n {
      try Safepoint.look()
      let pivot = a[k * n + k]
      guard pivot > 0, pivot.isFinite else {
        throw TensorError(
          .value, "the incomplete Cholesky factorization met the pivot \(formatShortest(pivot))",
          hint: "it needs a symmetric positive definite matrix, with large diagonal elements; "
            + "a ridge or \"jacobi\" may do")
      }
      a[k * n + k] = pivot.squareRoot()
      let below = ((k + 1)..<n).filter { a[$0 * n + k] != 0 }
      for i in below { a[i * n + k] /= a[k * n + k] }
      for j in below {
        for i in below where i >= j && a[i * n + j] != 0 {
          a[i * n + j] -= a[i * n + k] * a[j * n + k]
        }
      }
    }
    let factor = try Tensor.make(shape, .f64) { elements in
      elements.assumingMemoryBound(to: Double.self).update(from: a, count: n * n)
    }
    return try factor.tril().converted(to: dtype)
  }
}
