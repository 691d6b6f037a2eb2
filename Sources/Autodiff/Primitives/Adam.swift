// Adam's step as one operation, fused forward and backward.
//
//     m′ = β₁ m + (1 - β₁) g          m̂ = m′ / (1 - β₁ᵗ)
//     v′ = β₂ v + (1 - β₂) g²         v̂ = v′ / (1 - β₂ᵗ)
//     u  = m̂ / (√(v̂ + ε_root) + ε)
//
// With s = √(v̂ + ε_root), d = 1 / (s + ε), and M, V what reaches m′ and v′ in all:
//
//     M = m̄′ + ū d / (1 - β₁ᵗ)
//     V = v̄′ - ū m̂ d² / (2 s (1 - β₂ᵗ)),          1 / s taken as 0 at s = 0
//     ḡ = (1 - β₁) M + 2 (1 - β₂) g V          m̄ = β₁ M          v̄ = β₂ V
//
// The convention at s = 0 is that of √: the first step's du/dg at g = 0 is 1/ε, its true value.
// The corrections 1 - βᵗ are operands, constants without axes, so that a recording has those of each run.
// Nothing is kept for the way back but the operands. Forward mode and derivatives of the
// derivative go through the composed step, so that every order agrees with it.
//
// Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.

import Devices
import Tensors

/// The numbers of a step and which cotangents its derivative has, as attributes.
private final class AdamAttributes: Sendable {
  let step: AdamStep
  /// For each result whether its cotangent stands among the operands.
  let present: [Bool]

  init(_ step: AdamStep, present: [Bool] = []) {
    self.step = step
    self.present = present
  }

  static func of(_ attributes: Attributes) -> AdamAttributes {
    attributes.object(as: AdamAttributes.self)
  }

  /// The cotangents among the operands, nil where a result has none.
  func cotangents<Operand>(_ operands: [Operand]) -> [Operand?] {
    var rest = operands.dropFirst(5)
    return present.map { $0 ? rest.popFirst() : nil }
  }
}

extension Primitive {
  /// Operands g, m, v and the corrections; results u, m′, v′.
  static let adam = Primitive(
    bundle: "adam", of: 3,
    kernel: { x, attributes in
      try Tensor.adamStep(
        x[0], x[1], x[2], AdamAttributes.of(attributes).step, corrections: x[3], x[4])
    },
    forward: { x, attributes, tangents in
      let step = AdamAttributes.of(attributes).step
      return try jvp(Array(x.prefix(3)), Array(tangents.prefix(3))) {
        try Variable.composedAdamStep($0[0], $0[1], $0[2], step, x[3], x[4])
      }.tangents
    },
    reverse: { x, attributes, cotangents in
      try applyBundle(
        .adamGradient, x + cotangents.compactMap { $0 },
        .object(
          AdamAttributes(
            AdamAttributes.of(attributes).step, present: cotangents.map { $0 != nil })))
        + [nil, nil]
    },
    device: { x, attributes, device in
      try DeviceTensor.adamStep(
        x, AdamAttributes.of(attributes).step, corrections: corrections(x), on: device)
    })

  /// Operands g, m, v, the corrections, and the cotangents of u, m′, v′ that are there; results ḡ, m̄, v̄.
  static let adamGradient = Primitive(
    bundle: "adam_gradient", of: 3,
    kernel: { x, attributes in
      let own = AdamAttributes.of(attributes)
      return try Tensor.adamGradient(
        x[0], x[1], x[2], cotangents: own.cotangents(x), own.step, corrections: x[3], x[4])
    },
    forward: { x, attributes, tangents in
      try jvp(x.withoutCorrections, tangents.withoutCorrections) {
        try composedAdamGradient($0.with(corrections: x), AdamAttributes.of(attributes))
      }.tangents
    },
    reverse: { x, attributes, cotangents in
      let pull = try vjp(x.withoutCorrections) {
        try composedAdamGradient($0.with(corrections: x), AdamAttributes.of(attributes))
      }
      let found = try pull(cotangents)
      return found.prefix(3) + [nil, nil] + found.dropFirst(3)
    },
    device: { x, attributes, device in
      let own = AdamAttributes.of(attributes)
      return try DeviceTensor.adamGradient(
        x, cotangents: own.cotangents(x), own.step, corrections: corrections(x), on: device)
    })

