// Random numbers: the published vectors, the bits that programs rely on, and the distributions.

import TensorSupport
import Testing

@testable import Tensors

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

@Suite struct RandomTests {
  /// Random123's kat_vectors for philox4x32-10.
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [UInt32](repeating: .max, count: 4), [.max, .max],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func `Philox is as published`(_ counter: [UInt32], _ key: [UInt32], _ words: [UInt32]) {
    let block = Philox.block(
      counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
    #expect([block.0, block.1, block.2, block.3] == words)
  }

  @Test func `a fill is made of Philox blocks, sixteen at a time`() throws {
    var key = RandomKey(key: 0x299f_31d0_a409_3822, counter: (1 << 32) - 5)
    let start = key.counter
    let draws = try key.uniform(Shape(200), .f32).doubles
    for (i, draw) in draws.enumerated() {
      let counter = start + UInt64(i / 64 * 16 + i % 16)
      let block = Philox.block(
        counter: (UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), 0, 0),
        key: (0xa409_3822, 0x299f_31d0))
      let word = [block.0, block.1, block.2, block.3][i / 16 % 4]
      #expect(draw == Double(word >> 8) / 0x1p24)
    }
    #expect(key.counter == start + 64)
  }

  @Test(arguments: [DType.f64, .f32])
  func `a part of a draw is the draw of a part`(_ dtype: DType) throws {
    for count in [0, 1, 15, 31, 32, 33, 63, 64, 65, 1000] {
      var (long, short) = (RandomKey(seed: 7), RandomKey(seed: 7))
      let whole = try long.normal(Shape(2000), dtype).doubles
      #expect(try short.normal(Shape(count), dtype).doubles == Array(whole.prefix(count)))
    }
  }

  @Test func `one seed gives the same bits everywhere`() throws {
    var key = RandomKey(seed: 0)
    #expect(try key.uniform(Shape(3)).doubles == uniforms)
    #expect(try key.normal(Shape(3)).doubles == normals)
    #expect(try key.integers(low: 0, high: 100, Shape(5)).integers == wholes)
    #expect(try key.permutation(5).integers == order)
    #expect(key.split(2).map(\.key) == children)
  }

