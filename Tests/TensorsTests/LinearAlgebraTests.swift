// Factorizations and solves: NumPy's and SciPy's numbers on fixed matrices, the defining equations
// on random ones of many shapes, and the corners.

import TensorSupport
import Testing

@testable import Tensors

private func symmetric() throws -> Tensor { try tensor([4, 1, 2, 1, 3, 0.5, 2, 0.5, 5], [3, 3]) }
private func tall() throws -> Tensor {
  try tensor([1, 2, 3, 4, 5, 6.5, 7, 8, 10, 1, 0, 1], [4, 3])
}
private func square() throws -> Tensor { try tensor([0, 2, 1, 1, 1, 0, 3, 0, 1], [3, 3]) }

private func expectNear(
  _ x: Tensor, _ values: [Double], _ tolerance: Double = 1e-12,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let elements = x.doubles
  let near =
    elements.count == values.count
    && zip(elements, values).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
  #expect(near, "\(elements) is not near \(values)", sourceLocation: sourceLocation)
}

private func expectNear(
  _ a: Tensor, _ b: Tensor, _ tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(a.shape == b.shape, sourceLocation: sourceLocation)
  try expectNear(a, b.doubles, tolerance, sourceLocation: sourceLocation)
}

private func transposed(_ x: Tensor) throws -> Tensor { try x.swappedAxes(x.rank - 2, x.rank - 1) }

@Suite struct LinearAlgebraTests {
  @Test func `numbers agree with NumPy's and SciPy's`() throws {
    try expectNear(
      Tensor.choleskyFactor(symmetric()), [2, 0, 0, 0.5, 1.6583123951777, 0, 1, 0, 2])
    try expectNear(
      Tensor.inverse(square()), [-0.2, 0.4, 0.2, 0.2, 0.6, -0.2, 0.6, -1.2, 0.4])
    try expectNear(Tensor.determinant(square()), [-5])
    let (sign, logAbs) = try Tensor.logAbsDet(square())
    try expectNear(sign, [-1])
    try expectNear(logAbs, [1.6094379124341003])
    let (lu, pivots) = try Tensor.luPacked(square())
    try expectNear(lu, [3, 0, 1, 0, 2, 1, 1.0 / 3, 0.5, -0.8333333333333333])
    #expect(pivots.integers == [2, 2, 2] || pivots.integers == [2, 1, 2])
    try expectNear(Tensor.solve(square(), tensor([1, 2, 3])), [1.2, 0.8, -0.6])
    let (q, r) = try Tensor.qr(tall())
    try expectNear(
      q,
      [
        -0.12216944435630528, 0.564276492686879, 0.7071067811865469, -0.48867777742522095,
        0.2317564166392534, 0.20203050891044272, -0.8551861104941366, -0.10076365940837118,
        -0.3030457633656635, -0.12216944435630524, -0.7859565433852949, 0.6060915267313268,
      ])
    try expectNear(
      r,
      [
        -8.18535277187245, -9.529216659791809, -12.216944435630522, 0, 1.481225793303057,
        1.4056530487467778, 0, 0, 1.0101525445522095,
      ])
    try expectNear(
      Tensor.svd(tall()).s, [17.62827294369126, 1.010654813541455, 0.687437175739035])
    let eigenvalues = [2.0965216172967187, 3.0722239520050754, 6.831254430698205]
    try expectNear(Tensor.eigh(symmetric()).w, eigenvalues)
    try expectNear(Tensor.eigvalsh(symmetric()), eigenvalues)
    try expectNear(Tensor.lstsq(tall(), tensor([1, 2, 3, 4])), [1.4, -4.1, 2.6])
    try expectNear(
      Tensor.pinv(tall()),
      [
        -0.7, -0.2, 0.3, 0.4, -0.28333333333333316, -0.03333333333333394, 0.2166666666666673, -1.1,
        0.7, 0.2, -0.3, 0.6,
      ])
    try expectNear(Tensor.condition(tall()), [25.643467600860895])
    #expect(try Tensor.matrixRank(tall()).integers == [3])
  }

