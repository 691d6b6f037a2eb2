// The ways to differentiate a loop.
//
// What is differentiated through its steps runs them on the tapes of the program. The others run them as
// numbers and attach a derivative: that of an equation, of the loop run again in forward mode, of values of the
// loop, or none.

import Autodiff
import Language
import Solvers
import Tensors
import ZeroOrder

extension LoopCall {
  /// The state after the last round, with the derivative that the method gives.
  func differentiated() throws -> Value {
    if case .auto = gradient { try choose() }
    if gradient.forgetsStart, form.floats(form.parts(start)).contains(where: \.isDifferentiated) {
      tellOfStart()
    }
    switch gradient {
    case .unroll: return try unrolled()
    case .recompute(let snapshots): return try recomputed(snapshots)
    case .truncate(let steps): return try truncated(steps)
    case .oneStep: return try truncated(1)
    case .forward: return try pushedForward()
    case .implicit(let solver, _): return try implicit(solver)
    case .estimate(let options, _): return try estimated(options)
    case .firstOrder: return try moved()
    case .none: return try numbers(isRunAgain: false)
    case .auto: preconditionFailure("a loop has not chosen how to be differentiated; please report")
    }
  }

  /// Says, once a place, that a derivative by the state that the loop begins with is 0 by the method.
  private func tellOfStart() {
    if case .truncate(let steps) = gradient, steps >= rounds, loop.tolerance == nil { return }
    if rounds == 0 { return }
    withoutGradient.append("state")
    if case .none = gradient { return }
    Notice(
      "gradient=\(gradient.description.excerpt) gives no derivative by the state that the loop begins with",
      hint: "\"unroll\" does; stop_gradient(state) says that none is wanted",
      place: interpreter.context.place
    ).send()
  }

  // MARK: - Through the steps

  /// Reverse mode through all steps; those that would pass the bound on memory with snapshots.
  private func unrolled() throws -> Value {
    try with(metas.variables) { metas in
      guard loop.tolerance == nil else { return try search(metas, logging: false) }
      let before = MemoryAccount.held
      var state = start
      var done = 0
      while done < min(LoopMemory.measuredRounds, rounds) {
        let held = MemoryAccount.held
        state = try advance(state, through: done..<done + 1, metas)
        done += 1
        bytes = max(0, MemoryAccount.held - held)
      }
      let memory = LoopMemory(loop.memory)
      if rounds > done, let wanted = memory.excess(bytes, rounds: rounds) {
        reason = "the graph would take about \(wanted) bytes, more than \(memory.bound)"
        memory.tell(of: wanted, place: interpreter.context.place)
        state = try withSnapshots(nil, from: state, done..<rounds, bound: memory.bound)
      } else {
        state = try advance(state, through: done..<rounds, metas)
      }
      bytes = max(0, MemoryAccount.held - before)
      return state
    }
  }

  private func recomputed(_ snapshots: Int?) throws -> Value {
    // How long the loop is has to be known before it is split.
    let isRunAgain = loop.tolerance != nil
    if isRunAgain { _ = try numbers() }
    let before = MemoryAccount.held
    func run() throws -> Value {
      try withSnapshots(snapshots, from: start, 0..<rounds, bound: nil)
    }
    let state = try isRunAgain ? again(run) : run()
    bytes = max(0, MemoryAccount.held - before)
    return state
  }

  /// Rounds with a given number of states kept, by default as many as the bound allows, and at least the
  /// binary logarithm of the rounds.
  private func withSnapshots(
    _ snapshots: Int?, from state: Value, _ numbers: Range<Int>, bound: Int?
  ) throws -> Value {
    guard !numbers.isEmpty else { return state }
    let parts = form.parts(state)
    let kept =
      snapshots ?? LoopMemory.snapshots(of: parts, rounds: numbers.count, bound: bound)
    // Where the rounds have run before, they are runs of the log by their own numbers.
    let logged = loop.tolerance == nil ? numbers.lowerBound : 0
    let texts = LoopTexts(form, state)
    let result = try checkpoint(steps: numbers.count, snapshots: kept, parts) { offset, parts in
      let number = numbers.lowerBound + offset
      return try self.log.run(number - logged) {
        try self.with(self.metas.variables) { metas in
          let next = try self.advance(
            texts.state(offset, with: parts), through: number..<number + 1, metas)
          texts.note(next, after: offset)
          return self.form.parts(next)
        }
      }
    }
    log.runAgain(for: result)
    return texts.state(numbers.count, with: result)
  }

