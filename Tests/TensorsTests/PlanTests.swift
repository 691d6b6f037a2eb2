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
    return Plan(try #require(recorder.program(results: results)), operands: operands) { _, _, _ in
      throw TensorError(.value, "no call was expected")
    }
  }

  private func numbers(_ count: Int, _ seed: Double, _ dtype: DType = .f64) throws -> Tensor {
    try Tensor.make(Shape(count), .f64) { elements in
      let numbers = elements.assumingMemoryBound(to: Double.self)
      for i in 0..<count { numbers[i] = Double((i * 7919 + 13) % 1000) / 500 - seed }
    }.converted(to: dtype)
  }

  /// A matrix of ten rows that turns what is multiplied with it by a little.
  private func turn() throws -> Tensor {
    try Tensor.make(Shape(10, 10), .f64) { elements in
      for i in 0..<100 {
        elements.assumingMemoryBound(to: Double.self)[i] = i % 11 == 0 ? 0.9 : 0.01
      }
    }
  }

  /// Tens of elements by a matrix, in the product of derivative rules, which looks whether all is finite.
  private func turned(_ x: Tensor, by matrix: Tensor) throws -> Tensor {
    try Tensor.matmul(
      x.reshaped(Shape(x.count / 10, 10)), matrix, transposed: .none, keepingZerosOf: .left
    ).reshaped(x.shape)
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

  @Test func `of Adam's steps gives their bits around every threshold`() throws {
    let sizes =
      Threshold.chainPiece.around(2, 4) + Threshold.leastChain.around()
      + Threshold.task.around(1, 2) + [0, 1, 3]
    let step = AdamStep(beta1: 0.9, beta2: 0.99, epsilon: 1e-8, epsilonRoot: 1e-3, count: 3)
    for dtype in [DType.f32, .f64] {
      for size in sizes {
        // The update stays in the scratch, moments come out, and of the derivative some cotangents are missing.
        func function(_ x: [Tensor]) throws -> [Tensor] {
          let made = try Tensor.adamStep(
            x[0], x[1], Tensor.unary(.square, x[2]), step, corrections: x[3], x[4])
          let back = try Tensor.adamGradient(
            x[0], x[1], made[2], cotangents: [made[0], nil, x[2]], step, corrections: x[3], x[4])
          let moved = try Tensor.binary(.add, x[2], Tensor.binary(.multiply, made[0], x[5]))
          return [made[1], moved, try Tensor.binary(.multiply, back[1], back[2])]
        }
        func inputs(_ seed: Double) throws -> [Tensor] {
          try (1...3).map { try numbers(size, seed / Double($0), dtype) }
            + [Tensor(0.5), Tensor(seed), Tensor(-0.1 * seed, dtype: dtype)]
        }
        let plan = try plan(try inputs(0.5), function)
        for seed in [0.5, 1.25] {
          let given = try inputs(seed)
          let found = try #require(try plan(given))
          #expect(
            try found.map(\.bits) == function(given).map(\.bits), "\(size) of \(dtype), \(seed)")
        }
      }
    }
  }

  @Test func `of operations in any order gives their bits`() throws {
    // Elementwise operations of three lengths, sums, and products that look whether they are finite.
    for seed in 0..<60 {
      // Knuth's linear congruences; their upper bits.
      var state = UInt64(seed)
      let choices = (0..<400).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 40)
      }
      func function(_ x: [Tensor]) throws -> [Tensor] {
        var (all, next) = (x[..<3].map { [$0] }, 0)
        func choice(_ count: Int) -> Int {
          next += 1
          return choices[next % choices.count] % count
        }
        for _ in 0..<40 {
          let length = choice(3)
          let (a, b) = (
            all[length][choice(all[length].count)], all[length][choice(all[length].count)]
          )
          let made =
            switch choice(7) {
            case 0: try Tensor.unary(.tanh, a)
            case 1: try Tensor.binary(.multiply, a, Tensor(0.5))
            case 2: try Tensor.binary(.multiply, a, Tensor.unary(.tanh, b.sum(.all(rank: 1))))
            case 3: try turned(a, by: x[3])
            case 4: try Tensor.select(Tensor.binary(.less, a, b), b, a)
            default: try Tensor.binary(.subtract, a, b)
            }
          all[length].append(made)
        }
        return all.flatMap { [$0[$0.count / 2], $0[$0.count - 1]] }
      }
      func inputs(_ seed: Double) throws -> [Tensor] {
        try [numbers(4100, seed), numbers(5000, seed / 2), numbers(20, seed)] + [turn()]
      }
      let plan = try plan(try inputs(0.5), function)
      for number in [0.5, 1.5] {
        let given = try inputs(number)
        let found = try #require(try plan(given))
        #expect(try found.map(\.bits) == function(given).map(\.bits), "\(seed)")
      }
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

  @Test func `makes one pass of each parameter's step, whatever stands between`() throws {
    let step = AdamStep(beta1: 0.9, beta2: 0.99, epsilon: 1e-8, epsilonRoot: 0, count: 1)
    let lengths = [5000, 10, 4500]
    let plan = try plan(try lengths.map { try numbers($0, 1) } + [Tensor(0.1), turn()]) { x in
      let gradients = try x[..<3].map { try turned($0, by: x[4]) }
      let made = try zip(gradients, x).map { gradient, x in
        try Tensor.adamStep(gradient, x, x, step, corrections: Tensor(0.1), Tensor(0.01))
      }
      let updates = try made.map { try Tensor.binary(.multiply, $0[0], x[3]) }
      return try zip(x, updates).map { try Tensor.binary(.add, $0, $1) }
        + made.flatMap { [$0[1], $0[2]] }
    }
    #expect(
      plan.program.description == """
        %5 = product [500, 10, 10] %0 %4
        chain
           = require 5000 finite %5
          %10, %11, %12 = adam %5 %0 %0 %8 %9
          %23 = multiply f64[5000] %10 %3
          %26 = add f64[5000] %0 %23
        %6 = product [1, 10, 10] %1 %4
         = require 10 finite %6
        %7 = product [450, 10, 10] %2 %4
        chain
           = require 4500 finite %7
          %20, %21, %22 = adam %7 %2 %2 %18 %19
          %25 = multiply f64[4500] %20 %3
          %28 = add f64[4500] %2 %25
        %15, %16, %17 = adam %6 %1 %1 %13 %14
        %24 = multiply f64[10] %15 %3
        %27 = add f64[10] %1 %24
        """)
  }

  @Test func `moves nothing where it would be kept longer for it`() throws {
    // What a chain has made is read again after another operation: the chain would have to keep both.
    let plan = try plan([try numbers(5000, 1)]) { x in
      let a = try Tensor.unary(.tanh, x[0])
      let total = try Tensor.unary(.sin, x[0].sum(.all(rank: 1)))
      let b = try Tensor.unary(.square, a)
      return [try Tensor.binary(.multiply, b, total), a]
    }
    #expect(
      plan.program.description == """
        chain
          %1 = tanh f64[5000] %0
        %2 = sum of 1 rows of 5000 %0
        %3 = sin f64[1] %2
        chain
          %4 = square f64[5000] %1
          %5 = multiply f64[5000] %4 %3
        """)
  }

  @Test func `ends where a chain meets what is not finite`() throws {
    let plan = try plan([try numbers(5000, 1), turn()]) { x in
      [try Tensor.unary(.tanh, turned(x[0], by: x[1]))]
    }
    #expect(plan.chains == 1)
    #expect(try plan([try numbers(5000, 2), turn()]) != nil)
    for place in [0, 1023, 1024, 4999] {
      let given = try Tensor.make(Shape(5000), .f64) { elements in
        for i in 0..<5000 {
          elements.assumingMemoryBound(to: Double.self)[i] = i == place ? .infinity : 1
        }
      }
      #expect(try plan([given, turn()]) == nil, "\(place)")
    }
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
      number, operands, _ in
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
