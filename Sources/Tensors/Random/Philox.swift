// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// 2011): a keyed bijection of 128-bit counters, here in its published form.

internal import Kernels

/// One block of random words as a function of a counter and a key.
package enum Philox {
  package typealias Words = (UInt32, UInt32, UInt32, UInt32)

  /// The block of a counter under a key.
  package static func block(counter: Words, key: (UInt32, UInt32)) -> Words {
    let input = [counter.0, counter.1, counter.2, counter.3]
    var output: [UInt32] = [0, 0, 0, 0]
    kernels_philox(input, [key.0, key.1], &output)
    return (output[0], output[1], output[2], output[3])
  }
}
