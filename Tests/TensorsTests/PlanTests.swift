// Plans against the operations that they were made from: sizes around every threshold, programs as texts,
// memory, and what ends a plan.

import TensorSupport
import Testing

@testable import Tensors

@Suite("a plan") struct PlanTests {
  typealias Function = ([Tensor]) throws -> [Tensor]

  /// A plan of a function whose operations are all kernels.
  private func plan(_ inputs: [Tensor], _ function: Function) throws -> Plan {
    let recorder = PlanRecorder()
    let operands = inputs.enumerated().map { recorder.operand($0, $1) }
    let results = try recorder.operation("all", number: 0, operands: operands) {
      try function(operands)
    }
    return Plan(try #require(recorder.program(results: results)), operands: operands) { _, _ in
      throw TensorError(.value, "no call was expected")
    }
  }

  private func numbers(_ count: Int, _ seed: Double, _ dtype: DType = .f64) throws -> Tensor {
    try Tensor.make(Shape(count), .f64) { elements in
      let numbers = elements.assumingMemoryBound(to: Double.self)
      for i in 0..<count { numbers[i] = Double((i * 7919 + 13) % 1000) / 500 - seed }
    }.converted(to: dtype)
  }

  @Test func `of a chain gives the bits of its operations around every threshold`() throws {
    let sizes =
      Threshold.chainPiece.around(1, 2, 4) + Threshold.leastChain.around()
      + Threshold.task.around(1, 2)
      + Threshold.smallCount.around() + [0, 1, 2, 3, 7]
    for dtype in [DType.f32, .f64] {
      for size in sizes {
        func function(_ x: [Tensor]) throws -> [Tensor] {
          let a = try Tensor.binary(.multiply, x[0], x[1])
          let b = try Tensor.unary(.tanh, a)
          let c = try Tensor.binary(.add, b, x[2])
          let d = try Tensor.select(Tensor.binary(.less, c, x[0]), b, a)
          let e = try Tensor.binary(.divide, x[2], Tensor.unary(.exp, d))
          // What comes out lies outside the scratch, and so does what a sum reads.
          return [c, try e.sum(.all(rank: 1)), try Tensor.unary(.sin, e)]
        }
        func inputs(_ seed: Double) throws -> [Tensor] {
          [
            try numbers(size, seed, dtype), try numbers(size, seed / 3, dtype),
            Tensor(seed, dtype: dtype),
          ]
        }
        let plan = try plan(try inputs(0.5), function)
        for seed in [0.5, 1.25, 2.0] {
          let given = try inputs(seed)
          let found = try #require(try plan(given))
          for (found, expected) in zip(found, try function(given)) {
            #expect(found.bits == expected.bits, "\(size) of \(dtype), \(seed)")
          }
        }
      }
    }
  }

  @Test func `of more operations than a chain has goes on in another one`() throws {
    for count in Threshold.chainLinks.around(1, 2) {
      func function(_ x: [Tensor]) throws -> [Tensor] {
        var (y, all) = (x[0], [Tensor]())
        for i in 0..<count {
          y = try i % 2 == 0 ? Tensor.unary(.sin, y) : Tensor.binary(.add, y, x[0])
          // Some of what is between comes out, and some is read again in another chain.
          if i % 20 == 3 { all.append(y) }
        }
        return try all + [Tensor.binary(.multiply, y, all[0])]
      }
      let plan = try plan([try numbers(5000, 1)], function)
      let given = [try numbers(5000, 2)]
      #expect(
        try #require(try plan(given)).map(\.bits) == function(given).map(\.bits), "\(count)")
    }
  }

  @Test func `of many numbers runs in pieces`() throws {
    for count in Threshold.planNumbers.around() {
      func function(_ x: [Tensor]) throws -> [Tensor] {
        var y = x[0]
        for i in 0..<count {
          y = try Tensor.binary(i % 2 == 0 ? .add : .multiply, y, x[1])
        }
        return [y]
      }
      let plan = try plan([Tensor(0.5), Tensor(0.25)], function)
      let given = [Tensor(0.75), Tensor(-0.9)]
      #expect(try #require(try plan(given))[0].bits == function(given)[0].bits)
    }
  }

