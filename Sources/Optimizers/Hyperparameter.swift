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
  case schedule((Int) throws -> Hyperparameter)

  /// What it is at a step.
  ///
  /// - Throws: what a schedule throws; a type error where one gives a schedule again.
  public func resolved(at count: Int) throws -> Hyperparameter {
    switch self {
    case .number, .variable: return self
    case .parameter(let parameter): return .variable(parameter.value)
    case .schedule(let function):
      let value = try function(count)
      switch value {
      case .schedule:
        throw TensorError(.type, "a schedule gave a schedule instead of a number")
      default: return try value.resolved(at: count)
      }
    }
  }

  /// The plain number, where it is one.
  public var number: Double? { if case .number(let value) = self { value } else { nil } }

  /// True where the value depends on the step count.
  public var isSchedule: Bool { if case .schedule = self { true } else { false } }

  /// This number times a tensor, in the tensor's dtype. `self` must be resolved.
  public func times(_ x: Variable) throws -> Variable {
    switch self {
    case .number(let value): try x * Variable(value, dtype: x.dtype)
    case .variable(let variable): try x * variable.converted(to: x.dtype)
    case .parameter(let parameter): try x * parameter.value.converted(to: x.dtype)
    case .schedule:
      throw TensorError(.type, "a schedule stands where a number is needed")
    }
  }

  /// One minus this number. `self` must be resolved.
  public func complement() throws -> Hyperparameter {
    switch self {
    case .number(let value): .number(1 - value)
    case .variable(let variable):
      .variable(try Variable(1, dtype: variable.dtype) - variable)
    case .parameter(let parameter):
      try Hyperparameter.variable(parameter.value).complement()
    case .schedule:
      throw TensorError(.type, "a schedule stands where a number is needed")
    }
  }

  /// The negative of this number. `self` must be resolved.
  public func negated() throws -> Hyperparameter {
    switch self {
    case .number(let value): .number(-value)
    case .variable(let variable): .variable(try -variable)
    case .parameter(let parameter): .variable(try -parameter.value)
    case .schedule:
      throw TensorError(.type, "a schedule stands where a number is needed")
    }
  }

  /// Checks a plain number or a tensor's current value against a bound.
  ///
  /// - Throws: a value error that names the hyperparameter; nan never passes.
  public func require(_ name: String, _ wanted: String, _ holds: (Double) -> Bool) throws {
    let value: Double?
    switch self {
    case .number(let number): value = number
    case .variable(let variable): value = try Hyperparameter.single(variable, name)
    case .parameter(let parameter): value = try Hyperparameter.single(parameter.value, name)
    case .schedule: value = nil
    }
    guard let value, !holds(value) else { return }
    throw TensorError(.value, "\(name) must be \(wanted), not \(value)")
  }

  private static func single(_ variable: Variable, _ name: String) throws -> Double? {
    guard variable.count == 1 else {
      throw TensorError(
        .shape, "\(name) must be one number, not \(variable.typeDescription)")
    }
    return variable.concrete?.firstDouble
  }
}
