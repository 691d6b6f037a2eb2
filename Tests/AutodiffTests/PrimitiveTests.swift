// One harness over the table of primitives: every mode, nested and mapped, in both dtypes.

import Autodiff
import Platform
import Tensors
import Testing

@Suite("every primitive") struct PrimitiveTests {
  static let names = Primitive.all.map(\.name)

  @Test func `is listed once and has cases`() {
    #expect(Set(Self.names).count == Self.names.count)
    for name in Self.names { #expect(primitiveCases[name]?.isEmpty == false, "no cases: \(name)") }
    for name in primitiveCases.keys { #expect(Self.names.contains(name), "no primitive: \(name)") }
  }

  /// Rows are counted in the sources, so that one that nobody listed is missed.
  @Test func `that is declared is listed`() throws {
    let root = String("\(#filePath)".dropLast("Tests/AutodiffTests/PrimitiveTests.swift".count))
    var count = 0
    let folder = root + "Sources/Autodiff/Primitives/"
    let names = try ["", "Indexing/", "Matrices/", "Networks/"].flatMap { part in
      try files(in: folder + part).map { part + $0 }
    }
    for file in names where file.hasSuffix(".swift") {
      count += try text(of: folder + file).split(separator: "\n")
        .count { $0.contains("static let ") && $0.contains("= Primitive(") }
      // A mark of recordings, whose modes differ on purpose: a tangent passes, a cotangent does not.
      if file == "Arithmetic.swift" { count -= 1 }
    }
    #expect(count == Primitive.all.count)
  }

  @Test(arguments: names) func `keeps dtypes and ends where its cases say`(_ name: String) throws {
    for sample in primitiveCases[name] ?? [] {
      for dtype in [DType.f32, .f64] {
        let inputs = try sample.inputs(seed: 1, dtype)
        let y = try sample.function(inputs)
        guard y.dtype.isFloat else { continue }
        if name != "to" { #expect(y.dtype == dtype) }
        guard !sample.isInside else { continue }
        let leaves = try inputs.map { $0.dtype.isFloat ? try leaf(of: $0) : $0 }
        if let operation = try sample.function(leaves).operationName { #expect(operation == name) }
      }
    }
  }

  @Test(arguments: names) func `runs again from a recording on other operands`(
    _ name: String
  ) throws {
    for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
      let inputs = try sample.inputs(seed: 5 + number)
      let (recorded, recording) = try RecordedFunction.recording { recording in
        [try sample.function(inputs.map { recording.operand(for: $0).variable })]
      }
      // What goes by values says so, and is not run again.
      guard recording.obstacle == nil else { continue }
      #expect(recorded.externals.isEmpty)
      // One by one at first, then by a plan, on numbers that it was not made with.
      for (round, lies) in [Layout.rows, .rows, .rows, .columns, .columns].enumerated() {
        let others = try sample.inputs(seed: 50 + 10 * number + round).map { try lies.of($0) }
        let found = try recorded(others, externals: [])[0]
        let expected = try sample.function(others)
        #expect(found.shape == expected.shape && found.dtype == expected.dtype)
        #expect(
          difference(found.numbers, expected.numbers) == 0,
          "\(name), case \(number), round \(round)")
      }
    }
  }

  /// How the elements of an operand lie.
  private enum Layout {
    case rows, columns

    func of(_ x: Variable) throws -> Variable {
      guard self == .columns, x.rank >= 2, case .tensor(let tensor) = x else { return x }
      return .tensor(try tensor.swappedAxes(-1, -2).contiguous().swappedAxes(-1, -2))
    }
  }

  @Test(arguments: names) func `is derived within a recorded function as outside`(
    _ name: String
  ) throws {
    try forEachDifferentiable(name) { f, inputs, tangents, place in
      let weights = try cotangent(like: f(inputs))
      // Enough operations to become one.
      func curved(_ x: [Variable]) throws -> Variable {
        let y = try f(x)
        return try ((y * weights).sin() + y * y * 0.5 - y * y * y * 0.1).sum()
      }
      let (recorded, recording) = try RecordedFunction.recording { recording in
        [try curved(inputs.map { recording.operand(for: $0).variable })]
      }
      guard recording.obstacle == nil else { return }
      func again(_ x: [Variable]) throws -> Variable { try recorded(x)[0] }
      let floats = tangents.indices.filter { tangents[$0] != nil }
      func gradient(_ function: ([Variable]) throws -> Variable, _ x: [Variable]) throws
        -> [Variable]
      {
        let pull = try vjp(floats.map { x[$0] }) {
          [try function(substituting($0, at: floats, in: x))]
        }
        return try zip(pull([pull.values[0].onesLike()]), floats).map {
          try $0 ?? x[$1].zerosLike()
        }
      }
      func curvature(_ function: ([Variable]) throws -> Variable) throws -> [Double] {
        try jvp(inputs, tangents) { x in try gradient(function, x) }.tangents
          .flatMap { $0?.numbers ?? [] }
      }
      func twice(_ function: ([Variable]) throws -> Variable) throws -> [Double] {
        let pull = try vjp(inputs) { x in
          [try gradient(function, x).reduce(.number(0, like: weights)) { try $0 + ($1 * $1).sum() }]
        }
        return try pull([pull.values[0].onesLike()]).flatMap { $0?.numbers ?? [] }
      }
      func mapped(_ function: ([Variable]) throws -> Variable) throws -> [Double] {
        let stacked = try inputs.map { try Variable.stack([$0, $0, $0]) }
        return try vmap(stacked, axes: stacked.map { _ in 0 }, size: 3) { [try function($0)] }[0]
          .numbers
      }
      // The first time runs one by one, the second records, the third runs what was recorded.
      for round in 0..<3 {
        let at = "\(place), round \(round)"
        #expect(
          difference(
            try gradient(again, inputs).flatMap(\.numbers),
            try gradient(curved, inputs).flatMap(\.numbers)) < 1e-12, "gradient, \(at)")
        #expect(
          difference(
            try jvp(inputs, tangents) { [try again($0)] }.tangents[0]?.numbers ?? [0],
            try jvp(inputs, tangents) { [try curved($0)] }.tangents[0]?.numbers ?? [0]) < 1e-12,
          "tangent, \(at)")
        #expect(
          difference(try curvature(again), try curvature(curved)) < 1e-11, "curvature, \(at)")
        #expect(difference(try twice(again), try twice(curved)) < 1e-11, "twice, \(at)")
        #expect(difference(try mapped(again), try mapped(curved)) < 1e-12, "mapped, \(at)")
      }
      let leaves = try inputs.map { $0.dtype.isFloat ? try leaf(of: $0) : $0 }
      let graph = RecordedGraph(of: [try again(leaves)])
      #expect(graph.nodes.contains { $0.operation == "compiled" }, "one node, \(place)")
    }
  }

  @Test(arguments: names) func `has a forward rule that finite differences confirm`(
    _ name: String
  ) throws {
    try forEachDifferentiable(name) { f, inputs, tangents, place in
      let found = try jvp(inputs, tangents) { [try f($0)] }
      let y = try f(inputs)
      let expected = try slope(inputs, tangents) { try f($0).numbers }
      #expect(difference(found.values[0].numbers, y.numbers) == 0, "\(place)")
      let tangent = try found.tangents[0] ?? y.zerosLike()
      #expect(tangent.shape == y.shape, "\(place)")
      #expect(difference(tangent.numbers, expected) < 1e-7, "\(place)")
    }
  }

  @Test(arguments: names) func `has a reverse rule that transposes the forward rule`(
    _ name: String
  ) throws {
    try forEachDifferentiable(name) { f, inputs, tangents, place in
      for chosen in subsets(of: tangents.indices.filter { tangents[$0] != nil }) {
        let moving = tangents.indices.map { chosen.contains($0) ? tangents[$0] : nil }
        let forward = try jvp(inputs, moving) { [try f($0)] }
        let weights = try cotangent(like: forward.values[0])
        let pull = try vjp(chosen.map { inputs[$0] }) { given in
          [try f(substituting(given, at: chosen, in: inputs))]
        }
        let back = try pull([weights])
        var dot = 0.0
        for (index, gradient) in zip(chosen, back) {
          guard let gradient, let tangent = tangents[index] else { continue }
          #expect(gradient.shape == inputs[index].shape, "\(place)")
          dot += zip(gradient.numbers, tangent.numbers).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let tangent = try forward.tangents[0] ?? forward.values[0].zerosLike()
        let other = zip(weights.numbers, tangent.numbers).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(difference([dot], [other]) < 1e-9, "\(place)")
      }
    }
  }

  @Test(arguments: names) func `has second derivatives in every nesting of modes`(
    _ name: String
  ) throws {
    try forEachDifferentiable(name) { f, inputs, tangents, place in
      let floats = tangents.indices.filter { tangents[$0] != nil }
      let weights = try cotangent(like: f(inputs))
      let zero = Variable.number(0, like: inputs[floats[0]])
      // A curved function of the result, so that linear operations have something to show.
      func total(_ x: [Variable]) throws -> Variable {
        let y = try f(x)
        return try (y * weights).sum() + (y * y).sum() * 0.5
      }
      func along(_ x: [Variable]) throws -> Variable {
        let pull = try vjp(floats.map { x[$0] }) {
          [try total(substituting($0, at: floats, in: x))]
        }
        let back = try pull([pull.values[0].onesLike()])
        var sum = zero
        for (index, gradient) in zip(floats, back) {
          if let gradient, let tangent = tangents[index] {
            sum = try sum + (gradient * tangent).sum()
          }
        }
        return sum
      }
      func pushed(_ x: [Variable]) throws -> Variable {
        try jvp(x, tangents) { [try total($0)] }.tangents[0] ?? zero
      }
      let expected = try slope(inputs, tangents) { try along($0).numbers }
      for isReverse in [true, false] {
        let inner = isReverse ? "reverse" : "forward"
        func g(_ x: [Variable]) throws -> Variable { isReverse ? try along(x) : try pushed(x) }
        let forward = try jvp(inputs, tangents) { [try g($0)] }.tangents[0]
        #expect(
          difference(forward?.numbers ?? [0], expected) < 1e-6, "forward over \(inner), \(place)")
        let pull = try vjp(inputs) { [try g($0)] }
        let back = try pull([pull.values[0].onesLike()])
        var sum = 0.0
        for index in floats {
          sum += zip(back[index]?.numbers ?? [], tangents[index]?.numbers ?? [])
            .reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(difference([sum], expected) < 1e-6, "reverse over \(inner), \(place)")
      }
    }
  }

  @Test(arguments: names) func `maps as a loop does`(_ name: String) throws {
    for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
      let examples = try (0..<3).map { try sample.inputs(seed: 10 + $0) }
      for chosen in subsets(of: Array(examples[0].indices)) {
        func loop(_ g: ([Variable]) throws -> [Variable]) throws -> [[Double]] {
          let results = try examples.map { example in
            try g(example.indices.map { (chosen.contains($0) ? example : examples[0])[$0] })
          }
          return results[0].indices.map { i in results.flatMap { $0[i].numbers } }
        }
        func stack() throws -> (operands: [Variable], axes: [Int?]) {
          let operands = try examples[0].indices.map { index in
            chosen.contains(index)
              ? try Variable.stack(examples.map { $0[index] }) : examples[0][index]
          }
          return (operands, operands.indices.map { chosen.contains($0) ? 0 : nil })
        }
        func map(_ g: ([Variable]) throws -> [Variable]) throws -> [[Double]] {
          let (stacked, axes) = try stack()
          return try vmap(stacked, axes: axes, size: 3, g).map(\.numbers)
        }
        let place = "\(name), case \(number), mapped \(chosen)"
        let plain = try loop { [try sample.function($0)] }
        let mapped = try map { [try sample.function($0)] }
        #expect(difference(mapped[0], plain[0]) < 1e-12, "\(place)")
        guard try sample.function(examples[0]).dtype.isFloat else { continue }

        func gradients(_ x: [Variable]) throws -> [Variable] {
          let pull = try vjp(x) { given in
            let y = try sample.function(given)
            return [try (y * y).sum()]
          }
          let back = try pull([pull.values[0].onesLike()])
          return try zip(x, back).map { try $1 ?? $0.converted(to: .f64).zerosLike() }
        }
        let plainGradients = try loop(gradients)
        for (mapped, plain) in zip(try map(gradients), plainGradients) {
          #expect(difference(mapped, plain) < 1e-9, "gradient of \(place)")
        }
        // Through the map: an operand that all examples share gets the sum of theirs.
        let (stacked, axes) = try stack()
        let pull = try vjp(stacked) { given in
          let y = try vmap(given, axes: axes, size: 3) { [try sample.function($0)] }[0]
          return [try (y * y).sum()]
        }
        for (index, back) in try pull([pull.values[0].onesLike()]).enumerated() {
          guard let back else { continue }
          let each = plainGradients[index]
          let shared = (0..<each.count / 3).map { i in
            (0..<3).reduce(0) { $0 + each[$1 * (each.count / 3) + i] }
          }
          #expect(
            difference(back.numbers, chosen.contains(index) ? each : shared) < 1e-9,
            "gradient through \(place)")
        }
        func tangents(_ x: [Variable]) throws -> [Variable] {
          let directions = try x.map { $0.dtype.isFloat ? try $0.cos() : nil }
          let y = try jvp(x, directions) { [try sample.function($0)] }
          return [try y.tangents[0] ?? y.values[0].zerosLike()]
        }
        let (mappedTangents, plainTangents) = (try map(tangents), try loop(tangents))
        #expect(difference(mappedTangents[0], plainTangents[0]) < 1e-9, "tangent of \(place)")
      }
    }
  }

  @Test(arguments: names) func `gives in f32 what it gives in f64`(_ name: String) throws {
    for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
      guard try sample.function(sample.inputs(seed: 5)).dtype.isFloat else { continue }
      func gradients(_ dtype: DType) throws -> [[Double]] {
        let inputs = try sample.inputs(seed: 5, .f32).map {
          $0.dtype.isFloat ? try $0.converted(to: dtype) : $0
        }
        let pull = try vjp(inputs) { given in
          let y = try sample.function(given)
          return [try (y * y).sum()]
        }
        let back = try pull([pull.values[0].onesLike()])
        for case (let x, let gradient?) in zip(inputs, back) { #expect(gradient.dtype == x.dtype) }
        return back.map { $0?.numbers ?? [] }
      }
      for (single, double) in zip(try gradients(.f32), try gradients(.f64)) {
        #expect(difference(single, double) < 2e-3, "\(name), case \(number)")
      }
    }
  }
}

