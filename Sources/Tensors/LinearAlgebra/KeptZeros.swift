// Products and solutions of derivative rules, where an exact 0 of a cotangent stays 0 beside nan and
// infinities: those come from what `where` did not take.
//
// What is finite is what plain arithmetic gives, so nothing is done about it but to look.

/// Some of the two operands of a product.
package struct Operands: OptionSet, Sendable {
  package let rawValue: Int
  package static let left = Operands(rawValue: 1)
  package static let right = Operands(rawValue: 2)

  @inlinable package init(rawValue: Int) { self.rawValue = rawValue }

  /// Neither. A literal in brackets goes through the protocol's own code, which products should not wait for.
  @inlinable package static var none: Operands { Operands(rawValue: 0) }

  package init(left: Bool, right: Bool) { rawValue = (left ? 1 : 0) | (right ? 2 : 0) }

  /// The same operands after left and right have changed places.
  package var exchanged: Operands { Operands(left: contains(.right), right: contains(.left)) }
}

extension Tensor {
  /// The product of floats, matrices or stacks of them read as their transposes where that is said,
  /// with every term 0 in which an operand that keeps its zeros has one.
  ///
  /// Terms that are not finite and count are found by products of tests; where one reaches an
  /// element, that is what plain arithmetic gives, and else the sum of the finite terms.
  package static func matmul(
    _ a: Tensor, _ b: Tensor, transposed: Operands, keepingZerosOf kept: Operands
  ) throws -> Tensor {
    func product(_ a: Tensor, _ b: Tensor) throws -> Tensor {
      try matmul(
        a, b, transposingLeft: transposed.contains(.left),
        transposingRight: transposed.contains(.right))
    }
    let plain = try product(a, b)
    if try kept.isEmpty || PlanRecorder.isFinite(plain) { return plain }
    let (s, t) = (try a.converted(to: plain.dtype), try b.converted(to: plain.dtype))
    let hits = try binary(
      .add, product(s.isNotFinite(), t.counts(kept.contains(.right))),
      product(s.counts(kept.contains(.left)), t.isNotFinite()))
    return try select(
      binary(.greater, hits, Tensor(0, dtype: plain.dtype)), plain,
      product(s.finitePart(), t.finitePart()))
  }

  /// The solution of a square system, whose columns of zeros on the right give columns of zeros
  /// whatever the matrix holds; where all are zeros it may be singular, too.
  package static func keepingZeroColumns(
    of b: Tensor, in a: Tensor, _ solve: () throws -> Tensor
  ) throws -> Tensor {
    let isZero = { try binary(.equal, b, Tensor(0, dtype: b.dtype)) }
    do {
      let x = try solve()
      if try x.isSurelyFinite() { return x }
      let columns = try isZero().all(AxisSet(b.rank - 2), keepAxes: true)
      return try select(columns, Tensor(0, dtype: x.dtype), x)
    } catch let error as TensorError where error.kind == .value {
      guard try isZero().all(.all(rank: b.rank)).firstInt != 0 else { throw error }
      return try matmul(zeros(a.shape, a.dtype), b)
    }
  }

  /// 1 where an element counts in a product: everywhere, or, where it keeps its zeros, beside 0.
  private func counts(_ keepsZeros: Bool) throws -> Tensor {
    guard keepsZeros else { return try Tensor.full(shape, 1, dtype) }
    return try Tensor.binary(.notEqual, self, Tensor(0, dtype: dtype)).converted(to: dtype)
  }

  private func isNotFinite() throws -> Tensor {
    try Tensor.unary(.logicalNot, Tensor.unary(.isfinite, self)).converted(to: dtype)
  }

  private func finitePart() throws -> Tensor {
    try Tensor.select(Tensor.unary(.isfinite, self), self, Tensor(0, dtype: dtype))
  }
}
