// Tensors for tests: numbers without a pattern, always the same ones.

import Autodiff
import Tensors

/// A splitmix64 stream of numbers.
struct Samples {
  private var state: UInt64

  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  mutating func tensor(_ shape: [Int], in range: ClosedRange<Double> = -1...1) throws -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { _ in
      range.lowerBound + (range.upperBound - range.lowerBound) * next()
    }
    return try makeTensor(values, shape)
  }
}

/// A tensor of given elements.
func makeTensor(_ values: [Double], _ shape: [Int], _ dtype: DType = .f64) throws -> Tensor {
  try Tensor.make(Shape(shape), .f64) { pointer in
    for (i, value) in values.enumerated() {
      pointer.storeBytes(of: value, toByteOffset: 8 * i, as: Double.self)
    }
  }.converted(to: dtype)
}

/// A variable of one axis.
func vector(_ values: Double..., dtype: DType = .f64) throws -> Variable {
  .tensor(try makeTensor(values, [values.count], dtype))
}

/// A variable of two axes.
func matrix(_ rows: [Double]..., dtype: DType = .f64) throws -> Variable {
  .tensor(try makeTensor(rows.flatMap { $0 }, [rows.count, rows.first?.count ?? 0], dtype))
}

/// i64 ids of one axis or any shape.
func ids(_ values: [Int], _ shape: [Int]? = nil) throws -> Variable {
  .tensor(try makeTensor(values.map(Double.init), shape ?? [values.count], .i64))
}

extension Variable {
  /// The elements of a variable that no map hides.
  var numbers: [Double] { concrete?.doubles ?? [] }
}

/// The gradient of a function's only result, summed, with respect to its argument.
func gradient(_ x: Variable, _ f: (Variable) throws -> Variable) throws -> Variable {
  let pull = try vjp([x]) { [try f($0[0]).sum()] }
  return try pull([pull.values[0].onesLike()])[0] ?? x.zerosLike()
}

/// The tangent of a function's only result.
func push(_ x: Variable, _ v: Variable, _ f: (Variable) throws -> Variable) throws -> Variable {
  let result = try jvp([x], [v]) { [try f($0[0])] }
  return try result.tangents[0] ?? result.values[0].zerosLike()
}

/// The greatest difference, relative to the greater of 1 and the numbers compared.
func difference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return worst }
    let error = abs(pair.0 - pair.1) / max(1, abs(pair.0), abs(pair.1))
    return error.isNaN ? .infinity : max(worst, error)
  }
}
