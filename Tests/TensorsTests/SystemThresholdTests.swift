// Products with vectors, and systems of equations, of every extent at which they are cut differently.
//
// Products of small whole numbers are exact in every order, so that an edge, a block, a piece or a
// thread's part that is wrong shows.

import TensorSupport
import Testing

@testable import Tensors

@Suite(.serialized) struct SystemThresholdTests {
  @Test(arguments: [1, 31, 511, 512, 513, 1024, 1025], [DType.f64, .f32])
  func `a product with a vector is a loop's`(_ k: Int, _ dtype: DType) throws {
    for m in Threshold.vectorBlock.around(1, 2).map({ max($0 / k, 2) }) {
      let a = scattered(m * k, seed: 1)
      let v = scattered(max(m, k), spread: 3, seed: 2)
      let x = try tensor(a, [m, k], dtype).orders
      let vector = try tensor(v, nil, dtype)
      let spread = try vector.layouts[1]
      let (down, across) = (
        product(a, v, m, k, 1), product(v, a, 1, m, k)
      )
      try onOneAndSeveralThreads {
        for x in x {
          for v in [vector, spread] {
            let column = try Tensor.matmul(x, v.sliced(axis: 0, from: 0, to: k))
            expectSame(column, down)
            let row = try Tensor.matmul(v.sliced(axis: 0, from: 0, to: m), x)
            expectSame(row, across)
          }
        }
      }
    }
  }

  @Test(
    arguments: Threshold.cholesky.around() + Threshold.panel.around(1, 3, 4), [DType.f64, .f32])
  func `a system of equations has the solution it was made for`(
    _ n: Int, _ dtype: DType
  ) throws {
    let solution = scattered(n * 2, spread: 3, seed: 1)
    let general = scattered(n * n, spread: 3, seed: 2)
    let symmetric = (0..<n * n).map { general[min($0 / n, $0 % n) * n + max($0 / n, $0 % n)] }
    for values in [general, symmetric] {
      var matrix = values
      for i in 0..<n { matrix[i * n + i] = Double(4 * n) }
      let right = try tensor(product(matrix, solution, n, n, 2), [n, 2], dtype)
      let a = try tensor(matrix, [n, n], dtype)
      try onOneAndSeveralThreads {
        let x = try Tensor.solve(a, right).doubles
        let error = zip(x, solution).map { abs($0 - $1) }.max() ?? 0
        #expect(error < (dtype == .f32 ? 1e-4 : 1e-12))
      }
    }
  }
}
