// What sweeps over sizes share: the ways to run a loop, operands that hide no mistake, and the
// comparison.

import Kernels
import Tensors
import Testing

/// Runs the body on one thread, and on several where there are as many elements as these share.
package func onOneAndSeveralThreads(for elements: Int = .max, _ body: () throws -> Void) rethrows {
  let before = Threads.count
  defer { Threads.count = before }
  for count in elements <= Threshold.task.value ? [1] : [1, 3] {
    Threads.count = count
    try body()
  }
}

/// Runs the body with the kernels of each level that the processor has, the greatest last.
package func onEveryLevel(_ body: () throws -> Void) rethrows {
  let greatest = mos_kernel_level()
  defer { mos_set_kernel_level(greatest) }
  for level in 0...greatest {
    mos_set_kernel_level(level)
    try body()
  }
}

/// Runs the body with the kernels of each level on one thread, and with the greatest's on several
/// where there are as many elements as these share.
package func onEveryLevelAndSeveralThreads(
  for elements: Int = .max, _ body: () throws -> Void
) rethrows {
  let (greatest, threads) = (mos_kernel_level(), Threads.count)
  defer {
    mos_set_kernel_level(greatest)
    Threads.count = threads
  }
  Threads.count = 1
  try onEveryLevel(body)
  guard elements > Threshold.task.value else { return }
  Threads.count = 3
  try body()
}

/// Whole numbers from `-spread` to `spread`, thrown by a hash of their place: their sums are exact in
/// every order, and no piece has its neighbour's.
package func scattered(_ count: Int, spread: Int = 1, seed: Int = 0) -> [Double] {
  (0..<count).map { Double(thrown($0, seed) % (2 * spread + 1) - spread) }
}

/// A number that looks like chance, of a place.
package func thrown(_ place: Int, _ seed: Int) -> Int {
  var bits = UInt64(truncatingIfNeeded: place &+ seed &* 1_000_003) &* 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ (bits >> 29)) &* 0xBF58_476D_1CE4_E5B9
  return Int(bits >> 33)
}

/// The product of two matrices by the definition.
package func product(_ a: [Double], _ b: [Double], _ m: Int, _ k: Int, _ n: Int) -> [Double] {
  var result = [Double](repeating: 0, count: m * n)
  for i in 0..<m {
    for l in 0..<k {
      let factor = a[i * k + l]
      for j in 0..<n { result[i * n + j] += factor * b[l * n + j] }
    }
  }
  return result
}

extension Tensor {
  /// Views with the same elements: contiguous, of every second element, of turned axes.
  package var layouts: [Tensor] {
    get throws {
      guard rank > 0 else { return [self] }
      let starts = [Int](repeating: 0, count: rank)
      var (stops, steps) = ((0..<rank).map { shape[$0] }, starts.map { _ in 1 })
      stops[rank - 1] *= 2
      steps[rank - 1] = 2
      let spread = try repeated(2, axis: rank - 1).sliced(
        starts: starts, stops: stops, steps: steps)
      return [self, spread, try swappedAxes(0, -1).contiguous().swappedAxes(0, -1)]
    }
  }

  /// The same matrices lying row by row and column by column.
  package var orders: [Tensor] {
    get throws { [self, try swappedAxes(-1, -2).contiguous().swappedAxes(-1, -2)] }
  }
}

/// Compared out of the macro, which would print every number of large arrays.
package func expectSame(
  _ y: Tensor, _ expected: [Double], within tolerance: Double = 0, _ place: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectSame(y.doubles, expected, within: tolerance, place, sourceLocation: sourceLocation)
}

/// As for a tensor with these elements.
package func expectSame(
  _ values: [Double], _ expected: [Double], within tolerance: Double = 0, _ place: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard values.count == expected.count else {
    let counts = "\(values.count) numbers, not \(expected.count)"
    Issue.record("\(counts) \(place)", sourceLocation: sourceLocation)
    return
  }
  let wrong = zip(values, expected).enumerated().first { _, pair in
    pair.0 != pair.1 && !agrees(pair.0, pair.1, tolerance)
  }
  guard let (index, (found, wanted)) = wrong else { return }
  Issue.record("\(found) at \(index), not \(wanted) \(place)", sourceLocation: sourceLocation)
}
