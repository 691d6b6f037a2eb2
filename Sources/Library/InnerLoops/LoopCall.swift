// One call of an inner loop: its rounds, and when they end.
//
// What the step reads beside its arguments is logged, so that rounds can run again on what was there
// (`FreeVariableLog`). A loop with a tolerance ends where the state hardly moves. Inside `vmap` each example
// ends by itself: it keeps the bits that it had then, while the others go on.

import Autodiff
import Language
import Tensors

/// One call of a loop.
final class LoopCall: @unchecked Sendable {
  let loop: InnerLoop
  unowned let interpreter: Interpreter
  let form: LoopState
  let start: Value
  /// What the steps take behind the state.
  let metas: ValueTree
  /// What rounds take slices of; other tensors stand there while the loop runs as a function.
  private var slices: LoopSlices
  private let positional: Int
  private let names: [String]
  /// The stream as it was before the first round.
  let random: RandomKey
  let log: FreeVariableLog

  /// The method that was used, and why it was chosen where nobody named it.
  var gradient: LoopGradient
  var reason = ""
  /// The rounds that were run.
  private(set) var rounds: Int
  /// How many rounds each example of `vmap` ran, where they differ.
  var roundsOfEach: Variable?
  private(set) var outputs = LoopOutputs("inner_loop")
  /// Whether rounds give what they are first run for.
  private var collects = true
  /// The last but one of the states.
  private(set) var previous: Value
  /// Inputs that the method gives no derivative to.
  var withoutGradient: [String] = []
  /// What the run keeps for a derivative.
  var bytes = 0
  /// Whether a notice says why an error is not known.
  var tellsOfErrors = true
  /// The loop as a function, where samples of it are taken.
  var rerun: LoopRerun?

  init(
    _ loop: InnerLoop, from first: Value, _ metas: [Value], _ named: [(String, Value)],
    _ interpreter: Interpreter
  ) throws {
    self.loop = loop
    self.interpreter = interpreter
    (form, start) = try LoopState.starting(first, of: "inner_loop")
    self.metas = try ValueTree(.list(metas + named.map(\.1)), numbersAreLeaves: false)
    slices = LoopSlices(loop.data)
    positional = metas.count
    names = named.map(\.0)
    random = interpreter.context.random
    log = FreeVariableLog(interpreter)
    gradient = loop.gradient
    rounds = loop.steps ?? 0
    previous = start
  }

  /// The state of a round on what the variables held when it first ran.
  func round(_ number: Int, _ state: Value, _ metas: [Value]) throws -> Value {
    var slices = slices
    return try round(number, state, metas, &slices)
  }

  /// - Parameter slices: those of a run of rounds. What they cut stands on the tapes of that run alone.
  private func round(
    _ number: Int, _ state: Value, _ metas: [Value], _ slices: inout LoopSlices
  ) throws -> Value {
    let slice = try slices(number)
    let (result, output) =
      names.isEmpty
      ? try loop.step(state, slice, metas, [], round: number, interpreter)
      : try loop.step(
        state, slice, Array(metas.prefix(positional)),
        Array(zip(names, metas.suffix(names.count))), round: number, interpreter)
    if collects, let output { try outputs.append(output) }
    return try form.admitting(result)
  }

  // MARK: - Rounds

  /// The state after some rounds, the first time or again; examples that have ended stay as they are.
  ///
  /// - Parameter logging: whether each is one run of the log.
  func advance(
    _ state: Value, through numbers: Range<Int>, _ metas: [Value], logging: Bool = false
  ) throws -> Value {
    var state = state
    var slices = slices
    for number in numbers {
      let next =
        try logging
        ? log.run(number) { try round(number, state, metas, &slices) }
        : round(number, state, metas, &slices)
      previous = state
      state =
        try roundsOfEach.map {
          try frozen(next, state, where: $0.isGreater(than: .tensor(Tensor(number))))
        } ?? next
    }
    return state
  }

  /// The state of active examples after a round, and the one before it of the others.
  private func frozen(_ next: Value, _ state: Value, where active: Variable) throws -> Value {
    form.state(
      next, with: try zip(form.parts(next), form.parts(state)).map { try active.select($0, $1) })
  }