  /// Reverse mode through the last steps, from a state that is a constant.
  private func truncated(_ steps: Int) throws -> Value {
    guard loop.tolerance == nil else { return try truncatedSearch(steps) }
    guard steps < rounds else { return try unrolled() }
    let first = rounds - steps
    let state = try interpreter.context.isolated {
      try with(metas.variables) { try advance(start, through: 0..<first, $0) }
    }
    let before = MemoryAccount.held
    let last = try with(metas.variables) {
      try advance(form.stopped(state), through: first..<rounds, $0)
    }
    bytes = max(0, MemoryAccount.held - before)
    return last
  }

  /// The last steps of a loop that had to be run to know which those are.
  private func truncatedSearch(_ steps: Int) throws -> Value {
    // The states before the last rounds. Each example that goes on moves its states one place forward, and
    // those of one that has ended stay.
    var window: [(state: Value, random: RandomKey)] = []
    _ = try numbers { state, active in
      let state = form.stopped(state)
      guard window.count == steps else {
        window.append((state, interpreter.context.random))
        return
      }
      window.append((state, interpreter.context.random))
      guard let active else {
        window.removeFirst()
        return
      }
      for place in 0..<steps {
        let (old, new) = (form.parts(window[place].state), form.parts(window[place + 1].state))
        window[place].state = form.state(
          state, with: try zip(new, old).map { try active.select($0, $1) })
      }
      window.removeLast()
    }
    guard let oldest = window.first else { return start }
    if roundsOfEach != nil, loop.step.takesRound || loop.data != nil {
      throw RuntimeError(
        .value,
        "gradient=\(gradient.description.excerpt) cannot go back in examples of vmap that ended at "
          + "different rounds, where the step takes the round or data of it",
        hint: "recompute() gives the exact derivative with few states kept")
    }
    let first = rounds - window.count
    let counts = roundsOfEach
    roundsOfEach = try counts.map {
      try $0.minimum(.tensor(Tensor(window.count))) + .tensor(Tensor(first))
    }
    defer { roundsOfEach = counts }
    return try again(from: oldest.random) {
      try with(metas.variables) {
        try advance(
          first == 0 ? start : oldest.state, through: first..<rounds, $0, logging: true)
      }
    }
  }

  /// The state that the loop begins with, moved to where it ended.
  private func moved() throws -> Value {
    let end = try numbers(isRunAgain: false)
    let found = form.parts(end)
    let (ends, starts) = (form.floats(found), form.floats(form.parts(start)))
    let count = ends.count
    let function = CustomFunction(
      "inner_loop", results: count, value: { Array($0.prefix(count)) },
      forward: { _, tangents in Array(tangents.suffix(count)) },
      reverse: { arguments, cotangents in arguments.dropFirst(count).map { _ in nil } + cotangents
      },
      again: nil)
    let results = try count == 0 ? [] : function.results(ends + starts)
    return form.state(end, with: form.parts(found, withFloats: results))
  }

  // MARK: - By an equation

