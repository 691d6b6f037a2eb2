// Functions whose graph is not the one they recorded: `checkpoint`, `custom_vjp`, `stop_gradient`.

import Autodiff
import Language
import Tensors

extension Differentiation {
  static func checkpointed(
    _ interpreter: Interpreter, _ f: Value, _ arguments: [Value], _ options: Record
  ) throws -> Value {
    let tree = try ValueTree(.list(arguments), numbersAreLeaves: false)
    var output: ValueTree?
    let log = FreeVariableLog(interpreter)
    let results = try checkpoint(tree.variables) { variables in
      try log.run {
        try tree.substitutedArguments(variables) { arguments in
          let result = try ValueTree(
            interpreter.call(f, arguments, named: Array(options.pairs)), numbersAreLeaves: false)
          output = result
          return result.variables
        }
      }
    }
    log.runAgain(for: results)
    return output?.rebuilt(with: results.map { .tensor($0) }) ?? .nil
  }

  /// A function that runs `f` a number of times on a state, with few snapshots kept.
  ///
  /// Steps run again from the tensors of an earlier state, so a state is tensors and numbers in lists
  /// and records, of one structure from the first to the last.
  static func checkpointedLoop(_ f: Value, steps: Int, snapshots: Int) -> Value {
    let signature: Signature? =
      switch f {
      case .function(let closure): closure.prototype.signature
      case .builtin(let builtin): builtin.standsFor
      default: nil
      }
    let takesNumber = (signature?.parameters.count ?? 0) >= 2
    return .builtin(
      BuiltinFunction("checkpointed(state)") { call in
        let interpreter = call.interpreter
        let first = try ValueTree(call[0])
        try first.requirePlain("the state of a checkpointed loop")
        let log = FreeVariableLog(interpreter)
        let results = try checkpoint(steps: steps, snapshots: snapshots, first.variables) {
          number, variables in
          try log.run(number) {
            let given = first.rebuilt(with: variables.map { .tensor($0) })
            let result = try ValueTree(
              interpreter.call(f, takesNumber ? [given, .int(number)] : [given]))
            try result.requirePlain("the state of a checkpointed loop")
            return try result.variables(
              inOrderOf: first, subject: "the state that a step of a checkpointed loop gave",
              hint: "every step gives a state of the structure that the first one took")
          }
        }
        log.runAgain(for: results)
        return first.rebuilt(with: results.map { .tensor($0) })
      })
  }

  static func customFunction(f: Value, forward: Value, backward: Value) throws -> Value {
    .builtin(
      BuiltinFunction("custom(*args)") { call in
        let rule = CustomRule(
          f: f, forward: forward, backward: backward, tree: try ValueTree(.list(call.rest(0))),
          interpreter: call.interpreter)
        return .tensor(try rule.results(rule.tree.variables)[0])
      })
  }

  /// The value of a function with rules of its own.
  ///
  /// - Throws: a value error where it depends on something else than its arguments that a derivative follows.
  static func valueOfArgumentsAlone(
    _ name: String, _ log: FreeVariableLog, _ stops: (Int, Int), _ interpreter: Interpreter,
    _ body: () throws -> Variable
  ) throws -> [Variable] {
    let result = try log.run {
      try interpreter.context.withGradients(asIn: stops) {
        try vjp([]) { _ in [try body()] }.values[0]
      }
    }
    guard result.isDifferentiated else { return [result] }
    throw RuntimeError(
      .value,
      "\(name) gives gradients to arguments alone, and the function depends on "
        + (log.followed ?? "a value from outside"),
      hint: "make it an argument, or give stop_gradient(…) of the result, where none is meant")
  }

  /// What a program's `backward` gave, for the leaves of its function's arguments.
  static func cotangents(
    _ given: Value, for arguments: [Value], of variables: [Variable]
  ) throws -> [Variable?] {
    let list: List
    if case .list(let values) = given { list = values } else { list = [given] }
    guard list.count == arguments.count else {
      throw RuntimeError(
        .value,
        "backward of custom_vjp must give a list of \(arguments.count), one cotangent for "
          + "each argument, not \(given.shortDescription)", hint: "a list of one is (g,)")
    }
    var result: [Variable?] = []
    for (argument, value) in zip(arguments, list) {
      let leaves = try ValueTree(argument).leaves
      if case .nil = value {
        result += leaves.map { _ in nil }
        continue
      }
      let found = try ValueTree(value)
      guard found.leaves.count == leaves.count else {
        throw RuntimeError(
          .shape,
          "a cotangent of custom_vjp has \(found.leaves.count) tensors where the argument "
            + "has \(leaves.count)")
      }
      for (cotangent, leaf) in zip(found.variables, leaves) {
        guard cotangent.shape == leaf.variable.shape || cotangent.rank == 0 else {
          throw RuntimeError(
            .shape,
            "a cotangent of shape \(cotangent.shape) does not fit an argument of shape "
              + "\(leaf.variable.shape)")
        }
        result.append(try cotangent.broadcast(to: leaf.variable.shape))
      }
    }
    return result
  }