  @Test(
    arguments: [DType.f64, .f32],
    [[1, 1], [4, 4], [7, 3], [3, 7], [2, 3, 5, 5], [2, 40, 33], [400, 260]])
  func `factors multiply back`(_ dtype: DType, _ shape: [Int]) throws {
    var key = RandomKey(seed: 1)
    let a = try key.normal(Shape(shape), dtype)
    let tolerance = dtype == .f32 ? 2e-4 : 1e-11
    let (q, r) = try Tensor.qr(a)
    try expectNear(Tensor.matmul(q, r), a, tolerance)
    let (u, s, vt) = try Tensor.svd(a)
    let scaled = try Tensor.binary(.multiply, u, s.reshaped(s.shape.inserting(1, at: s.rank - 1)))
    try expectNear(Tensor.matmul(scaled, vt), a, tolerance)
    #expect(s.dtype == dtype)
    let (p, l, upper) = try Tensor.lu(a)
    try expectNear(Tensor.matmul(Tensor.matmul(p, l), upper), a, tolerance)
    let inverse = try Tensor.pinv(a)
    try expectNear(Tensor.matmul(Tensor.matmul(a, inverse), a), a, tolerance * 10)

    let gram = try Tensor.matmul(a, transposed(a))
    let n = shape[shape.count - 2]
    let positive = try Tensor.binary(.add, gram, Tensor.eye(n, n, dtype))
    let factor = try Tensor.choleskyFactor(positive)
    try expectNear(Tensor.matmul(factor, transposed(factor)), positive, tolerance)
    let (w, v) = try Tensor.eigh(positive)
    let columns = try Tensor.binary(.multiply, v, w.reshaped(w.shape.inserting(1, at: w.rank - 1)))
    try expectNear(Tensor.matmul(columns, transposed(v)), positive, tolerance * 10)
    let x = try Tensor.solve(positive, a)
    try expectNear(Tensor.matmul(positive, x), a, tolerance * 10)
    try expectNear(Tensor.choleskySolve(factor: factor, a), x, tolerance * 10)
    try expectNear(Tensor.matmul(Tensor.inverse(positive), a), x, tolerance * 10)
  }

  /// Matrices of several panels; the errors of f32 grow with the order.
  @Test(arguments: [DType.f64, .f32], [385, 520])
  func `large matrices factor in panels`(_ dtype: DType, _ n: Int) throws {
    var key = RandomKey(seed: 2)
    let tolerance = dtype == .f32 ? 1e-2 : 1e-10
    for shape in [Shape(n, n), Shape(n, n - 130), Shape(n - 130, n)] {
      let a = try key.normal(shape, dtype)
      let (p, l, u) = try Tensor.lu(a)
      try expectNear(Tensor.matmul(p, Tensor.matmul(l, u)), a, tolerance)
    }
    let a = try key.normal(Shape(n, n), dtype)
    let b = try key.normal(Shape(n, 5), dtype)
    let identity = try Tensor.eye(n, n, dtype)
    let scaled = try Tensor.binary(.multiply, identity, Tensor(Double(n), dtype: dtype))
    let general = try Tensor.binary(.add, a, scaled)
    try expectNear(Tensor.matmul(general, Tensor.solve(general, b)), b, tolerance)
    try expectNear(Tensor.matmul(general, Tensor.inverse(general)), identity, tolerance)
    let positive = try Tensor.binary(.add, Tensor.matmul(a, transposed(a)), scaled)
    let factor = try Tensor.choleskyFactor(positive)
    try expectNear(factor, factor.tril(), 0)
    try expectNear(Tensor.matmul(factor, transposed(factor)), positive, tolerance)
    try expectNear(Tensor.matmul(positive, Tensor.solve(positive, b)), b, tolerance)
    // The pivot that fails is counted over all panels.
    var diagonal = [Double](repeating: 0, count: n * n)
    for i in 0..<n { diagonal[i * n + i] = i == n - 3 ? -1 : 1 }
    let broken = try tensor(diagonal, [n, n]).converted(to: dtype)
    let error = #expect(throws: TensorError.self) { try Tensor.choleskyFactor(broken) }
    #expect(error?.message.contains("pivot \(n - 3) is not above zero") == true)
  }

  @Test(arguments: [true, false], [true, false])
  func `triangles solve either way up`(_ lower: Bool, _ transpose: Bool) throws {
    let a = try tensor([2, 7, 7, 3], [2, 2])
    let b = try tensor([2, 9])
    let x = try Tensor.triangularSolve(a, b, lower: lower, transpose: transpose)
    let triangle = lower ? try a.tril() : try a.triu()
    let product = try Tensor.matmul(transpose ? transposed(triangle) : triangle, x)
    try expectNear(product, b, 1e-12)
    let unit = try Tensor.triangularSolve(
      a, b, lower: true, transpose: false, unitDiagonal: true)
    #expect(try unit.doubles == [2, -5])
  }