  @Test func `looks for the end of its run between steps`() throws {
    let requests = RunRequests()
    func function(_ x: [Tensor]) throws -> [Tensor] {
      var y = x[0]
      for _ in 0..<Threshold.planSteps.row.value * 2 { y = try Tensor.unary(.sin, y) }
      return [y]
    }
    let plan = try plan([try numbers(16, 1)], function)
    #expect(throws: TensorError.self) {
      try requests.duringRun(of: 1) {
        requests.interrupt()
        _ = try plan([try numbers(16, 2)])
      }
    }
    #expect(try plan([try numbers(16, 2)]) != nil)
  }

  @Test func `tells of whole numbers that overflow by giving nothing`() throws {
    let plan = try plan([Tensor(3)]) { [try Tensor.binary(.multiply, $0[0], $0[0])] }
    #expect(try #require(try plan([Tensor(5)]))[0].integers == [25])
    #expect(try plan([Tensor(1 << 40)]) == nil)
  }

  @Test func `is for operands that lie as those it was made with`() throws {
    let x = try numbers(6, 1).reshaped(Shape(2, 3))
    let plan = try plan([x]) { [try $0[0].contiguous(), try $0[0].sum(AxisSet(0))] }
    #expect(plan.fits([x]))
    #expect(!plan.fits([try numbers(6, 1).reshaped(Shape(3, 2)).swappedAxes(0, 1)]))
    #expect(!plan.fits([try x.converted(to: .f32)]))
    #expect(!plan.fits([try numbers(6, 1)]))
  }

  @Test func `hands out memory that its next run leaves alone`() throws {
    for size in [1, 3, 100, 200, 5000] {
      let plan = try plan([try numbers(size, 1)]) { x in
        let y = try Tensor.unary(.negate, x[0])
        return [y, try y.sliced(axis: 0, from: 0, to: 1), x[0]]
      }
      let first = try #require(try plan([try numbers(size, 2)]))
      let before = first.map(\.bits)
      let second = try #require(try plan([try numbers(size, 3)]))
      #expect(first.map(\.bits) == before)
      #expect(zip(first, second).allSatisfy { $0.0.bits != $0.1.bits })
    }
  }

  @Test func `drops what nobody takes, and keeps what can fail`() throws {
    let plan = try plan([try numbers(3, 1), Tensor(2)]) { x in
      _ = try Tensor.unary(.exp, x[0])
      _ = try Tensor.binary(.multiply, x[1], x[1])
      return [try Tensor.unary(.sin, x[0])]
    }
    #expect(
      plan.program.description == """
        %3 = multiply i64[1] %1 %1
        %4 = sin f64[3] %0
        """)
  }

  @Test func `joins neighbouring blocks of many elements`() throws {
    let plan = try plan([try numbers(5000, 1), Tensor(2.0)]) { x in
      let a = try Tensor.binary(.multiply, x[0], x[1])
      let b = try Tensor.unary(.sin, a)
      return [try Tensor.binary(.add, b, a).sum(.all(rank: 1))]
    }
    #expect(
      plan.program.description == """
        %5 = chain with a sum
          %2 = multiply f64[5000] %0 %1
          %3 = sin f64[5000] %2
          %4 = add f64[5000] %3 %2
        """)
    // What is between stays in the scratch of a piece.
    #expect(plan.bytes < 256)
  }

  @Test func `reuses memory that nobody needs any more`() throws {
    let plan = try plan([try numbers(1000, 1)]) { x in
      var y = x[0]
      for _ in 0..<50 { y = try Tensor.unary(.tanh, y) }
      return [try y.sum(.all(rank: 1))]
    }
    #expect(plan.bytes <= 2 * 8064 + 128)
  }

  @Test func `runs what looks at elements as a call`() throws {
    let recorder = PlanRecorder()
    let x = recorder.operand(0, try numbers(4, 1))
    func operation(_ x: Tensor) throws -> [Tensor] {
      [try Tensor.binary(.multiply, x, Tensor(x.firstDouble))]
    }
    let called = try recorder.operation("scaled", number: 7, operands: [x]) { try operation(x) }
    let doubled = try recorder.operation("doubled", number: 8, operands: called) {
      [try Tensor.binary(.add, called[0], called[0])]
    }
    var calls: [Int] = []
    let plan = Plan(try #require(recorder.program(results: doubled)), operands: [x]) {
      number, operands in
      calls.append(number)
      return try operation(operands[0])
    }
    for seed in [2.0, 3.0] {
      let given = try numbers(4, seed)
      let own = try operation(given)[0]
      #expect(
        try #require(try plan([given]))[0].bits == Tensor.binary(.add, own, own).bits)
    }
    #expect(calls == [7, 7])
  }
}

extension Tensor {
  /// The bits of the elements, in row-major order.
  fileprivate var bits: [UInt64] {
    switch dtype {
    case .f64, .f32: doubles.map(\.bitPattern)
    case .i64, .bool: integers.map { UInt64(bitPattern: Int64($0)) }
    }
  }
}
