// Forward and reverse mode over the structures of the language, and the Jacobians made of them.

import Autodiff
import Tensors

extension Differentiation {
  /// The value and the tangent of a function.
  static func pushForward(
    _ interpreter: Interpreter, _ f: Value, _ primals: [Value], _ tangents: [Value]
  ) throws -> (Value, Value) {
    let tree = try ValueTree(.list(primals))
    let directions = try ValueTree(.list(tangents))
    let matched = try matchedTangents(tree, directions, "tangent", "argument")
    var output: ValueTree?
    let result = try jvp(tree.variables.map { try $0.asFloat() }, matched) { variables in
      try tree.substituted(variables) { substituted in
        guard case .list(let arguments) = substituted else { return [] }
        let tree = try ValueTree(interpreter.call(f, arguments))
        output = tree
        return tree.variables
      }
    }
    guard let output else { return (.nil, .nil) }
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
    let tree = try ValueTree(.list(arguments))
    var output: ValueTree?
    let pull = try vjp(tree.variables.map { try $0.asFloat() }) { variables in
      try tree.substituted(variables) { substituted in
        guard case .list(let arguments) = substituted else { return [] }
        let tree = try ValueTree(interpreter.call(f, arguments))
        output = tree
        return tree.variables
      }
    }
    guard var shapes = output else { return (.nil, { _ in [] }) }
    let value = shapes.rebuilt(with: pull.values.map { .tensor($0) })
    shapes = try ValueTree(value)
    return (
      value,
      { cotangent in
        let matched = try matchedTangents(shapes, ValueTree(cotangent), "cotangent", "result")
        let found = try pull(matched)
        let rebuilt = tree.rebuilt(
          with: try zip(found, tree.leaves).map {
            .tensor(try $0 ?? $1.variable.asFloat().zerosLike())
          })
        guard case .list(let values) = rebuilt else { return [] }
        return values
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
    let tree = try ValueTree(.list(arguments))
    let report = try checkGradient(
      of: { variables in
        try tree.substituted(variables) { substituted in
          guard case .list(let arguments) = substituted else { return [] }
          return try ValueTree(interpreter.call(f, arguments)).variables
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
    let tree = try ValueTree(x)
    let inputs = try tree.variables.map { try $0.asFloat() }
    var output: ValueTree?
    let run: ([Variable]) throws -> [Variable] = { variables in
      try tree.substituted(variables) { argument in
        let tree = try ValueTree(interpreter.call(f, [argument]))
        output = tree
        return tree.variables
      }
    }
    let inputCount = inputs.reduce(0) { $0 + $1.count }
    if mode != "forward" {
      let pull = try vjp(inputs, run)
      let outputCount = pull.values.reduce(0) { $0 + $1.count }
      if mode == "reverse" || outputCount <= inputCount {
        let rows = try pull.values.indices.map { row -> Value in
          let y = pull.values[row]
          let basis = try Variable.basis(like: y)
          func pulled(_ direction: Variable) throws -> [Variable] {
            var cotangents = [Variable?](repeating: nil, count: pull.values.count)
            cotangents[row] = direction
            return try zip(pull(cotangents), inputs).map { try $0 ?? $1.zerosLike() }
          }
          let found: [Variable]
          if pull.runsAgain {
            let each = try (0..<y.count).map { try pulled(basis.indexed(at: $0)) }
            found = try inputs.indices.map { index in
              try Variable.stack(each.map { $0[index] })
            }
          } else {
            found = try vmap([basis], axes: [0], size: y.count) { try pulled($0[0]) }
          }
          return tree.rebuilt(
            with: try zip(found, inputs).map { derivative, input in
              .tensor(try derivative.reshape(to: y.shape.followed(by: input.shape)))
            })
        }
        return output?.rebuilt(with: rows) ?? .nil
      }
    }
    // Column by column: all directions of one argument at a time.
    var columns: [[Variable]] = []
    for (index, input) in inputs.enumerated() {
      let basis = try Variable.basis(like: input)
      let found = try vmap([basis], axes: [0], size: input.count) { direction in
        var tangents = [Variable?](repeating: nil, count: inputs.count)
        tangents[index] = direction[0]
        let result = try jvp(inputs, tangents, run)
        return try zip(result.tangents, result.values).map { try $0 ?? $1.zerosLike() }
      }
      columns.append(
        try found.map { derivative in
          let moved = try derivative.movedAxis(from: 0, to: derivative.rank - 1)
          return try moved.reshape(
            to: derivative.shape.removing(axis: 0).followed(by: input.shape))
        })
    }
    if inputs.isEmpty { _ = try run([]) }
    guard let output else { return .nil }
    let rows = output.leaves.indices.map { row in
      tree.rebuilt(with: columns.map { .tensor($0[row]) })
    }
    return output.rebuilt(with: rows)
  }
}

extension Variable {
  /// The unit tensors of a variable's shape, along a new first axis.
  fileprivate static func basis(like x: Variable) throws -> Variable {
    let count = x.count
    let unit = Variable.tensor(try Tensor.eye(count, count, x.dtype))
    return try unit.reshape(to: Shape(count).followed(by: x.shape))
  }
}

extension Shape {
  /// The axes of this shape and then those of another.
  fileprivate func followed(by other: Shape) throws -> Shape { try Shape(array + other.array) }
}
