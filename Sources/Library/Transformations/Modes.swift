// Forward and reverse mode over the structures of the language, and the Jacobians made of them.

import Autodiff
import Language
import Tensors

extension Differentiation {
  /// The value and the tangent of a function.
  static func pushForward(
    _ interpreter: Interpreter, _ f: Value, _ primals: [Value], _ tangents: [Value]
  ) throws -> (Value, Value) {
    let tree = try ValueTree(arguments: primals, for: "a derivative")
    let directions = try ValueTree(.list(tangents))
    let matched = try matchedTangents(tree, directions, "tangent", "argument")
    let constants = ConstantDerivatives(interpreter)
    var output: ValueTree?
    let result = try jvp(tree.variables.map { try $0.asFloat() }, matched) { variables in
      try tree.substitutedArguments(variables) { arguments in
        let tree = try results(of: interpreter.call(f, arguments))
        output = tree
        return tree.variables
      }
    }
    guard let output else { return (.nil, .nil) }
    if !constants.wereTaken {
      try reportIndependence(result.tangents, of: f, tree, interpreter)
    }
    note(result.tangents, of: result.values + tree.variables, interpreter)
    return (
      output.rebuilt(with: result.values.map { .tensor($0) }),
      output.rebuilt(
        with: try zip(result.tangents, result.values).map { .tensor(try $0 ?? $1.zerosLike()) })
    )
  }

  /// The value of a function and what pushes a tangent forward: the function again, on what was there.
  static func linearized(_ interpreter: Interpreter, _ f: Value, _ x: Value) throws -> Value {
    let log = FreeVariableLog(interpreter)
    let random = interpreter.context.random
    let value = try log.run { try interpreter.call(f, [x]) }
    return .list([
      value,
      .builtin(
        BuiltinFunction("push(tangent)") { [unowned interpreter] call in
          let context = interpreter.context
          let stream = context.random
          context.random = random
          defer { context.random = stream }
          return try log.run { try pushForward(interpreter, f, [x], [call[0]]).1 }
        }),
    ])
  }

  /// What a function that is differentiated gave.
  ///
  /// - Throws: a type error for what has no tensor.
  static func results(of value: Value) throws -> ValueTree {
    let tree = try ValueTree(value)
    guard !tree.leaves.isEmpty else {
      throw RuntimeError(
        .type, "the function must give tensors or numbers, not \(value.shortDescription)",
        hint: "is the result its last expression?")
    }
    return tree
  }

  /// Says so where none of the derivatives of a function's results, or by its arguments, is there.
  private static func reportIndependence(
    _ found: [Variable?], of f: Value, _ arguments: ValueTree, _ interpreter: Interpreter
  ) throws {
    guard found.allSatisfy({ $0 == nil }) else { return }
    let nothing = [Variable?](repeating: nil, count: arguments.leaves.count)
    let names = arguments.names(
      without: nothing, ofParametersOf: f, at: Array(nothing.indices), interpreter)
    try report("the function", independentOf: names, strict: false, interpreter)
  }

  /// Tangents or cotangents for the leaves of a tree, checked against shapes.
  static func matchedTangents(
    _ tree: ValueTree, _ given: ValueTree, _ kind: String, _ of: String
  ) throws -> [Variable] {
    guard tree.leaves.count == given.leaves.count else {
      throw RuntimeError(
        .shape,
        "\(tree.leaves.count) tensors need as many \(kind)s, and \(given.leaves.count) "
          + "were given")
    }
    return try zip(tree.leaves, given.leaves).map { leaf, direction in
      let target = try leaf.variable.asFloat()
      let variable = direction.variable
      if variable.shape == target.shape { return try variable.converted(to: target.dtype) }
      if direction.number != .tensor {
        return try variable.converted(to: target.dtype).broadcast(to: target.shape)
      }
      throw RuntimeError(
        .shape, "a \(kind) of shape \(variable.shape) does not fit the \(of)'s \(target.shape)",
        hint: "it must have exactly the same shape")
    }
  }

