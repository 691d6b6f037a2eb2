// Samples that count: those at which the function gave finite numbers.

import Autodiff
import Tensors

/// Which of a population's numbers are finite, and what share of the mean each of those has.
struct FiniteSamples {
  /// Nil where all are.
  private let isKept: Variable?
  /// 1 / the number of those that are.
  let share: Variable
  /// That number.
  let count: Variable
  /// How many are not; 0 under `vmap`, where it is not known.
  let failures: Int

  /// - Throws: a value error where none is finite.
  init(_ values: Variable) throws {
    let n = values.count
    let flags = stopGradient(try values.isfinite())
    let kept: Double?
    if flags.isRecorded, !flags.isMapped {
      // The recording is one of finite numbers, and fails at any other.
      let finite = try flags.converted(to: .f64).sum()
      _ = try finite.bounded(by: Bounds("the finite samples", "all of them", from: Double(n)))
      kept = Double(n)
    } else {
      kept = flags.concrete?.doubles.reduce(0, +)
    }
    guard kept != 0 || n == 0 else {
      throw TensorError(
        .value,
        "the function gave nan or inf at \(n == 1 ? "the only sample" : "all \(n) samples")",
        hint: "a smaller step stays closer to the point; is the function finite there?")
    }
    failures = kept.map { n - Int($0) } ?? 0
    isKept = kept == Double(n) ? nil : flags
    let one = Variable.number(1, like: values)
    count =
      isKept == nil
      ? .number(Double(n), like: values)
      : try flags.converted(to: values.dtype).sum().maximum(one)
    share = try one / count
  }

  /// The numbers with 0 in place of those that do not count.
  func clearing(_ values: Variable) throws -> Variable {
    guard let isKept else { return values }
    return try isKept.select(values, .number(0, like: values))
  }
}

extension Variable {
  /// The sum of rows, each times its number in this variable.
  func weighted(_ rows: Variable) throws -> Variable {
    let shape = rows.shape.removing(axis: 0)
    let matrix = try rows.reshape(to: Shape(count, shape.count))
    return try converted(to: rows.dtype).matmul(matrix).reshape(to: shape)
  }

  /// The numbers of all chunks as one vector.
  static func joined(_ parts: [Variable]) throws -> Variable {
    parts.count == 1 ? parts[0] : try concat(parts)
  }

  /// The numbers of a chunk.
  func part(_ chunk: NoiseChunk) throws -> Variable {
    chunk.count == count
      ? self : try sliced(axis: 0, from: chunk.first, to: chunk.first + chunk.count)
  }
}

extension [Variable] {
  /// Adds terms leaf by leaf; to nothing, they are the sums.
  mutating func add(_ terms: [Variable]) throws {
    self = isEmpty ? terms : try zip(self, terms).map { try $0 + $1 }
  }
}
