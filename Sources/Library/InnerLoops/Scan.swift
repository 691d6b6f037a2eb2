// `scan(step, state, xs)`: a loop that gives its last state, and what its steps gave beside states, stacked.

import Autodiff
import Language
import Tensors

/// A loop over data, JAX's `lax.scan`.
struct Scan {
  private let step: LoopStep
  private let data: ValueTree?
  private let rounds: Int
  private unowned let interpreter: Interpreter

  init(_ arguments: Arguments) throws {
    interpreter = arguments.interpreter
    step = LoopStep(try arguments.function(0), hasAux: true, interpreter)
    data = arguments.has(2) ? try ValueTree(arguments[2], for: "xs of scan") : nil
    let length = arguments.has(3) ? try arguments.int(3, atLeast: 0) : nil
    rounds = try LoopData.rounds(data, length, of: "scan", "length")
  }

  /// The last state, and what the rounds gave along new first axes.
  func callAsFunction(from first: Value) throws -> Value {
    let (form, start) = try LoopState.starting(first, of: "scan")
    var state = start
    var outputs = LoopOutputs("scan")
    var slices = LoopSlices(data)
    for round in 0..<rounds {
      let slice = try slices(round) ?? .nil
      let (next, output) = try step(state, slice, [], [], round: round, interpreter)
      state = try form.admitting(next)
      if let output { try outputs.append(output) }
    }
    return .list([state, rounds == 0 ? try empty(start) : try outputs.stacked()])
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
