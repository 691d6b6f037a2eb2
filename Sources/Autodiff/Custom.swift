// Functions with a reverse rule of their own: what `custom_vjp`, estimators and implicit
// functions are made of.
//
// Such a function is one operation. Its value is computed with nothing recorded, so only its
// arguments get gradients, not the variables that it closes over. Forward mode transposes the
// reverse rule: ẏ is what pulls ẋ through u ↦ reverse(x, u), taken at u = 0, which is exact
// because a reverse rule is linear in the cotangent.

import Tensors

/// A function of tensors, with one tensor as its result and its own reverse rule.
public final class CustomFunction: @unchecked Sendable {
  /// The function itself.
  public typealias Value = ([Variable]) throws -> Variable
  /// `(arguments, cotangent) → cotangents`; nil where there is none.
  public typealias Reverse = ([Variable], Variable) throws -> [Variable?]

  let name: String
  let value: Value
  let reverse: Reverse

  /// A function with its reverse rule, written with differentiable operations.
  public init(_ name: String, value: @escaping Value, reverse: @escaping Reverse) {
    self.name = name
    self.value = value
    self.reverse = reverse
  }

  /// The value for arguments, recorded as one operation.
  public func callAsFunction(_ arguments: [Variable]) throws -> Variable {
    let context = Context.current
    let arguments = try arguments.map { try $0.checkedAlive() }
    var height: Int32 = -1
    var kind = LevelKind.tape
    for case .traced(let traced) in arguments where traced.height > height {
      height = traced.height
      kind = traced.kind
    }
    guard height >= 0 else {
      return try context.withoutGradients { stopGradient(try value(arguments)) }
    }
    let isHere = arguments.map { argument in
      if case .traced(let traced) = argument { traced.height == height } else { false }
    }
    let values = arguments.map { $0.below(Int(height)) }
    switch kind {
    case .tape:
      let y = try self(values)
      guard Int(height) > context.stoppedTapes, y.dtype.isFloat else { return y }
      return .traced(
        Traced(
          .tape, value: y, height: Int(height), context: context, primitive: .custom,
          attributes: .object(self), others: arguments))
    case .dual:
      let y = try self(values)
      guard Int(height) > context.stoppedDuals, y.dtype.isFloat else { return y }
      var tangents: [Variable?] = []
      for argument in arguments {
        guard case .traced(let traced) = argument, traced.height == height else {
          tangents.append(nil)
          continue
        }
        tangents.append(traced.first)
      }
      let transposed = try vjp([y.zerosLike()]) { cotangent in
        try zip(self.reverse(values, cotangent[0]), values).map { try $0 ?? $1.zerosLike() }
      }
      guard let tangent = try transposed(tangents)[0] else { return y }
      return .traced(
        Traced(
          .dual, value: y, height: Int(height), context: context, primitive: nil, first: tangent))
    case .batch:
      let size = context.levels[Int(height)].size
      let y = try mapped(isHere, size: size)(values)
      return .traced(
        Traced(.batch, value: y, height: Int(height), context: context, primitive: nil))
    }
  }

  /// This function over a mapped first axis of some arguments.
  private func mapped(_ isMapped: [Bool], size: Int) -> CustomFunction {
    let axes: [Int?] = isMapped.map { $0 ? 0 : nil }
    return CustomFunction(
      name,
      value: { arguments in
        try vmap(arguments, axes: axes, size: size) { [try self.value($0)] }[0]
      },
      reverse: { arguments, cotangent in
        let present = Presence()
        let found = try vmap(arguments + [cotangent], axes: axes + [0], size: size) { all in
          let given = try self.reverse(Array(all.dropLast()), all[all.count - 1])
          present.flags = given.map { $0 != nil }
          return given.compactMap { $0 }
        }
        var next = 0
        return try present.flags.enumerated().map { index, isPresent in
          guard isPresent else { return nil }
          defer { next += 1 }
          return isMapped[index]
            ? found[next] : try found[next].sum(axes: AxisSet(0), keepAxes: false)
        }
      })
  }

  /// Which cotangents a rule gave.
  private final class Presence { var flags: [Bool] = [] }
}

extension Primitive {
  /// A call of a `CustomFunction`, the node's attribute.
  ///
  ///     ȳ ↦ the function's own rule
  static let custom = Primitive(
    "custom", kernel: { inputs, _ in inputs[0] },
    forward: { _, y, _, _ in try y.zerosLike() },
    reverse: { inputs, _, attributes, dy, _ in
      guard case .object(let object) = attributes, let function = object as? CustomFunction else {
        return []
      }
      return try function.reverse(inputs, dy)
    },
    batch: { inputs, _, _, _ in inputs[0] })
}

extension Variable {
  /// The variable without the levels that have ended; a mapped value that was kept is an error.
  func checkedAlive() throws -> Variable {
    let variable = alive
    if case .traced(let traced) = variable, !traced.isAlive(in: .current) {
      throw Traced.escapedFromMap
    }
    return variable
  }
}
