// Random numbers of every count at which they are made differently, against the formulas one by one.

import Kernels
import Platform
import TensorSupport
import Tensors
import Testing

private let key: UInt64 = 0x299f_31d0_a409_3822
/// A block whose group passes over to the upper word of the counter.
private let first: UInt64 = (1 << 32) - 5
private let lanes = Threshold.randomGroup.value

/// Four words of a block, as numbers from 0 to 1 of 32 bits and, of pairs, of 53.
private struct Block {
  private let words: [UInt32]

  init(_ counter: UInt64) {
    let block = Philox.block(
      counter: (UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), 0, 0),
      key: (UInt32(truncatingIfNeeded: key), UInt32(key >> 32)))
    words = [block.0, block.1, block.2, block.3]
  }

  func of24Bits(_ word: Int) -> Double { Double(words[word] >> 8) * 0x1p-24 }
  func of32Bits(_ word: Int) -> Double { Double(words[word]) * 0x1p-32 }
  func of53Bits(_ pair: Int) -> Double {
    Double((UInt64(words[2 * pair]) | UInt64(words[2 * pair + 1]) << 32) >> 11) * 0x1p-53
  }
}

/// Sines and cosines here are of rounded arguments: what agrees is absolute.
private func normal(_ u: Double, _ v: Double, _ turned: Bool) -> Double {
  sqrt(-2 * log(u)) * (turned ? sin(2 * .pi * v) : cos(2 * .pi * v))
}

/// A way to fill memory with random numbers, and what number `place` of a group of blocks is.
private struct Fill: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Numbers that a block gives.
  let perBlock: Int
  let tolerance: Double
  let number: @Sendable (_ block: Block, _ row: Int) -> Double
  let run: @Sendable (_ count: Int) -> [Double]

  /// The numbers one by one: row r of a group holds one of each of its blocks.
  func loop(_ count: Int) -> [Double] {
    (0..<count).map {
      let (group, place) = $0.quotientAndRemainder(dividingBy: perBlock * lanes)
      return number(Block(first + UInt64(group * lanes + place % lanes)), place / lanes)
    }
  }

  static let all = [
    Fill(testDescription: "uniform f32", perBlock: 4, tolerance: 0) {
      $0.of24Bits($1)
    } run: {
      filled($0, Float(0)) { kernels_uniform_f32(key, first, $0, $1) }
    },
    Fill(testDescription: "uniform f64", perBlock: 2, tolerance: 0) {
      $0.of53Bits($1)
    } run: {
      filled($0, 0.0) { kernels_uniform_f64(key, first, $0, $1) }
    },
    Fill(testDescription: "normal f32", perBlock: 4, tolerance: 1e-6) {
      normal($0.of32Bits($1 % 2) + 0x1p-33, $0.of32Bits(2 + $1 % 2), $1 >= 2)
    } run: {
      filled($0, Float(0)) { kernels_normal_f32(key, first, $0, $1) }
    },
    Fill(testDescription: "normal f64", perBlock: 2, tolerance: 1e-14) {
      normal(1 - $0.of53Bits(0), $0.of53Bits(1), $1 == 1)
    } run: {
      filled($0, 0.0) { kernels_normal_f64(key, first, $0, $1) }
    },
    Fill(testDescription: "exponential f64", perBlock: 2, tolerance: 1e-14) {
      -log(1 - $0.of53Bits($1))
    } run: {
      filled($0, 0.0) { kernels_exponential_f64(key, first, $0, $1) }
    },
  ]
}

/// What a kernel writes, with a number after it that it must leave alone.
private func filled<Element: BinaryFloatingPoint>(
  _ count: Int, _: Element, _ fill: (UnsafeMutablePointer<Element>, Int) -> Void
) -> [Double] {
  var numbers = [Element](repeating: -1000, count: count + 1)
  fill(&numbers, count)
  return numbers.map { Double($0) }
}

@Suite(.serialized) struct RandomTests {
  static let counts =
    [0, 1] + Threshold.randomGroup.around(1, 2, 4, 8) + Threshold.task.around(1, 2, 3)

  @Test(arguments: Fill.all)
  private func `draws are the formula's, with the same bits on every processor`(_ fill: Fill) {
    let expected = fill.loop(Self.counts.max() ?? 0)
    for count in Self.counts {
      let draws = fill.run(count)
      #expect(draws[count] == -1000)
      let wrong = (0..<count).first { abs(draws[$0] - expected[$0]) > fill.tolerance }
      #expect(wrong == nil, "of \(count)")
      onEveryLevelAndSeveralThreads(for: count) {
        let others = fill.run(count)
        let isSame = zip(others, draws).allSatisfy { $0.bitPattern == $1.bitPattern }
        #expect(isSame, "\(count) at level \(mos_kernel_level())")
      }
    }
  }

  /// Among the ranges one that throws away half of the draws, and that of all 64 bits.
  @Test(arguments: Threshold.randomGroup.around(1, 2), [1, 7, 3 << 62, 0] as [UInt64])
  func `integers are drawn one by one`(_ count: Int, _ range: UInt64) {
    let expected = (0..<count).map {
      Int64(bitPattern: UInt64(bitPattern: -3) &+ kernels_bounded(key, first + UInt64($0), range))
    }
    onEveryLevel {
      var numbers = [Int64](repeating: 1000, count: count + 1)
      kernels_integers(key, first, -3, range, &numbers, count)
      #expect(numbers == expected + [1000])
    }
  }

  @Test(arguments: Threshold.randomGroup.around(1, 2), [0, 1, 5])
  func `a shuffle exchanges one by one`(_ taken: Int, _ untaken: Int) {
    let count = taken + untaken
    var expected = Array(0..<Int64(count))
    for i in 0..<taken {
      let other = i + Int(kernels_bounded(key, first + UInt64(i), UInt64(count - i)))
      expected.swapAt(i, other)
    }
    onEveryLevel {
      var order = Array(0..<Int64(count))
      kernels_shuffle(key, first, &order, count, taken)
      #expect(order == expected)
    }
  }
}