  /// The state as the solution of `state = step(state)`, or of the gradient of an optimizer's loss = 0.
  private func implicit(_ solver: Value) throws -> Value {
    let state = try numbers()
    let parts = form.parts(state)
    let unknowns = try loop.step.optimizer.map { try $0.parameterCount(of: start) }
    let floats = form.floats(parts)
    let solved = Array(floats.prefix(unknowns ?? floats.count))
    guard !solved.isEmpty else { return state }
    let structure = try ValueTree(.list(solved.map { .tensor($0) }))
    let last = max(rounds - 1, 0)
    /// What is 0 at the solution: `state - step(state)`, whose Jacobian is I - J.
    func residual(_ x: [Variable]) throws -> [Variable] {
      let all = x + floats.dropFirst(x.count)
      let given = form.state(state, with: form.parts(parts, withFloats: all))
      return try with(metas.variables) { metas in
        if let optimizer = loop.step.optimizer {
          return try gradient(by: optimizer, given, metas, last)
        }
        let next = form.floats(form.parts(try round(last, given, metas)))
        return try zip(x, next).map { try $0 - $1 }
      }
    }
    let linear = LinearSolver.make(from: solver, for: structure, interpreter).forPartialSums
    let root = try again {
      try log.run(last) {
        let root = try implicitRoot(solved, solver: linear, residual: residual)
        if linear.assumesSymmetry, root.contains(where: \.isDifferentiated) {
          try interpreter.context.isolated {
            try requireSymmetry(of: residual, at: solved, for: linear.name)
          }
        }
        return root
      }
    }
    return form.state(
      state, with: form.parts(parts, withFloats: root + floats.dropFirst(root.count)))
  }

  /// Holds ⟨u, A v⟩ against ⟨A u, v⟩ for random u and v.
  ///
  /// - Throws: a value error where they differ: what relies on symmetry would give a wrong derivative.
  private func requireSymmetry(
    of residual: ([Variable]) throws -> [Variable], at x: [Variable], for solver: String
  ) throws {
    var key = RandomKey(seed: 0)
    let u = try x.map { Variable.tensor(try key.normal($0.shape, $0.dtype)) }
    let v = try x.map { Variable.tensor(try key.normal($0.shape, $0.dtype)) }
    func product(_ a: [Variable], _ b: [Variable]) throws -> Double {
      try zip(a, b).reduce(0) { try $0 + ($1.0 * $1.1).sum().underlying.doubles.reduce(0, +) }
    }
    func moved(_ direction: [Variable]) throws -> [Variable] {
      let found = try jvp(x, direction, residual).tangents
      return try zip(found, x).map { try $0 ?? $1.zerosLike() }
    }
    let (a, b) = (try product(u, moved(v)), try product(moved(u), v))
    let rounding = x.contains { $0.dtype == .f32 } ? 1e-3 : 1e-7
    guard abs(a - b) > rounding * (abs(a) + abs(b)) else { return }
    throw RuntimeError(
      .value,
      "\(solver) needs a symmetric matrix, and the Jacobian of the step is not: ⟨u, A v⟩ is "
        + "\(formatShortest(a)) and ⟨A u, v⟩ \(formatShortest(b)) for random u and v",
      hint: "gradient=\"implicit\", gmres(), bicgstab() and normal_cg() take any matrix")
  }

  // MARK: - By running the loop again

  /// The state as numbers, and the loop as a function of all that it depends on.
  private func rerunnable() throws -> (state: Value, LoopRerun) {
    let first = form.parts(start)
    let reads = LiftedReads(given: given)
    let state = try reads.finding(interpreter) { try numbers() }
    let rerun = LoopRerun(call: self, reads: reads, startParts: first)
    if try rerun.dependsOnOthers() {
      throw RuntimeError(
        .value,
        "gradient=\(gradient.description.excerpt) cannot follow a number that an object holds, "
          + "and the step depends on one",
        hint: "give it to the step as an argument behind the state, or use \"unroll\"")
    }
    return (state, rerun)
  }

  /// Forward mode: a tangent for each number that something follows. In reverse mode the cotangents of
  /// these are the products of their tangents with that of the state.
  private func pushedForward() throws -> Value {
    let (state, rerun) = try rerunnable()
    let parts = form.parts(state)
    let ends = form.floats(parts)
    guard !ends.isEmpty else { return state }
    let count = ends.count
    let function = CustomFunction(
      "inner_loop", results: count, value: { Array($0.prefix(count)) },
      forward: { arguments, tangents in
        try jvp(Array(arguments.dropFirst(count)), Array(tangents.dropFirst(count))) {
          try rerun($0)
        }.tangents
      },
      selectiveReverse: { arguments, cotangents, asked in
        let operands = Array(arguments.dropFirst(count))
        let found = try LoopCall.transposed(
          operands, cotangents, Array(asked.dropFirst(count))
        ) { try rerun($0) }
        return arguments.prefix(count).map { _ in nil } + found
      })
    let results = try function.results(ends + rerun.operands)
    return form.state(state, with: form.parts(parts, withFloats: results))
  }

