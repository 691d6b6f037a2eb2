// Kinds of work that take long in one piece, and what ends them: Ctrl-C at the prompt, which keeps its
// variables, and a limit of seconds in a host. Each kind runs again and again, so that it is sure to be
// at work when it is asked to end; one call of it takes some tenths of a second or more.

import Mos
import Platform
import TestSupport
import Testing

/// Work that takes long.
private struct Work {
  /// What it works on.
  let setup: String
  let call: String

  init(_ call: String, on setup: String = "x = nil") {
    self.call = call
    self.setup = setup
  }
}

/// Kinds that belong together, with what they need.
struct WorkGroup: CustomTestStringConvertible, Sendable {
  let name: String
  var declarations = "let x = nil"
  fileprivate let kinds: [Work]

  var testDescription: String { name }
}

extension Work: Sendable {}

private let groups: [WorkGroup] = [
  WorkGroup(
    name: "elements",
    kinds: [
      Work("x ** 2.5", on: "x = rand(20_000_000)"),
      Work("lgamma(x)", on: "x = rand(20_000_000)"),
      Work("where(x > 0.5, x, 1.0)", on: "x = rand(40_000_000)"),
      Work("x += 1.0", on: "x = zeros(60_000_000)"),
      Work("round(x, 3)", on: "x = rand(4_000_000)"),
      Work("sum(x, axis=0)", on: "x = ones(300_000, 200)"),
      Work("logsumexp(x)", on: "x = rand(40_000_000)"),
      Work("argmax(x)", on: "x = rand(80_000_000)"),
      Work("cumsum(x)", on: "x = rand(50_000_000)"),
      Work("softmax(x)", on: "x = rand(30_000_000)"),
      Work("sum(x)", on: "x = ones(80_000_000).to(i64)"),
    ]),
  WorkGroup(
    name: "making",
    kinds: [
      Work("ones(90_000_000)"), Work("arange(90_000_000)"), Work("linspace(0, 1, 90_000_000)"),
      Work("eye(9000)"), Work("randn(40_000_000)"), Work("randint(0, 10, (50_000_000,))"),
      Work("permutation(10_000_000)"),
      Work("x[x > 0.5]", on: "x = rand(30_000_000)"),
      Work("nonzero(x)", on: "x = rand(20_000_000)"),
      Work("x[permutation(len(x))]", on: "x = rand(8_000_000)"),
      Work("x[:] = 1.0", on: "x = rand(60_000_000)"),
      Work("concat((x, x))", on: "x = rand(40_000_000)"),
      Work("tril(x)", on: "x = rand(7000, 7000)"),
      Work("x.T + 0.5", on: "x = rand(7000, 7000)"),
    ]),
  WorkGroup(
    name: "order",
    kinds: [
      Work("sort(x)", on: "x = rand(6_000_000)"), Work("topk(x, 5)", on: "x = rand(6_000_000)"),
      Work("unique(x)", on: "x = rand(6_000_000)"),
      Work("searchsorted(x, x)", on: "x = arange(3_000_000)"),
      Work("sorted(x, reverse=true)", on: "x = list(0..1_000_000)"),
      Work("sorted(x, key=v => -v)", on: "x = list(0..300_000)"),
    ]),
  WorkGroup(
    name: "matrices",
    kinds: [
      Work("x @ x", on: "x = randn(2500, 2500)"),
      Work("x @ x", on: "x = ones(900, 900).to(i64)"),
      Work("lu(x)", on: "x = randn(2500, 2500)"), Work("solve(x, x)", on: "x = randn(2000, 2000)"),
      Work("inv(x)", on: "x = randn(1800, 1800)"),
      Work("cholesky(x)", on: "x = eye(4000) * 2.0"),
      Work("qr(x)", on: "x = randn(1400, 1400)"), Work("svd(x)", on: "x = randn(800, 800)"),
      Work("eigh(x)", on: "x = randn(900, 900)"),
      Work("einsum(\"ijk,kl->jil\", x, x[0])", on: "x = randn(300, 300, 300)"),
    ]),
  WorkGroup(
    name: "text and lists",
    kinds: [
      Work("find(x, \"abc\")", on: "x = \"ab\" * 60_000_000"),
      Work("quantile([0.0, 1.0, 2.0, 3.0], x)", on: "x = (0.5,) * 1_000_000"),
      Work("replace(x, \"ab\", \"cd\")", on: "x = \"ab\" * 10_000_000"),
      Work("split(x, \",\")", on: "x = \"ab,\" * 4_000_000"),
      Work("upper(x)", on: "x = \"ab\" * 60_000_000"),
      Work("len(x + \"é\")", on: "x = \"ab\" * 9_000_000"),
      Work("json_parse(x)", on: "x = \"[\" + \"1,\" * 3_000_000 + \"1]\""),
      Work("json_text(x)", on: "x = list(0..2_000_000)"),
      Work("str(x)", on: "x = list(0..2_000_000)"),
      Work("join(x, \",\")", on: "x = list(0..2_000_000)"),
      Work("tensor(x)", on: "x = list(0..4_000_000)"),
      Work("summary(x)", on: "x = list(0..1_000_000)"),
      Work("try { {a: 1}[x] } catch e { e }", on: "x = \"ab\" * 50_000_000"),
      Work("x.tolist()", on: "x = rand(4_000_000)"),
      Work("x == list(0..4_000_000)", on: "x = list(0..4_000_000)"),
    ]),
  WorkGroup(
    name: "programs",
    declarations: """
      let x = nil
      let large = param(rand(10_000_000))
      let chain = param(1.0)
      fn steps(n) { let y = chain; for i in 0..n { y = y * 1.0001 + 0.1 }; y }
      """,
    kinds: [
      Work("backward(sum(sin(cos(exp(large)))))"),
      Work("backward(steps(300_000))"),
      Work("jvp(v => sum(sin(v)), (x,), (x,))", on: "x = rand(20_000_000)"),
      Work("vmap(v => sum(sin(v)))(x)", on: "x = rand(10_000_000, 2)"),
      Work("checkpoint(v => sum(exp(sin(v))))(x)", on: "x = rand(20_000_000)"),
      Work("neumann(terms=100_000_000, alpha=0.5)([[1.0]], [3.0])"),
      Work("input()"), Work("sleep(100)"),
    ]),
  WorkGroup(
    name: "files",
    kinds: [
      Work("save(x, \"x.npy\")", on: "x = rand(30_000_000)"),
      Work("save({x}, \"x.safetensors\")", on: "x = rand(30_000_000)"),
      Work("save({x}, \"x.npz\")", on: "x = rand(10_000_000)"),
      Work("save(x, \"x.csv\")", on: "x = rand(400_000)"),
      Work("load(\"x.csv\")", on: "x = rand(400_000); save(x, \"x.csv\")"),
      Work("load(\"x.npy\")", on: "x = rand(30_000_000); save(x, \"x.npy\")"),
      Work("write_text(\"x.txt\", x)", on: "x = \"ab\" * 60_000_000"),
    ]),
]

