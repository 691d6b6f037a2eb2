// The directions of one estimate: fixed once, and there again whenever they are asked for.
//
// They come in chunks of rows, so that many samples of large points never lie in memory at once.
// How many rows a chunk has depends on the sizes alone, never on how the function is evaluated:
// the same key gives the same numbers in one batched call and one by one.

import Autodiff
import Tensors

/// The directions of one estimate.
public final class Noise {
  /// Draws one direction of a leaf; a program's own distribution.
  public typealias Sample = (Shape, DType) throws -> Variable

  private enum Source {
    case keyed(Directions, RandomKey)
    case sampled(Sample)
  }
  private let source: Source
  /// What a program's distribution gave, which cannot be asked for again.
  private var drawn: [[Variable]] = []

  /// Directions of a law, by a key.
  public init(_ directions: Directions, key: RandomKey) { source = .keyed(directions, key) }

  /// Directions of a program's distribution, which is asked sample by sample and leaf by leaf, in
  /// order, when they are first needed.
  public init(_ sample: @escaping Sample) { source = .sampled(sample) }

  /// The elements that a chunk of directions has, but for one that is larger by itself.
  static let chunkSize = 1 << 18

  /// The numbers of rows in the chunks of so many directions.
  static func chunks(_ samples: Int, _ leaves: [Variable]) -> [Int] {
    let size = max(leaves.elementCount, 1)
    var rows = max(1, chunkSize / size)
    if rows > size { rows -= rows % size }
    let whole = Array(repeating: rows, count: samples / rows)
    return samples % rows == 0 ? whole : whole + [samples % rows]
  }

  /// The directions of a chunk of so many rows, one variable for each leaf.
  func chunk(_ number: Int, rows: Int, _ leaves: [Variable]) throws -> [Variable] {
    switch source {
    case .keyed(let directions, let key):
      return try directions.draw(rows, leaves, key.folded(UInt64(number)))
    case .sampled(let sample):
      while drawn.count <= number {
        let samples = try (0..<rows).map { _ in
          try leaves.map { try checked(try sample($0.shape, $0.dtype), $0) }
        }
        drawn.append(
          try leaves.indices.map { leaf in try Variable.stack(samples.map { $0[leaf] }) })
      }
      return drawn[number]
    }
  }

  private func checked(_ sample: Variable, _ leaf: Variable) throws -> Variable {
    guard sample.shape == leaf.shape else {
      throw TensorError(
        .shape, "the distribution gave \(sample.typeDescription) for a leaf of shape \(leaf.shape)",
        hint: "it is called with the shape of each leaf, and gives a tensor of that shape")
    }
    return try sample.converted(to: leaf.dtype)
  }
}