  /// The numbers among the operands that correct the moments; nil where they are no numbers of the processor.
  private static func corrections(_ x: [DeviceOperand]) -> [Double]? {
    let numbers = x[3...4].compactMap { operand -> Double? in
      if case .number(let number, _) = operand { number.firstDouble } else { nil }
    }
    return numbers.count == 2 ? numbers : nil
  }
}

extension Array {
  /// The operands by which the step is differentiated.
  fileprivate var withoutCorrections: [Element] { Array(prefix(3) + dropFirst(5)) }

  /// Those with the corrections in their places.
  fileprivate func with(corrections operands: [Element]) -> [Element] {
    Array(prefix(3) + operands[3...4] + dropFirst(3))
  }
}

extension Variable {
  /// The one number that all elements of a mapped correction are.
  fileprivate func oneForAll() throws -> Variable {
    var one = self
    while one.rank > 0 {
      guard one.shape[0] > 0 else { return .number(1, like: self) }
      one = try one.indexed(at: 0)
    }
    return one
  }
}

extension Scalar {
  /// The number as an f64 without axes.
  fileprivate func double() throws -> Variable {
    if case .number(let value) = self { return .tensor(Tensor(value)) }
    return try like(.tensor(Tensor(0.0)))
  }
}

/// The derivative of the composed step.
private func composedAdamGradient(
  _ x: [Variable], _ attributes: AdamAttributes
) throws -> [Variable] {
  let pull = try vjp(Array(x.prefix(3))) {
    try Variable.composedAdamStep($0[0], $0[1], $0[2], attributes.step, x[3], x[4])
  }
  return try zip(pull(attributes.cotangents(x)), x).map { try $0 ?? $1.zerosLike() }
}

extension Variable {
  /// Adam's step, fused: `(u, m′, v′)`, each exact and differentiable to any order.
  ///
  /// - Throws: a shape or type error where gradient and moments are not alike.
  package static func adamStep(
    gradient: Variable, firstMoment: Variable, secondMoment: Variable, _ step: AdamStep,
    corrections: (first: Scalar, second: Scalar)? = nil
  ) throws -> (update: Variable, firstMoment: Variable, secondMoment: Variable) {
    for moment in [firstMoment, secondMoment] {
      guard moment.shape == gradient.shape, moment.dtype == gradient.dtype, moment.dtype.isFloat
      else {
        throw TensorError(
          .shape,
          "Adam's moment is \(moment.typeDescription) and the gradient \(gradient.typeDescription)",
          hint: "a state comes from the init of the same transform")
      }
    }
    let first = try (corrections?.first ?? .number(step.correction1)).double()
    let second = try (corrections?.second ?? .number(step.correction2)).double()
    let results = try applyBundle(
      .adam, [gradient, firstMoment, secondMoment, first, second], .object(AdamAttributes(step)))
    return (results[0], results[1], results[2])
  }

  /// Adam's step out of elementary operations: u, m′, v′.
  static func composedAdamStep(
    _ gradient: Variable, _ first: Variable, _ second: Variable, _ step: AdamStep,
    _ correction1: Variable, _ correction2: Variable
  ) throws -> [Variable] {
    let corrections = try [correction1, correction2].map {
      try $0.oneForAll().converted(to: gradient.dtype)
    }
    let m = try first * step.beta1 + gradient * (1 - step.beta1)
    let v = try second * step.beta2 + gradient * gradient * (1 - step.beta2)
    let deviation = try (v / corrections[1] + step.epsilonRoot).sqrt()
    return [try m / corrections[0] / (deviation + step.epsilon), m, v]
  }
}
