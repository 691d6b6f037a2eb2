// Random numbers of a key that is an operand, so that a recording draws with the key of each call.

import Tensors

/// What is drawn from a stream with parameters.
private final class ParameterDraw: Sendable {
  let body: @Sendable (inout RandomKey, Tensor) throws -> Tensor
  init(_ body: @escaping @Sendable (inout RandomKey, Tensor) throws -> Tensor) { self.body = body }
}

/// What is drawn from a stream.
private final class Draw: Sendable {
  let body: @Sendable (inout RandomKey) throws -> Tensor
  init(_ body: @escaping @Sendable (inout RandomKey) throws -> Tensor) { self.body = body }
}

/// What is drawn from a stream for each element of a tensor.
private final class DrawForEach: Sendable {
  let body: @Sendable (inout RandomKey, Shape, DType) throws -> Tensor
  init(_ body: @escaping @Sendable (inout RandomKey, Shape, DType) throws -> Tensor) {
    self.body = body
  }
}

extension Primitive {
  /// Numbers drawn from the program's stream for each element of the operand, those of all mapped examples
  /// included. Attribute: what is drawn.
  static let randomLike = Primitive(
    constant: "random_like",
    kernel: { x, attributes in
      let draw = attributes.object(as: DrawForEach.self)
      return try draw.body(&Context.current.random, x.shape, x.dtype)
    })

  /// Numbers drawn with a key, given as the two words that it consists of. Attribute: what is drawn.
  static let random: Primitive = Primitive(
    constant: "random",
    kernel: { words, attributes in
      var key = RandomKey(words: words)
      return try attributes.object(as: Draw.self).body(&key)
    },
    batch: { words, attributes in
      try Variable.stack(
        (0..<words.shape[0]).map { index in
          try apply(.random, words.indexed(at: index), attributes)
        })
    })

  /// Numbers drawn with a key for each element of a parameter. Attribute: what is drawn.
  ///
  /// Mapped parameters are drawn for in one go: every example has numbers of its own.
  static let randomWith: Primitive = Primitive(
    constant: "random_with",
    kernel: { words, parameters, attributes in
      var key = RandomKey(words: words)
      return try attributes.object(as: ParameterDraw.self).body(&key, parameters)
    },
    batch: { words, areWordsMapped, parameters, areParametersMapped, attributes in
      guard areWordsMapped else { return try apply(.randomWith, words, parameters, attributes) }
      return try Variable.stack(
        (0..<words.shape[0]).map { index in
          try apply(
            .randomWith, words.indexed(at: index),
            areParametersMapped ? parameters.indexed(at: index) : parameters, attributes)
        })
    })
}

extension RandomKey {
  /// The key and its counter as an i64 tensor of two.
  package func words() throws -> Tensor {
    try Tensor.make(Shape(2), .i64) { pointer in
      pointer.storeBytes(of: key, as: UInt64.self)
      pointer.storeBytes(of: counter, toByteOffset: 8, as: UInt64.self)
    }
  }

  /// The key of two words.
  package init(words: Tensor) {
    let numbers = words.integers
    self.init(
      key: UInt64(bitPattern: Int64(numbers[0])), counter: UInt64(bitPattern: Int64(numbers[1])))
  }
}

extension Variable {
  /// What a stream gives whose key stands in this variable's words.
  package func drawing(
    _ body: @escaping @Sendable (inout RandomKey) throws -> Tensor
  ) throws -> Variable {
    try apply(.random, self, .object(Draw(body)))
  }

  /// What the program's stream gives for each element of this variable, a constant; inside `vmap` every example
  /// has numbers of its own.
  package func drawingLike(
    _ body: @escaping @Sendable (inout RandomKey, Shape, DType) throws -> Tensor
  ) throws -> Variable {
    try apply(.randomLike, self, .object(DrawForEach(body)))
  }

  /// What a stream whose key stands in this variable's words gives for each element of parameters.
  package func drawing(
    with parameters: Variable,
    _ body: @escaping @Sendable (inout RandomKey, Tensor) throws -> Tensor
  ) throws -> Variable {
    try apply(.randomWith, self, parameters, .object(ParameterDraw(body)))
  }
}
