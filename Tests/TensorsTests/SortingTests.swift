// Order along an axis.

import TensorSupport
import Testing

@testable import Tensors

@Suite struct SortingTests {
  @Test func `lanes are sorted along any axis`() throws {
    let x = try tensor([3, 1, 2, 9, 7, 8], [2, 3])
    #expect(try x.argsort().integers == [1, 2, 0, 1, 2, 0])
    #expect(try x.argsort(axis: 0, descending: true).integers == [1, 1, 1, 0, 0, 0])
    #expect(try x.swappedAxes(0, 1).argsort(axis: 0).integers == [1, 1, 2, 2, 0, 0])
    #expect(try Tensor(4.0).argsort().integers == [0])
    #expect(try Tensor.zeros(Shape(2, 0)).argsort().shape == Shape(2, 0))
    #expect(try Tensor.zeros(Shape(0, 2)).argsort().shape == Shape(0, 2))
    #expect(message { try x.argsort(axis: 2) } == "axis 2 is out of range for 2 axes")
  }

  @Test func `equal elements keep their order and nan comes last`() throws {
    let x = try tensor([.nan, 1, 0, -0.0, .infinity, 1, -.infinity])
    #expect(try x.argsort().integers == [6, 2, 3, 1, 5, 4, 0])
    #expect(try x.argsort(descending: true).integers == [4, 1, 5, 2, 3, 6, 0])
    let whole = try whole([.max, 0, .min, -1])
    #expect(try whole.argsort().integers == [2, 3, 1, 0])
    #expect(try whole.argsort(descending: true).integers == [0, 1, 3, 2])
    #expect(try tensor([1, 0, 1], nil, .bool).argsort().integers == [1, 0, 2])
  }

  @Test(arguments: [DType.f64, .f32, .i64], [95, 97, 5000])
  func `long lanes agree with Swift's sort`(_ dtype: DType, _ count: Int) throws {
    var key = RandomKey(seed: 2)
    let x = try Tensor.binary(.multiply, key.normal(Shape(3, count)), Tensor(50.0))
      .converted(to: .i64).converted(to: dtype)
    for descending in [false, true] {
      let order = try x.argsort(descending: descending).integers
      for row in 0..<3 {
        let values = try x.indexed(at: row).doubles
        let expected = values.indices.sorted {
          values[$0] == values[$1] ? $0 < $1 : (values[$0] < values[$1]) != descending
        }
        #expect(Array(order[(row * count)..<((row + 1) * count)]) == expected)
      }
    }
  }

  @Test func `unique and searchsorted`() throws {
    let x = try tensor([3, 1, .nan, 2, 9, 7, 8, 7], [2, 4])
    let (values, inverse, counts) = try tensor([2, 1, 2, .nan, .nan, 0], [2, 3]).unique()
    #expect(try values.doubles.description == "[0.0, 1.0, 2.0, nan]")
    #expect(inverse.integers == [2, 1, 2, 3, 3, 0] && inverse.shape == Shape(2, 3))
    #expect(counts.integers == [1, 1, 2, 2])
    #expect(try Tensor.zeros(Shape(0)).unique().values.count == 0)
    let sorted = try tensor([1, 2, 2, 3])
    #expect(try sorted.searchsorted(tensor([0, 2, 5, .nan])).integers == [0, 1, 4, 4])
    #expect(try sorted.searchsorted(tensor([2, 3]), right: true).integers == [3, 4])
    #expect(try whole([1, 2]).searchsorted(tensor([1.5])).integers == [1])
    #expect(
      message { try x.searchsorted(sorted) }
        == "searchsorted needs values with a row for each sorted one, and got f64[4] for f64[2, 4]")
  }

  @Test func `quantiles interpolate between their neighbours`() {
    let median = QuantilePlace(0.5, of: 4)
    #expect((median.lower, median.upper, median.weight) == (1, 2, 0.5))
    let last = QuantilePlace(1, of: 4)
    #expect((last.lower, last.upper, last.weight) == (3, 3, 0))
  }

  @Test func `the first element outside an interval is found whatever the strides`() throws {
    for dtype in [DType.f64, .f32, .i64] {
      let x = try tensor([0, 1, 2, 5, -1, 3], [2, 3]).converted(to: dtype)
      func found(_ x: Tensor, _ low: Double, _ high: Double) throws -> Double? {
        try x.firstElement(below: low, orAbove: high)?.firstDouble
      }
      #expect(try found(x, -1, 5) == nil)
      #expect(try found(x, 0, 5) == -1)
      #expect(try found(x, -1, 4) == 5)
      #expect(try found(x, 0, 1) == 2)
      #expect(try found(x.swappedAxes(0, 1), 0, 1) == 5)
      #expect(try found(x, 0, -1) == 0)
      #expect(try found(Tensor.zeros(Shape(0), dtype), 1, 2) == nil)
    }
    for count in Tensor.shortScan - 1...Tensor.shortScan + 1 {
      var values = [Double](repeating: 0.5, count: count)
      #expect(try tensor(values).firstElement(below: 0, orAbove: 1) == nil)
      values[count - 2] = .nan
      #expect(try tensor(values).firstElement(below: 0, orAbove: 1) == nil)
      values[count - 1] = 2
      #expect(try tensor(values).firstElement(below: 0, orAbove: 1)?.firstDouble == 2)
      #expect(try tensor(values).firstElement(below: 0, orAbove: .infinity) == nil)
    }
    #expect(try tensor([.nan, 0.5]).firstElement(below: 0, orAbove: 1) == nil)
    #expect(
      try tensor([.nan, .infinity]).firstElement(below: 0, orAbove: 1)?.firstDouble == .infinity)
    #expect(try Tensor(0.0).firstElement(below: .leastNonzeroMagnitude, orAbove: 1)?.count == 1)
  }
}
