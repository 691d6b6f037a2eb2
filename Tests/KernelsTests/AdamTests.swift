// Adam's step of every size at which it is cut differently.

import TensorSupport
import Tensors
import Testing

@Suite(.serialized) struct AdamTests {
  @Test(
    arguments: Threshold.pass.around() + Threshold.adamPiece.around(1, 2, 3), [DType.f64, .f32])
  func `Adam's step and its derivative are those of each element`(
    _ count: Int, _ dtype: DType
  ) throws {
    let step = AdamStep(beta1: 0.9, beta2: 0.99, epsilon: 1e-8, epsilonRoot: 1e-6, count: 3)
    let c = [Tensor(step.correction1), Tensor(step.correction2)]
    let operands = try (1...6).map { seed in
      // Moments are of magnitudes between 1 and 3.
      try tensor(scattered(count, seed: seed).map { $0 + 2 }, nil, dtype)
    }
    func run(_ x: [Tensor]) throws -> [Tensor] {
      let all: [Tensor?] = [x[3], x[4], x[5]]
      let one: [Tensor?] = [nil, x[4], nil]
      return try Tensor.adamStep(x[0], x[1], x[2], step, corrections: c[0], c[1])
        + Tensor.adamGradient(x[0], x[1], x[2], cotangents: all, step, corrections: c[0], c[1])
        + Tensor.adamGradient(x[0], x[1], x[2], cotangents: one, step, corrections: c[0], c[1])
    }
    // Every choice of six numbers from 1 to 3, by the digits of a number.
    let alone = try (0..<729).map { number in
      var (rest, x) = (number, [Tensor]())
      for _ in 0..<6 {
        x.append(try tensor([Double(rest % 3 + 1)], nil, dtype))
        rest /= 3
      }
      return try run(x).map { $0.doubles[0] }
    }
    let values = operands.map { $0.doubles }
    let choices: [Int] = (0..<count).map { i in
      values.reversed().reduce(0) { $0 * 3 + Int($1[i]) - 1 }
    }
    try onEveryLevelAndSeveralThreads {
      for (result, tensor) in try run(operands).enumerated() {
        let expected = choices.map { alone[$0][result] }
        let bound = dtype == .f32 ? 1e-4 : 1e-11
        expectSame(tensor, expected, within: bound)
      }
    }
  }
}
