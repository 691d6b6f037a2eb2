// A value whose derivative by some of its arguments is an estimate.
//
// The value is the function's own, computed with the estimated arguments as constants, so that
// gradients by everything else (other arguments, variables that the function closes over) flow as
// they always do. One more operation then says how the value depends on the estimated arguments θ:
//
//     θ̄ = ȳ ĝ(θ, o)        ẏ += ⟨ĝ(θ, o), θ̇⟩
//
// with ĝ the estimate, evaluated when a derivative is asked for and always with the same noise. ĝ
// is made of differentiable operations, so second derivatives are those of the estimate. By the
// other arguments o the operation's cotangent is 0, but as ∂/∂o of
//
//     ⟨ĝ(θ, o), θ - [θ]⟩        [θ] held fixed
//
// which differentiated once more by θ gives the same mixed derivative in either order.

import Autodiff
import Tensors

/// A value with one of its derivatives estimated.
public struct EstimatedDerivative {
  /// `(θ, o, the value at θ where that is still what it was) → ĝ`.
  public typealias Gradient = ([Variable], [Variable], Variable?) throws -> [Variable]

  private let count: Int
  private let gradient: Gradient

  /// A derivative by so many leaves.
  public init(by count: Int, _ gradient: @escaping Gradient) {
    self.count = count
    self.gradient = gradient
  }

  /// The value as a function of the estimated arguments, too.
  ///
  /// - Parameters:
  ///   - value: f(θ, o), with θ held constant.
  ///   - estimated: θ, as many as were promised.
  ///   - others: the other arguments that the estimate reads.
  public func attached(
    to value: Variable, by estimated: [Variable], others: [Variable]
  ) throws -> Variable {
    let function = CustomFunction(
      "zero_order", results: 1, value: { [$0[0]] },
      forward: { arguments, tangents in [try pushForward(Operands(arguments, count), tangents)] },
      selectiveReverse: { arguments, cotangents, asked in
        guard let cotangent = cotangents[0] else { return arguments.map { _ in nil } }
        return try pullBack(Operands(arguments, count), cotangent, asked)
      },
      again: { arguments in
        // The noise is that of one call, so another call's derivative cannot be had from here.
        guard !arguments.contains(where: \.isFollowed) else {
          throw TensorError(.value, "an estimate is recorded without its derivative")
        }
        return [arguments[0]]
      })
    return try function([value] + estimated + others)
  }

  /// The operation's operands, apart.
  private struct Operands {
    let value: Variable
    let estimated: [Variable]
    let others: [Variable]
    /// Whether a derivative by θ may be taken once more.
    let isFollowed: Bool

    init(_ arguments: [Variable], _ count: Int) {
      value = arguments[0]
      estimated = Array(arguments[1...count])
      others = Array(arguments[(count + 1)...])
      isFollowed = estimated.contains(where: \.isDifferentiated)
    }
  }

  private func estimate(_ operands: Operands) throws -> [Variable] {
    try gradient(
      operands.estimated, operands.others, operands.isFollowed ? nil : operands.value)
  }

  /// `⟨ĝ(θ, o), θ - [θ]⟩` as a function of o.
  private func mixed(_ operands: Operands, _ others: [Variable]) throws -> Variable {
    let parts = try zip(gradient(operands.estimated, others, nil), operands.estimated).map {
      try ($0 * ($1 - stopGradient($1))).sum()
    }
    return try parts.dropFirst().reduce(parts[0]) { try $0 + $1 }
  }

  private func pullBack(
    _ operands: Operands, _ cotangent: Variable, _ asked: [Bool]
  ) throws -> [Variable?] {
    var found: [Variable?] = [cotangent]
    if asked[1...count].contains(true) {
      found += try estimate(operands).map { try cotangent.converted(to: $0.dtype) * $0 }
    } else {
      found += operands.estimated.map { _ in nil }
    }
    guard operands.isFollowed, asked[(count + 1)...].contains(true) else {
      return found + operands.others.map { _ in nil }
    }
    let pull = try vjp(operands.others) { [try mixed(operands, $0)] }
    return found + (try pull([cotangent.converted(to: pull.values[0].dtype)]))
  }

  private func pushForward(
    _ operands: Operands, _ tangents: [Variable?]
  ) throws -> Variable? {
    var sum = tangents[0]
    func add(_ part: Variable?) throws {
      guard let part = try part?.converted(to: operands.value.dtype) else { return }
      sum = try sum.map { try $0 + part } ?? part
    }
    let moves = tangents[1...count]
    if moves.contains(where: { $0 != nil }) {
      for (gradient, tangent) in zip(try estimate(operands), moves) {
        try add(tangent.map { try (gradient * $0).sum() })
      }
    }
    let rest = Array(tangents[(count + 1)...])
    if operands.isFollowed, rest.contains(where: { $0 != nil }) {
      try add(jvp(operands.others, rest) { [try mixed(operands, $0)] }.tangents[0])
    }
    return sum
  }
}
