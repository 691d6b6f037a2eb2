// Sorting, random numbers, Adam's step and memory in every extent at which they work differently.

import Glibc
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
        try expectSame(order, expected)
      }
      let down = try x.swappedAxes(0, 1).contiguous().argsort(axis: 0, descending: descending)
      try expectSame(down.swappedAxes(0, 1), expected)
    }
  }

  @Test(arguments: Threshold.randomTask.around(1, 2), [DType.f64, .f32])
  func `a long draw begins as a short one, on any number of threads`(
    _ count: Int, _ dtype: DType
  ) throws {
    let draws: [(inout RandomKey, Shape) throws -> Tensor] = [
      { try $0.uniform($1, dtype) }, { try $0.normal($1, dtype) },
    ]
    for draw in draws {
      // Pieces that one thread fills, each from where the one before it ended.
      var (parts, key) = ([Double](), RandomKey(seed: 5))
      while parts.count < count {
        parts += try draw(&key, Shape(Threshold.randomTask.value / 4)).doubles
      }
      try onOneAndSeveralThreads {
        var key = RandomKey(seed: 5)
        let whole = try draw(&key, Shape(count))
        try expectSame(whole, Array(parts[..<count]))
      }
    }
  }

  @Test(
    arguments: Threshold.pass.around() + Threshold.adamPiece.around(1, 2, 3), [DType.f64, .f32])
  func `Adam's step and its derivative are those of each element`(
    _ count: Int, _ dtype: DType
  ) throws {
    let step = AdamStep(beta1: 0.9, beta2: 0.99, epsilon: 1e-8, epsilonRoot: 1e-6, count: 3)
    let operands = try (1...6).map { seed in
      // Moments are of magnitudes between 1 and 3.
      try tensor(scattered(count, seed: seed).map { $0 + 2 }, nil, dtype)
    }
    func run(_ x: [Tensor]) throws -> [Tensor] {
      try Tensor.adamStep(x[0], x[1], x[2], step)
        + Tensor.adamGradient(x[0], x[1], x[2], cotangents: [x[3], x[4], x[5]], step)
    }
    // Every choice of six numbers from 1 to 3, by the digits of a number.
    let alone = try (0..<729).map { number in
      var (rest, x) = (number, [Tensor]())
      for _ in 0..<6 {
        x.append(try tensor([Double(rest % 3 + 1)], nil, dtype))
        rest /= 3
      }
      return try run(x).map { try $0.doubles[0] }
    }
    let values = try operands.map { try $0.doubles }
    let choices = (0..<count).map { i in
      (0..<6).reversed().reduce(0) { $0 * 3 + Int(values[$1][i]) - 1 }
    }
    try onOneAndSeveralThreads {
      for (result, tensor) in try run(operands).enumerated() {
        let expected = choices.map { alone[$0][result] }
        let bound = dtype == .f32 ? 1e-4 : 1e-11
        try expectSame(tensor, expected, within: bound)
      }
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