  @Test func `leading axes broadcast, and a vector is a vector`() throws {
    let a = try tensor([2, 0, 0, 4, 1, 0, 0, 1], [2, 2, 2])
    #expect(try Tensor.solve(a, tensor([2, 4])).doubles == [1, 1, 2, 4])
    #expect(try Tensor.solve(a, tensor([2, 4])).shape == Shape(2, 2))
    let b = try tensor([2, 4, 6, 8], [2, 2, 1])
    let x = try Tensor.solve(a.indexed(at: 0), b)
    #expect(x.shape.array == [2, 2, 1])
    #expect(try x.doubles == [1, 1, 3, 2])
    let wide = try Tensor.solve(a.reshaped(Shape([2, 1, 2, 2])), b)
    #expect(wide.shape.array == [2, 2, 2, 1])
  }

  @Test func `whole numbers become f64`() throws {
    let a = try whole([2, 1, 1, 3], [2, 2])
    #expect(try Tensor.solve(a, whole([3, 5])).dtype == .f64)
    try expectNear(Tensor.solve(a, whole([3, 5])), [0.8, 1.4])
    #expect(try Tensor.solve(a.converted(to: .f32), tensor([3, 5])).dtype == .f64)
  }

  @Test func `views are read through their strides`() throws {
    let a = try transposed(square())
    try expectNear(Tensor.inverse(a), transposed(Tensor.inverse(square())), 1e-12)
  }

  @Test func `matrices without elements work`() throws {
    let none = try Tensor.zeros(Shape(0, 0))
    #expect(try Tensor.determinant(none).doubles == [1])
    #expect(try Tensor.logAbsDet(none).logAbs.doubles == [0])
    #expect(try Tensor.inverse(none).shape == Shape(0, 0))
    #expect(try Tensor.choleskyFactor(none).shape == Shape(0, 0))
    #expect(try Tensor.eigh(none).v.shape == Shape(0, 0))
    #expect(try Tensor.solve(none, Tensor.zeros(Shape(0))).shape == Shape(0))
    #expect(try Tensor.solve(none, Tensor.zeros(Shape(0, 3))).shape == Shape(0, 3))
    let flat = try Tensor.zeros(Shape(3, 0))
    #expect(try Tensor.qr(flat).q.shape == Shape(3, 0))
    #expect(try Tensor.svd(flat).vt.shape == Shape(0, 0))
    #expect(try Tensor.pinv(flat).shape == Shape(0, 3))
    #expect(try Tensor.lstsq(flat, tensor([1, 2, 3])).shape == Shape(0))
    #expect(try Tensor.matrixRank(flat).integers == [0])
    #expect(try Tensor.lstsq(Tensor.zeros(Shape(0, 2)), Tensor.zeros(Shape(0))).doubles == [0, 0])
    let batch = try Tensor.zeros(Shape([0, 3, 3]))
    #expect(try Tensor.svd(batch).u.shape.array == [0, 3, 3])
    #expect(try Tensor.inverse(batch).shape == batch.shape)
    #expect(try Tensor.luPacked(Tensor.zeros(Shape(0, 3))).pivots.shape == Shape(0))
  }

