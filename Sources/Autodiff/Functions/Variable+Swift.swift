// Variables and parameters as Swift programs write, read and print them.

import Tensors

extension Variable {
  /// The variable of a tensor, a constant.
  public init(_ tensor: Tensor) { self = .tensor(tensor) }

  /// The element of a variable that has one, whatever its axes; for derivatives it is a constant.
  ///
  /// - Throws: a shape error for any other number of elements; a value error inside `vmap`, where each
  ///   example has an element of its own.
  public func item<Element: TensorElement>(as type: Element.Type = Double.self) throws -> Element {
    guard let tensor = concrete else {
      throw TensorError(.value, "inside vmap a variable is another number for each example")
    }
    return try tensor.item(as: type)
  }
}

extension Variable: ExpressibleByArrayLiteral {
  /// The variable of a literal in brackets; see `Tensor.Literal`.
  ///
  /// - Precondition: as of a tensor's literal.
  public init(arrayLiteral parts: Tensor.Literal...) {
    self = .tensor(Tensor(Tensor.Literal(parts)))
  }
}

extension Variable: CustomStringConvertible {
  /// The numbers as `print` shows a tensor's; inside `vmap` those of all examples.
  public var description: String { underlying.description }
}

extension Parameter {
  /// A parameter that begins as a tensor.
  ///
  /// - Throws: a type error for integers and bools.
  public convenience init(_ tensor: Tensor, name: String? = nil) throws {
    try self.init(leafOf: .tensor(tensor), name: name)
  }
}