  /// The value of a function, and what pulls cotangents of it back to its arguments.
  static func pullBack(
    _ interpreter: Interpreter, _ f: Value, _ arguments: [Value]
  ) throws -> (Value, (Value) throws -> [Value]) {
    let tree = try ValueTree(arguments: arguments, for: "vjp")
    let constants = ConstantDerivatives(interpreter)
    var output: ValueTree?
    let pull = try vjp(tree.variables.map { try $0.asFloat() }) { variables in
      try tree.substitutedArguments(variables) { arguments in
        let tree = try results(of: interpreter.call(f, arguments))
        output = tree
        return tree.variables
      }
    }
    let isConstantDerivative = constants.wereTaken
    guard var shapes = output else { return (.nil, { _ in [] }) }
    let value = shapes.rebuilt(with: pull.values.map { .tensor($0) })
    shapes = try ValueTree(value)
    return (
      value,
      { cotangent in
        let matched = try matchedTangents(shapes, ValueTree(cotangent), "cotangent", "result")
        let found = try pull(matched)
        if !isConstantDerivative { try reportIndependence(found, of: f, tree, interpreter) }
        note(found, of: pull.values + tree.variables, interpreter)
        let rebuilt = tree.rebuilt(
          with: try zip(found, tree.leaves).map {
            .tensor(try $0 ?? $1.variable.asFloat().zerosLike())
          })
        guard case .list(let values) = rebuilt else { return [] }
        return Array(values)
      }
    )
  }

  static func hessianProduct(
    _ interpreter: Interpreter, _ f: Value, _ x: Value, _ v: Value
  ) throws -> Value {
    let gradient = gradientFunction(
      of: f, argnums: .one(0), hasAux: false, withValue: false, strict: false)
    return try pushForward(interpreter, gradient, [x], [v]).1
  }

  /// A transformation that is evaluated at a point, or, without one, gives a function of the point.
  static func pointwise(
    _ arguments: Arguments, _ signature: String,
    _ body: @escaping (Interpreter, Value) throws -> Value
  ) throws -> Value {
    guard arguments.isGiven(1) else {
      return .builtin(BuiltinFunction(signature) { call in try body(call.interpreter, call[0]) })
    }
    return try body(arguments.interpreter, arguments[1])
  }
}

// MARK: - Checks

extension Differentiation {
  /// True where all modes agree with finite differences; throws what they found where not.
  static func checked(
    _ interpreter: Interpreter, _ f: Value, _ arguments: [Value], order: Int, tolerance: Double?
  ) throws -> Value {
    let tree = try ValueTree(arguments: arguments, for: "check_grad")
    let report = try checkGradient(
      of: { variables in
        try tree.substitutedArguments(variables) { arguments in
          return try results(of: interpreter.call(f, arguments)).variables
        }
      }, at: try tree.variables.map { try $0.asFloat() }, order: order, tolerance: tolerance)
    guard report.passed else {
      let found = report.findings.filter { $0.error > report.tolerance }.map {
        "\($0.mode) by \(formatShortest($0.error))"
      }
      throw RuntimeError(
        .value, "derivatives differ from finite differences: \(found.joined(separator: ", "))",
        hint: "a tolerance of \(report.tolerance) is allowed; is the function smooth here?")
    }
    return .bool(true)
  }
}

// MARK: - Jacobians

extension Differentiation {
  /// The derivative of every result by every argument, with the structure of the results, and in
  /// each place that of the arguments.
  static func jacobian(
    _ interpreter: Interpreter, _ f: Value, _ x: Value, mode: String
  ) throws -> Value {
    let tree = try ValueTree(arguments: [x], for: "jacobian")
    let inputs = try tree.variables.map { try $0.asFloat() }
    let constants = ConstantDerivatives(interpreter)
    var output: ValueTree?
    let run: ([Variable]) throws -> [Variable] = { variables in
      try tree.substitutedArguments(variables) { arguments in
        let tree = try results(of: interpreter.call(f, arguments))
        output = tree
        return tree.variables
      }
    }
    let blocks =
      try mode == "forward" ? nil : Jacobian.rows(of: run, at: inputs, always: mode == "reverse")
    let found = try blocks ?? Jacobian.columns(of: run, at: inputs)
    if !constants.wereTaken, found.contains(where: { $0.contains { $0 == nil } }) {
      let reached = inputs.indices.map { input in found.lazy.compactMap { $0[input] }.first }
      try report(
        "the function",
        independentOf: tree.names(without: reached, ofParametersOf: f, at: [0], interpreter),
        strict: false, interpreter)
    }
    note(found.flatMap { $0 }, of: inputs, interpreter)
    guard let output else { return .nil }
    return output.rebuilt(
      with: try zip(output.leaves, found).map { leaf, row in
        let parts = try zip(inputs, row).map { input, derivative in
          Value.tensor(try derivative ?? zeros(leaf.variable, by: input))
        }
        guard case .list(let arguments) = tree.rebuilt(with: parts) else { return .nil }
        return arguments[0]
      })
  }

  /// The derivative of a result by an input that it does not depend on.
  private static func zeros(_ result: Variable, by input: Variable) throws -> Variable {
    .tensor(
      try Tensor.zeros(result.shape.followed(by: input.shape), result.asFloat().dtype))
  }
}
