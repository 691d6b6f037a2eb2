// What `where` did not take leaves no trace in derivatives: one sweep over the table of primitives,
// with nan and infinities in the branch that is not taken.

import Autodiff
import Tensors
import Testing

@Suite("what `where` did not take") struct UntakenTests {
  static let spoilers = [Double.nan, .infinity, -.infinity, 0]

  @Test(arguments: PrimitiveTests.names) func `has derivatives of exactly 0, in every nesting`(
    _ name: String
  ) throws {
    try forEachSpoiled(name) { f, inputs, spoiler, place in
      let floats = inputs.indices.filter { inputs[$0].dtype.isFloat }
      let tangents = try inputs.map { $0.dtype.isFloat ? try $0.onesLike() : nil }
      func total(_ x: [Variable]) throws -> Variable { try untaken(f(x), Variable(0)) }
      func gradients(_ x: [Variable]) throws -> Variable {
        let pull = try vjp(floats.map { x[$0] }) { given in
          var all = x
          for (place, variable) in zip(floats, given) { all[place] = variable }
          return [try total(all)]
        }
        return try pull([Variable(1)]).compactMap { $0 }.reduce(Variable(0)) { try $0 + $1.sum() }
      }
      func pushed(_ x: [Variable]) throws -> Variable {
        try jvp(x, tangents) { [try total($0)] }.tangents[0] ?? Variable(0)
      }
      #expect(try gradients(inputs).numbers == [0], "reverse, \(place)")
      // A tangent is there before `where` chooses, and singular matrices have factors without one.
      if spoiler == 0, (try? pushed(inputs)) == nil { return }
      #expect(try pushed(inputs).numbers == [0], "forward, \(place)")
      for inner in ["reverse", "forward"] {
        func g(_ x: [Variable]) throws -> Variable {
          inner == "reverse" ? try gradients(x) : try pushed(x)
        }
        let forward = try jvp(inputs, tangents) { [try g($0)] }.tangents[0]
        #expect(forward?.numbers ?? [0] == [0], "forward over \(inner), \(place)")
        let pull = try vjp(inputs) { [try g($0)] }
        for gradient in try pull([Variable(1)]) {
          let numbers = gradient?.numbers ?? []
          #expect(numbers.allSatisfy { $0 == 0 }, "reverse over \(inner), \(place): \(numbers)")
        }
      }
    }
  }

  @Test(arguments: PrimitiveTests.names) func `stays out of the examples beside it`(
    _ name: String
  ) throws {
    try forEachSpoiled(name) { f, inputs, _, place in
      let fine = try zip(inputs, inputs.indices).map { input, index in
        input.dtype.isFloat ? try input.isfinite().select(input, .number(0.4, like: input)) : input
      }
      guard let plain = try? gradients(fine, taken: Variable(1), f) else { return }
      let conditions = try vector(1, 0)
      let stacked = try zip(fine, inputs).map { try Variable.stack([$0, $1]) }
      let mapped = try vmap([conditions] + stacked, axes: stacked.map { _ in 0 } + [0], size: 2) {
        try gradients(Array($0.dropFirst()), taken: $0[0], f)
      }
      for (pair, alone) in zip(mapped, plain) {
        let expected = alone.numbers + alone.numbers.map { _ in 0 }
        #expect(difference(pair.numbers, expected) < 1e-9, "\(place): \(pair.numbers)")
      }
    }
  }
}

/// The sum of a result where a condition is not 0, else 0.
private func untaken(_ y: Variable, _ condition: Variable) throws -> Variable {
  let zero = Variable.number(0, like: y)
  return try condition.isNotEqual(to: Variable(0)).select(y, zero).sum()
}

/// The gradients of a result's sum by all operands, where it is taken.
private func gradients(
  _ inputs: [Variable], taken: Variable, _ f: PrimitiveCase.Function
) throws -> [Variable] {
  let pull = try vjp(inputs) { [try untaken(f($0), taken)] }
  return try zip(inputs, pull([Variable(1)])).map { try $1 ?? $0.converted(to: .f64).zerosLike() }
}

/// Runs a body for each case with floats of which every second element, and then every one, is
/// spoiled; what an operation does not take at all it cannot leave behind.
private func forEachSpoiled(
  _ name: String, _ body: (PrimitiveCase.Function, [Variable], Double, String) throws -> Void
) throws {
  for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
    for spoiler in UntakenTests.spoilers {
      for step in [1, 2] {
        let inputs = try sample.inputs(seed: 3 + number).map { try spoiled($0, by: spoiler, step) }
        guard inputs.contains(where: { $0.dtype.isFloat }),
          let y = try? sample.function(inputs), y.dtype.isFloat
        else { continue }
        try body(
          sample.function, inputs, spoiler, "\(name), case \(number), \(spoiler) at each \(step)")
      }
    }
  }
}

private func spoiled(_ x: Variable, by spoiler: Double, _ step: Int) throws -> Variable {
  guard x.dtype.isFloat else { return x }
  let numbers = x.numbers.enumerated().map { $0 % step == 0 ? spoiler : $1 }
  return .tensor(try makeTensor(numbers, x.shape.array))
}
