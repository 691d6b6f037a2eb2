// Numbers that have to lie within bounds: probabilities, classes, widths.

import Devices
import Tensors

/// An interval that numbers have to lie in, with the error for those outside.
package final class Bounds: Sendable {
  fileprivate let low: Double
  fileprivate let high: Double
  /// The error for a number, given as text.
  private let error: @Sendable (String) -> TensorError

  /// Bounds of numbers, both included.
  package init(
    from low: Double, to high: Double, error: @escaping @Sendable (String) -> TensorError
  ) {
    self.low = low
    self.high = high
    self.error = error
  }

  /// Bounds of what has a name: `delta of huber_loss must be above 0, not -1`.
  package convenience init(
    _ subject: String, _ words: String, from low: Double, to high: Double = .infinity,
    hint: String? = nil
  ) {
    self.init(from: low, to: high) {
      TensorError(.value, "\(subject) must be \(words), not \($0)", hint: hint)
    }
  }

  /// - Throws: the error for a number outside; nan is.
  func require(_ number: Double) throws {
    guard number >= low, number <= high else { throw error("\(number)") }
  }

  /// - Throws: the error for an element outside; nan is none, and shows in the result.
  func require(elementsOf x: Tensor) throws {
    if let element = try x.firstElement(below: low, orAbove: high) {
      throw error(element.description)
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
      try attributes.object(as: Bounds.self).require(elementsOf: x)
      return x
    },
    forward: { _, _, _, dx in dx },
    reverse: { _, _, _, dy in dy },
    device: DeviceForms.tensor { x, attributes in
      let bounds = attributes.object(as: Bounds.self)
      return try x.isWithin(bounds.low, bounds.high) ? x : nil
    })
}

extension Variable {
  /// The variable itself, whose elements have to lie within bounds.
  ///
  /// - Throws: a value error where one does not.
  package func bounded(by bounds: Bounds) throws -> Variable {
    try apply(.bounded, self, .object(bounds))
  }
}

extension Scalar {
  /// The number itself, which has to lie within bounds.
  ///
  /// - Throws: a value error where it does not.
  package func bounded(by bounds: Bounds) throws -> Scalar {
    switch self {
    case .number(let number):
      try bounds.require(number)
      return self
    case .variable(let variable): return .variable(try variable.bounded(by: bounds))
    case .counted(let number):
      try bounds.require(number.decided)
      return self
    }
  }
}
