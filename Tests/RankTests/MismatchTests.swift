// Ranks that do different things: every one of them gets an error, and none waits for ever.

import Testing

@Suite struct MismatchTests {
  /// Programs in which rank 0 and the others differ, and a part of what every rank is told.
  private static let mismatches: [(program: String, message: String)] = [
    (
      "if rank() == 0 { all_reduce(1.0) } else { barrier() }",
      "rank 0: all_reduce(sum) of f64 at test.mos:2"
    ),
    ("all_reduce(zeros(2 + rank()))", "all_reduce(sum) of f64[2]"),
    ("all_reduce(if rank() == 0 { 1.0 } else { 1 })", "all_reduce(sum) of i64"),
    ("all_reduce(1.0, op=if rank() == 0 { \"sum\" } else { \"mean\" })", "all_reduce(mean)"),
    ("all_reduce(if rank() == 0 { {a: 1.0} } else { {b: 1.0} })", "{a: f64}"),
    ("broadcast(1.0, root=if rank() == 0 { 0 } else { 1 })", "broadcast from rank 1"),
    ("gather(1.0, root=if rank() == 0 { 0 } else { 1 })", "gather to rank 1"),
    ("if rank() == 0 { barrier() }", ": the end of the program"),
    ("if rank() != 0 { parallel_map(x => x, 0..3) }", "parallel_map over 3 tasks"),
    ("parallel_map(x => x, 0..(3 + rank()))", "parallel_map over 3 tasks"),
    (
      "parallel_map(x => 1.0, 0..3, reduce=if rank() == 0 { \"sum\" } else { \"max\" })",
      "to their max"
    ),
    (
      "let f = x => sum(all_reduce(x)); if rank() == 0 { f(1.0) } else { grad(f)(1.0) }",
      "f64 inside reverse mode at test.mos:2"
    ),
    (
      "let w = param(1.0); let y = all_reduce(w); if rank() == 0 { backward(y) }",
      "the way back of a gradient"
    ),
    (
      "let w = param(1.0 + rank()); parallel_map(x => w * x, 0..3, reduce=\"sum\")",
      "not the same on every rank"
    ),
    ("seed(rank()); parallel_map(x => x, 0..3)", "draw different random numbers"),
    (
      "seed(rank()); grad(zero_order(x => sum(x), num_samples=4, parallel=true))([1.0, 2.0])",
      "with different noise"
    ),
    (
      "let w = param(1.0); let y = parallel_map(x => w * x, 0..3, reduce=\"sum\"); backward(y * (1.0 + rank()))",
      "other cotangents on one rank than on another"
    ),
  ]

  @Test(arguments: 2...4, mismatches.indices)
  func `every rank is told`(ranks: Int, index: Int) {
    let (program, message) = MismatchTests.mismatches[index]
    let names = "from parallel import rank, barrier, all_reduce, broadcast, gather, parallel_map\n"
    for end in run(names + program, ranks: ranks) {
      #expect(end.error?.contains(message) ?? false, "\(program): \(end)")
    }
  }

  @Test(arguments: rankCounts)
  func `a loss that is a sum over ranks is told of`(ranks: Int) {
    let program = """
      from parallel import all_reduce
      print(grad(w => all_reduce(w * 3.0))(1.0))
      print(grad(w => all_reduce(w * 3.0, op="mean"))(1.0))
      """
    for end in run(program, ranks: ranks) {
      #expect(end.output == "\(3.0 * Double(ranks))\n3.0\n")
      #expect(end.warnings.count == (ranks > 1 ? 1 : 0), "\(end)")
    }
  }

  @Test(arguments: 2...4)
  func `what all get can be caught, and the ranks go on together`(ranks: Int) {
    let program = """
      from parallel import rank, barrier, all_reduce, parallel_map
      try { if rank() == 0 { all_reduce(1.0) } else { barrier() } } catch e { print(e.kind) }
      try { all_reduce(zeros(2 + rank())) } catch e { print(e.kind) }
      try { parallel_map(x => if x == 1 { throw "one" } else { x }, 0..4) } catch e { print(e.message) }
      print(all_reduce(1.0) > 1.0)
      """
    let ends = run(program, ranks: ranks)
    for (rank, end) in ends.enumerated() {
      #expect(end.error == nil && end.output == "value\nvalue\none\ntrue\n", "rank \(rank): \(end)")
    }
  }

  @Test(arguments: 2...4)
  func `one that fails alone ends the others`(ranks: Int) {
    let ends = run(
      "from parallel import rank, barrier\nif rank() == 1 { throw \"mine\" }\nbarrier()",
      ranks: ranks)
    #expect(ends[1].error == "error: mine")
    #expect(ends.allSatisfy { $0.error != nil })
  }

  @Test
  func `a limit is heard by those who wait`() {
    let ends = run(
      """
      from parallel import rank, barrier
      if rank() == 0 { barrier() } else { while true { } }
      """, ranks: 2, seconds: 0.5)
    #expect(ends.allSatisfy { $0.error != nil }, "\(ends)")
    #expect(ends.contains { $0.error?.contains("0.5 seconds") ?? false }, "\(ends)")
  }

  @Test(arguments: 2...4)
  func `ranks that run code of their own go on alike`(ranks: Int) {
    let program = """
      from parallel import rank, parallel_map, all_reduce
      fn loss(w) { parallel_map(x => sum(sin(w * x)), [1.0, 2.0, 3.0], reduce="mean") }
      let w = param([0.5, 0.25])
      for i in 0..3 {
          if rank() == i { let extra = grad(v => sum(v ** 2))(w) * 2.0; sum(extra * w) }
          print(grad(loss)(w.value), grad(v => loss(v * w))([1.0, 2.0]))
          backward(loss(w))
          if rank() == 0 { sum(w * 3.0) }
      }
      print(w.grad)
      """
    let alone = run(program, ranks: 1)[0]
    for (rank, end) in run(program, ranks: ranks).enumerated() {
      #expect(end == alone, "rank \(rank): \(end)")
    }
  }
}