  /// Runs rounds until the state hardly moves, `steps` at most; each is one run of the log if asked for.
  ///
  /// - Parameter visit: sees each state before its round, and which examples go on to it.
  func search(
    _ metas: [Value], logging: Bool, visit: (Value, Variable?) throws -> Void = { _, _ in }
  ) throws -> Value {
    let most = rounds
    var slices = slices
    var state = start
    var active: Variable?
    rounds = 0
    while rounds < most {
      try visit(state, active)
      let number = rounds
      let next =
        try logging
        ? log.run(number) { try round(number, state, metas, &slices) }
        : round(number, state, metas, &slices)
      previous = state
      let new = try active.map { try frozen(next, state, where: $0) } ?? next
      rounds += 1
      if let running = active, let counts = roundsOfEach {
        roundsOfEach = try counts + running.converted(to: .i64)
      }
      let ends = try hasSettled(state, new)
      state = new
      if let ends = ends.concrete {
        if ends.firstInt != 0 { return state }
      } else {
        if roundsOfEach == nil { roundsOfEach = .tensor(Tensor(rounds)) }
        let goOn = try ends.not()
        active = try active.map { try $0.and(goOn) } ?? goOn
        let flags = active?.underlying
        if try flags?.any(.all(rank: flags?.rank ?? 0), keepAxes: false).firstInt == 0 {
          return state
        }
      }
    }
    return state
  }

  /// Whether the largest move of a leaf is within the tolerance, `‖Δ‖ ≤ tol (1 + ‖leaf‖)`, a Bool or one
  /// for each example.
  ///
  /// - Throws: a value error for a state that is not a number.
  private func hasSettled(_ old: Value, _ new: Value) throws -> Variable {
    let tolerance = loop.tolerance ?? 0
    return try interpreter.context.withoutGradients {
      var settled = Variable.tensor(Tensor(true))
      let leaves = zip(form.floats(form.parts(old)), form.floats(form.parts(new)))
      for (old, new) in leaves.map({ (stopGradient($0), stopGradient($1)) }) {
        let all = AxisSet.all(rank: new.rank)
        let move = try (new - old).norm(axes: all)
        let bound = try (new.norm(axes: all) + 1) * tolerance
        let isLost = try move.isnan().underlying
        if try isLost.any(.all(rank: isLost.rank), keepAxes: false).firstInt != 0 {
          throw RuntimeError(
            .value,
            "the state of inner_loop is nan after \(rounds) \(rounds == 1 ? "step" : "steps")",
            hint: "a loop that grows needs a smaller step; without `tol` it would run on")
        }
        settled = try settled.and(move.isLessOrEqual(to: bound))
      }
      return settled
    }
  }

  /// What is 0 where an optimizer has nothing to do: the gradient of its loss, which takes what a round takes.
  func gradient(
    by optimizer: OptimizerStep, _ state: Value, _ metas: [Value], _ number: Int
  ) throws -> [Variable] {
    var slices = slices
    let slice = try slices(number).map { [$0] } ?? []
    var named = Array(zip(names, metas.suffix(names.count)))
    if loop.step.takesRound { named.append(("round", .int(number))) }
    return try optimizer.gradient(
      state, slice + metas.prefix(positional), named, interpreter)
  }

  /// Whether the derivative is made of what the loop gives on this rank.
  private var needsOwnDerivative: Bool {
    switch gradient {
    case .forward, .implicit, .estimate: true
    default: false
    }
  }

  /// From now on rounds run for derivatives alone.
  func end() { collects = false }

  // MARK: - Running

  /// What a derivative may be wanted by: the floats of the first state, the tensors of the other arguments, and
  /// those that rounds take slices of.
  var given: [Variable] { form.floats(form.parts(start)) + metas.variables + slices.variables }

  /// Runs the body with slices of other tensors.
  func slicing<R>(_ others: [Variable], _ body: () throws -> R) rethrows -> R {
    let saved = slices
    slices.variables = others
    defer { slices = saved }
    return try body()
  }

  /// Runs the body with arguments in the form of the call's, on other tensors.
  func with<R>(_ variables: [Variable], _ body: ([Value]) throws -> R) rethrows -> R {
    try metas.substitutedArguments(variables, body)
  }

  /// Runs the body again, on the stream of the first time; what is not a state was kept then.
  func again<R>(from key: RandomKey? = nil, _ body: () throws -> R) rethrows -> R {
    let saved = (collects, interpreter.context.random)
    (collects, interpreter.context.random) = (false, key ?? random)
    defer { (collects, interpreter.context.random) = saved }
    return try body()
  }

  /// The state after all rounds as numbers that nothing outside follows.
  ///
  /// - Parameter isRunAgain: whether a derivative runs the loop again, which a recording of it could not.
  func numbers(
    isRunAgain: Bool = true, _ visit: (Value, Variable?) throws -> Void = { _, _ in }
  ) throws -> Value {
    let context = interpreter.context
    if isRunAgain { context.meets(obstacle: "differentiates a loop without its steps") }
    func found() throws -> Value {
      try context.isolated {
        try with(metas.variables) { metas in
          if loop.tolerance != nil { return try search(metas, logging: true, visit: visit) }
          return try advance(start, through: 0..<rounds, metas, logging: true)
        }
      }
    }
    guard isRunAgain, needsOwnDerivative else { return form.stopped(try found()) }
    return form.stopped(
      try context.ranks.withoutExchanges("gradient=\(gradient.description.excerpt)") { try found() }
    )
  }
}
