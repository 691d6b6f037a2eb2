// A number as a function of the step count.

import Autodiff
import Tensors

/// A function of the step count, which begins at 0.
public struct Schedule: @unchecked Sendable {
  /// How it is written: `linear_schedule(0.1, 0.01, 100)`.
  public let description: String
  private let value: (Int) throws -> Scalar

  /// A schedule from a function.
  public init(_ description: String, _ value: @escaping (Int) throws -> Scalar) {
    self.description = description
    self.value = value
  }

  /// The number at a step.
  public func callAsFunction(_ count: Int) throws -> Scalar { try value(count) }
}
