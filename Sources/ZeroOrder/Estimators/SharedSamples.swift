// Samples over ranks. Every rank draws all directions by the same key, evaluates a block of them, and gets the
// values of the others: a number a sample is all that is exchanged, however large the point is.
//
// Directions are evaluated in pieces of a fixed size, so that the bits do not depend on the number of ranks.

import Autodiff
import Tensors

extension SampledFunction {
  /// Directions that are evaluated in one call.
  private static let piece = 8

  /// What `values` gives, of which each rank evaluates a part.
  func sharedValues(
    at point: [Variable], along directions: [Variable], _ chunk: NoiseChunk, steps: [Double],
    over ranks: Ranks
  ) throws -> [Variable] {
    let size = SampledFunction.piece
    let count = (chunk.count + size - 1) / size
    let own = count * ranks.rank / ranks.count..<count * (ranks.rank + 1) / ranks.count
    var alone = self
    alone.ranks = nil
    /// The values of a piece; nil where they cannot be had in one call.
    func values(_ piece: Int, batched: Bool) throws -> [Variable]? {
      let (first, end) = (piece * size, min(chunk.count, (piece + 1) * size))
      let part = NoiseChunk(number: chunk.number, first: chunk.first + first, count: end - first)
      let rows = try directions.map { try $0.sliced(axis: 0, from: first, to: end) }
      return try ranks.alone("in a sample that ranks share") {
        try batched
          ? alone.batched(point, rows, part.count, steps)
          : alone.valuesOneByOne(at: point, along: rows, part, steps: steps)
      }
    }
    let name = "zero_order over \(chunk.count) samples"
    try ranks.requireSame(
      point + directions, name,
      "the ranks sample around different points, or with different noise",
      hint: "give every rank the same seed, seed(0), and the same parameters")
    // What cannot be mapped on one rank is run one by one on all.
    var found = try ranks.together(name) { try own.map { try values($0, batched: true) } }
    let isMapped = try ranks.meet(name, [found.contains { $0 == nil } ? 1 : 0])
    let fails = isMapped.isEmpty ? found.contains { $0 == nil } : isMapped[0] != 0
    if fails { found = try ranks.together(name) { try own.map { try values($0, batched: false) } } }
    guard !found.contains(where: { $0?.contains(where: \.isDifferentiated) ?? false }) else {
      throw TensorError(
        .value, "samples that ranks share have no derivative of their own",
        hint: "leave parallel out where an estimate is differentiated")
    }
    let all = try TaskMap.sums(
      name, tasks: count, own: own, ranks, outputs: count * steps.count
    ) { piece in
      (found[piece - own.lowerBound] ?? []).enumerated().map { step, value in
        (piece, piece * steps.count + step, value)
      }
    }
    return try steps.indices.map { step in
      try Variable.concat((0..<count).compactMap { all[$0 * steps.count + step] }, axis: 0)
    }
  }
}
