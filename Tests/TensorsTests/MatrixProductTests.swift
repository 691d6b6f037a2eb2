import TensorSupport
import Testing

@testable import Tensors

@Suite struct MatrixProductTests {
  /// The product by the definition, for two axes.
  func product(_ a: Tensor, _ b: Tensor) throws -> [Double] {
    let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
    let (x, y) = (a.doubles, b.doubles)
    var result: [Double] = []
    for i in 0..<m {
      for j in 0..<n { result.append((0..<k).reduce(0) { $0 + x[i * k + $1] * y[$1 * n + j] }) }
    }
    return result
  }

  static let sizes: [(Int, Int, Int)] = [
    (1, 1, 1), (1, 5, 1), (1, 7, 4), (4, 7, 1), (2, 2, 2), (3, 4, 5), (8, 8, 8), (16, 3, 33),
    (1, 100, 100), (100, 100, 1), (65, 64, 63), (0, 3, 2), (2, 0, 3), (5, 1, 6),
  ]

  @Test(arguments: sizes)
  func `products agree with the definition in every layout`(_ m: Int, _ k: Int, _ n: Int) throws {
    let a = try Tensor.binary(.remainder, counting([m, k]), Tensor(7.0))
    let b = try Tensor.binary(
      .subtract, Tensor.binary(.remainder, counting([k, n]), Tensor(5.0)), Tensor(2.0))
    let expected = try product(a, b)
    let lefts = [
      a, try a.swappedAxes(0, 1).contiguous().swappedAxes(0, 1),
      try a.flipped(AxisSet(0)).contiguous().flipped(AxisSet(0)),
      try a.repeated(2, axis: 1).sliced(starts: [0, 0], stops: [m, 2 * k], steps: [1, 2]),
      try Tensor.concat([a, a], axis: 1).sliced(axis: 1, from: 0, to: k),
    ]
    let rights = [
      b, try b.swappedAxes(0, 1).contiguous().swappedAxes(0, 1),
      try b.flipped(AxisSet(1)).contiguous().flipped(AxisSet(1)),
      try Tensor.concat([b, b], axis: 0).sliced(axis: 0, from: k, to: 2 * k),
    ]
    for left in lefts {
      for right in rights {
        for dtype in [DType.f64, .f32, .i64] {
          let y = try Tensor.matmul(left.converted(to: dtype), right)
          #expect(try y.doubles == expected)
          let z = try Tensor.matmul(left.converted(to: dtype), right.converted(to: dtype))
          #expect(z.dtype == dtype)
          #expect(try z.doubles == expected)
        }
      }
    }
    let (x, y) = (try a.sliced(axis: 0, from: 0, to: min(m, 1)), b)
    if m > 0 { #expect(try Tensor.matmul(x.squeezed(0), y).doubles == Array(expected[..<n])) }
  }

  /// Products of whole numbers below 2²⁴ are exact whatever their order, so that blocks, strips and
  /// pieces of what is summed show by any number that is wrong.
  @Test(arguments: [(300, 600, 70), (40, 1100, 530), (700, 270, 33), (25, 2000, 24), (6, 300, 900)])
  func `large products are exact for whole numbers`(_ m: Int, _ k: Int, _ n: Int) throws {
    let a = try Tensor.binary(.remainder, counting([m, k]), Tensor(7.0))
    let b = try Tensor.binary(.remainder, counting([k, n]), Tensor(5.0))
    let whole = try Tensor.matmul(a.converted(to: .i64), b.converted(to: .i64))
      .converted(to: .f64).doubles
    for dtype in [DType.f64, .f32] {
      let (x, y) = (try a.converted(to: dtype), try b.converted(to: dtype))
      try expectSame(Tensor.matmul(x, y), whole)
      let (p, q) = (
        try x.swappedAxes(0, 1).contiguous().swappedAxes(0, 1),
        try y.swappedAxes(0, 1).contiguous().swappedAxes(0, 1)
      )
      try expectSame(Tensor.matmul(p, q), whole)
      try expectSame(Tensor.matmul(p, y), whole)
    }
  }

  @Test(arguments: [(33, 40), (300, 530), (601, 70)])
  func `a matrix times its transpose is symmetric and right`(_ n: Int, _ k: Int) throws {
    let a = try Tensor.binary(.remainder, counting([n, k]), Tensor(11.0))
    let whole = try a.converted(to: .i64)
    let expected = try Tensor.matmul(whole, whole.swappedAxes(0, 1)).converted(to: .f64).doubles
    for dtype in [DType.f64, .f32] {
      let x = try a.converted(to: dtype)
      try expectSame(Tensor.matmul(x, x.swappedAxes(0, 1)), expected)
      let y = try x.swappedAxes(0, 1).contiguous()
      try expectSame(Tensor.matmul(y.swappedAxes(0, 1), y), expected)
    }
  }

  @Test func `threads share many small products`() throws {
    let a = try Tensor.binary(.remainder, counting([3, 40, 50, 40]), Tensor(7.0))
    let b = try Tensor.binary(.remainder, counting([40, 40, 30]), Tensor(5.0))
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 4
    let y = try Tensor.matmul(a, b)
    Threads.count = 1
    let z = try Tensor.matmul(a, b)
    let same = y.doubles == z.doubles
    #expect(same)
    for (i, j) in [(0, 0), (1, 7), (2, 39)] {
      let left = try a.sliced(axis: 0, from: i, to: i + 1).sliced(axis: 1, from: j, to: j + 1)
        .reshaped(Shape(50, 40))
      let right = try b.sliced(axis: 0, from: j, to: j + 1).reshaped(Shape(40, 30))
      let part = try y.sliced(axis: 0, from: i, to: i + 1).sliced(axis: 1, from: j, to: j + 1)
      let agrees = try part.doubles == product(left, right)
      #expect(agrees)
    }
  }

  @Test func `batches stretch`() throws {
    let (a, b) = (try counting([2, 1, 3, 4]), try counting([5, 4, 2]))
    let y = try Tensor.matmul(a, b)
    #expect(y.shape == Shape(trusted: [2, 5, 3, 2]))
    for i in 0..<2 {
      for j in 0..<5 {
        let left = try a.sliced(axis: 0, from: i, to: i + 1).reshaped(Shape(3, 4))
        let right = try b.sliced(axis: 0, from: j, to: j + 1).reshaped(Shape(4, 2))
        let part = try y.sliced(axis: 0, from: i, to: i + 1).sliced(axis: 1, from: j, to: j + 1)
        #expect(try part.doubles == product(left, right))
      }
    }
    #expect(try Tensor.matmul(counting([2, 3, 4]), counting([4])).shape == Shape(2, 3))
    #expect(try Tensor.matmul(counting([4]), counting([2, 4, 3])).shape == Shape(2, 3))
    #expect(
      try Tensor.matmul(counting([2, 3, 4]), counting([4, 5])).shape == Shape(trusted: [2, 3, 5]))
    #expect(try Tensor.matmul(counting([4]), counting([4])).doubles == [14])
    #expect(
      try Tensor.matmul(Tensor.zeros(Shape(2, 0)), Tensor.zeros(Shape(0, 3))).doubles
        == [0, 0, 0, 0, 0, 0])
    #expect(
      try Tensor.matmul(Tensor.zeros(Shape(trusted: [0, 2, 3])), Tensor.zeros(Shape(3, 4))).shape
        == Shape(trusted: [0, 2, 4]))
  }

  @Test func `what does not fit is named`() throws {
    let error = #expect(throws: TensorError.self) {
      try Tensor.matmul(Tensor.zeros(Shape(3, 4)), Tensor.zeros(Shape(5, 2)))
    }
    #expect(error?.message == "cannot multiply f64[3, 4] and f64[5, 2] as matrices")
    #expect(error?.label == "the inner axes are 4 and 5")
    #expect(
      message { try Tensor.matmul(Tensor(1.0), Tensor.zeros(Shape(2))) }
        == "cannot multiply f64 and f64[2] as matrices")
    #expect(
      message { try Tensor.matmul(whole([.max, 1], [1, 2]), whole([2, 1], [2, 1])) }
        == "the product of i64[1, 2] and i64[2, 1] overflows i64")
  }
}