  @Test func `singular matrices are named with their pivot`() throws {
    let singular = try tensor([1, 2, 2, 4], [2, 2])
    #expect(
      message { try Tensor.solve(singular, tensor([1, 2])) }
        == "solve cannot use f64[2, 2]: it is singular, pivot 1 is zero")
    #expect(
      hint { try Tensor.solve(singular, tensor([1, 2])) }
        == "add a small multiple of the identity, or use lstsq or pinv")
    #expect(
      message { try Tensor.inverse(singular) }
        == "inv cannot use f64[2, 2]: it is singular, pivot 1 is zero")
    #expect(
      message {
        try Tensor.triangularSolve(tensor([1, 0, 0, 0], [2, 2]), tensor([1, 1]), lower: true)
      }
        == "triangular_solve cannot use f64[2, 2]: it is singular, pivot 1 is zero")
    #expect(
      message { try Tensor.choleskyFactor(tensor([1, 2, 2, 1], [2, 2])) }
        == "cholesky cannot factor f64[2, 2]: it is not positive definite, pivot 1 is not above zero"
    )
    let batch = try tensor([1, 0, 0, 1, 0, 0, 0, 0], [2, 1, 2, 2])
    #expect(
      message { try Tensor.inverse(batch) }
        == "inv cannot use matrix (1, 0) of f64[2, 1, 2, 2]: it is singular, pivot 0 is zero")
    #expect(try Tensor.determinant(singular).doubles == [0])
    let (sign, logAbs) = try Tensor.logAbsDet(singular)
    #expect(try sign.doubles == [0] && logAbs.doubles == [-.infinity])
    #expect(try Tensor.matrixRank(singular).integers == [1])
    #expect(try Tensor.condition(tensor([0, 0, 0, 0], [2, 2])).doubles == [.infinity])
  }

  @Test(arguments: [Double.nan, .infinity])
  func `nan and infinities end in nan or an error, never in a loop`(_ bad: Double) throws {
    var values = [Double](repeating: 1, count: 100)
    values[37] = bad
    let a = try tensor(values, [10, 10])
    let expected = "needs finite numbers, and f64[10, 10] holds \(bad) in row 3, column 7"
    #expect(message { try Tensor.svd(a) } == "svd " + expected)
    #expect(message { try Tensor.eigh(a) } == "eigh " + expected)
    #expect(message { try Tensor.pinv(a) } == "pinv " + expected)
    #expect(message { try Tensor.lstsq(a, Tensor.zeros(Shape(10))) } == "lstsq " + expected)
    _ = try? Tensor.qr(a)
    _ = try? Tensor.luPacked(a)
    _ = try? Tensor.solve(a, Tensor.zeros(Shape(10)))
    #expect(
      message { try Tensor.choleskyFactor(tensor([.nan], [1, 1])) }
        == "cholesky cannot factor f64[1, 1]: it is not positive definite, pivot 0 is nan")
    #expect(try Tensor.determinant(tensor([.nan, 1, 1, 1], [2, 2])).doubles[0].isNaN)
  }

  @Test func `shapes that do not fit are named`() throws {
    #expect(message { try Tensor.inverse(tensor([1, 2])) } == "inv needs a matrix, and got f64[2]")
    #expect(
      message { try Tensor.inverse(Tensor.zeros(Shape(2, 3))) }
        == "inv needs a square matrix, and got f64[2, 3]")
    #expect(
      message { try Tensor.solve(Tensor.eye(2, 2), tensor([1, 2, 3])) }
        == "solve does not fit f64[2, 2] and f64[3]")
    #expect(
      message { try Tensor.solve(Tensor.eye(2, 2), Tensor(1.0)) }
        == "solve needs a vector or matrix on the right, and got f64")
  }
}

private func answers(_ a: Tensor) throws -> [Tensor] {
  let gram = try Tensor.matmul(a, transposed(a))
  let positive = try Tensor.binary(.add, gram, Tensor.eye(300, 300, .f64))
  return try [
    Tensor.matmul(a, a), gram, Tensor.choleskyFactor(positive), Tensor.solve(positive, a),
    Tensor.eigvalsh(positive), Tensor.matmul(a, a.indexed(at: 0)),
  ]
}

@Suite struct ThreadTests {
  /// OpenBLAS's own threads get these wrong where two callers overlap.
  @Test func `threads of one process multiply and factor at once`() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          var key = RandomKey(seed: 3)
          let a = try key.normal(Shape(300, 300), .f64)
          let first = try answers(a)
          for _ in 0..<5 {
            for (x, y) in try zip(answers(a), first) { try expectNear(x, y, 1e-7) }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test(arguments: [DType.f64, .f32], [[331, 517, 203], [517, 300, 517], [2000, 900, 1]])
  func `a product is the same for every number of threads`(
    _ dtype: DType, _ extents: [Int]
  ) throws {
    var key = RandomKey(seed: 5)
    let a = try key.normal(Shape(extents[0], extents[1]), dtype)
    let b = try key.normal(Shape(extents[1], extents[2]), dtype)
    let before = Threads.count
    defer { Threads.count = before }
    var products: [[Double]] = []
    for count in [1, 2, 3, 7] {
      Threads.count = count
      let all = try [
        Tensor.matmul(a, b), Tensor.matmul(a, transposed(a)),
        Tensor.matmul(transposed(b), transposed(a)),
      ]
      products.append(all.flatMap { $0.doubles })
    }
    for product in products {
      let worst = zip(product, products[0]).map { abs($0 - $1) }.max() ?? 0
      // Of a row and a column BLAS rounds as it reads; all others are equal to the last bit.
      #expect(worst <= (extents.contains(1) ? (dtype == .f32 ? 1e-3 : 1e-11) : 0))
    }
  }
}
