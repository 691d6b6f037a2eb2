// `inner_loop(step, steps=n, gradient=…)`: a loop, and how its derivative is found.
//
// Every way to differentiate gives the same value, bit for bit: the steps are the same ones, and what
// differs is what is recorded of them (`LoopCall+Gradients`).

import Autodiff
import Language
import Tensors

/// A loop as the program described it.
struct InnerLoop {
  let step: LoopStep
  /// The most rounds; nil where the data say how many.
  var steps: Int?
  var gradient: LoopGradient
  /// How small a move has to be for the loop to stop, relative to the state; nil for a loop that does not.
  let tolerance: Double?
  /// What each round is given a slice of, along the first axes.
  let data: ValueTree?
  /// The most bytes of states and nodes that a derivative keeps; nil for a tenth of the limit.
  let memory: Int?
  let givesInfo: Bool
  let hasAux: Bool

  init(_ arguments: Arguments) throws {
    step = LoopStep(
      try arguments.function(0), hasAux: try arguments.bool(7), arguments.interpreter)
    gradient = try LoopGradient(arguments, 2)
    tolerance = arguments.has(3) ? try arguments.double(3) : nil
    if let tolerance, !(tolerance >= 0) {
      throw RuntimeError(.value, "`tol` of inner_loop must be at least 0, not \(tolerance)")
    }
    data = arguments.has(4) ? try ValueTree(arguments[4], for: "xs of inner_loop") : nil
    let given = arguments.has(1) ? try arguments.int(1, atLeast: 0) : nil
    steps = try LoopData.rounds(data, given, of: "inner_loop", "steps")
    memory = arguments.has(5) ? try arguments.int(5, atLeast: 1) : nil
    givesInfo = try arguments.bool(6)
    hasAux = try arguments.bool(7)
  }

  /// The state after the last round; with `with_info` and `has_aux` what goes with it.
  func call(_ arguments: [Value], _ named: [(String, Value)], _ interpreter: Interpreter) throws
    -> Value
  {
    guard let first = arguments.first else {
      throw RuntimeError(
        .type, "a loop needs the state that it begins with",
        hint: "inner_loop(step, steps=10)(state, …): behind the state comes what its steps take")
    }
    let watch = interpreter.loopWatch
    let call = try LoopCall(
      watch?.changed(self) ?? self, from: first, Array(arguments.dropFirst()), named, interpreter)
    var state = try call.differentiated()
    call.end()
    let cotangent = LoopCotangent()
    if givesInfo || watch != nil {
      let parts = call.form.parts(state)
      state = call.form.state(
        state,
        with: call.form.parts(parts, withFloats: try cotangent.watching(call.form.floats(parts))))
    }
    watch?.note(call, state, cotangent)
    var result = state
    if hasAux {
      result = .list([result, try Differentiation.withoutGradient(call.outputs.stacked())])
    }
    return givesInfo ? .list([result, .host(try call.info(state, cotangent))]) : result
  }
}

/// The slices of what a loop walks over.
enum LoopData {
  /// How many rounds there are, by the data, by a number, or both.
  ///
  /// - Throws: a value error where neither says, a shape error where they disagree.
  static func rounds(
    _ data: ValueTree?, _ given: Int?, of name: String, _ parameter: String
  ) throws -> Int {
    var rounds = given
    var source = "\(parameter) is"
    for leaf in data?.leaves ?? [] {
      guard leaf.variable.rank > 0 else {
        throw RuntimeError(
          .shape, "`xs` of \(name) has a number\(leaf.path.phrase), which has no first axis",
          hint: "each round is given a slice of every tensor; what all rounds share is captured")
      }
      let extent = leaf.variable.shape[0]
      if let rounds, rounds != extent {
        throw RuntimeError(
          .shape, "\(source) \(rounds), and `xs`\(leaf.path.phrase) has \(extent) slices",
          hint: "all first axes are as long as there are rounds")
      }
      (rounds, source) = (extent, "one tensor of `xs` has")
    }
    guard let rounds else {
      throw RuntimeError(
        .value, "\(name) needs to know how many rounds there are",
        hint: "give \(parameter)=, or xs=, of which each round takes a slice")
    }
    return rounds
  }
}

