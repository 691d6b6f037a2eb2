// Cases and corners of Adam's fused step.

import Autodiff
import Tensors
import Testing

extension PrimitiveTable {
  mutating func addAdam() {
    let moments = [f(2, 3), f(2, 3), f(2, 3, in: 0.5...1.5)]
    for (epsilonRoot, count) in [(0.0, 1), (1e-2, 3)] {
      for result in 0..<3 {
        add("adam", moments) { try adamStep($0, step(epsilonRoot, count))[result] }
        add("adam_gradient", moments + [f(2, 3), f(2, 3), f(2, 3)]) { x in
          let pull = try vjp(Array(x.prefix(3))) { try adamStep($0, step(epsilonRoot, count)) }
          return try pull(Array(x.suffix(3)))[result] ?? x[0].zerosLike()
        }
      }
    }
    // A result alone: the other cotangents are absent.
    add("adam_gradient", moments + [f(2, 3)]) { x in
      let pull = try vjp(Array(x.prefix(3))) { try adamStep($0, step(0, 2)) }
      return try pull([x[3], nil, nil])[0] ?? x[0].zerosLike()
    }
    // All results at once.
    add("adam", moments, isInside: true) { x in
      let y = try adamStep(x, step(1e-3, 2))
      return try y[0] * y[1] + y[2]
    }
  }
}

private func step(_ epsilonRoot: Double, _ count: Int) -> AdamStep {
  AdamStep(beta1: 0.9, beta2: 0.8, epsilon: 1e-3, epsilonRoot: epsilonRoot, count: count)
}

private func adamStep(_ x: [Variable], _ step: AdamStep) throws -> [Variable] {
  let result = try Variable.adamStep(
    gradient: x[0], firstMoment: x[1], secondMoment: x[2], step)
  return [result.update, result.firstMoment, result.secondMoment]
}

/// The step out of elementary operations.
private func composedStep(_ x: [Variable], _ step: AdamStep) throws -> [Variable] {
  let m = try x[1] * step.beta1 + x[0] * (1 - step.beta1)
  let v = try x[2] * step.beta2 + x[0] * x[0] * (1 - step.beta2)
  let deviation = try (v / step.correction2 + step.epsilonRoot).sqrt()
  return [try m / step.correction1 / (deviation + step.epsilon), m, v]
}

@Suite("Adam's fused step") struct AdamTests {
  private func gradients(
    _ x: [Variable], _ step: AdamStep, _ f: ([Variable], AdamStep) throws -> [Variable]
  ) throws -> [[Double]] {
    let pull = try vjp(x) { try f($0, step) }
    let values = pull.values
    let back = try pull(values.map { try $0.cos() })
    return values.map(\.numbers) + back.map { $0?.numbers ?? [] }
  }

  /// Long enough for vectors, their rest, and several threads.
  @Test(arguments: [0, 1, 5, 300, 200_000], [DType.f32, .f64])
  func `agrees with the composed step to rounding`(_ count: Int, _ dtype: DType) throws {
    for (epsilonRoot, number) in [(0.0, 1), (1e-8, 2), (1e-2, 7)] {
      var samples = Samples(count + number)
      let x = [
        try samples.tensor([count]), try samples.tensor([count]),
        try samples.tensor([count], in: 0.1...1),
      ]
      let inputs = try x.map { Variable.tensor(try $0.converted(to: dtype)) }
      let settings = step(epsilonRoot, number)
      let fused = try gradients(inputs, settings, adamStep)
      let composed = try gradients(inputs, settings, composedStep)
      for (a, b) in zip(fused, composed) {
        #expect(difference(a, b) < (dtype == .f64 ? 1e-12 : 1e-4))
      }
    }
  }

  /// d/dg of the first step: lr · ε / (|g| + ε)², exact at g = 0.
  @Test(arguments: [(0.0, -1e5), (1e-8, -2.5e4), (1.0, -1e-11)])
  func `has the true derivative at the first step`(_ g: Double, _ expected: Double) throws {
    let first = AdamStep(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilonRoot: 0, count: 1)
    let zero = Variable(0)
    let pull = try vjp([Variable(g), zero, zero]) { try adamStep($0, first) }
    let slope = try pull([Variable(-1e-3), nil, nil])[0]?.numbers[0] ?? .nan
    #expect(abs(slope - expected) <= 1e-6 * abs(expected) + 1e-18)
  }

  @Test func `has finite derivatives of every order where the second moment is 0`() throws {
    let first = AdamStep(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilonRoot: 0, count: 1)
    func update(_ g: Variable) throws -> Variable {
      try adamStep([g, Variable(0), Variable(0)], first)[0]
    }
    func derivative(
      _ f: @escaping (Variable) throws -> Variable
    ) -> (Variable) throws -> Variable {
      { x in
        let pull = try vjp([x]) { [try f($0[0])] }
        return try pull([Variable(1)])[0] ?? Variable(0)
      }
    }
    var f = update
    for _ in 0..<3 {
      f = derivative(f)
      #expect(try f(Variable(0)).numbers[0].isFinite)
    }
  }
}