  @Test(arguments: [DType.f64, .f32])
  func `uniform numbers fill [0, 1)`(_ dtype: DType) throws {
    var key = RandomKey(seed: 3)
    let draws = try key.uniform(Shape(200_000), dtype).doubles
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(mean(draws) - 0.5) < 0.003)
    #expect(abs(mean(draws.map { $0 * $0 }) - 1.0 / 3) < 0.003)
  }

  @Test(arguments: [DType.f64, .f32])
  func `normal numbers have normal moments`(_ dtype: DType) throws {
    var key = RandomKey(seed: 4)
    let draws = try key.normal(Shape(400_000), dtype).doubles
    #expect(abs(mean(draws)) < 0.006)
    #expect(abs(mean(draws.map { $0 * $0 }) - 1) < 0.01)
    #expect(abs(mean(draws.map { $0 * $0 * $0 })) < 0.03)
    #expect(abs(mean(draws.map { $0 * $0 * $0 * $0 }) - 3) < 0.08)
    #expect(abs(mean(draws.map { abs($0) < 1.959964 ? 1 : 0 }) - 0.95) < 0.002)
    // Numbers that come of one pair are independent.
    #expect(abs(mean(zip(draws, draws.dropFirst(16)).map(*))) < 0.01)
  }

  @Test func `integers are even over any range`() throws {
    var key = RandomKey(seed: 5)
    let draws = try key.integers(low: -3, high: 4, Shape(70_000)).integers
    for value in -3..<4 { #expect(abs(draws.count { $0 == value } - 10_000) < 400) }
    #expect(draws.allSatisfy { $0 >= -3 && $0 < 4 })
    // Three quarters of 2^64: half of the draws must be thrown away or the lower part is favoured.
    let wide = try key.integers(low: .min, high: .min / 2 * -1, Shape(40_000)).integers
    #expect(abs(wide.count { $0 < .min / 4 } - 20_000) < 600)
    #expect(try key.integers(low: .min, high: .max, Shape(100)).integers.contains { $0 < 0 })
    #expect(
      message { try key.integers(low: 2, high: 2, Shape(1)) }
        == "there are no integers from 2 below 2 to draw")
  }

  @Test func `permutations hold every number once, in every order`() throws {
    var key = RandomKey(seed: 6)
    #expect(try key.permutation(100).integers.sorted() == Array(0..<100))
    #expect(try key.permutation(0).count == 0)
    #expect(message { try key.permutation(-1) } == "an axis cannot have the negative extent -1")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[try key.permutation(3).integers, default: 0] += 1 }
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 150 })
  }

  @Test func `bernoulli draws true as often as asked`() throws {
    var key = RandomKey(seed: 8)
    let flags = try key.bernoulli(0.3, Shape(100_000))
    #expect(flags.dtype == .bool)
    #expect(abs(mean(try flags.doubles) - 0.3) < 0.006)
    #expect(try key.bernoulli(1, Shape(1000)).doubles.allSatisfy { $0 == 1 })
    #expect(try key.bernoulli(0, Shape(1000)).doubles.allSatisfy { $0 == 0 })
    #expect(try key.bernoulli(tensor([0, 1]), .f32).doubles == [0, 1])
    #expect(
      message { try key.bernoulli(1.5, Shape()) }
        == "a probability is between 0 and 1, and 1.5 is not")
    #expect(
      message { try key.bernoulli(.nan, Shape()) }
        == "a probability is between 0 and 1, and nan is not")
  }

  @Test func `choice follows its weights`() throws {
    var key = RandomKey(seed: 9)
    let weights = try tensor([1, 0, 3])
    let draws = try key.choice(3, Shape(40_000), weights: weights).integers
    #expect(abs(draws.count { $0 == 0 } - 10_000) < 400 && !draws.contains(1))
    #expect(Set(try key.choice(10, Shape(10), replace: false).integers).count == 10)
    let firsts = try (0..<4000).map { _ in
      try key.choice(3, Shape(2), replace: false, weights: weights).integers
    }
    #expect(firsts.allSatisfy { Set($0) == [0, 2] })
    #expect(abs(firsts.count { $0[0] == 0 } - 1000) < 150)
    #expect(
      message { try key.choice(3, Shape(4), replace: false) }
        == "cannot choose 4 of 3 without repetition")
    #expect(
      message { try key.choice(3, Shape(3), replace: false, weights: weights) }
        == "cannot choose 3 of 3 when 2 weights are above zero")
    #expect(
      message { try key.choice(2, Shape(1), weights: tensor([1, -1])) }
        == "a weight is finite and not negative, and -1.0 is not")
    #expect(message { try key.choice(0, Shape(1)) } == "cannot choose 1 of 0")
    #expect(try key.choice(0, Shape(0)).count == 0)
  }

  @Test func `streams that were split do not meet`() throws {
    var key = RandomKey(seed: 10)
    var children = key.split(100) + key.split(100)
    #expect(Set(children.map(\.key)).count == 200)
    var seen = Set<UInt64>()
    for i in children.indices { for _ in 0..<50 { seen.insert(children[i].next()) } }
    #expect(seen.count == 200 * 50)
    #expect(RandomKey(seed: 10).folded(3) == RandomKey(seed: 10).folded(3))
    #expect(RandomKey(seed: 10).folded(3) != RandomKey(seed: 10).folded(4))
  }
}

// By a second implementation, in Python, but the normals: there by libm, equal to 15 digits.
private let uniforms = [0.8805201978886142, 0.36209111566940344, 0.3194457679100915]
private let normals = [0.39721680963457651, -0.456608527848621, 0.59749914925995784]
private let wholes = [61, 89, 90, 70, 54]
private let order = [2, 0, 1, 4, 3]
private let children: [UInt64] = [17_225_352_893_884_768_430, 13_848_408_860_525_628_190]
