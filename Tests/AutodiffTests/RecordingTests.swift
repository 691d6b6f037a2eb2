// Every primitive from a recording, at other numbers than those that it was made at: in every layout of its
// operands, inside derivatives and maps that are recorded with it, and under those that are taken of it.

import Autodiff
import Tensors
import Testing

@Suite("every primitive from a recording") struct RecordingTests {
  @Test(arguments: PrimitiveTests.names) func `gives the bits that the run gives`(
    _ name: String
  ) throws {
    try forEachRecorded(name, { [try $0($1)] }) { recorded, function, others, place in
      for layout in Layout.allCases {
        let operands = try others.map { try $0.laid(as: layout) }
        try expectSame(recorded, operands, "\(place), \(layout)") { [try function(operands)] }
      }
    }
  }

  @Test(arguments: PrimitiveTests.names) func `holds whatever layout it was made at`(
    _ name: String
  ) throws {
    for layout in Layout.allCases {
      try forEachRecorded(name, at: layout, { [try $0($1)] }) { recorded, function, others, place in
        try expectSame(recorded, others, "\(place), \(layout)") { [try function(others)] }
      }
    }
  }

  @Test(arguments: PrimitiveTests.names) func `has gradients in it`(_ name: String) throws {
    try forEachRecorded(name, gradients) { recorded, function, others, place in
      try expectSame(recorded, others, place) { try gradients(function, others) }
    }
  }

  @Test(arguments: PrimitiveTests.names) func `has tangents in it`(_ name: String) throws {
    try forEachRecorded(name, tangents) { recorded, function, others, place in
      try expectSame(recorded, others, place) { try tangents(function, others) }
    }
  }

  @Test(arguments: PrimitiveTests.names) func `has maps in it`(_ name: String) throws {
    try forEachRecorded(name, mapped) { recorded, function, others, place in
      try expectSame(recorded, others, place) { try mapped(function, others) }
    }
  }

  @Test(arguments: PrimitiveTests.names) func `has the derivatives and maps of the run`(
    _ name: String
  ) throws {
    try forEachRecorded(name, { [try $0($1)] }) { recorded, function, others, place in
      guard try function(others).dtype.isFloat else { return }
      func again(_ x: [Variable]) throws -> Variable { try recorded(x)[0] }
      for (what, take) in [("gradient", gradients), ("tangent", tangents), ("map", mapped)] {
        let (found, expected) = (try take(again, others), try take(function, others))
        for (found, expected) in zip(found, expected) {
          #expect(found.typeDescription == expected.typeDescription, "\(what) of \(place)")
          #expect(
            difference(found.numbers, expected.numbers) < 1e-12, "\(what) of \(place)")
        }
      }
      let (found, expected) = (try curvature(again, others), try curvature(function, others))
      #expect(difference(found, expected) < 1e-9, "second derivative of \(place)")
    }
  }
}

// MARK: - Parts of the harness

private typealias Function = ([Variable]) throws -> Variable

/// How the elements of a tensor lie in memory.
private enum Layout: CaseIterable {
  /// One after the other.
  case plain
  /// The last axis outermost.
  case turned
  /// With others between them.
  case spread
  /// One row for all.
  case shared
}

extension Variable {
  /// The tensor in a layout; `shared` has the first row in all places.
  fileprivate func laid(as layout: Layout) throws -> Variable {
    let tensor = underlying
    guard tensor.rank > 0, tensor.count > 0 else { return self }
    switch layout {
    case .plain: return self
    case .turned:
      let backwards = try Shape(Array((0..<tensor.rank).reversed()))
      return .tensor(
        try tensor.transposed(permutation: backwards).contiguous()
          .transposed(permutation: backwards))
    case .spread:
      let extents = tensor.shape.array
      let steps = [Int](repeating: 1, count: tensor.rank - 1) + [2]
      let stops = Array(extents.dropLast()) + [2 * extents[tensor.rank - 1]]
      return .tensor(
        try tensor.repeated(2, axis: tensor.rank - 1)
          .sliced(starts: extents.map { _ in 0 }, stops: stops, steps: steps))
    case .shared:
      return .tensor(try tensor.sliced(axis: 0, from: 0, to: 1).broadcast(to: tensor.shape))
    }
  }
}

/// Records what is taken of each case of a primitive, and runs the body with the recording and other
/// operands.
private func forEachRecorded(
  _ name: String, at layout: Layout = .plain,
  _ take: @escaping (Function, [Variable]) throws -> [Variable],
  _ body: (RecordedCase, Function, [Variable], String) throws -> Void
) throws {
  for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
    let inputs = try sample.inputs(seed: 5 + number).map { try $0.laid(as: layout) }
    let others = try sample.inputs(seed: 50 + number)
    func recording() throws -> (RecordedFunction, Recording) {
      try RecordedFunction.recording { recording in
        try take(sample.function, inputs.map { recording.operand(for: $0).variable })
      }
    }
    // What goes by values says so, and is not run again; what one row for all makes singular fails.
    let run = layout == .shared ? try? recording() : try recording()
    guard let (recorded, recording) = run, recording.obstacle == nil else { continue }
    #expect(recorded.externals.isEmpty)
    try body(RecordedCase(function: recorded), sample.function, others, "\(name), case \(number)")
  }
}

private struct RecordedCase {
  let function: RecordedFunction
  func callAsFunction(_ operands: [Variable]) throws -> [Variable] { try function(operands) }
}

/// Expects the same bits, or the same failure.
private func expectSame(
  _ recorded: RecordedCase, _ operands: [Variable], _ place: String,
  as run: () throws -> [Variable]
) throws {
  let expected = try? run()
  let found = try? recorded(operands)
  #expect((found == nil) == (expected == nil), "\(place)")
  for (found, expected) in zip(found ?? [], expected ?? []) {
    #expect(found.typeDescription == expected.typeDescription, "\(place)")
    let isSame = zip(found.numbers, expected.numbers).allSatisfy {
      $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
    }
    #expect(isSame, "\(place): \(found.numbers) for \(expected.numbers)")
  }
}

/// A curved function of a result and its gradients, zeros where an operand has none.
private func gradients(_ function: Function, _ x: [Variable]) throws -> [Variable] {
  let pull = try vjp(x) { given in
    let y = try function(given)
    return [try (y * y).sum()]
  }
  let back = try pull([pull.values[0].onesLike()])
  return [pull.values[0]] + (try zip(x, back).map { try $1 ?? $0.zerosLike() })
}

/// The result and its tangent in a direction that depends on the operands.
private func tangents(_ function: Function, _ x: [Variable]) throws -> [Variable] {
  let found = try jvp(x, x.map { $0.dtype.isFloat ? try $0.cos() : nil }) { [try function($0)] }
  return [found.values[0], try found.tangents[0] ?? found.values[0].zerosLike()]
}

/// The results for three examples, made from the operands.
private func mapped(_ function: Function, _ x: [Variable]) throws -> [Variable] {
  let stacked = try x.map { operand in
    try Variable.stack(
      operand.dtype.isFloat
        ? [operand, operand * 1.0625, operand * 0.9375] : [operand, operand, operand])
  }
  return try vmap(stacked, axes: x.map { _ in 0 }, size: 3) { [try function($0)] }
}

/// The derivative of the gradients along the cosines of the operands.
private func curvature(_ function: Function, _ x: [Variable]) throws -> [Double] {
  let directions = try x.map { $0.dtype.isFloat ? try $0.cos() : nil }
  return try jvp(x, directions) { try gradients(function, $0) }.tangents
    .flatMap { $0?.numbers ?? [] }
}
