import TensorSupport
import Testing

@testable import Tensors

@Suite struct MovementTests {
  @Test func `views and copies`() throws {
    let x = try counting([2, 3])
    #expect(try x.reshaped(Shape(3, 2)).buffer.header.data == x.buffer.header.data)
    let turned = try x.swappedAxes(0, 1)
    #expect(!turned.isContiguous)
    #expect(try turned.doubles == [0, 3, 1, 4, 2, 5])
    #expect(try turned.reshaped(Shape(6)).doubles == [0, 3, 1, 4, 2, 5])
    #expect(try x.expanded(at: -1).shape == Shape(trusted: [2, 3, 1]))
    #expect(try x.expanded(at: 1).squeezed(1).doubles == x.doubles)
    #expect(try counting([1, 3, 1]).squeezed().shape == Shape(3))
    #expect(
      try counting([2, 3, 4]).transposed(permutation: Shape(trusted: [2, 0, 1])).shape
        == Shape(trusted: [4, 2, 3]))
    #expect(message { try x.reshaped(Shape(4)) } == "cannot reshape f64[2, 3] to [4]")
    #expect(message { try x.squeezed(1) } == "cannot squeeze axis 1 of f64[2, 3]")
    #expect(
      message { try x.transposed(permutation: Shape(0, 0)) }
        == "[0, 0] is not an order of the axes of f64[2, 3]")
    #expect(message { try x.broadcast(to: Shape(2, 4)) } == "cannot broadcast f64[2, 3] to [2, 4]")
    #expect(message { try x.broadcast(to: Shape(3)) } == "cannot broadcast f64[2, 3] to [3]")
  }

  /// start, stop, step of `0 ..< 10`, and what Python gives.
  static let slices: [(Int, Int, Int, [Double])] = [
    (0, 10, 1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), (2, 7, 2, [2, 4, 6]), (7, 2, 1, []),
    (9, -1, -1, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]), (8, 1, -3, [8, 5, 2]), (5, 100, 3, [5, 8]),
    (100, -100, -4, [9, 5, 1]), (0, 10, .max, [0]), (9, -1, .min, [9]), (3, 3, -1, []),
  ]

  @Test(arguments: slices)
  func `slices are Python's`(_ start: Int, _ stop: Int, _ step: Int, _ expected: [Double]) throws {
    let x = try counting([10])
    let part = try x.sliced(starts: [start], stops: [stop], steps: [step])
    #expect(try part.doubles == expected)
    let twice = try x.flipped(AxisSet(0)).flipped(AxisSet(0))
      .sliced(starts: [start], stops: [stop], steps: [step])
    #expect(try twice.doubles == expected)
  }

  @Test func `a slice of every axis`() throws {
    let x = try counting([4, 5])
    let part = try x.sliced(starts: [3, 1], stops: [-1, 5], steps: [-2, 2])
    #expect(try part.doubles == [16, 18, 6, 8])
    #expect(try x.flipped(.all(rank: 2)).doubles == x.doubles.reversed())
    #expect(
      message { try x.sliced(starts: [0, 0], stops: [1, 1], steps: [0, 1]) }
        == "a slice cannot have the step 0")
    #expect(try Tensor.zeros(Shape(0, 3)).flipped(.all(rank: 2)).count == 0)
  }

  @Test func `putting together`() throws {
    let (a, b) = (try counting([2, 2]), try counting([2, 1], .f32))
    let joined = try Tensor.concat([a, b], axis: 1)
    #expect(joined.dtype == .f64)
    #expect(try joined.doubles == [0, 1, 0, 2, 3, 1])
    #expect(
      try Tensor.concat([a, a.swappedAxes(0, 1)], axis: 0).doubles == [0, 1, 2, 3, 0, 2, 1, 3])
    #expect(
      try Tensor.stack([counting([3]), counting([3])], axis: -1).doubles == [0, 0, 1, 1, 2, 2])
    #expect(try Tensor.stack([Tensor(1), Tensor(2.5)]).doubles == [1, 2.5])
    #expect(
      message { try Tensor.concat([a, counting([3])], axis: 0) }
        == "cannot concat f64[2, 2] and f64[3] along axis 0")
    #expect(message { try Tensor.stack([a, b]) } == "cannot stack f64[2, 2] and f32[2, 1]")
    #expect(message { try Tensor.concat([], axis: 0) } == "concat of no tensors is not defined")
    #expect(try Tensor.concat([Tensor.zeros(Shape(0, 2)), a], axis: 0).doubles == a.doubles)
  }

  @Test func `around and around`() throws {
    let x = try counting([2, 3])
    #expect(
      try x.padded(before: [0, 1], after: [1, 0], value: -1).doubles
        == [-1, 0, 1, 2, -1, 3, 4, 5, -1, -1, -1, -1])
    #expect(try Tensor.zeros(Shape(0)).padded(before: [1], after: [1], value: 2).doubles == [2, 2])
    #expect(try x.padded(before: [0, 0], after: [0, 0]) === x)
    #expect(try x.repeated(2, axis: 0).doubles == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
    #expect(try x.repeated(2, axis: 1).doubles == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    #expect(try counting([2]).tiled([2, 2]).doubles == [0, 1, 0, 1, 0, 1, 0, 1])
    #expect(message { try x.repeated(-1, axis: 0) } == "cannot repeat f64[2, 3] -1 times")
    #expect(
      message { try x.padded(before: [-1, 0], after: [0, 0]) }
        == "cannot pad by the negative width -1")
  }

  @Test func `summing down undoes stretching`() throws {
    let g = try counting([2, 3, 4])
    #expect(try Tensor.unbroadcast(g, to: Shape(3, 1)).doubles == [60, 92, 124])
    #expect(try Tensor.unbroadcast(g, to: Shape()).doubles == [276])
    #expect(try Tensor.unbroadcast(g, to: Shape(trusted: [2, 3, 4])) === g)
    #expect(
      message { try Tensor.unbroadcast(g, to: Shape(5)) } == "cannot sum f64[2, 3, 4] down to [5]")
  }

  @Test func `ranges, identity and triangles`() throws {
    #expect(try Tensor.arange(5, 0, -2).doubles == [5, 3, 1])
    #expect(try Tensor.arange(0, 0).count == 0)
    #expect(try Tensor.arange(.max - 1, .max, 5).count == 1)
    #expect(try Tensor.arange(0, 1, 0.25, .f32).doubles == [0, 0.25, 0.5, 0.75])
    #expect(try Tensor.linspace(0, 1, 5).doubles == [0, 0.25, 0.5, 0.75, 1])
    #expect(try Tensor.linspace(2, 3, 1).doubles == [2])
    #expect(try Tensor.eye(2, 3).doubles == [1, 0, 0, 0, 1, 0])
    let x = try counting([2, 3])
    #expect(try x.tril().doubles == [0, 0, 0, 3, 4, 0])
    #expect(try x.triu(1).doubles == [0, 1, 2, 0, 0, 5])
    #expect(try x.tril(-5).doubles == [0, 0, 0, 0, 0, 0])
    #expect(try x.triu(.min).doubles == x.doubles)
    #expect(try x.swappedAxes(0, 1).tril(.max).doubles == [0, 3, 1, 4, 2, 5])
    #expect(message { try Tensor.arange(0, 1, 0) } == "a range cannot have the step 0")
    #expect(
      message { try Tensor.arange(0, .infinity, 1) } == "a range from 0.0 to inf by 1.0 has no end")
    #expect(try Tensor.full(Shape(2, 2), 7, .i64).doubles == [7, 7, 7, 7])
    #expect(message { try Tensor.full(Shape(2), 1e30, .i64) } == "1e+30 does not fit i64")
    #expect(
      message { try tensor([.nan]).converted(to: .i64) }
        == "f64[1] holds numbers that do not fit i64")
  }

  @Test func `what is too large is an error`() throws {
    let huge = #expect(throws: TensorError.self) {
      try Tensor.zeros(Shape(trusted: [1_000_000_000, 1000]))
    }
    #expect(huge?.kind == .limit)
    #expect(huge?.message.hasPrefix("a f64[1000000000, 1000] tensor needs 7.28 TiB, and ") == true)
    let wide = try Tensor(1.0).broadcast(to: Shape(1 << 40, 1))
    let other = try Tensor(1.0).broadcast(to: Shape(1, 1 << 40))
    #expect(
      message { try Tensor.binary(.add, wide, other) }
        == "a tensor of shape [1099511627776, 1099511627776] is too large to address")
    let account = MemoryAccount(limit: 1 << 20)
    let x = try MemoryAccount.with(account) { try Tensor.zeros(Shape(1 << 16)) }
    #expect(account.bytes == 1 << 19)
    MemoryAccount.with(account) {
      #expect(
        message { try Tensor.zeros(Shape(1 << 17)) }
          == "a f64[131072] tensor needs 1 MiB, and 1 MiB are allowed here")
    }
    withExtendedLifetime(x) {}
  }

  @Test func `memory that is refused is not counted`() throws {
    let bounded = MemoryAccount(limit: 1 << 20)
    try MemoryAccount.with(bounded) {
      #expect(message { try Tensor.zeros(Shape(1 << 18)) } != nil)
      #expect(bounded.bytes == 0)
      let all = try Tensor.zeros(Shape(1 << 17))
      #expect(bounded.bytes == 1 << 20)
      #expect(message { try all.converted(to: .i64) } != nil)
      #expect(bounded.bytes == 1 << 20)
    }
    #expect(bounded.bytes == 0)
    // No account is larger than the machine's memory.
    let unbounded = MemoryAccount(limit: .max)
    MemoryAccount.with(unbounded) {
      #expect(message { try Tensor.zeros(Shape(1 << 50)) }?.hasSuffix("are allowed here") == true)
      #expect(unbounded.bytes == 0)
    }
    // More than any machine's address space.
    #expect(Allocator.take(1 << 60, zeroed: false) == nil)
    #expect(TensorMemory.usedBytes < 1 << 59)
  }
}

@Suite struct TransposedCopyTests {
  static let shapes: [[Int]] = [
    [16, 2], [2, 16], [100, 70], [3, 33, 17], [20, 3, 21], [2, 65, 3, 18], [600, 500],
  ]

  @Test(arguments: shapes)
  func `copies of any order of axes agree with their definition`(_ shape: [Int]) throws {
    let x = try counting(shape)
    let rank = shape.count
    for shift in 1..<rank {
      let order = (0..<rank).map { ($0 + shift) % rank }
      for source in [x, try x.converted(to: .f32), try x.converted(to: .i64)] {
        let y = try source.transposed(permutation: Shape(trusted: order)).contiguous()
        let steps = x.shape.contiguousStrides
        let values = y.doubles
        var index = [Int](repeating: 0, count: rank)
        for value in values {
          let place = (0..<rank).reduce(0) { $0 + index[$1] * steps[order[$1]] }
          guard value == Double(place) else {
            Issue.record("\(shape) \(order) \(index): \(value)")
            return
          }
          var axis = rank - 1
          while axis >= 0 {
            index[axis] += 1
            if index[axis] < y.shape[axis] { break }
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
  }
}
