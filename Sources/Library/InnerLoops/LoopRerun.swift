// A loop that runs again, as a function: for forward mode, and for estimates from values.

import Autodiff
import Language
import Tensors
import ZeroOrder

/// The loop as a function of all that its derivative is wanted by.
struct LoopRerun {
  let call: LoopCall
  let reads: LiftedReads
  let startParts: [Variable]

  /// What the function takes: what the call is given, and what its step closes over.
  var operands: [Variable] {
    reads.variables
  }

  func callAsFunction(_ operands: [Variable]) throws -> [Variable] {
    try call.again {
      try run(operands, through: 0..<call.rounds) { number, round in
        // The log puts back what was there, parameters too, so the operands go in behind it.
        try call.log.run(number, round)
      }
    }
  }

  /// Whether a step depends on something that a derivative follows and that is none of the operands: what an
  /// object such as a transform holds. To be asked at the call itself, while variables hold what they held.
  func dependsOnOthers() throws -> Bool {
    guard call.rounds > 0 else { return false }
    let start = call.interpreter.context.markMoment()
    let found = try call.interpreter.rehearse {
      try call.again {
        try run(operands.map(stopGradient), through: 0..<1) { _, round in try round() }
      }
    }
    return found.map { dependsOnWhatWasMade(before: start, $0) } ?? false
  }

  private func run(
    _ operands: [Variable], through rounds: Range<Int>,
    _ running: (Int, () throws -> Value) throws -> Value
  ) throws -> [Variable] {
    let starts = call.form.floats.count { $0 }
    let metas = Array(operands[starts..<starts + call.metas.leaves.count])
    let slices = Array(
      operands[..<reads.givenCount].dropFirst(starts + call.metas.leaves.count))
    var state = call.form.state(
      call.start, with: call.form.parts(startParts, withFloats: Array(operands.prefix(starts))))
    for number in rounds {
      state = try running(number) {
        try call.with(metas) { metas in
          try reads.run(call.interpreter, with: operands) {
            try call.slicing(slices) {
              try call.advance(state, through: number..<number + 1, metas)
            }
          }
        }
      }
    }
    return call.form.floats(call.form.parts(state))
  }

  /// The places of the operands that estimates move: the floats among the arguments behind the state, and what the
  /// step closes over.
  var moved: [Int] {
    let starts = call.form.floats.count { $0 }
    let behind = Array(starts..<starts + call.metas.leaves.count)
    return (behind + reads.variables.indices.dropFirst(reads.givenCount)).filter {
      reads.variables[$0].dtype.isFloat
    }
  }

  /// An estimate of the derivative of the last state's inner product with its cotangent; nil where nothing
  /// is moved. The loop draws the same numbers in every sample.
  func estimate(
    _ options: ZeroOrderOptions, _ operands: [Variable], _ cotangents: [Variable?],
    measuresError: Bool = false
  ) throws -> Estimate? {
    let places = moved
    guard !places.isEmpty else { return nil }
    let interpreter = call.interpreter
    let noise = Noise(options.source, key: try interpreter.context.random.branch())
    let sampled = SampledFunction(
      randomness: options.drawsInCommon
        ? .common(call.random) : .independent(call.random.folded(0)),
      rehearse: { options.triesBatches ? try interpreter.rehearse($0) : nil }
    ) { point in
      var all = operands
      for (place, variable) in zip(places, point) { all[place] = variable }
      let parts = try zip(self(all), cotangents).compactMap { end, cotangent in
        try cotangent.map { try (end * $0).sum() }
      }
      guard let first = parts.first else { return .tensor(Tensor(0.0)) }
      return try parts.dropFirst().reduce(first) { try $0 + $1 }
    }
    return try options.estimator.estimate(
      sampled, at: places.map { operands[$0] }, noise: noise, measuresError: measuresError)
  }
}
