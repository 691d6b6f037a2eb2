// `custom_jvp`: functions with a forward rule of their own, of which the reverse rule is the transpose.

import Autodiff
import Language
import Tensors

extension Differentiation {
  static func customForwardFunction(f: Value, rule: Value) -> Value {
    .builtin(
      BuiltinFunction("custom(*args)") { call in
        let rule = CustomForwardRule(
          f: f, rule: rule, tree: try ValueTree(.list(call.rest(0))), interpreter: call.interpreter)
        return .tensor(try rule.results(rule.tree.variables)[0])
      })
  }
}

/// A call of a function with a forward rule of its own.
///
/// Where a derivative may be asked for, the rule gives the value, as in JAX, and runs again for the derivative,
/// on what was there at the call. For reverse mode the tangents are the arguments of a tape, of which the rule's
/// tangent is a linear function, and a cotangent is pulled back through that.
private struct CustomForwardRule {
  let f: Value
  let rule: Value
  let tree: ValueTree
  unowned let interpreter: Interpreter

  /// The value for leaves of the arguments, recorded as one operation.
  func results(_ variables: [Variable]) throws -> [Variable] {
    let log = FreeVariableLog(interpreter)
    let isFollowed = variables.contains(where: \.isDifferentiated)
    let stops = interpreter.context.gradientStops
    let function = CustomFunction(
      "custom_jvp", results: 1,
      value: { variables in
        try Differentiation.valueOfArgumentsAlone("custom_jvp", log, stops, interpreter) {
          guard isFollowed else { return try plainValue(variables) }
          return try pair(variables, variables.map { _ in nil }).value
        }
      },
      forward: { variables, tangents in [try log.run { try pair(variables, tangents).tangent }] },
      reverse: { variables, cotangents in
        guard let cotangent = cotangents[0] else { return variables.map { _ in nil } }
        return try transposed(variables, cotangent, log)
      },
      again: { try results($0) })
    return try function.results(variables)
  }

  private func plainValue(_ variables: [Variable]) throws -> Variable {
    try tree.substitutedArguments(variables) { arguments in
      let result = try interpreter.call(f, arguments)
      guard let variable = result.variable else {
        throw RuntimeError(
          .type, "a function with custom_jvp must give a tensor, not \(result.shortDescription)")
      }
      return variable
    }
  }

  /// What the rule makes of the leaves and their tangents, zeros where there are none.
  private func pair(
    _ variables: [Variable], _ tangents: [Variable?]
  ) throws -> (value: Variable, tangent: Variable?) {
    let directions = tree.rebuilt(
      with: try zip(variables, tangents).map { .tensor(try $1 ?? $0.asFloat().zerosLike()) })
    let result = try tree.substitutedArguments(variables) { arguments in
      try interpreter.call(rule, [.list(List(arguments)), directions])
    }
    guard case .list(let parts) = result, parts.count == 2, let value = parts[0].variable else {
      throw RuntimeError(
        .type, "the rule of custom_jvp must give (value, tangent), not \(result.shortDescription)")
    }
    if parts[1].isNil { return (value, nil) }
    guard let tangent = parts[1].variable, tangent.shape == value.shape else {
      throw RuntimeError(
        .shape,
        "the rule of custom_jvp gives \(parts[1].shortDescription) as the tangent of "
          + value.typeDescription, hint: "a tangent has the shape of its value")
    }
    return (value, value.dtype.isFloat ? try tangent.converted(to: value.dtype) : nil)
  }

  /// What a cotangent of the value is for the leaves.
  private func transposed(
    _ variables: [Variable], _ cotangent: Variable, _ log: FreeVariableLog
  ) throws -> [Variable?] {
    let moving = variables.indices.filter { variables[$0].dtype.isFloat }
    let directions = try moving.map { try variables[$0].onesLike() }
    let pull = try vjp(directions) { given in
      var tangents = [Variable?](repeating: nil, count: variables.count)
      for (place, tangent) in zip(moving, given) { tangents[place] = tangent }
      return try log.run { try pair(variables, tangents).tangent.map { [$0] } ?? [] }
    }
    guard let tangent = pull.values.first else { return variables.map { _ in nil } }
    let found = try pull([cotangent])
    try requireLinear(cotangent, tangent, found)
    var result = [Variable?](repeating: nil, count: variables.count)
    for (place, part) in zip(moving, found) { result[place] = part }
    return result
  }

  /// For tangents of 1, what a linear rule gives times the cotangent is the sum of what was pulled back.
  ///
  /// - Throws: a value error where it is not, so that the pulled cotangents are no transpose.
  private func requireLinear(
    _ cotangent: Variable, _ tangent: Variable, _ found: [Variable?]
  ) throws {
    let parts = [cotangent, tangent] + found.compactMap { $0 }
    guard !parts.contains(where: \.isRecorded) else { return }
    let plain = parts.compactMap(\.concrete)
    guard plain.count == parts.count else { return }
    let pushed = try Tensor.binary(.multiply, plain[0], plain[1])
    let (whole, size) = try sums([pushed])
    let (pulled, pulledSize) = try sums(Array(plain.dropFirst(2)))
    let rounding = plain.contains { $0.dtype == .f32 } ? 1e-3 : 1e-8
    // Sums that are not finite tell nothing.
    guard (whole - pulled).magnitude > rounding * (size + pulledSize) else { return }
    throw RuntimeError(
      .value, "the rule of custom_jvp is not linear in the tangents",
      hint: "a tangent of the value is a sum of tangents times what does not depend on them")
  }

  /// The sum of all elements, and that of their sizes.
  private func sums(_ tensors: [Tensor]) throws -> (sum: Double, size: Double) {
    try tensors.reduce((0, 0)) { sums, tensor in
      let all = AxisSet.all(rank: tensor.rank)
      return (
        sums.0 + (try tensor.sum(all).firstDouble),
        sums.1 + (try Tensor.unary(.abs, tensor).sum(all).firstDouble)
      )
    }
  }
}
