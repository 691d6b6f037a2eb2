// Programs that take all they can get: statements that grow what they hold, in loops, recursion and
// derivatives, mutated now and then. Each must end within twice its time.

import Language

struct Hostile {
  static var limits: Limits {
    var limits = Limits()
    limits.seconds = 0.5
    limits.memory = 100_000_000
    return limits
  }

  let mutator: Mutator

  /// The program of a number.
  func program(_ number: Int) -> String {
    var random = SplitMix(seed: mutator.seed, number: number)
    func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
    let statements = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      pick(Self.statements).replacing("N", with: pick(Self.numbers))
    }
    let program =
      Self.prelude
      + pick(Self.repetitions).replacing("BODY", with: statements.joined(separator: "; "))
    return Int.random(in: 0..<4, using: &random) == 0 ? mutator.mutated(program, &random) : program
  }

  private static let prelude = """
    model Net() { param a = [1.0, 2.0, 3.0]
    fn forward(x) { a * x } }
    let net = Net()
    let opt = SGD(net, lr=0.1, momentum=0.9)
    let s = "ab, "
    let l = (1, 2.5, "c")
    let r = {a: 1}
    let d = {}
    let t = (1.0,)
    let kept = ()
    let f = v => v
    let p = param([1.0, 2.0])
    let x = p * 1.0
    let m = rand(60, 60)
    let i = 0

    """

  private static let repetitions = [
    "while true { i += 1; BODY }", "for j in 0..9223372036854775807 { i = j; BODY }",
    "for j in 0..40 { BODY }", "fn g(n) { i = n; BODY; 1 + g(n + 1) }\ng(0)",
    "fn g(n) { i = n; BODY; g(n + 1) }\ng(0)",
    "(0..60000000).map(j => { BODY; i = j; l })", "reduce((a, b) => { BODY; a }, 0..60000000)",
    "let h = v => { BODY; v * 2.0 }\nwhile true { h(1.0) }",
    "grad(v => { for j in 0..1000000 { BODY; v = v * 1.0001 }; v })(2.0)",
    "vmap(v => { for j in 0..1000000 { BODY; v = v * 1.0001 }; v })(zeros(100))",
    "let h = compile(v => { BODY; v * 2.0 })\nwhile true { h(rand(3)) }",
    "try { while true { BODY } } catch e { while true { BODY } }",
    "BODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY\nBODY",
    "sorted((3, 1, 2) * 100000, key=v => { BODY; v })",
    "kept = list({ BODY; l } for j in 0..60000000)",
    "checkpoint(v => { BODY; v * 1.001 }, steps=N, snapshots=N)(1.0)".replacing(
      "N", with: "100000"),
    "tree_map(v => { BODY; v }, (zeros(3),) * 100000)",
    "fixed_point(v => { BODY; v * 0.999 + 1.0 }, 3.0, maxiter=100000000)",
  ]

  private static let numbers = ["0", "1", "3", "1000", "100000", "10000000", "4611686018427387904"]

  private static let statements = [
    // Texts.
    "s = s + s", "s += s", "s = s * N", "s = \"{s}{s}\"", "s = join((s, s), s)",
    "s = replace(s, \"a\", \"aaa\")", "s = replace(s, \"\", s)", "s = str(l)", "s = repr(kept)",
    "s = upper(s)", "s = str(r)", "s = json_text(l)", "s = json_text(kept, indent=N)",
    "s = format(s, \">4000\")", "s = reversed(s)", "kept += (s[1],)", "kept += (s + \"x\",)",
    "l = split(s, \",\")", "l = lines(s)", "l = list(s)", "s = \"é\" + s + s", "find(s, \"zz\")",
    "s = s[::-1]", "s = s[N:]", "contains(s, s)", "s = strip(s)", "json_parse(\"[\" * N)",
    "json_parse(\"[\" + \"1,\" * 100000 + \"1]\")", "int(\"9\" * 100000)", "float(\"9\" * N)",
    "s == s + \"x\"", "print(s)", "kept += (split(s),)",
    // Lists and records.
    "l = l + l", "l += l", "l = l * N", "l = (l, l)", "l = list(0..N)", "kept += (l,)",
    "kept += ((i,),)", "kept += kept", "kept += (kept,)", "l = enumerate(l)", "l = zip(l, l)",
    "l = items(r)", "l = reversed(l)", "l = sorted(l)", "l = sorted(0..N)", "l = l[::-1]",
    "l = map(v => (v, v), l)", "l = filter(v => true, l + l)", "l = tree_leaves((l, l))",
    "r = {a: r, b: r}", "r[str(i)] = i", "r[s] = s", "d[str(i)] = (i,)", "r = {...r, z: i}",
    "r = record(zip(l, l))", "l = (...l, ...l)", "let (h, ...z) = l + l", "l[0] = l", "l == l",
    "str(l) == str(r)", "kept += ({a: i, b: s},)", "l = keys(r)", "l = values(r)",
    "hash = l in kept",
    "d = {a: d, b: kept}", "l = tolist(zeros(N))", "i += len(list(0..N))",
    // Functions, models, errors, methods.
    "kept += (() => kept,)", "f = (g => v => g(v))(f)", "kept += (Net(),)", "kept += (opt.step,)",
    "kept += (try { throw s } catch e { e },)",
    "kept += (try { zeros(2) + zeros(3) } catch e { e },)",
    "kept += (Adam(net, lr=0.1),)", "kept += (extract net,)", "kept += (extract opt by copy,)",
    "kept += (compile(v => v + i),)", "kept += (grad(f),)", "kept += (random_key(i),)",
    "kept += (vjp(v => v * 2.0, x)[1],)", "kept += (timer(),)", "kept += (graph(x),)",
    "opt.step(sum(net(t[0])))",
    "kept += (clone(net),)", "save(kept, \"hostile.safetensors\")", "f(f)", "f = compile(f)",
    // Tensors and graphs.
    "x = x * 1.0001", "x = x + x", "t += (zeros(10),)", "t += (x * 2.0,)", "m = m @ m",
    "m = concat([m, m])", "m = stack([m, m])", "m = m + 1.0", "m = inv(m @ m.T + eye(60))",
    "x = concat([x, x])", "x = stack((x, x))", "x = tile(x, N)", "x = repeat(x, N)",
    "x = pad(x, N)",
    "m = zeros(N, N)", "m = rand(N)", "kept += (rand(100),)", "p = param(p * 1.0)", "m = eye(N)",
    "m = arange(N)", "m = linspace(0, 1, N)", "x = sum(outer(x, x), axis=0)", "kept += (p,)",
    "kept += (m[0],)", "backward(sum(x))", "kept += (grad(sum(x), p),)", "svd(m)", "m = sort(m)",
    "m = kron(m, m)", "hessian(v => sum(v ** 3))(rand(300))", "vmap(v => v * 2.0)(zeros(N))",
    "kept += (list(rand(1000)),)", "kept += (vmap(v => list(0..1000))(zeros(2)),)",
    "m = m[::2]", "m = broadcast_to(m, (N, 60, 60))", "one_hot([1, 2], N)", "permutation(N)",
    "einsum(\"ij,kl->ijkl\", m, m)", "jacobian(v => v * 2.0)(rand(1000))", "choice(l, (N,))",
    "cg()(v => v * 2.0, rand(1000))", "str(m)", "m = m.to(f32)", "tolist(m)", "summary(kept)",
    "minimize(v => sum(v ** 4), rand(100))", "plot(rand(N))", "unique(m)", "nonzero(rand(N))",
    "x = cumsum(x)", "expm(m)", "l = tree_flatten(kept)", "kept += (detach(x),)", "seed(N)",
    "with no_grad { x = x + 1.0 }", "split_key(random_key(1), N)", "memory(kept)", "topk(m, 1)",
    "kept += (LBFGS(p, lr=0.1),)", "check_grad(v => sum(v ** 2), rand(300))",
  ]
}