/// The tensors that rounds take slices of.
struct LoopSlices {
  private let data: ValueTree?
  private var rows: [Rows]

  init(_ data: ValueTree?) {
    self.data = data
    rows = data?.variables.map(Rows.init) ?? []
  }

  /// What stands for the tensors of the data; others do while the loop runs as a function.
  var variables: [Variable] {
    get { rows.map(\.whole) }
    set { rows = newValue.map(Rows.init) }
  }

  /// What a round is given; nil where there are no data.
  mutating func callAsFunction(_ round: Int) throws -> Value? {
    guard let data else { return nil }
    var slices: [Value] = []
    for place in rows.indices { slices.append(.tensor(try rows[place](round))) }
    return data.rebuilt(with: slices)
  }
}

/// A function as the step of a loop: what it takes and gives.
struct LoopStep {
  let function: Value
  let hasAux: Bool
  /// Whether a parameter is named `round`.
  let takesRound: Bool
  /// The step of an optimizer, whose fixed points are known by its loss.
  var optimizer: OptimizerStep? {
    if case .host(let host) = function { host as? OptimizerStep } else { nil }
  }

  init(_ function: Value, hasAux: Bool, _ interpreter: Interpreter) {
    self.function = function
    self.hasAux = hasAux
    // The step of an optimizer takes what its loss does.
    let taker =
      if case .host(let host) = function { (host as? OptimizerStep)?.loss } else { Value?.none }
    let signature = interpreter.machine.ownSignature(of: taker ?? function)
    takesRound =
      signature?.parameters.contains { $0.kind == .plain && $0.name == "round" } ?? false
  }

  /// What the step gives, not yet admitted: a state, and an output where it has one.
  func callAsFunction(
    _ state: Value, _ slice: Value?, _ metas: [Value], _ named: [(String, Value)], round: Int,
    _ interpreter: Interpreter
  ) throws -> (state: Value, output: Value?) {
    try interpreter.machine.countRound()
    var arguments: [Value] = []
    arguments.reserveCapacity(metas.count + 2)
    arguments.append(state)
    if let slice { arguments.append(slice) }
    arguments += metas
    let named = takesRound ? named + [("round", .int(round))] : named
    let result =
      try interpreter.whoWatchesLoops == nil
      ? call(arguments, named, interpreter)
      : interpreter.watchingLoops(by: nil) { try call(arguments, named, interpreter) }
    guard hasAux else { return (result, nil) }
    guard case .list(let pair) = result, pair.count == 2 else {
      throw RuntimeError(
        .type, "with has_aux=true a step must give (state, aux), not \(result.shortDescription)")
    }
    return (pair[0], pair[1])
  }

  private func call(
    _ arguments: [Value], _ named: [(String, Value)], _ interpreter: Interpreter
  ) throws -> Value {
    if let optimizer { return try optimizer.step(arguments, named, interpreter) }
    return try interpreter.call(function, arguments, named: named)
  }
}

/// What the rounds of a loop gave beside states, one of each.
struct LoopOutputs {
  /// What the first round gave, which has the structure of all.
  private var first: ValueTree?
  private var rounds: [[Variable]] = []
  /// Who gave them, for messages.
  let name: String

  init(_ name: String) { self.name = name }

  /// The tensors of what a round gave.
  ///
  /// - Throws: an error for another structure than the first round's.
  mutating func variables(of value: Value) throws -> [Variable] {
    if value.isNil, first?.variables.isEmpty ?? false { return [] }
    let tree = try ValueTree(value)
    guard let first else {
      first = tree
      return tree.variables
    }
    return try tree.variables(
      inOrderOf: first, subject: "what a round of \(name) gave",
      hint: "every round gives one structure, so that all can be stacked")
  }

  mutating func append(_ value: Value) throws { append(try variables(of: value)) }

  mutating func append(_ variables: [Variable]) { rounds.append(variables) }

  /// What the last round gave.
  var last: [Variable] { rounds.last ?? [] }

  /// The outputs of all rounds along new first axes; nil where there is none.
  func stacked() throws -> Value {
    guard let first else { return .nil }
    let stacks = try first.leaves.indices.map { place in
      Value.tensor(try Variable.stack(Safepoint.map(rounds) { $0[place] }))
    }
    return first.rebuilt(with: stacks)
  }
}
