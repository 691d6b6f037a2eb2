// Adam's step on tensors, fused: every operand is read once and every result written once.
// Formulas stand beside the primitive, Autodiff/Primitives/Adam.swift.

internal import Kernels
import Platform

/// The numbers of one step of Adam.
package struct AdamStep: Sendable {
  /// Decay of the first moment.
  package var beta1: Double
  /// Decay of the second moment.
  package var beta2: Double
  /// Added to the square root.
  package var epsilon: Double
  /// Added inside the square root.
  package var epsilonRoot: Double
  /// `1 - β₁ᵗ`.
  package var correction1: Double
  /// `1 - β₂ᵗ`.
  package var correction2: Double

  /// The numbers of the step `count`, which begins at 1.
  package init(beta1: Double, beta2: Double, epsilon: Double, epsilonRoot: Double, count: Int) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.epsilonRoot = epsilonRoot
    correction1 = 1 - pow(beta1, Double(count))
    correction2 = 1 - pow(beta2, Double(count))
  }
}

extension Tensor {
  /// The update and the next moments: `(u, m′, v′)`.
  ///
  /// The three operands have one shape and one float dtype; the caller has made sure of it. Each correction is one
  /// number, or many equal ones.
  package static func adamStep(
    _ gradient: Tensor, _ first: Tensor, _ second: Tensor, _ step: AdamStep,
    corrections correction1: Tensor, _ correction2: Tensor
  ) throws -> [Tensor] {
    try runAdam(
      [gradient, first, second], cotangents: [nil, nil, nil], step, [correction1, correction2],
      isGradient: false)
  }

  /// The cotangents of gradient and moments from those of the results, nil for one that is zero.
  package static func adamGradient(
    _ gradient: Tensor, _ first: Tensor, _ second: Tensor, cotangents: [Tensor?], _ step: AdamStep,
    corrections correction1: Tensor, _ correction2: Tensor
  ) throws -> [Tensor] {
    try runAdam(
      [gradient, first, second], cotangents: cotangents, step, [correction1, correction2],
      isGradient: true)
  }

  private static func runAdam(
    _ operands: [Tensor], cotangents: [Tensor?], _ step: AdamStep, _ corrections: [Tensor],
    isGradient: Bool
  ) throws -> [Tensor] {
    // A loop over nothing has perhaps no corrections either.
    let numbers = corrections.map { $0.count > 0 ? $0.number : 1 }
    let operands = try operands.map { try $0.contiguous() }
    let cotangents = try cotangents.map { try $0?.contiguous() }
    let (shape, dtype) = (operands[0].shape, operands[0].dtype)
    let results = try (0..<3).map { _ in try uninitialized(shape, dtype) }
    func address(_ cotangent: Tensor?) -> UnsafeRawPointer? {
      cotangent.map { UnsafeRawPointer($0.header.data) }
    }
    var arguments = mos_adam(
      count: operands[0].count, dtype: Int32(dtype.rawValue), beta1: step.beta1, beta2: step.beta2,
      epsilon: step.epsilon, epsilon_root: step.epsilonRoot,
      correction1: numbers[0], correction2: numbers[1],
      gradient: operands[0].header.data, first: operands[1].header.data,
      second: operands[2].header.data,
      cotangent: (address(cotangents[0]), address(cotangents[1]), address(cotangents[2])),
      result: (results[0].header.data, results[1].header.data, results[2].header.data))
    withExtendedLifetime((operands, cotangents, results)) {
      if isGradient { mos_adam_gradient(&arguments) } else { mos_adam_step(&arguments) }
    }
    PlanRecorder.current?.adam(
      arguments, isGradient: isGradient, operands, cotangents, corrections, results)
    try Safepoint.look()
    return results
  }
}

extension Tensor {
  /// The first element of floats, of which the recorder of a plan is told.
  private var number: Double {
    withExtendedLifetime(self) {
      dtype == .f32
        ? Double(header.data.load(as: Float.self)) : header.data.load(as: Double.self)
    }
  }
}
