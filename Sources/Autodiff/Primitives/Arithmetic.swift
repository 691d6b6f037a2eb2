// + - * / and their like: two operands that broadcast.

import Tensors

extension Primitive {
  /// Addition, elementwise.
  ///
  ///     y = a + b            ẏ = ȧ + ḃ            ā = ȳ, b̄ = ȳ
  static let add = Primitive(
    "add", kernel: { a, b, _ in try Tensor.binary(.add, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (db ?? y).broadcast(to: y.shape) }
      guard let db else { return try da.broadcast(to: y.shape) }
      return try da + db
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (needsA ? try dy.unbroadcast(to: a) : nil, needsB ? try dy.unbroadcast(to: b) : nil)
    })

  /// Subtraction, elementwise.
  ///
  ///     y = a - b            ẏ = ȧ - ḃ            ā = ȳ, b̄ = -ȳ
  static let subtract = Primitive(
    "subtract", kernel: { a, b, _ in try Tensor.binary(.subtract, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (-(db ?? y)).broadcast(to: y.shape) }
      guard let db else { return try da.broadcast(to: y.shape) }
      return try da - db
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.unbroadcast(to: a) : nil,
        needsB ? try (-dy).unbroadcast(to: b) : nil
      )
    })

  /// Multiplication, elementwise.
  ///
  ///     y = a b            ẏ = ȧ b + a ḃ            ā = ȳ b, b̄ = ȳ a
  static let multiply = Primitive(
    "multiply", kernel: { a, b, _ in try Tensor.binary(.multiply, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try a * (db ?? y) }
      guard let db else { return try da * b }
      return try da * b + a * db
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try (dy * b).unbroadcast(to: a) : nil,
        needsB ? try (dy * a).unbroadcast(to: b) : nil
      )
    })

  /// Division, elementwise; of integers it gives floats.
  ///
  ///     y = a / b            ẏ = (ȧ - y ḃ) / b            ā = ȳ / b, b̄ = -ȳ y / b
  static let divide = Primitive(
    "divide", kernel: { a, b, _ in try Tensor.binary(.divide, a, b) },
    forward: { a, b, y, _, da, db in
      guard let db else { return try (da ?? y) / b }
      let moved = try y * db
      guard let da else { return try -(moved / b) }
      return try (da - moved) / b
    },
    reverse: { a, b, y, _, dy, needsA, needsB in
      let quotient = try dy / b
      return (
        needsA ? try quotient.unbroadcast(to: a) : nil,
        needsB ? try (-(quotient * y)).unbroadcast(to: b) : nil
      )
    })

  /// What a function sees of a parameter from outside; see `Parameter`.
  ///
  ///     y = x            ẏ = ẋ            x̄ = ȳ
  static let lift = Primitive(
    "lift", kernel: { x, _ in x }, forward: { _, _, _, dx in dx },
    reverse: { _, _, _, dy in dy })
}

extension Variable {
  /// `a + b`, elementwise.
  public static func + (a: Variable, b: Variable) throws -> Variable { try apply(.add, a, b) }

  /// `a - b`, elementwise.
  public static func - (a: Variable, b: Variable) throws -> Variable { try apply(.subtract, a, b) }

  /// `a * b`, elementwise.
  public static func * (a: Variable, b: Variable) throws -> Variable { try apply(.multiply, a, b) }

  /// `a / b`, elementwise; of integers it gives floats.
  public static func / (a: Variable, b: Variable) throws -> Variable { try apply(.divide, a, b) }
}