/// The seconds in which the end of work is seen on a machine that does much else; on an idle one it
/// takes a tenth.
private let patience = 2.0

// One at a time: they measure how soon things happen.
@Suite(.serialized) struct `Long work` {
  @Test(arguments: groups) func `ends at ctrl-C, and the prompt keeps its variables`(
    _ group: WorkGroup
  ) throws {
    try Files.withTemporaryFolder { folder in
      let terminal = try Terminal(
        Files.mos, environment: ["XDG_STATE_HOME": folder, "INPUTRC": "/dev/null"],
        directory: folder)
      func enter(_ entry: String, showing text: String) throws {
        terminal.type(entry + "; print(\"do\" + \"ne\")\r")
        try #require(terminal.shows(text, within: 30), "\(entry): \(terminal.screen.suffix(2000))")
      }
      try #require(terminal.shows("mos> "))
      for line in (group.declarations + "\nlet witness = 41").split(separator: "\n") {
        try enter(String(line), showing: "done")
      }
      for work in group.kinds {
        try enter(work.setup, showing: "done")
        terminal.type("print(\"beg\" + \"un\"); while true { \(work.call) }\r")
        try #require(terminal.shows("begun", within: 10), "\(work.call)")
        usleep(60_000)
        let start = now()
        terminal.type("\u{3}")
        #expect(
          terminal.shows("interrupted", within: 30), "\(work.call): \(terminal.screen.suffix(500))")
        #expect(terminal.shows("mos> ", within: 30), "\(work.call)")
        let seconds = now() - start
        print("\(Int(seconds * 1000)) ms to the prompt after ctrl-C in \(work.call)")
        #expect(seconds < patience, "\(work.call)")
        terminal.type("print(witness + 1)\r")
        try #require(terminal.shows("42"), "\(work.call): \(terminal.screen.suffix(500))")
      }
    }
  }

  @Test(arguments: groups) func `ends at a limit of seconds`(_ group: WorkGroup) throws {
    try Files.withTemporaryFolder { folder in
      let mos = Interpreter(capabilities: .all, output: { _ in })
      try mos.run(group.declarations)
      for work in group.kinds where work.call != "input()" {
        mos.limits = Limits()
        try mos.run(work.setup.replacing("\"x.", with: "\"\(folder)/x."))
        mos.limits = Limits(seconds: 0.2)
        let start = now()
        let error = #expect(throws: MosError.self, "\(work.call)") {
          try mos.run("while true { \(work.call.replacing("\"x.", with: "\"\(folder)/x.")) }")
        }
        let seconds = now() - start
        print("\(Int(seconds * 1000)) ms to the limit of 200 in \(work.call)")
        #expect(error?.kind == "limit", "\(work.call): \(String(describing: error))")
        #expect(seconds < 0.4 + patience, "\(work.call)")
      }
    }
  }
}
