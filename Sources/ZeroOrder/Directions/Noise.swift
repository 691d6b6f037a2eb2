// The directions of one estimate: fixed once, and there again whenever they are asked for.
//
// They come in chunks of rows, so that many samples of large points never lie in memory at once.
// How many rows a chunk has depends on the sizes alone, never on how the function is evaluated:
// the same key gives the same numbers in one batched call and one by one.

import Autodiff
import Tensors

/// Where directions come from.
public enum DirectionSource {
  /// Draws one direction of a leaf; a program's own distribution.
  public typealias Sample = (Shape, DType) throws -> Variable

  /// A law, by whose name and a key all is said.
  case law(Directions)
  /// A function of a shape, asked sample by sample and leaf by leaf, in order. What it draws without
  /// a key of its own is drawn by the key of the directions.
  case function(Sample)
}

/// The directions of one estimate.
public final class Noise {
  private let source: DirectionSource
  private let key: RandomKey
  private let drawn: DrawnDirections

  /// Directions from a source by a key.
  public convenience init(_ source: DirectionSource, key: RandomKey) {
    self.init(source, key: key, drawn: DrawnDirections())
  }

  /// Directions from a source by a key, of which some may have been drawn.
  init(_ source: DirectionSource, key: RandomKey, drawn: DrawnDirections) {
    self.source = source
    self.key = key
    self.drawn = drawn
  }

  /// The directions of a chunk, one variable for each leaf; a program's distribution is asked for
  /// chunks in order.
  func rows(of chunk: NoiseChunk, _ leaves: [Variable]) throws -> [Variable] {
    switch source {
    case .law(let directions):
      return try directions.draw(chunk.count, leaves, key.branch(UInt64(chunk.number)))
    case .function(let sample):
      if chunk.number == drawn.chunks.count {
        let samples = try drawing(by: key.branch(UInt64(chunk.number))) {
          try (0..<chunk.count).map { _ in
            try leaves.map { try checked(try sample($0.shape, $0.dtype), $0) }
          }
        }
        drawn.chunks.append(
          try leaves.indices.map { leaf in try Variable.stack(samples.map { $0[leaf] }) })
      }
      return drawn.chunks[chunk.number]
    }
  }

  /// Runs the body with a key in the place of the program's stream.
  private func drawing<R>(by key: RandomKey, _ body: () throws -> R) rethrows -> R {
    let context = Context.current
    let random = context.random
    context.random = key
    defer { context.random = random }
    return try body()
  }

  private func checked(_ sample: Variable, _ leaf: Variable) throws -> Variable {
    guard sample.shape == leaf.shape else {
      throw TensorError(
        .shape, "the distribution gave \(sample.typeDescription) for a leaf of shape \(leaf.shape)",
        hint: "it is called with the shape of each leaf, and gives a tensor of that shape")
    }
    return try stopGradient(sample).converted(to: leaf.dtype)
  }
}

/// What a program's distribution gave, chunk by chunk: it cannot be asked for it again.
final class DrawnDirections {
  fileprivate var chunks: [[Variable]] = []
}

/// Some of the directions of an estimate, one after the other.
struct NoiseChunk {
  let number: Int
  /// How many directions there are in the chunks before.
  let first: Int
  let count: Int

  /// The elements that a chunk has, but for one direction that is larger by itself.
  static let size = 1 << 18

  /// The chunks of so many directions.
  ///
  /// - Parameter rows: how many a chunk has; nil for what the sizes allow.
  static func all(
    _ samples: Int, _ leaves: [Variable], rows: Int? = nil
  ) -> LazyMapCollection<Range<Int>, NoiseChunk> {
    let rows = rows ?? fittingRows(max(leaves.elementCount, 1))
    return (0..<(samples + rows - 1) / rows).lazy.map { number in
      NoiseChunk(
        number: number, first: number * rows, count: min(rows, samples - number * rows))
    }
  }

  /// The rows that a chunk has room for: whole blocks of orthogonal directions, where it can be.
  private static func fittingRows(_ elements: Int) -> Int {
    let rows = max(1, size / elements)
    return rows > elements ? rows - rows % elements : rows
  }
}