  /// Cotangents of operands by forward mode, one tangent a number of those that are asked for.
  private static func transposed(
    _ operands: [Variable], _ cotangents: [Variable?], _ asked: [Bool],
    _ function: @escaping ([Variable]) throws -> [Variable]
  ) throws -> [Variable?] {
    try operands.indices.map { place -> Variable? in
      let operand = operands[place]
      guard asked[place], operand.dtype.isFloat, operand.count > 0 else { return nil }
      let n = operand.count
      let basis = try Tensor.eye(n, n, operand.dtype).reshaped(Shape(n).followed(by: operand.shape))
      let columns = try vmap([.tensor(basis)], axes: [0], size: n) { direction -> [Variable] in
        var tangents = [Variable?](repeating: nil, count: operands.count)
        tangents[place] = direction[0]
        let moved = try jvp(operands, tangents, function)
        let products = try zip(moved.tangents, cotangents).compactMap {
          tangent, cotangent -> Variable? in
          guard let tangent, let cotangent else { return nil }
          return try (tangent * cotangent).sum()
        }
        guard let first = products.first else { return [try operand.zerosLike().sum()] }
        return [try products.dropFirst().reduce(first) { try $0 + $1 }]
      }
      return try columns[0].reshape(to: operand.shape)
    }
  }

  /// The derivative by the arguments behind the state, estimated from values of the loop when it is asked for.
  private func estimated(_ options: ZeroOrderOptions) throws -> Value {
    let (state, rerun) = try rerunnable()
    let parts = form.parts(state)
    let ends = form.floats(parts)
    guard !ends.isEmpty else { return state }
    self.rerun = rerun
    let count = ends.count
    let function = CustomFunction(
      "inner_loop", results: count, value: { Array($0.prefix(count)) },
      reverse: { arguments, cotangents in
        let found = try rerun.estimate(options, Array(arguments.dropFirst(count)), cotangents)
        var all = [Variable?](repeating: nil, count: arguments.count)
        for (place, gradient) in zip(rerun.moved, found?.gradient ?? []) {
          all[count + place] = gradient
        }
        return all
      })
    let results = try function.results(ends + rerun.operands)
    return form.state(state, with: form.parts(parts, withFloats: results))
  }

  // MARK: - Choosing

  /// The most numbers that forward mode is chosen for: so many tangents cost less than the memory of a graph.
  private static let mostTangents = 8

  /// Forward mode for a few followed numbers, else reverse mode through all steps.
  private func choose() throws {
    var followed = given.filter(\.isDifferentiated).reduce(0) { $0 + $1.count }
    gradient = .unroll
    if followed <= LoopCall.mostTangents {
      let reads = LiftedReads(given: given)
      // A step that does more than compute is not run for this alone.
      let found: Void? = try interpreter.rehearse {
        try reads.finding(interpreter) {
          try again {
            try interpreter.context.isolated {
              try with(metas.variables) { _ = try round(0, start, $0) }
            }
          }
        }
      }
      followed += reads.found.reduce(0) { $0 + $1.count }
      if found != nil, followed > 0, followed <= LoopCall.mostTangents,
        try !LoopRerun(call: self, reads: reads, startParts: form.parts(start)).dependsOnOthers()
      {
        gradient = .forward
      }
    }
    let count = "\(followed) \(followed == 1 ? "number" : "numbers")"
    reason =
      switch gradient {
      case .forward: "\(count) followed, at most \(LoopCall.mostTangents)"
      default: followed == 0 ? "nothing is followed" : "\(count) followed"
      }
  }
}