// MARK: - Parts of the harness

/// Runs a body for each case whose result is a float, with directions for the float operands.
private func forEachDifferentiable(
  _ name: String,
  _ body: (PrimitiveCase.Function, [Variable], [Variable?], String) throws -> Void
) throws {
  for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
    let inputs = try sample.inputs(seed: 3 + number)
    guard try sample.function(inputs).dtype.isFloat,
      inputs.contains(where: { $0.dtype.isFloat })
    else { continue }
    var samples = Samples(77)
    let tangents = try inputs.map {
      $0.dtype.isFloat ? Variable.tensor(try samples.tensor($0.shape.array)) : nil
    }
    try body(sample.function, inputs, tangents, "\(name), case \(number)")
  }
}

/// Fixed weights of a result's shape.
private func cotangent(like y: Variable) throws -> Variable {
  var samples = Samples(123)
  return .tensor(try samples.tensor(y.shape.array).converted(to: y.dtype))
}

/// The inputs with some of them replaced.
private func substituting(_ given: [Variable], at places: [Int], in inputs: [Variable])
  -> [Variable]
{
  var result = inputs
  for (place, variable) in zip(places, given) { result[place] = variable }
  return result
}

/// The non-empty subsets of some numbers.
private func subsets(of items: [Int]) -> [[Int]] {
  guard !items.isEmpty else { return [] }
  return (1..<(1 << items.count)).map { bits in
    items.indices.filter { bits & (1 << $0) != 0 }.map { items[$0] }
  }
}

/// The derivative along a direction by a difference of the fourth order.
private func slope(
  _ inputs: [Variable], _ tangents: [Variable?], _ g: ([Variable]) throws -> [Double]
) throws -> [Double] {
  let step = 5e-4
  func at(_ distance: Double) throws -> [Double] {
    try g(
      zip(inputs, tangents).map { input, tangent in
        guard let tangent else { return input }
        return try input + tangent * (distance * step)
      })
  }
  let (a, b, c, d) = (try at(-2), try at(-1), try at(1), try at(2))
  return a.indices.map { (8 * (c[$0] - b[$0]) - (d[$0] - a[$0])) / (12 * step) }
}

/// The names in a folder.
private func files(in folder: String) throws -> [String] {
  guard let directory = opendir(folder) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    names.append(
      withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      })
  }
  return names
}

private func text(of path: String) throws -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer.prefix(count)
  }
}