  /// `stop_gradient` of any value.
  static func withoutGradient(_ value: Value) throws -> Value {
    switch value {
    case .tensor(let variable): return .tensor(stopGradient(variable))
    case .parameter(let cell):
      cell.value = try leaf(of: cell.value)
      return value
    case .host(let snapshot as Snapshot):
      return .host(snapshot.holding(try withoutGradient(snapshot.plain)))
    case .instance, .host:
      for cell in try ValueTree(value).cells { cell.value = try leaf(of: cell.value) }
      if case .host(let host) = value, let state = host.stateTree {
        try host.restore(try withoutGradient(state))
      }
      return value
    case .list(let values): return .list(try values.map(withoutGradient))
    case .record(let record):
      return .record(Record(try record.pairs.map { ($0, try withoutGradient($1)) }))
    default: return value
    }
  }
}

/// A call of a function with a reverse rule of its own.
///
/// Where a derivative may be asked for, `forward` gives the value, as in JAX. For the derivative it runs
/// again, on what was there at the call; `backward` runs then for the first time and sees variables as
/// they are, so what it needs from the call goes through the residuals. Gradients go to arguments alone: a
/// value that depends on something else a derivative follows is an error, as in JAX.
private struct CustomRule {
  let f: Value
  let forward: Value
  let backward: Value
  let tree: ValueTree
  unowned let interpreter: Interpreter

  /// The value for leaves of the arguments, recorded as one operation.
  func results(_ variables: [Variable]) throws -> [Variable] {
    let log = FreeVariableLog(interpreter)
    let isFollowed = variables.contains(where: \.isDifferentiated)
    let stops = interpreter.context.gradientStops
    let function = CustomFunction(
      "custom_vjp", results: 1,
      value: { variables in
        try Differentiation.valueOfArgumentsAlone("custom_vjp", log, stops, interpreter) {
          try value(variables, isFollowed: isFollowed)
        }
      },
      reverse: { variables, cotangents in
        guard let cotangent = cotangents[0] else { return variables.map { _ in nil } }
        return try with(variables) { arguments in
          let kept = try log.run { try residuals(arguments).residuals }
          let given = try interpreter.call(backward, [kept, .tensor(cotangent)])
          return try Differentiation.cotangents(given, for: arguments, of: variables)
        }
      },
      again: { try results($0) })
    return try function.results(variables)
  }

  /// What the function, or `forward` where a derivative may be asked for, makes of the leaves.
  private func value(_ variables: [Variable], isFollowed: Bool) throws -> Variable {
    try with(variables) { arguments in
      let result = isFollowed ? try residuals(arguments).value : try interpreter.call(f, arguments)
      guard let variable = result.variable else {
        throw RuntimeError(
          .type, "a function with custom_vjp must give a tensor, not \(result.shortDescription)")
      }
      return variable
    }
  }

  private func with<R>(_ variables: [Variable], _ body: ([Value]) throws -> R) throws -> R {
    try tree.substitutedArguments(variables, body)
  }

  /// What `forward` gives.
  private func residuals(_ arguments: [Value]) throws -> (value: Value, residuals: Value) {
    let pair = try interpreter.call(forward, arguments)
    guard case .list(let parts) = pair, parts.count == 2 else {
      throw RuntimeError(
        .type,
        "forward of custom_vjp must give (value, residuals), not \(pair.shortDescription)")
    }
    return (parts[0], parts[1])
  }
}

extension ValueTree {
  /// - Parameter name: what it is, for the message.
  /// - Throws: a type error for a value with something that may change and that is not in its tensors.
  func requirePlain(_ name: String) throws {
    func visit(_ structure: Structure) throws {
      switch structure {
      case .leaf, .parameter, .other(.nil): return
      case .list(let structures): try structures.forEach(visit)
      case .record(let pairs): try pairs.forEach { try visit($0.value) }
      case .instance(let instance, _): throw misfit(.instance(instance))
      case .snapshot(let snapshot, _): throw misfit(.host(snapshot))
      case .other(let value): throw misfit(value)
      }
    }
    func misfit(_ value: Value) -> RuntimeError {
      RuntimeError(
        .type, "\(value.shortDescription) cannot be in \(name)",
        hint:
          "there may be tensors and numbers in lists and records; functional(model) gives a model's"
      )
    }
    try visit(structure)
  }

  /// The tensors in the order of another tree's, by their paths.
  ///
  /// - Throws: a shape error that names a path where the structures differ.
  func variables(inOrderOf other: ValueTree, subject: String, hint: String) throws -> [Variable] {
    if leaves.map(\.path) == other.leaves.map(\.path) { return variables }
    var found: [Path: Variable] = [:]
    for leaf in leaves { found[leaf.path] = leaf.variable }
    let lost = other.leaves.first { found[$0.path] == nil }?.path
    let added = leaves.first { leaf in !other.leaves.contains { $0.path == leaf.path } }?.path
    guard lost == nil, added == nil else {
      let what =
        if lost == .top || added == .top {
          "is \(added == .top ? "one tensor" : "several tensors")"
        } else {
          lost.map { "has nothing at `\($0.shortened)`" }
            ?? "has something new at `\((added ?? .top).shortened)`"
        }
      throw RuntimeError(
        .shape, "\(subject) \(what)", hint: hint)
    }
    return other.leaves.compactMap { found[$0.path] }
  }
}
