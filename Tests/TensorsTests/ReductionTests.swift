import Kernels
import Platform
import TensorSupport
import Testing

@testable import Tensors

@Suite struct ReductionTests {
  static let shapes: [[Int]] = [
    [], [1], [5], [3, 4], [40, 30], [2, 3, 4], [17, 1, 9], [2, 3, 2, 5], [300, 16],
  ]

  /// What a loop over the flattened tensor makes of the elements that share a result.
  func groups(_ x: Tensor, _ axes: AxisSet) throws -> [[Double]] {
    var result: [[Double]] = []
    let kept = (0..<x.rank).filter { !axes.contains($0) }
    let count = kept.map { x.shape[$0] }.reduce(1, *)
    result = [[Double]](repeating: [], count: count)
    for (position, value) in x.doubles.enumerated() {
      var (rest, index) = (position, [Int](repeating: 0, count: x.rank))
      for axis in (0..<x.rank).reversed() {
        index[axis] = rest % x.shape[axis]
        rest /= x.shape[axis]
      }
      result[kept.reduce(0) { $0 * x.shape[$1] + index[$1] }].append(value)
    }
    return result
  }

  @Test(arguments: shapes)
  func `every set of axes agrees with a loop`(_ shape: [Int]) throws {
    let plain = try Tensor.binary(
      .remainder, Tensor.binary(.multiply, counting(shape), Tensor(7.0)), Tensor(11.0))
    let x = try Tensor.binary(.subtract, plain, Tensor(5.0))
    let turned = shape.count > 1 ? try x.swappedAxes(0, -1).contiguous().swappedAxes(0, -1) : x
    for bits in 0..<UInt8(1 << shape.count) {
      let axes = AxisSet(bits: bits)
      let expected = try groups(x, axes)
      for y in [x, turned, try x.converted(to: .i64), try x.converted(to: .f32)] {
        #expect(try y.sum(axes).doubles == expected.map { $0.reduce(0, +) })
        #expect(try y.max(axes).doubles == expected.map { $0.max() ?? 0 })
        #expect(try y.min(axes).doubles == expected.map { $0.min() ?? 0 })
        #expect(try y.any(axes).doubles == expected.map { $0.contains { $0 != 0 } ? 1 : 0 })
        #expect(try y.all(axes).doubles == expected.map { $0.allSatisfy { $0 != 0 } ? 1 : 0 })
      }
      let small = try Tensor.binary(.add, Tensor.binary(.multiply, x, Tensor(1e-3)), Tensor(1.0))
      let products = try small.prod(axes).doubles
      for (product, group) in try zip(products, groups(small, axes)) {
        #expect(agrees(product, group.reduce(1, *), 1e-12))
      }
      let half = try Tensor.binary(.multiply, x, Tensor(0.5))
      let differences = try groups(half, axes).map { $0.map { $0 * $0 } }
      for y in [x, turned] {
        let lengths = try y.norm(axes).doubles
        let means = try Tensor.meanSquaredDifference(y, half, axes).doubles
        for (length, group) in zip(lengths, expected) {
          #expect(agrees(length, sqrt(group.reduce(0) { $0 + $1 * $1 }), 1e-15))
        }
        for (mean, group) in zip(means, differences) {
          #expect(agrees(mean, group.reduce(0, +) / Double(group.count), 1e-15))
        }
      }
      let sums = try x.logsumexp(axes).doubles
      for (sum, group) in zip(sums, expected) {
        #expect(agrees(sum, log(group.map(exp).reduce(0, +)), 1e-13))
      }
      #expect(try x.sum(axes, keepAxes: true).rank == x.rank)
    }
    for axis in 0..<shape.count {
      let expected = try groups(x, AxisSet(axis))
      #expect(
        try x.argmax(axis: axis).doubles
          == expected.map { Double($0.firstIndex(of: $0.max() ?? 0) ?? 0) })
      #expect(
        try turned.argmin(axis: axis).doubles
          == expected.map { Double($0.firstIndex(of: $0.min() ?? 0) ?? 0) })
    }
  }

  @Test func `sums are pairwise`() throws {
    let x = try Tensor.full(Shape(1_000_000), 0.1, .f32)
    #expect(
      agrees(try x.sum(.all(rank: 1)).firstDouble, 100_000 * (Double(Float(0.1)) / 0.1), 4e-7))
    let columns = try Tensor.full(Shape(100_000, 16), 0.1, .f32).sum(AxisSet(0))
    #expect(try columns.doubles.allSatisfy { agrees($0, 1e4 * (Double(Float(0.1)) / 0.1), 3e-7) })
    let tenths = try Tensor.full(Shape(10_000_000), 0.1, .f64).sum(.all(rank: 1)).firstDouble
    #expect(agrees(tenths, 1e6, 1e-14))
  }

  @Test func `squares of a norm neither overflow nor vanish`() throws {
    let whole = AxisSet.all(rank: 1)
    for (scale, dtype) in [(1e200, DType.f64), (1e-200, .f64), (1e25, .f32), (1e-25, .f32)] {
      let x = try tensor([3 * scale, -4 * scale, 0], nil, dtype)
      #expect(agrees(try x.norm(whole).firstDouble, 5 * scale, dtype == .f64 ? 1e-15 : 2e-7))
      // Beside rows that need no care.
      let rows = try tensor([3, 4, 3 * scale, 4 * scale, 0, 0], [3, 2], dtype).norm(AxisSet(1))
      #expect(zip(try rows.doubles, [5, 5 * scale, 0]).allSatisfy { agrees($0, $1, 2e-7) })
    }
    #expect(try tensor([0, 0]).norm(whole).firstDouble == 0)
    #expect(try tensor([.infinity, 1]).norm(whole).firstDouble == .infinity)
    #expect(try tensor([-.infinity, .nan]).norm(whole).firstDouble.isNaN)
    #expect(try Tensor.zeros(Shape(0)).norm(whole).firstDouble == 0)
    #expect(try Tensor.zeros(Shape(2, 0)).norm(AxisSet(1)).doubles == [0, 0])
  }

  @Test func `inner products are pairwise, of any stride`() throws {
    for n in [0, 1, 31, 513, 1_000_003] {
      let x = try Tensor.full(Shape(n), 0.1, .f32)
      let y = try Tensor.full(Shape(2 * n), 3, .f32).sliced(starts: [0], stops: [2 * n], steps: [2])
      let (tenth, count) = (Double(Float(0.1)), Double(n))
      #expect(agrees(try Tensor.matmul(x, y).firstDouble, count * tenth * 3, 4e-7))
      let error = try Tensor.meanSquaredDifference(x, y, .all(rank: 1)).firstDouble
      #expect(n == 0 ? error.isNaN : agrees(error, (tenth - 3) * (tenth - 3), 4e-7))
    }
    let x = try counting([4])
    #expect(try Tensor.matmul(x, x.flipped(.all(rank: 1))).firstDouble == 4)
  }

  @Test func `nan goes through max and min, and comes first in argmax`() throws {
    for n in [3, 40, 1000] {
      for place in [0, n / 2, n - 1] {
        var values = (0..<n).map(Double.init)
        values[place] = .nan
        for dtype in [DType.f32, .f64] {
          let x = try tensor(values, nil, dtype)
          #expect(try x.max(.all(rank: 1)).firstDouble.isNaN)
          #expect(try x.min(.all(rank: 1)).firstDouble.isNaN)
          #expect(try x.argmax().firstInt == place)
          #expect(try x.argmin(axis: 0).firstInt == place)
        }
      }
    }
  }

  @Test func `nothing to reduce`() throws {
    let x = try Tensor.zeros(Shape(0, 3))
    #expect(try x.sum(AxisSet(0)).doubles == [0, 0, 0])
    #expect(try x.prod(AxisSet(0)).doubles == [1, 1, 1])
    #expect(try x.sum(AxisSet(1)).doubles == [])
    #expect(try x.logsumexp(.all(rank: 2)).doubles == [-.infinity])
    #expect(try x.any(.all(rank: 2)).doubles == [0])
    #expect(try x.all(.all(rank: 2)).doubles == [1])
    #expect(try x.max(AxisSet(1)).count == 0)
    #expect(
      message { try x.max(AxisSet(0)) }
        == "max of no elements is not defined: f64[0, 3] has none along axis 0")
    #expect(
      message { try x.argmin() }
        == "argmin of no elements is not defined: f64[0, 3] has none along axis 0")
  }

  @Test func `whole numbers`() throws {
    let flags = try Tensor.binary(.less, counting([10]), Tensor(4.0))
    #expect(try flags.sum(.all(rank: 1)).dtype == .i64)
    #expect(try flags.sum(.all(rank: 1)).firstInt == 4)
    #expect(try flags.prod(.all(rank: 1)).firstInt == 0)
    let big = try whole([.max, 1])
    #expect(message { try big.sum(.all(rank: 1)) } == "sum of i64[2] overflows i64")
    #expect(message { try big.cumsum(axis: 0) } == "cumsum of i64[2] overflows i64")
    #expect(try whole([.max, 2, 0]).prod(.all(rank: 1)).firstInt == 0)
    #expect(message { try whole([.max, 2]).prod(.all(rank: 1)) } == "prod of i64[2] overflows i64")
  }

  @Test func `running sums and products`() throws {
    let x = try counting([2, 3])
    #expect(try x.cumsum(axis: 1).doubles == [0, 1, 3, 3, 7, 12])
    #expect(try x.cumsum(axis: 0).doubles == [0, 1, 2, 3, 5, 7])
    #expect(try x.cumprod(axis: -1).doubles == [0, 0, 0, 3, 12, 60])
    #expect(try Tensor.zeros(Shape(0, 3)).cumsum(axis: 0).shape == Shape(0, 3))
  }

  @Test func `softmax along either axis, without overflow`() throws {
    let x = try tensor([1000, 1001, 1002, -5, 0, 5], [2, 3])
    let rows = try x.softmax(axis: 1).doubles
    let expected = [0.09003057317038046, 0.24472847105479764, 0.6652409557748218]
    for i in 0..<3 { #expect(agrees(rows[i], expected[i], 1e-14)) }
    let turned = try x.swappedAxes(0, 1).softmax(axis: 0).swappedAxes(0, 1).doubles
    #expect(turned == rows)
    let logs = try x.logSoftmax(axis: 1).doubles
    for i in 0..<6 { #expect(agrees(exp(logs[i]), rows[i], 1e-12)) }
    #expect(agrees(try x.logsumexp(AxisSet(1)).doubles[0], 1002.4076059644444, 1e-14))
    let single = try tensor([.infinity, 0, -.infinity, -.infinity], [2, 2], .f32)
    #expect(try single.logsumexp(AxisSet(1)).doubles == [.infinity, -.infinity])
    #expect(try counting([5000], .f32).softmax(axis: 0).sum(.all(rank: 1)).firstDouble > 0.999999)
  }

  /// Logits in steps of 1/64, so that their differences are exact; the lengths are whole and broken
  /// groups of lanes, and parts of a pairwise sum.
  @Test(arguments: [1, 7, 31, 32, 33, 100, 512, 1000, 5000], [0, 1, 2])
  func `softmax of f32 within four units of the last place`(_ n: Int, _ level: Int32) throws {
    mos_set_kernel_level(level)
    defer { mos_set_kernel_level(2) }
    let logits = (0..<n).map { Double(($0 * 997) % 7041) / 64 - 60 }
    let result = try tensor(logits, nil, .f32).softmax(axis: 0).doubles
    let greatest = logits.max() ?? 0
    let total = logits.reduce(0) { $0 + exp($1 - greatest) }
    for (x, y) in zip(logits, result) {
      let expected = exp(x - greatest) / total
      let error = abs(y - expected) / Double(Float(expected).ulp)
      #expect(error <= 4, "\(n) \(x): \(error) ulp")
    }
  }

  @Test func `a nan or an infinity anywhere makes a softmax nan`() throws {
    for n in [5, 40, 700] {
      for place in [0, n / 2, n - 1] {
        for dtype in [DType.f32, .f64] {
          for special in [Double.nan, .infinity] {
            var values = [Double](repeating: 1, count: n)
            values[place] = special
            let x = try tensor(values, nil, dtype)
            #expect(try x.softmax(axis: 0).doubles.allSatisfy { $0.isNaN })
            #expect(try x.logSoftmax(axis: 0).doubles.contains { $0.isNaN })
            let sum = try x.logsumexp(.all(rank: 1)).firstDouble
            #expect(special.isNaN ? sum.isNaN : sum == .infinity)
          }
          let nothing = try tensor(
            [Double](repeating: -.infinity, count: n), nil, dtype)
          #expect(try nothing.softmax(axis: 0).doubles.allSatisfy { $0.isNaN })
          var masked = [Double](repeating: -.infinity, count: n)
          masked[place] = -3
          let one = try tensor(masked, nil, dtype).softmax(axis: 0).doubles
          #expect(one.enumerated().allSatisfy { $0.element == ($0.offset == place ? 1 : 0) })
        }
      }
    }
  }
}
