// Loops and choices that examples of `vmap` go through each in their own way.
//
// Outside `vmap` they are what `while` and `if` do. A condition that has a value for each example cannot be
// gone by, so what it decides about is computed for all, and each example keeps its own by `where`. So
// derivatives of what was not kept are exactly 0: rules keep a 0 a 0, even where they would divide by it.

import Autodiff
import Language
import Tensors

/// What a condition is: one Bool, or one for each example.
private enum Condition {
  case one(Bool)
  case each(Variable)

  init(_ value: Value) throws {
    if let variable = value.variable, variable.dtype == .bool, variable.rank == 0,
      variable.concrete == nil
    {
      self = .each(variable)
    } else {
      self = .one(try value.truth())
    }
  }
}

extension Differentiation {
  /// The state after `body` has run as long as `condition` holds.
  static func whileLoop(
    _ interpreter: Interpreter, _ condition: Value, _ body: Value, from initial: Value
  ) throws -> Value {
    var state = initial
    while true {
      switch try Condition(interpreter.call(condition, [state])) {
      case .one(false): return state
      case .one(true):
        state = try interpreter.call(body, [state])
        // Functions that are built in count no steps of their own.
        try interpreter.machine.countRound()
      case .each(let active):
        return try mappedLoop(interpreter, condition, body, from: state, while: active)
      }
    }
  }

  /// A loop that ends for each example when its condition fails: its state stays from then on. The body goes on
  /// with the last state that it took of the example: on one that does not fulfil the condition, what it does
  /// may be an error, such as an index out of range.
  private static func mappedLoop(
    _ interpreter: Interpreter, _ condition: Value, _ body: Value, from state: Value,
    while first: Variable
  ) throws -> Value {
    let tree = try ValueTree(state)
    try tree.requirePlain("the state of while_loop inside vmap")
    var variables = tree.variables
    var taken = variables
    var active = first
    func value(_ variables: [Variable]) -> Value {
      tree.rebuilt(with: variables.map { .tensor($0) })
    }
    while try active.holdsForAny() {
      try interpreter.machine.countRound()
      taken = try zip(variables, taken).map { try active.select($0, stopGradient($1)) }
      let next = try ValueTree(interpreter.call(body, [value(taken)]))
      try next.requirePlain("the state of while_loop inside vmap")
      let leaves = try next.variables(
        inOrderOf: tree, subject: "the state that the body of while_loop gave",
        hint: "inside vmap every step gives a state of the structure that the first one took")
      variables = try choose(
        active, leaves, variables, "the body of while_loop gave", "for",
        paths: tree.leaves.map(\.path))
      switch try Condition(interpreter.call(condition, [value(variables)])) {
      case .one(false): return value(variables)
      case .one(true): break
      case .each(let flags): active = try active.and(flags)
      }
    }
    return value(variables)
  }

  /// What one of two functions gives for operands; what both do where examples differ in the condition.
  static func choice(
    _ interpreter: Interpreter, _ condition: Value, _ f: Value, _ g: Value, _ operands: [Value]
  ) throws -> Value {
    switch try Condition(condition) {
    case .one(let flag): return try interpreter.call(flag ? f : g, operands)
    case .each(let flags):
      let first = try ValueTree(interpreter.call(f, operands))
      let second = try ValueTree(interpreter.call(g, operands))
      for tree in [first, second] { try tree.requirePlain("the result of cond inside vmap") }
      let others = try second.variables(
        inOrderOf: first, subject: "the second function of cond",
        hint: "inside vmap both functions give one structure")
      let chosen = try choose(
        flags, first.variables, others, "the functions of cond gave", "and",
        paths: first.leaves.map(\.path))
      return first.rebuilt(with: chosen.map { .tensor($0) })
    }
  }

  /// For each example the leaves of one of two trees.
  private static func choose(
    _ flags: Variable, _ a: [Variable], _ b: [Variable], _ subject: String, _ word: String,
    paths: [Path]
  ) throws -> [Variable] {
    try a.indices.map { place in
      guard a[place].shape == b[place].shape else {
        let path = paths[place] == .top ? "" : " at `\(paths[place].shortened)`"
        throw RuntimeError(
          .shape,
          "\(subject) \(a[place].typeDescription) \(word) \(b[place].typeDescription)\(path)",
          hint: "inside vmap all examples keep one shape")
      }
      return try flags.select(a[place], b[place])
    }
  }
}

extension Variable {
  /// True where any element is, those of all examples included.
  fileprivate func holdsForAny() throws -> Bool {
    let flags = underlying
    return try flags.any(.all(rank: flags.rank), keepAxes: false).firstInt != 0
  }
}
