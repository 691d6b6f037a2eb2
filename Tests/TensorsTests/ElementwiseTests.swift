import Kernels
import Platform
import TensorSupport
import Testing

@testable import Tensors

@Suite struct ElementwiseTests {
  /// Names of the functions that the oracle has.
  static let functions = UnaryKernel.allCases.filter { ElementwiseOracle.values["\($0)"] != nil }

  @Test(arguments: functions, [0, 1, 2])
  func `functions agree with their values to a few places`(
    _ kernel: UnaryKernel, _ level: Int32
  ) throws {
    mos_set_kernel_level(level)
    defer { mos_set_kernel_level(2) }
    let points = ElementwiseOracle.points
    let expected = try #require(ElementwiseOracle.values["\(kernel)"])
    let x = try tensor(points)
    let y = try Tensor.unary(kernel, x).doubles
    let single = try Tensor.unary(kernel, x.converted(to: .f32))
    #expect(single.dtype == .f32)
    let z = single.doubles
    for (i, point) in points.enumerated() where !expected[i].isNaN {
      // Near a zero of the function, rounding of the argument's reduction is absolute.
      let close = agrees(y[i], expected[i], 2e-15) || abs(y[i] - expected[i]) < 1e-16
      let special = [.erfinv, .digamma, .trigamma, .lgamma].contains(kernel)
      #expect(
        close || (special && agrees(y[i], expected[i], 2e-13)),
        "\(kernel) \(point) \(y[i]) \(expected[i])")
      guard Double(Float(point)) == point else { continue }
      let wide = Float(expected[i])
      let narrow = agrees(z[i], Double(wide), 6e-7) || abs(z[i] - Double(wide)) < 1e-37
      #expect(narrow, "f32 \(kernel) \(point) \(z[i]) \(wide)")
    }
    for (i, point) in points.enumerated() where expected[i].isNaN {
      let pole =
        y[i].isInfinite && [.lgamma, .digamma, .trigamma, .atanh, .erfinv, .log1p].contains(kernel)
      #expect(y[i].isNaN || pole, "\(kernel) \(point) \(y[i])")
    }
  }

  /// Bounds of f32 errors in units of the last place, and the functions in f64.
  static let bounds: [(UnaryKernel, Double, @Sendable (Double) -> Double)] = [
    (.exp, 1.2, { exp($0) }),
    (.sigmoid, 2.5, { 1 / (1 + exp(-$0)) }),
    (.silu, 2.5, { $0 / (1 + exp(-$0)) }),
    (.gelu, 4.2, { 0.5 * $0 * erfc(-$0 * 0.5.squareRoot()) }),
  ]

  /// Every 9973rd float up to 112 in magnitude, of either sign, results below the normal range
  /// included.
  @Test(arguments: bounds, [0, 1, 2])
  func `f32 errors in units of the last place`(
    _ row: (UnaryKernel, Double, @Sendable (Double) -> Double), _ level: Int32
  ) throws {
    mos_set_kernel_level(level)
    defer { mos_set_kernel_level(2) }
    let (kernel, bound, function) = row
    let magnitudes = stride(from: UInt32(0), to: Float(112).bitPattern, by: 9973)
    let points = magnitudes.map { Double(Float(bitPattern: $0)) }.flatMap { [$0, -$0] }
    let results = try Tensor.unary(kernel, tensor(points, nil, .f32)).doubles
    var worst = (share: 0.0, point: 0.0)
    for (x, y) in zip(points, results) {
      let expected = function(x)
      guard Float(expected).isFinite else {
        #expect(y == Double(Float(expected)), "\(kernel) \(x) \(y)")
        continue
      }
      let allowed = kernel == .gelu && x < -1 ? 6.2 : bound
      let share = abs(y - expected) / (allowed * Double(Float(expected).ulp))
      if share > worst.share { worst = (share, x) }
    }
    #expect(worst.share <= 1, "\(kernel) at \(worst.point): \(worst.share) of what is allowed")
  }

  @Test(arguments: functions)
  func `a value does not depend on its place`(_ kernel: UnaryKernel) throws {
    for dtype in [DType.f32, .f64] {
      for value in [0.3, 0.7] {
        let long = try Tensor.unary(kernel, Tensor.full(Shape(67), value, dtype)).doubles
        #expect(Set(long).count == 1 || long[0].isNaN, "\(kernel) \(dtype)")
        let one = try Tensor.unary(kernel, Tensor(value, dtype: dtype)).doubles
        #expect(agrees(one[0], long[0], 0), "\(kernel) \(dtype)")
      }
    }
  }

  /// At infinity, -infinity, 0, -0 and nan.
  static let specials: [(UnaryKernel, [Double])] = [
    (.exp, [.infinity, 0, 1, 1, .nan]),
    (.log, [.infinity, .nan, -.infinity, -.infinity, .nan]),
    (.tanh, [1, -1, 0, -0.0, .nan]),
    (.sigmoid, [1, 0, 0.5, 0.5, .nan]),
    (.softplus, [.infinity, 0, 0.6931471805599453, 0.6931471805599453, .nan]),
    (.logSigmoid, [0, -.infinity, -0.6931471805599453, -0.6931471805599453, .nan]),
    (.silu, [.infinity, 0, 0, -0.0, .nan]),
    (.gelu, [.infinity, 0, 0, -0.0, .nan]),
    (.relu, [.infinity, 0, 0, -0.0, .nan]),
    (.sign, [1, -1, 0, 0, .nan]),
    (.sin, [.nan, .nan, 0, -0.0, .nan]),
    (.erf, [1, -1, 0, -0.0, .nan]),
    (.sqrt, [.infinity, .nan, 0, -0.0, .nan]),
    (.isnan, [0, 0, 0, 0, 1]),
    (.isinf, [1, 1, 0, 0, 0]),
    (.isfinite, [0, 0, 1, 1, 0]),
    (.logicalNot, [0, 0, 1, 1, 0]),
    (.floor, [.infinity, -.infinity, 0, -0.0, .nan]),
  ]

  @Test(arguments: specials)
  func `infinities, zeros and nan`(_ kernel: UnaryKernel, _ expected: [Double]) throws {
    for dtype in [DType.f32, .f64] {
      let x = try tensor([.infinity, -.infinity, 0, -0.0, .nan], nil, dtype)
      let y = try Tensor.unary(kernel, x).doubles
      for i in 0..<5 {
        #expect(agrees(y[i], expected[i], 1e-7), "\(kernel) \(dtype) \(i) \(y[i])")
        if expected[i] == 0 && !kernel.isTest && kernel != .sign && i >= 2 {
          #expect(y[i].sign == expected[i].sign, "\(kernel) \(dtype) sign of zero \(i)")
        }
      }
    }
  }

  @Test func `rounding is half to even`() throws {
    let x = try tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    #expect(try Tensor.unary(.round, x).doubles == [-2, -2, 0, 0, 2, 2])
    #expect(try Tensor.unary(.trunc, x).doubles == [-2, -1, 0, 0, 1, 2])
  }

  @Test func `whole numbers stay whole, or become floats, or overflow with an error`() throws {
    let x = try whole([-3, 0, 4])
    #expect(try Tensor.unary(.abs, x).dtype == .i64)
    #expect(try Tensor.unary(.square, x).doubles == [9, 0, 16])
    #expect(try Tensor.unary(.exp, x).dtype == .f64)
    #expect(try Tensor.unary(.exp, x, defaultFloat: .f32).dtype == .f32)
    #expect(try Tensor.unary(.isnan, x).dtype == .bool)
    #expect(try Tensor.unary(.negate, Tensor(true)).doubles == [-1])
    for kernel in [UnaryKernel.negate, .abs] {
      #expect(
        message { try Tensor.unary(kernel, whole([1, .min])) }
          == "\(kernel) of -9223372036854775808 overflows i64")
    }
    #expect(
      message { try Tensor.unary(.square, whole([1 << 40])) }
        == "square of 1099511627776 overflows i64")
  }

  @Test func `floor division and remainder are Python's`() throws {
    let (a, b) = (try whole([7, -7, 7, -7, 0, -1]), try whole([2, 2, -2, -2, 5, 3]))
    #expect(try Tensor.binary(.floorDivide, a, b).doubles == [3, -4, -4, 3, 0, -1])
    #expect(try Tensor.binary(.remainder, a, b).doubles == [1, 1, -1, -1, 0, 2])
    let (x, y) = (try tensor([7.5, -7.5, 7.5, -1e-20]), try tensor([2, 2, -2, 3]))
    #expect(try Tensor.binary(.floorDivide, x, y).doubles == [3, -4, -4, -1])
    #expect(try Tensor.binary(.remainder, x, y).doubles == [1.5, 0.5, -0.5, 3])
    #expect(
      try Tensor.binary(.floorDivide, tensor([1, -1]), Tensor(0.0)).doubles
        == [.infinity, -.infinity])
    #expect(try Tensor.binary(.remainder, whole([.min]), Tensor(-1)).doubles == [0])
  }

  @Test func `types meet`() throws {
    let (i, s, d) = (Tensor(3), Tensor(0.5, dtype: .f32), Tensor(0.25))
    #expect(try Tensor.binary(.add, i, s).dtype == .f32)
    #expect(try Tensor.binary(.add, s, d).dtype == .f64)
    #expect(try Tensor.binary(.divide, i, Tensor(2)).doubles == [1.5])
    #expect(try Tensor.binary(.divide, i, Tensor(2), defaultFloat: .f32).dtype == .f32)
    #expect(try Tensor.binary(.add, Tensor(true), Tensor(true)).doubles == [2])
    #expect(try Tensor.binary(.less, i, d).dtype == .bool)
    #expect(try Tensor.binary(.and, Tensor(true), Tensor(false)).dtype == .bool)
    #expect(try Tensor.binary(.or, Tensor(6), Tensor(9)).doubles == [15])
    #expect(try Tensor.binary(.maximum, Tensor(true), Tensor(false)).dtype == .bool)
    #expect(message { try Tensor.binary(.and, d, d) } == "cannot combine f64 and f64 bit by bit")
  }

  @Test func `whole numbers overflow with an error that names them`() throws {
    let big = try whole([1, .max])
    #expect(
      message { try Tensor.binary(.add, big, Tensor(1)) }
        == "9223372036854775807 + 1 overflows i64")
    #expect(
      message { try Tensor.binary(.multiply, big, big) }
        == "9223372036854775807 * 9223372036854775807 overflows i64")
    #expect(
      message { try Tensor.binary(.subtract, whole([.min]), Tensor(1)) }
        == "-9223372036854775808 - 1 overflows i64")
    #expect(
      message { try Tensor.binary(.floorDivide, big, Tensor(0)) }
        == "whole numbers cannot be divided by 0: 1 // 0")
    #expect(
      message { try Tensor.binary(.power, Tensor(2), Tensor(-1)) }
        == "whole numbers cannot be raised to a negative power: 2 ** -1")
    #expect(
      message { try Tensor.binary(.power, Tensor(10), Tensor(19)) }
        == "10 ** 19 overflows i64")
    #expect(try Tensor.binary(.power, Tensor(-2), Tensor(63)).firstInt == Int.min)
    #expect(try Tensor.binary(.power, Tensor(0), Tensor(0)).firstInt == 1)
  }

  @Test func `powers of floats`() throws {
    let x = try tensor([-2, -0.0, 0, 0.5, 4, .infinity, -.infinity])
    #expect(
      try Tensor.binary(.power, x, Tensor(2.0)).doubles == [
        4, 0, 0, 0.25, 16, .infinity, .infinity,
      ])
    #expect(
      try Tensor.binary(.power, x, Tensor(3.0)).doubles
        == [-8, 0, 0, 0.125, 64, .infinity, -.infinity])
    let root = try Tensor.binary(.power, x, Tensor(0.5)).doubles
    #expect(root[0].isNaN && root[1...] == [0, 0, 0.7071067811865476, 2, .infinity, .infinity])
    #expect(try Tensor.binary(.power, Tensor(2.0), x).doubles.map { $0 == $0 }.allSatisfy { $0 })
    #expect(
      try Tensor.binary(.power, x, tensor([3, 1, 0, 2, 0.5, 0, 1])).doubles
        == [-8, 0, 1, 0.25, 2, 1, -.infinity])
  }

  @Test func `minimum and maximum give nan from either side`() throws {
    for dtype in [DType.f32, .f64] {
      let (a, b) = (try tensor([1, .nan, 2], nil, dtype), try tensor([.nan, 1, 3], nil, dtype))
      #expect(try Tensor.binary(.maximum, a, b).doubles.map(\.isNaN) == [true, true, false])
      #expect(try Tensor.binary(.minimum, a, b).doubles.last == 2)
      #expect(try Tensor.binary(.minimum, a, Tensor(.nan, dtype: dtype)).doubles[0].isNaN)
    }
  }

  @Test func `shapes that do not fit are named`() throws {
    let error = #expect(throws: TensorError.self) {
      try Tensor.binary(.add, Tensor.zeros(Shape(3, 4)), Tensor.zeros(Shape(5)))
    }
    #expect(error?.kind == .shape)
    #expect(error?.message == "cannot add f64[3, 4] and f64[5]")
    #expect(error?.label == "the last axes are 4 and 5")
    #expect(error?.hint == "axes are matched from the right; one of them must be 1 to stretch")
    let deeper = #expect(throws: TensorError.self) {
      try Tensor.binary(.less, Tensor.zeros(Shape(3, 4)), Tensor.zeros(Shape(2, 4)))
    }
    #expect(deeper?.message == "cannot compare f64[3, 4] and f64[2, 4]")
    #expect(deeper?.label == "axes -2 are 3 and 2")
  }

  /// Pairs of shapes with every way of reading an operand: direct, scalar, by rows, gathered.
  static let layouts: [([Int], [Int])] = [
    ([], []), ([1], []), ([7], [7]), ([7], []), ([], [7]), ([0], [1]), ([3, 0], [0]),
    ([4, 5], [5]), ([4, 5], [4, 1]), ([4, 1], [1, 5]), ([3, 600], [600]), ([3, 600], [3, 1]),
    ([600, 3], [3]), ([2, 3, 4, 5], [3, 1, 5]), ([2, 1, 40], [5, 1]), ([1], [3, 700]),
    ([1, 50], [40, 1]), ([9, 16], [16]), ([2, 3, 17], [1, 17]),
    ([2, 3, 30], [2, 1, 30]), ([2, 3, 30], [2, 3, 1]), ([3, 4, 2, 30], [4, 1, 30]),
    ([3, 1, 2, 30], [1, 4, 1, 30]),
  ]

  @Test(arguments: layouts)
  func `operands of any layout`(_ left: [Int], _ right: [Int]) throws {
    for (p, q) in [(left, right), (right, left)] {
      let a = try counting(p)
      let b = try Tensor.binary(.add, counting(q), Tensor(0.5))
      let shape = try #require(Shape.broadcast(a.shape, b.shape))
      let (wide, other) = (try a.broadcast(to: shape), try b.broadcast(to: shape))
      let (x, y) = (wide.doubles, other.doubles)
      let expected = zip(x, y).map { $0 - $1 }
      for dtypes in [(DType.f64, DType.f64), (.f32, .f32), (.i64, .f64)] {
        let (u, v) = (try a.converted(to: dtypes.0), try b.converted(to: dtypes.1))
        #expect(try Tensor.binary(.subtract, u, v).doubles == expected)
        #expect(
          try Tensor.binary(.subtract, u.broadcast(to: shape), v.broadcast(to: shape)).doubles
            == expected)
      }
      // Backwards and transposed.
      let axes = AxisSet.all(rank: shape.rank)
      let flipped = try Tensor.binary(.subtract, wide.flipped(axes), other.flipped(axes))
      #expect(try flipped.doubles == expected.reversed())
      if shape.rank >= 2 {
        let turned = try Tensor.binary(.subtract, wide.swappedAxes(0, -1), other.swappedAxes(0, -1))
        #expect(try turned.swappedAxes(0, -1).doubles == expected)
        let mixed = try Tensor.binary(
          .subtract, wide.swappedAxes(0, -1), other.swappedAxes(0, -1).contiguous())
        #expect(try mixed.swappedAxes(0, -1).doubles == expected)
      }
    }
  }

  @Test func `a row meets each of a few rows`() throws {
    let x = try counting([4, 20])
    let row = try Tensor.binary(.multiply, counting([20]), Tensor(2.0))
    for kernel in [BinaryKernel.add, .divide, .maximum, .less, .power] {
      let expected = try Tensor.binary(kernel, x, row.broadcast(to: x.shape).contiguous())
      let found = try Tensor.binary(kernel, x, row)
      #expect(found.dtype == expected.dtype && found.shape == expected.shape)
      #expect(try zip(found.doubles, expected.doubles).allSatisfy { agrees($0, $1, 0) })
    }
    let large = try Tensor.full(x.shape, Double(Int.max / 2), .i64)
    #expect(
      message { try Tensor.binary(.multiply, large, whole(Array(repeating: 4, count: 20))) }?
        .hasSuffix("* 4 overflows i64") == true)
  }

  @Test func `select stretches and promotes`() throws {
    let condition = try Tensor.binary(.greater, counting([3]), Tensor(0.5))
    let y = try Tensor.select(condition, whole([1]), counting([2, 3]))
    #expect(y.dtype == .f64)
    #expect(try y.doubles == [0, 1, 1, 3, 1, 1])
    #expect(try Tensor.select(whole([0, 2]), Tensor(1), Tensor(-1)).doubles == [-1, 1])
    let (a, b) = (try counting([3], .f32), try Tensor.full(Shape(3), 7, .f32))
    #expect(try Tensor.select(condition, a, b).doubles == [7, 1, 2])
    #expect(try Tensor.select(condition, a.flipped(.all(rank: 1)), b).doubles == [7, 1, 0])
    let (deep, rows) = (try counting([2, 3, 40]), try counting([2, 1, 40]))
    let isLarge = try Tensor.binary(.greater, deep, Tensor(100.0))
    let expected = zip(deep.doubles, try rows.broadcast(to: deep.shape).doubles).map {
      $0 > 100 ? $0 : $1
    }
    #expect(try Tensor.select(isLarge, deep, rows).doubles == expected)
  }

  @Test func `large operations over threads give the same`() throws {
    let x = try Tensor.linspace(-3, 3, 300_001)
    let whole = try Tensor.unary(.exp, x).doubles
    let first = try Tensor.unary(.exp, x.sliced(axis: 0, from: 0, to: 1000)).doubles
    #expect(Array(whole[..<1000]) == first)
    let y = try Tensor.binary(.add, x, x.flipped(.all(rank: 1))).doubles
    #expect(y.allSatisfy { abs($0) < 1e-12 })
    for columns in [3, 100, 256, 1000] {
      let wide = try counting([300_000 / columns, columns])
      let (row, column) = (try counting([columns]), try counting([300_000 / columns, 1]))
      let shifted = try Tensor.binary(.subtract, wide, row)
      #expect(
        try Tensor.binary(
          .subtract, shifted, Tensor.binary(.multiply, column, Tensor(Double(columns)))
        )
        .doubles.allSatisfy { $0 == 0 })
    }
  }
}

/// The message of the error that the body throws.
func message(_ body: () throws -> Tensor) -> String? {
  do {
    _ = try body()
    return nil
  } catch { return (error as? TensorError)?.message }
}
