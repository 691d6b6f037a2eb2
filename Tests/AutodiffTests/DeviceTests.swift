// The table once more, with operands on a device: what comes out there is what the processor gives, in every mode.
//
// Where no OpenCL driver is there the suite is skipped, and the run says so; `make test` installs pocl.

import Autodiff
import Devices
import Tensors
import Testing

/// The first device that computes with f64; nil where the machine has none.
private let device: Device? = (try? DeviceList.all())?.first(where: \.hasDoubles)

@Suite(
  "every primitive on a device",
  .enabled(if: device != nil, "no OpenCL driver is here: apt-get install pocl-opencl-icd"))
struct DeviceTests {
  static let names = PrimitiveTests.names

  @Test(arguments: names) func `gives what the processor gives`(_ name: String) throws {
    for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
      for dtype in [DType.f64, .f32] {
        let inputs = try sample.inputs(seed: 3 + number, dtype)
        let expected = try sample.function(inputs)
        let found = try sample.function(placed(inputs))
        #expect(found.shape == expected.shape && found.dtype == expected.dtype)
        #expect(
          closeness(found, expected) < (dtype == .f64 ? 1e-12 : 2e-5),
          "\(name), case \(number), \(dtype)")
        if inputs.contains(where: { $0.dtype.isFloat && $0.rank > 0 }) {
          #expect(found.place != .processor, "\(name), case \(number)")
        }
      }
    }
  }

  @Test(arguments: names) func `is differentiated as on the processor`(_ name: String) throws {
    for (number, sample) in (primitiveCases[name] ?? []).enumerated() {
      let inputs = try sample.inputs(seed: 3 + number)
      guard try sample.function(inputs).dtype.isFloat,
        inputs.contains(where: { $0.dtype.isFloat && $0.rank > 0 })
      else { continue }
      let f = sample.function
      let onDevice = try placed(inputs)
      let place = "\(name), case \(number)"

      func gradients(_ x: [Variable]) throws -> [Variable] {
        let pull = try vjp(x) { given in
          let y = try f(given)
          return [try (y * y).sum() + y.sum()]
        }
        let back = try pull([pull.values[0].onesLike()])
        return try zip(x, back).map { x, gradient in
          try gradient ?? (x.dtype.isFloat ? x : x.converted(to: .f64)).zerosLike()
        }
      }
      func directions(_ x: [Variable]) throws -> [Variable?] {
        try x.map { $0.dtype.isFloat ? try $0.cos() : nil }
      }
      func tangent(_ x: [Variable]) throws -> [Variable] {
        let y = try jvp(x, directions(x)) { [try f($0)] }
        return [try y.tangents[0] ?? y.values[0].zerosLike()]
      }
      func curvature(_ x: [Variable]) throws -> [Variable] {
        let back = try jvp(x, directions(x), gradients)
        return try zip(back.values, back.tangents).map { try $1 ?? $0.zerosLike() }
      }
      func twice(_ x: [Variable]) throws -> [Variable] {
        let pull = try vjp(x) { x in
          [try gradients(x).filter { $0.dtype.isFloat }.map { try ($0 * $0).sum() }.reduced()]
        }
        let back = try pull([pull.values[0].onesLike()])
        return try zip(x, back).map { x, gradient in
          try gradient ?? (x.dtype.isFloat ? x : x.converted(to: .f64)).zerosLike()
        }
      }
      func mapped(_ x: [Variable]) throws -> [Variable] {
        let stacked = try x.map { try Variable.stack([$0, $0, $0]) }
        return try vmap(stacked, axes: stacked.map { _ in 0 }, size: 3) { [try f($0)] }
      }
      for (mode, function) in [
        ("gradient", gradients), ("tangent", tangent), ("forward over reverse", curvature),
        ("reverse over reverse", twice), ("map", mapped),
      ] as [(String, ([Variable]) throws -> [Variable])] {
        let (found, expected) = (try function(onDevice), try function(inputs))
        for (found, expected) in zip(found, expected) {
          #expect(found.shape == expected.shape && found.dtype == expected.dtype)
          #expect(closeness(found, expected) < 1e-9, "\(mode), \(place)")
        }
        for (found, x) in zip(found, onDevice) where mode == "gradient" && x.dtype.isFloat {
          #expect(found.place == x.place || x.rank == 0, "\(mode), \(place)")
        }
      }
    }
  }

  @Test func `long reductions and wide products are those of the processor`() throws {
    var samples = Samples(5)
    for shape in [[100_003], [3, 70_001], [70_001, 3], [7, 129, 5], [2, 128, 2], [16385]] {
      let x = Variable.tensor(try samples.tensor(shape))
      for axes in (1..<(1 << shape.count)).map({ AxisSet(bits: UInt8($0)) }) {
        for reduce in [
          { try $0.sum(axes: $1) }, { try $0.max(axes: $1) }, { try $0.min(axes: $1) },
          { try $0.norm(axes: $1) }, { try $0.logsumexp(axes: $1) },
          { try $0.isGreater(than: .number(0.9999, like: $0)).any(axes: $1) },
        ] as [(Variable, AxisSet) throws -> Variable] {
          let expected = try reduce(x, axes)
          #expect(closeness(try reduce(placed([x])[0], axes), expected) < 1e-12, "\(shape) \(axes)")
        }
      }
    }
    for (m, k, n) in [(1, 1, 1), (15, 16, 17), (33, 65, 47), (128, 3, 128), (1, 300, 1)] {
      let (a, b) = (
        Variable.tensor(try samples.tensor([2, m, k])), Variable.tensor(try samples.tensor([k, n]))
      )
      let operands = try placed([a, b])
      #expect(closeness(try operands[0].matmul(operands[1]), try a.matmul(b)) < 1e-12)
    }
  }

  @Test func `a sum has the same bits in every run`() throws {
    var samples = Samples(9)
    let x = try placed([.tensor(samples.tensor([200_000]).converted(to: .f32))])[0]
    let first = try x.sum().numbers
    for _ in 0..<5 { #expect(try x.sum().numbers == first) }
  }

  @Test func `operands of two places are an error that names both`() throws {
    let x = try placed([vector(1, 2)])[0]
    let error = #expect(throws: TensorError.self) { try x.adding(vector(3, 4)) }
    #expect(error?.kind == .value)
    #expect(error?.message.contains("\"\(x.place.name)\"") == true)
    #expect(error?.message.contains("\"cpu\"") == true)
    #expect(try x.adding(Variable(3)).numbers == [4, 5])
  }

  @Test func `moves are differentiated, to where their operand lives`() throws {
    let x = try vector(1, 2)
    let place = try placed([x])[0].place
    let found = try gradient(x) { try $0.moved(to: place).square() }
    #expect(found.numbers == [2, 4] && found.place == .processor)
    let other = try gradient(x.moved(to: place)) { try $0.moved(to: .processor).square() }
    #expect(other.numbers == [2, 4] && other.place == place)
  }

  @Test func `memory of a device counts`() throws {
    let account = MemoryAccount(limit: 1 << 20)
    try MemoryAccount.with(account) {
      let x = try Variable.tensor(Tensor.full(Shape(40_000), 1, .f64)).moved(
        to: .device(#require(device)))
      #expect(throws: TensorError.self) { _ = try (0..<3).map { _ in try x + x } }
      #expect(try (x + x).sum().numbers == [80_000])
    }
    #expect(account.bytes == 0)
  }
}

/// Operands on the device, but whole numbers, which go along.
private func placed(_ inputs: [Variable]) throws -> [Variable] {
  let device = try #require(device)
  return try inputs.map { $0.dtype == .i64 ? $0 : try $0.moved(to: .device(device)) }
}

/// The greatest difference of numbers, relative where they are large; 0 for nan beside nan and infinities alike.
private func closeness(_ a: Variable, _ b: Variable) -> Double {
  zip(a.numbers, b.numbers).reduce(a.count == b.count ? 0 : .infinity) { greatest, pair in
    if pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN { return greatest }
    return max(greatest, abs(pair.0 - pair.1) / max(1, abs(pair.1)))
  }
}

extension [Variable] {
  fileprivate func reduced() throws -> Variable {
    try dropFirst().reduce(self[0]) { try $0 + $1 }
  }
}
