// Numbers that have to lie within bounds: probabilities, classes, widths.

import Tensors

/// An interval that numbers have to lie in, with the error for those outside.
public final class Bounds: Sendable {
  /// False for nan.
  private let holds: @Sendable (Double) -> Bool
  /// The error for a number, given as text.
  private let error: @Sendable (String) -> TensorError

  /// Bounds by a test that is true for an interval.
  public init(
    _ holds: @escaping @Sendable (Double) -> Bool,
    error: @escaping @Sendable (String) -> TensorError
  ) {
    self.holds = holds
    self.error = error
  }

  /// Bounds of what has a name: `delta of huber_loss must be above 0, not -1`.
  public convenience init(
    _ subject: String, _ words: String, hint: String? = nil,
    _ holds: @escaping @Sendable (Double) -> Bool
  ) {
    self.init(holds) {
      TensorError(.value, "\(subject) must be \(words), not \($0)", hint: hint)
    }
  }

  /// - Throws: the error for a number outside; nan is.
  func require(_ number: Double) throws {
    guard holds(number) else { throw error("\(number)") }
  }

  /// - Throws: the error for an element outside; nan is none, and shows in the result.
  func require(elementsOf x: Tensor) throws {
    guard x.count > 0 else { return }
    let axes = AxisSet.all(rank: x.rank)
    for extreme in [try x.min(axes), try x.max(axes)] {
      let number = extreme.firstDouble
      guard number.isNaN || holds(number) else { throw error(extreme.description) }
    }
  }
}

extension Primitive {
  /// The elements themselves, where they lie within bounds. Attribute: the bounds.
  ///
  ///     y = x            ẏ = ẋ            x̄ = ȳ
  ///
  /// An operation, so that what is mapped or recorded is looked at when its numbers are there.
  static let bounded = Primitive(
    "bounded",
    kernel: { x, attributes in
      if case .object(let object) = attributes, let bounds = object as? Bounds {
        try bounds.require(elementsOf: x)
      }
      return x
    },
    forward: { _, _, _, dx in dx },
    reverse: { _, _, _, dy in dy })
}

extension Variable {
  /// The variable itself, whose elements have to lie within bounds.
  ///
  /// - Throws: a value error where one does not.
  public func bounded(by bounds: Bounds) throws -> Variable {
    try apply(.bounded, self, .object(bounds))
  }
}

extension Scalar {
  /// The number itself, which has to lie within bounds.
  ///
  /// - Throws: a value error where it does not.
  public func bounded(by bounds: Bounds) throws -> Scalar {
    switch self {
    case .number(let number):
      try bounds.require(number)
      return self
    case .variable(let variable): return .variable(try variable.bounded(by: bounds))
    }
  }
}
