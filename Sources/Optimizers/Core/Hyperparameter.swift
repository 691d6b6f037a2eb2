// A number that an optimizer is given: plain, followed by a gradient, or changing with the step.

import Autodiff
import Tensors

/// A learning rate, a momentum, a decay: whatever a program may give for a number.
public enum Hyperparameter: @unchecked Sendable {
  /// A plain number.
  case number(Double)
  /// A tensor of one element; gradients reach it.
  case variable(Variable)
  /// A cell, read at each step; gradients reach its tensor.
  case parameter(Parameter)
  /// A function of the step count, which begins at 0.
  case schedule(Schedule)
}

extension Hyperparameter: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A plain number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// A plain number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension Hyperparameter {
  /// What it is at a step, counted from 0.
  ///
  /// - Throws: what a schedule throws; a shape error for a tensor of more than one element.
  public func scalar(at count: Int) throws -> Scalar {
    switch self {
    case .number(let value): return .number(value)
    case .variable(let variable): return try Hyperparameter.scalar(variable)
    case .parameter(let parameter): return try Hyperparameter.scalar(parameter.value)
    case .schedule(let schedule): return try schedule(count)
    }
  }

  private static func scalar(_ variable: Variable) throws -> Scalar {
    guard variable.count == 1 else {
      throw TensorError(
        .shape, "a hyperparameter must be one number, not \(variable.typeDescription)")
    }
    return .variable(variable.rank == 0 ? variable : try variable.reshape(to: Shape()))
  }

  /// The plain number, where it is one.
  public var number: Double? { if case .number(let value) = self { value } else { nil } }

  /// True where the value depends on the step count.
  public var isSchedule: Bool { if case .schedule = self { true } else { false } }
}

// MARK: - Checks

extension Hyperparameter {
  /// Checks a plain number or a tensor's current value; a schedule's values are not known yet.
  ///
  /// - Throws: a value error that names the hyperparameter; nan never passes.
  package func require(_ name: String, _ range: HyperparameterRange) throws {
    guard !isSchedule, let value = try scalar(at: 0).value, !range.holds(value) else { return }
    throw TensorError(.value, "\(name) must be \(range.words), not \(value)")
  }
}

/// What a hyperparameter may be.
package struct HyperparameterRange: Sendable {
  /// The words of the message: `0 or more`.
  let words: String
  /// False for nan.
  let holds: @Sendable (Double) -> Bool

  /// Learning rates, decays, momenta.
  package static let nonNegative = HyperparameterRange(words: "0 or more") { $0 >= 0 }
  /// Factors of moving averages.
  package static let decay = HyperparameterRange(words: "at least 0 and below 1") {
    $0 >= 0 && $0 < 1
  }
  /// Factors that may be 1.
  package static let fraction = HyperparameterRange(words: "at least 0 and at most 1") {
    $0 >= 0 && $0 <= 1
  }
  /// Bounds of norms and values.
  package static let positive = HyperparameterRange(words: "above 0") { $0 > 0 }
  /// Whatever is a number.
  package static let anyNumber = HyperparameterRange(words: "a number") { !$0.isNaN }
}
