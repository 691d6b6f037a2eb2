// Sorting and memory in every extent at which they work differently.

import TensorSupport
import Testing

@testable import Tensors

@Suite(.serialized) struct OrderThresholdTests {
  @Test(arguments: Threshold.insertion.around(1, 2, 4), [DType.f64, .f32, .i64])
  func `lanes of every length sort as Swift does`(_ count: Int, _ dtype: DType) throws {
    let values = scattered(3 * count, spread: 100)
    let x = try tensor(values, [3, count], dtype)
    for descending in [false, true] {
      let expected = (0..<3).flatMap { row in
        let lane = Array(values[row * count..<(row + 1) * count])
        let order = lane.indices.sorted {
          lane[$0] == lane[$1] ? $0 < $1 : (lane[$0] < lane[$1]) != descending
        }
        return order.map(Double.init)
      }
      for x in try x.layouts {
        let order = try x.argsort(descending: descending)
        expectSame(order, expected)
      }
      let down = try x.swappedAxes(0, 1).contiguous().argsort(axis: 0, descending: descending)
      try expectSame(down.swappedAxes(0, 1), expected)
    }
  }

  @Test(
    arguments: Threshold.inlineBytes.around() + Threshold.mappedBytes.around()
      + Threshold.hugeBytes.around(1, 2))
  func `memory that was used is cleared for zeros`(_ bytes: Int) throws {
    for _ in 0..<3 {
      let dirty = try tensor([Double](repeating: 1, count: bytes), nil, .bool)
      let clear = try Tensor.zeros(Shape(bytes), .bool)
      #expect(try dirty.sum(AxisSet(0)).firstInt == bytes)
      #expect(try clear.any(AxisSet(0)).firstInt == 0)
    }
  }
}
