// Collectives against their definitions, in every mode.
//
// Programs compute what a collective is to give from what every rank knows, and print true.

import Testing

/// Ranks that a program is run on.
let rankCounts = [1, 2, 3, 4]

/// Every rank's value, as all know it: `value(r)`, distinct in every element and rank.
private let values = """
  from parallel import rank, world_size, barrier, all_reduce, all_gather, broadcast, gather, reduce
  from parallel import reduce_scatter, scatter
  let (r, n) = (rank(), world_size())
  fn value(rank, shape=(2, 3)) { sin(1.0 + arange(1.0 * product(shape)).reshape(shape) + 10.0 * rank) }
  fn product(xs) { let all = 1; for x in xs { all *= x }; all }
  fn total(f) { let sum = f(0); for k in 1..n { sum = sum + f(k) }; sum }
  fn rows(f) { stack([f(k) for k in 0..n]) }

  """

@Suite struct CollectiveTests {
  private func expectTrue(
    _ program: String, ranks: Int, _ location: SourceLocation = #_sourceLocation
  ) {
    let all = lines(values + program, ranks: ranks)
    for (rank, lines) in all.enumerated() {
      #expect(
        !lines.isEmpty && lines.allSatisfy { $0 == "true" }, "rank \(rank) of \(ranks): \(lines)",
        sourceLocation: location)
    }
  }

  @Test(arguments: rankCounts)
  func `values are those of the definitions`(ranks: Int) {
    expectTrue(
      """
      let x = value(r)
      print(all(all_reduce(x) == total(value)))
      print(all(all_reduce(x, op="mean") == total(value) / n))
      print(all(all_reduce(x, op="max") == max(rows(value), axis=0)))
      print(all(all_reduce(x, op="min") == min(rows(value), axis=0)))
      print(all(all_gather(x) == rows(value)))
      print(all(broadcast(x, root=n - 1) == value(n - 1)))
      print(all(reduce_scatter(value(r, shape=(n, 4))) == total(k => value(k, shape=(n, 4)))[r]))
      print(all(scatter(value(r, shape=(n, 4)), root=n - 1) == value(n - 1, shape=(n, 4))[r]))
      let g = gather(x, root=n // 2)
      print(if r == n // 2 { all(g == rows(value)) } else { g == nil })
      let s = reduce(x, root=n - 1)
      print(if r == n - 1 { all(s == total(value)) } else { s == nil })
      print(all_reduce(r + 1) == n * (n + 1) // 2 and all_reduce({a: 1.0, b: (2, x)}).a == 1.0 * n)
      barrier()
      """, ranks: ranks)
  }

  @Test(arguments: rankCounts)
  func `large tensors and trees of several dtypes have the sums of small ones`(ranks: Int) {
    expectTrue(
      """
      for size in (1, 7, 4095, 4096, 4097, 20011) {
          let x = value(r, shape=(size,))
          print(all(all_reduce(x) == total(k => value(k, shape=(size,)))))
          let tree = all_reduce({w: x, b: (x[0] * 2.0, x.to(f32)), c: arange(size) + r})
          print(all(tree.w == all_reduce(x)) and tree.b[1].dtype == f32 and all(tree.b[1] == all_reduce(x.to(f32))))
          print(all(tree.c == n * arange(size) + n * (n - 1) // 2))
          let rows = all_gather({w: x, b: x[0:1]})
          print(all(rows.w == stack([value(k, shape=(size,)) for k in 0..n])) and rows.b.shape == (n, 1))
      }
      """, ranks: ranks)
  }

  /// Collectives of a vector, as functions from the values of all ranks to those of all.
  private static let maps = [
    "x => all_reduce(x)", "x => all_reduce(x, op=\"mean\")", "x => sum(all_gather(x) * weights)",
    "x => broadcast(x, root=n - 1)", "x => reduce_scatter(stack([(k + 1.0) * x for k in 0..n]))",
    "x => scatter(stack([(k + 1.0) * x for k in 0..n]), root=n - 1)",
    "x => all_reduce(x, op=\"max\")",
    "x => all_reduce(x, op=\"min\")",
  ]

  /// ⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩ over all ranks, with f of a nonlinear function before it and after it.
  @Test(arguments: rankCounts, maps)
  func `cotangents are the transposed tangents`(ranks: Int, map: String) {
    expectTrue(
      """
      let weights = sin(arange(1.0 * n * 3).reshape(n, 3))
      let f = \(map)
      let g = x => f(x ** 2 + x) ** 2
      let (x, dx) = (value(r, shape=(3,)), value(r + n, shape=(3,)))
      let (y, dy) = jvp(g, x, dx)
      let bar = cos(1.0 + y + r)
      let (_, pull) = vjp(g, x)
      let pulled = pull(bar)
      let (left, right) = (all_reduce(sum(bar * dy)), all_reduce(sum(pulled * dx)))
      print(near(left, right, rtol=1e-12))
      let h = 1e-6
      print(near(dy, (g(x + h * dx) - g(x - h * dx)) / (2.0 * h), rtol=1e-6, atol=1e-7))
      """, ranks: ranks)
  }

  @Test(arguments: rankCounts, maps)
  func `second order and mapped ones are those of loops`(ranks: Int, map: String) {
    expectTrue(
      """
      let weights = sin(arange(1.0 * n * 3).reshape(n, 3))
      let f = \(map)
      let loss = x => sum(f(x ** 2 + x) ** 2)
      let (x, v) = (value(r, shape=(3,)), value(r + n, shape=(3,)))
      let slope = grad(loss)
      let (_, forward) = jvp(slope, x, v)
      let h = 1e-5
      print(near(forward, (slope(x + h * v) - slope(x - h * v)) / (2.0 * h), rtol=1e-5, atol=1e-6))
      let (_, pull) = vjp(slope, x)
      let (left, right) = (all_reduce(sum(pull(x) * v)), all_reduce(sum(x * forward)))
      print(near(left, right, rtol=1e-10))
      let xs = value(r, shape=(4, 3))
      let each = stack([slope(xs[k]) for k in 0..4])
      print(near(vmap(slope)(xs), each, rtol=1e-12))
      print(near(vmap(f)(xs), stack([f(xs[k]) for k in 0..4]), rtol=1e-12))
      """, ranks: ranks)
  }

  @Test(arguments: rankCounts)
  func `one rank alone may follow, use, or drop what a collective is about`(ranks: Int) {
    expectTrue(
      """
      let x = value(r, shape=(3,))
      # Only rank 0 depends on its operand, only the last uses the result.
      let f = w => {
          let given = if r == 0 { w * 2.0 } else { value(r, shape=(3,)) }
          let all = all_reduce(given)
          if r == n - 1 { sum(all * x) } else { 0.0 * sum(w) }
      }
      let slope = grad(f)(x)
      let last = value(n - 1, shape=(3,))
      print(all(slope == if r == 0 { 2.0 * last } else { 0.0 * last }))
      # Called in one order and used in the other.
      let g = w => {
          let (a, b) = (all_reduce(w), all_reduce(w * w))
          sum(if r % 2 == 0 { a * b } else { b * a }) + (if r == 0 { sum(a) } else { sum(b) })
      }
      let s = total(k => value(k, shape=(3,)))
      let q = total(k => value(k, shape=(3,)) ** 2)
      # ā = n b + 1, b̄ = n a + n − 1
      print(near(grad(g)(x), (n * q + 1.0) + (n * s + n - 1.0) * 2.0 * x, rtol=1e-12))
      """, ranks: ranks)
  }

  @Test(arguments: rankCounts)
  func `parameters get the gradients of one process`(ranks: Int) {
    expectTrue(
      """
      let w = param([1.0, 2.0, 3.0])
      let x = value(r, shape=(3,))
      backward(sum(all_reduce(sin(w * x), op="mean")) / n)
      print(near(all_reduce(w.grad), total(k => cos(w.value * value(k, shape=(3,))) * value(k, shape=(3,))) / n))
      """, ranks: ranks)
  }

  @Test(arguments: rankCounts)
  func `inside checkpoints, loops, estimates and compiled functions`(ranks: Int) {
    expectTrue(
      """
      let x = value(r, shape=(3,))
      let f = w => all_reduce(sin(w * x)) * cos(w)
      let once = grad(w => sum(f(w) ** 2))(x)
      print(all(grad(w => sum(checkpoint(f)(w) ** 2))(x) == once))
      let loop = w => { for _ in 0..6 { w = w - 0.1 * f(w) }; w }
      let each = grad(w => sum(loop(w) ** 2))(x)
      for method in ("unroll", recompute(snapshots=2)) {
          let unrolled = inner_loop(w => w - 0.1 * f(w), steps=6, gradient=method)
          print(near(grad(w => sum(unrolled(w) ** 2))(x), each, rtol=1e-10))
      }
      let scanned = w => scan((w, _) => (w - 0.1 * f(w), nil), w, nil, length=6)[0]
      print(near(grad(w => sum(scanned(w) ** 2))(x), each, rtol=1e-12))
      let compiled = compile(f)
      print(all(compiled(x) == f(x)) and all(compiled(x) == f(x)) and all(compiled(x + 1.0) == f(x + 1.0)))
      print(near(grad(w => sum(compiled(w) ** 2))(x), once, rtol=1e-13))
      fn refused(f) { if n == 1 { return true }; try { f(); false } catch e { contains(e.message, "ranks exchange") } }
      let forward = inner_loop(w => w - 0.1 * f(w), steps=6, gradient="forward")
      let implicit = inner_loop(w => w - 0.1 * f(w), steps=6, gradient="implicit")
      let estimated = zero_order(w => sum(all_reduce(w)), method="antithetic", num_samples=4, sigma=0.1)
      for g in (forward, implicit, estimated) { print(refused(() => grad(w => sum(g(w)))(x))) }
      print(near(estimated(x), sum(total(k => value(k, shape=(3,))))))
      print(near(jvp(w => f(w), x, x)[1], vjp(w => jvp(f, w, x)[1], x)[0], rtol=1e-13))
      """, ranks: ranks)
  }
}
