// Products of matrices, and systems of equations, of every extent at which they are cut differently.
//
// Products of small whole numbers are exact in every order, so that an edge, a block, a piece or a
// thread's part that is wrong shows.

import Kernels
import Testing

@testable import Tensors

/// The product of two matrices by the definition.
private func product(_ a: [Double], _ b: [Double], _ m: Int, _ k: Int, _ n: Int) -> [Double] {
  var result = [Double](repeating: 0, count: m * n)
  for i in 0..<m {
    for l in 0..<k {
      let factor = a[i * k + l]
      for j in 0..<n { result[i * n + j] += factor * b[l * n + j] }
    }
  }
  return result
}

@Suite(.serialized) struct ProductThresholdTests {
  /// Rows, what is summed, columns.
  static let extents: [(Int, Int, Int)] = {
    var rows = [5, 6, 7]
    rows += Threshold.tileRows.around(1, 2) + Threshold.packedRows.around()
    rows += Threshold.blockRows.around(1, 2, 4) + Threshold.blockTile.around()
    var pieces = [1, 2, 3, 4, 5, 255, 256, 257, 511, 512, 513]
    pieces += Threshold.piece.around(1, 2)
    var columns = [7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1025]
    columns += Threshold.blockColumns.around(1, 2)
    var result: [(Int, Int, Int)] = []
    for m in rows { result += [(m, 50, 40), (m, 193, 130)] }
    for k in pieces { result += [(7, k, 33), (100, k, 130)] }
    for n in columns { result += [(7, 20, n), (300, 30, n)] }
    for least in [Threshold.packedWork, .productBlock] {
      for k in [-1, 0, 1] { result.append((64, least.value / 64 / 64 + k, 64)) }
      for k in [-1, 0, 1] { result.append((64, least.value / 32 / 64 + k, 64)) }
    }
    return result
  }()

  /// The same matrix lying row by row and column by column.
  private func layouts(_ x: Tensor) throws -> [Tensor] {
    [x, try x.swappedAxes(-1, -2).contiguous().swappedAxes(-1, -2)]
  }

  @Test(arguments: extents)
  func `a product of matrices is a loop's`(_ extents: (m: Int, k: Int, n: Int)) throws {
    let (m, k, n) = extents
    let a = scattered(m * k, spread: 3, seed: 1)
    let b = scattered(k * n, spread: 3, seed: 2)
    let expected = product(a, b, m, k, n)
    defer { mos_set_kernel_level(2) }
    for dtype in [DType.f64, .f32] {
      let lefts = try layouts(tensor(a, [m, k], dtype))
      let rights = try layouts(tensor(b, [k, n], dtype))
      for (x, y) in lefts.flatMap({ x in rights.map { (x, $0) } }) {
        for level in Int32(0)..<2 {
          mos_set_kernel_level(level)
          try expectSame(Tensor.matmul(x, y), expected)
        }
        mos_set_kernel_level(2)
        try onOneAndSeveralThreads { try expectSame(Tensor.matmul(x, y), expected) }
      }
    }
    let whole = try Tensor.matmul(tensor(a, [m, k], .i64), tensor(b, [k, n], .i64))
    try expectSame(whole, expected)
  }

  @Test(arguments: [1, 31, 511, 512, 513, 1024, 1025], [DType.f64, .f32])
  func `a product with a vector is a loop's`(_ k: Int, _ dtype: DType) throws {
    for m in Threshold.vectorBlock.around(1, 2).map({ max($0 / k, 2) }) {
      let a = scattered(m * k, seed: 1)
      let v = scattered(max(m, k), spread: 3, seed: 2)
      let x = try layouts(tensor(a, [m, k], dtype))
      let vector = try tensor(v, nil, dtype)
      let spread = try vector.layouts[1]
      let (down, across) = (
        product(a, v, m, k, 1), product(v, a, 1, m, k)
      )
      try onOneAndSeveralThreads {
        for x in x {
          for v in [vector, spread] {
            let column = try Tensor.matmul(x, v.sliced(axis: 0, from: 0, to: k))
            try expectSame(column, down)
            let row = try Tensor.matmul(v.sliced(axis: 0, from: 0, to: m), x)
            try expectSame(row, across)
          }
        }
      }
    }
  }

  @Test(arguments: Threshold.gram.around() + Threshold.blockTile.around(1, 3), [31, 32, 33, 300])
  func `a matrix times its transpose is a loop's`(_ n: Int, _ k: Int) throws {
    let a = scattered(n * k, spread: 3)
    let turned = (0..<k * n).map { a[$0 % n * k + $0 / n] }
    let expected = product(a, turned, n, k, n)
    for dtype in [DType.f64, .f32] {
      for x in try layouts(tensor(a, [n, k], dtype)) {
        try onOneAndSeveralThreads {
          let y = try Tensor.matmul(x, x.swappedAxes(0, 1))
          try expectSame(y, expected)
        }
      }
    }
  }

  /// Stacks whose products, of 2¹⁵ multiplications each, threads share from some number on.
  @Test(arguments: [2, 3] + [63, 64, 65, 127, 128, 129], [DType.f64, .f32, .i64])
  func `a stack of products is a loop's`(_ count: Int, _ dtype: DType) throws {
    let size = 32 * 32
    let a = scattered(count * size, spread: 3, seed: 1)
    let b = scattered(count * size, spread: 3, seed: 2)
    func expected(_ right: (Int) -> ArraySlice<Double>) -> [Double] {
      (0..<count).flatMap {
        product(Array(a[$0 * size..<($0 + 1) * size]), Array(right($0)), 32, 32, 32)
      }
    }
    let pairs = expected { b[$0 * size..<($0 + 1) * size] }
    let stretched = expected { _ in b[..<size] }
    let x = try layouts(tensor(a, [count, 32, 32], dtype))
    let y = try layouts(tensor(b, [count, 32, 32], dtype))
    let one = try layouts(tensor(Array(b[..<size]), [32, 32], dtype))
    try onOneAndSeveralThreads {
      for x in x {
        for (y, one) in zip(y, one) {
          try expectSame(Tensor.matmul(x, y), pairs)
          try expectSame(Tensor.matmul(x, one), stretched)
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
