// `parallel_map` on any number of ranks: the bits of one.

import Testing

/// Programs that print on rank 0; what they print is the same on any number of ranks.
private let programs: [(name: String, text: String)] = [
  (
    "results in the order of tasks",
    """
    print(parallel_map(x => x * x, 0..7), parallel_map(x => ({x: x, s: "<{x}>", t: [x, 1.0]}), [1.5, 2.5, 3.5]))
    print(parallel_map(x => nil, [1, 2]), parallel_map(x => x, ()), parallel_map(x => x, [[1.0, 2.0], [3.0, 4.0]]))
    print(parallel_map(x => (true, 1..3, (x,)), 0..3))
    """
  ),
  (
    "reductions along one tree",
    """
    for n in (1, 2, 3, 5, 8, 13, 25) {
        let f = k => ({a: sin(1.0 + k) * [1.0, 0.1, 1e-9], b: 0.1 * k})
        print(parallel_map(f, 0..n, reduce="sum"), parallel_map(f, 0..n, reduce="mean"))
        print(parallel_map(f, 0..n, reduce="min"), parallel_map(f, 0..n, reduce="max"))
    }
    let large = parallel_map(k => sin(k + arange(10007.0)), 0..6, reduce="sum")
    print(sum(large * cos(arange(10007.0))).item())
    """
  ),
  (
    "sums around the size above which ranks share them, of f32, and of nothing",
    """
    for n in (0, 1, 2047, 2048, 2049) {
        let f = k => sin(arange(1.0 * n) + k)
        let sum = parallel_map(f, 0..5, reduce="sum")
        print(n, all(sum == ((f(0) + f(1)) + (f(2) + f(3))) + f(4)), sum.shape)
    }
    print(parallel_map(k => ones(3, dtype=f32) * k, 0..5, reduce="mean").dtype)
    print(all_reduce(zeros(0)).shape)
    """
  ),
  (
    "what changes between the call and the derivative",
    """
    let w = param(ones(3))
    let y = parallel_map(k => sum(sin(w * k)), [1.0, 2.0], reduce="sum")
    with no_grad { print(parallel_map(k => sum(sin(w * k)), [1.0, 2.0], reduce="sum") == y) }
    w.value = zeros(3)
    let z = parallel_map(k => sum(sin(w * k)), [1.0, 2.0], reduce="sum")
    backward(z)
    print(y, z, w.grad)
    """
  ),
  (
    "random numbers of each task",
    """
    seed(3)
    print(parallel_map(k => randn(2) * k, 0..5), randn(1))
    print(parallel_map(k => rand(()), 0..5, reduce="sum"), randn(1))
    print(parallel_map(x => x * randn(()), arange(6.0), batch=4), randn(1))
    """
  ),
  (
    "derivatives by what is captured and by tasks",
    """
    let w = [0.5, -0.25]
    let f = (w, tasks) => sum(parallel_map(t => sin(w * t) ** 2, tasks, reduce="sum"))
    let tasks = arange(10.0).reshape(5, 2) / 7.0
    let loop = (w, tasks) => { let s = 0.0; for t in tasks { s = s + sum(sin(w * t) ** 2) }; s }
    print(grad(f)(w, tasks), near(grad(f)(w, tasks), grad(loop)(w, tasks), rtol=1e-14))
    print(grad(f, argnums=1)(w, tasks), near(grad(f, argnums=1)(w, tasks), grad(loop, argnums=1)(w, tasks), rtol=1e-14))
    let second = f => grad(w => sum(grad(f)(w, tasks) ** 2))(w)
    print(second(f), near(second(f), second(loop), rtol=1e-13))
    print(jvp(w => f(w, tasks), w, w), jvp(grad(w => f(w, tasks)), w, w))
    print(vmap(w => f(w, tasks))([w, 2.0 * w, 3.0 * w]), vmap(grad(w => f(w, tasks)))([w, 2.0 * w]))
    print(hessian(w => f(w, tasks))(w))
    print(check_grad(w => f(w, tasks), w))
    """
  ),
  (
    "each result by itself",
    """
    let f = w => { let ys = parallel_map(t => exp(-w * t), [1.0, 2.0, 3.0]); ys[0] * ys[1] + ys[2] ** 2 }
    print(f(0.5), grad(f)(0.5), grad(grad(f))(0.5), jvp(f, 0.5, 1.0))
    print(grad(w => parallel_map(t => (w - t) ** 2, [3.0, 1.0, 2.0], reduce="max"))(1.5))
    print(grad(w => parallel_map(t => sum(w * t), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], batch=2, reduce="mean"))(2.0))
    """
  ),
  (
    "parameters, models and optimizers as at the call",
    """
    model Line { let w = param([1.0, 2.0]); fn forward(x) { self.w @ x } }
    let net = Line()
    let opt = SGD(net, lr=0.1)
    fn adapt(t) {
        for _ in 0..3 { opt.step((net(t) - 1.0) ** 2) }
        net(t)
    }
    let tasks = [[1.0, 0.5], [0.5, 2.0], [2.0, 1.0], [0.1, 0.2], [1.0, 1.0]]
    print(parallel_map(adapt, tasks), net.w)
    let loss = parallel_map(t => (net(t) - 1.0) ** 2, tasks, reduce="mean")
    backward(loss)
    print(loss, net.w.grad)
    opt.step(parallel_map(t => (net(t) - 1.0) ** 2, tasks, reduce="mean"))
    print(net.w)
    """
  ),
  (
    "gradients that tasks leave",
    """
    let w = param([1.0, 2.0])
    backward(sum(w * 10.0))
    print(parallel_map(t => { backward(sum(sin(w * t))); w.grad }, [0.1, 0.2, 0.3, 0.4, 0.5]), w.grad)
    print(parallel_map(t => { if t > 0.3 { backward(w[0] * t) }; t }, [0.1, 0.2, 0.3, 0.4, 0.5]), w.grad)
    """
  ),
  (
    "MAML",
    """
    import meta
    seed(0)
    fn loss(w, points) { mse_loss(points.x @ w, points.y) }
    let tasks = list(
        {train: {x: randn(4, 3), y: randn(4)}, test: {x: randn(4, 3), y: randn(4)}} for _ in 0..5
    )
    let w = randn(3)
    let outer = w => parallel_map(task => loss(meta.maml(loss, w, task, lr=0.1, steps=2), task.test), tasks, reduce="mean")
    let inside = parallel_map(task => grad(w => loss(meta.maml(loss, w, task, lr=0.1, steps=2), task.test))(w), tasks, reduce="mean")
    print(outer(w), grad(outer)(w), inside, near(grad(outer)(w), inside, rtol=1e-13))
    """
  ),
  (
    "numbers that objects hold",
    """
    let d = mu => { let law = Normal(mu, 1.0); parallel_map(t => t * law.rsample(), [1.0, 2.0, 3.0], reduce="sum") }
    print(d(0.5))
    try { print(grad(d)(0.5)) } catch e { print(e.message) }
    let inside = mu => parallel_map(t => t * Normal(mu, 1.0).rsample(), [1.0, 2.0, 3.0], reduce="sum")
    print(inside(0.5), grad(inside)(0.5))
    """
  ),
  (
    "estimates from samples",
    """
    fn f(x) { sum(sin(x) ** 2) + x[0] }
    for (method, samples) in (("naive", 1), ("forward", 7), ("antithetic", 8), ("antithetic", 9), ("naive", 100)) {
        seed(1)
        let g = zero_order(f, method=method, num_samples=samples, sigma=0.1, parallel=true)
        print(g([0.5, 1.0, 2.0]), grad(g)([0.5, 1.0, 2.0]), randn(1))
        let alone = zero_order(f, method=method, num_samples=samples, sigma=0.1)
        seed(1)
        let first = grad(alone)([0.5, 1.0, 2.0])
        seed(1)
        print(near(grad(g)([0.5, 1.0, 2.0]), first, rtol=1e-12))
    }
    fn branching(x) { if x[0] > 0.5 { sum(x) } else { -sum(x) } }
    let h = zero_order(branching, num_samples=20, sigma=1.0, parallel=true)
    print(grad(h)([0.5, 1.0]), grad(h)([0.5, 1.0]))
    let inside = x => parallel_map(t => sum(sin(x * t)), [1.0, 2.0, 3.0], reduce="mean")
    print(grad(zero_order(inside, num_samples=20, sigma=0.1, parallel=true))([0.5, 1.0]))
    fn failing(x) { if x[0] > 1.5 { throw "too far" } else { sum(x) } }
    try { grad(zero_order(failing, num_samples=50, sigma=1.0, parallel=true))([0.5, 1.0]) } catch e { print(e.kind != nil) }
    """
  ),
  (
    "evolution strategies",
    """
    import es
    seed(0)
    let found = es.minimize(x => sum((x - 3.0) ** 2), zeros(2), generations=20, pairs=10, parallel=true)
    print(found.params, found.best_value)
    fn steps(p) { if p.a[0] > 1.0 { 1.0 } else { sum(p.a ** 2) + p.b } }
    let tree = es.minimize(steps, {a: [2.0, 1.0], b: 0.0}, generations=5, pairs=5, parallel=true)
    print(tree.params, tree.best)
    print(norm(found.params - 3.0) < norm(zeros(2) - 3.0))
    """
  ),
  (
    "what tasks print, in their order",
    """
    let found = parallel_map(t => { print("task {t}"); t }, 0..4)
    print(found)
    """
  ),
  (
    "one inside another",
    """
    print(parallel_map(a => parallel_map(b => a * b, [1.0, 2.0], reduce="sum"), [1.0, 2.0, 3.0]))
    print(grad(w => parallel_map(a => parallel_map(b => sin(w * a * b), [1.0, 2.0], reduce="sum"), [1.0, 2.0, 3.0], reduce="mean"))(0.3))
    """
  ),
  (
    "checkpoints and loops around it",
    """
    let f = w => parallel_map(t => sin(w * t), [1.0, 2.0, 3.0], reduce="sum")
    print(grad(w => checkpoint(f)(w) ** 2)(0.5), grad(w => f(w) ** 2)(0.5))
    let step = w => w - 0.1 * grad(f)(w)
    print(inner_loop(step, steps=4)(0.5), grad(inner_loop(step, steps=4))(0.5))
    let g = compile(f)
    print(g(0.5), g(0.5), g(0.6), grad(g)(0.5))
    """
  ),
  (
    "an error of a task can be caught",
    """
    for _ in 0..2 {
        try { parallel_map(t => { if t >= 2 { throw {kind: "mine", message: "task {t}"} }; t }, 0..5) } catch e {
            print(e.kind, e.message, e.line)
        }
    }
    print(parallel_map(t => t, 0..3))
    """
  ),
  (
    "mistakes",
    """
    let calls = (
        () => parallel_map(t => t, (), reduce="sum"),
        () => parallel_map(t => t, 3),
        () => parallel_map(t => (x => x), 0..3),
        () => parallel_map(t => ({a: (1, t => t)}), 0..3),
        () => parallel_map(t => zeros(t + 1), 0..3, reduce="sum"),
        () => parallel_map(t => t, 0..3, reduce="sum"),
        () => parallel_map(t => t, 0..3, reduce="median"),
        () => parallel_map(t => all_reduce(t), 0..3),
        () => parallel_map(t => barrier(), 0..3),
        () => parallel_map(t => t, 0..3, batch=0),
        () => parallel_map(t => t, ([1.0], [1.0, 2.0]), batch=2),
    )
    for call in calls { try { call() } catch e { print(e.kind, e.message) } }
    let count = 0
    try { parallel_map(t => { count += 1; t }, 0..4) } catch e { print(e.message, e.line) }
    let seen = ()
    try { parallel_map(t => { seen.push(t); t }, 0..4) } catch e { print(e.message) }
    print(count, seen)
    """
  ),
]

@Suite struct ParallelMapTests {
  @Test(arguments: programs.indices)
  func `prints the same on any number of ranks`(index: Int) {
    let program =
      "from parallel import parallel_map, barrier, all_reduce, rank\n" + programs[index].text
    let alone = run(program, ranks: 1)[0]
    #expect(alone.error == nil, "\(programs[index].name): \(alone)")
    #expect(!alone.output.isEmpty && !alone.output.contains("false"))
    for count in 2...4 {
      let ends = run(program, ranks: count)
      #expect(ends.allSatisfy { $0.error == nil }, "\(programs[index].name): \(ends)")
      #expect(ends[0].output == alone.output, "\(programs[index].name) on \(count) ranks")
    }
  }
}
