// `scan(step, state, xs)`: a loop that gives its last state, and what its steps gave beside states, stacked.

import Autodiff
import Language
import Tensors

/// A loop over data, JAX's `lax.scan`.
struct Scan {
  private let step: LoopStep
  private let data: ValueTree?
  private let rounds: Int
  private let memory: LoopMemory
  private unowned let interpreter: Interpreter

  init(_ arguments: Arguments) throws {
    interpreter = arguments.interpreter
    step = LoopStep(try arguments.function(0), hasAux: true, interpreter)
    data = arguments.has(2) ? try ValueTree(arguments[2], for: "xs of scan") : nil
    let length = arguments.has(3) ? try arguments.int(3, atLeast: 0) : nil
    rounds = try LoopData.rounds(data, length, of: "scan", "length")
    memory = LoopMemory(arguments.has(4) ? try arguments.int(4, atLeast: 1) : nil)
  }

  /// The last state, and what the rounds gave along new first axes.
  func callAsFunction(from first: Value) throws -> Value {
    let (form, start) = try LoopState.starting(first, of: "scan")
    var state = start
    var outputs = LoopOutputs("scan")
    var slices = LoopSlices(data)
    var done = 0
    func advance(to end: Int) throws {
      while done < end {
        let (next, output) = try round(done, form, state, &slices)
        (state, done) = (next, done + 1)
        outputs.append(try outputs.variables(of: output))
      }
    }
    try advance(to: min(LoopMemory.measuredRounds - 1, rounds))
    let held = MemoryAccount.held
    try advance(to: min(LoopMemory.measuredRounds, rounds))
    // What a round gives is kept in any case, and without a derivative nothing else is.
    let given = outputs.last.reduce(0) { $0 + $1.count * $1.dtype.size }
    if done < rounds,
      (form.parts(state) + outputs.last).contains(where: \.isTracked),
      let wanted = memory.excess(MemoryAccount.held - held - given, rounds: rounds)
    {
      memory.tell(of: wanted, place: interpreter.context.place)
      state = try withSnapshots(from: state, form, done..<rounds, &outputs)
    } else {
      try advance(to: rounds)
    }
    return .list([state, rounds == 0 ? try empty(start) : try outputs.stacked()])
  }

  private func round(
    _ number: Int, _ form: LoopState, _ state: Value, _ slices: inout LoopSlices
  ) throws -> (state: Value, output: Value) {
    let (next, output) = try step(
      state, slices(number) ?? .nil, [], [], round: number, interpreter)
    return (try form.admitting(next), output ?? .nil)
  }

  /// The state after some rounds of which few states are kept; what rounds give beside states is.
  private func withSnapshots(
    from state: Value, _ form: LoopState, _ numbers: Range<Int>, _ outputs: inout LoopOutputs
  ) throws -> Value {
    let parts = form.parts(state)
    let kept = LoopMemory.snapshots(of: parts, rounds: numbers.count, bound: memory.bound)
    let (texts, log) = (LoopTexts(form, state), FreeVariableLog(interpreter))
    var structure = outputs
    let result = try checkpoint(steps: numbers.count, snapshots: kept, parts) { offset, parts in
      try log.run(offset) {
        var slices = LoopSlices(data)
        let (next, output) = try round(
          numbers.lowerBound + offset, form, texts.state(offset, with: parts), &slices)
        texts.note(next, after: offset)
        return try form.parts(next) + structure.variables(of: output)
      }
    }
    log.runAgain(for: result)
    let count = outputs.last.count
    for round in numbers {
      let first = parts.count + (round - numbers.lowerBound) * count
      outputs.append(Array(result[first..<first + count]))
    }
    return texts.state(numbers.count, with: Array(result.prefix(parts.count)))
  }

  /// The stack of no outputs, of which one round on zeros tells the shapes.
  ///
  /// - Throws: a value error where that round cannot be tried.
  private func empty(_ start: Value) throws -> Value {
    let slice =
      try data.map { data in
        data.rebuilt(
          with: try data.variables.map {
            .tensor(.tensor(try Tensor.zeros($0.shape.removing(axis: 0), $0.dtype)))
          })
      } ?? .nil
    let random = interpreter.context.random
    defer { interpreter.context.random = random }
    let tried = try interpreter.rehearse {
      try interpreter.context.isolated {
        try ValueTree(step(start, slice, [], [], round: 0, interpreter).output ?? .nil)
      }
    }
    guard let tried else {
      throw RuntimeError(
        .value, "a scan of no rounds cannot tell what its step would give",
        hint: "the step is tried on zeros for that, and does more than compute, or failed")
    }
    return tried.rebuilt(
      with: try tried.variables.map {
        .tensor(.tensor(try Tensor.zeros(Shape(0).followed(by: $0.shape), $0.dtype)))
      })
  }
}
