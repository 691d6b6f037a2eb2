// `:undo` and `:redo`: the state before an entry is everything that the entry could change.

import Platform
import TestSupport
import Testing

/// Something that an entry changes, and a question that tells.
struct Change: Sendable, CustomTestStringConvertible {
  let name: String
  let setup: [String]
  let question: String
  let entry: String

  var testDescription: String { name }
}

private let changes: [Change] = [
  Change(name: "a variable", setup: ["let x = 1"], question: "x", entry: "x = 2"),
  Change(name: "a list", setup: ["let l = (1, 2)"], question: "l", entry: "l.push(3)"),
  Change(
    name: "a tensor in place", setup: ["let t = zeros(3)"], question: "t", entry: "t[1] = 5.0"),
  Change(
    name: "a record in a list", setup: ["let r = ({a: 1},)"], question: "r", entry: "r[0].a = 2"),
  Change(
    name: "a parameter", setup: ["let p = param([1.0, 2.0])"], question: "p",
    entry: "p.value = [3.0, 4.0]"),
  Change(
    name: "a gradient", setup: ["let p = param(3.0)", "(p * p).backward()"], question: "p.grad",
    entry: "(p * 10.0).backward()"),
  Change(
    name: "a step of an optimizer",
    setup: [
      "let p = param(3.0)", "let opt = Adam(p, lr=0.1)", "opt.step(p * p)",
    ], question: "(p.value, p.grad, opt.state)", entry: "opt.step(p ** 3)"),
  Change(
    name: "a number of an optimizer", setup: ["let opt = SGD(param(1.0), lr=0.5)"],
    question: "opt.lr", entry: "opt.lr = 0.1"),
  Change(
    name: "an optimizer that is handed its parameters",
    setup: ["let opt = FuncOptimizer(adam(0.1))", "let w = opt.step(w => w ** 2, 1.0)"],
    question: "opt.state", entry: "opt.step(w => w ** 2, w)"),
  Change(
    name: "fields of models, buffers among them",
    setup: [
      "model M() { param w = 1.0; buffer n = 0; let seen = (); fn forward(x) { self.n = self.n + 1; self.seen = (x, self.n); self.w * x } }",
      "let m = M()",
    ], question: "(m.n, m.seen, m.w)", entry: "let y = m(2.0); m.w = 5.0"),
  Change(
    name: "the stream of random numbers", setup: ["seed(3)"], question: "rand(1)", entry: "rand(5)"),
  Change(
    name: "the default float type", setup: [], question: "zeros(1)",
    entry: "set_default_dtype(f32)"),
  Change(name: "a name", setup: [], question: "fresh", entry: "let fresh = 1"),
  Change(name: "a function", setup: ["fn f() { 1 }"], question: "f()", entry: "fn f() { 2 }"),
  Change(name: "a module", setup: [], question: "nn.Linear(1, 1)", entry: "import nn"),
  Change(
    name: "the last value", setup: ["41"], question: "ans", entry: "42"),
  Change(name: "a reset", setup: ["let x = 1"], question: "x", entry: ":reset"),
]

@Suite(.serialized) struct `Undoing entries` {
  @Test(arguments: changes)
  func `brings back`(_ change: Change) throws {
    try withPrompt { prompt throws in
      for line in change.setup { try prompt.enter(line) }
      // A question that is undone itself leaves no trace.
      func ask() throws -> [String] {
        let answer = try prompt.enter(change.question)
        if answer.first?.hasPrefix("error") != true { try prompt.enter(":undo") }
        return answer.map { $0.hasPrefix(" --> ") ? "" : $0 }
      }
      let before = try ask()
      try prompt.enter(change.entry)
      let after = try ask()
      #expect(after != before)
      #expect(try prompt.enter(":undo").first?.hasPrefix("undid ") == true)
      #expect(try ask() == before)
      try prompt.enter(change.entry)
      #expect(try ask() == after)
    }
  }

  @Test func `brings back what closures captured`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("fn counter() { let n = 0; () => { n += 1; n } }")
      try prompt.enter("let c = counter()")
      #expect(try prompt.enter("c()") == ["1"])
      #expect(try prompt.enter("c()") == ["2"])
      try prompt.enter(":undo")
      #expect(try prompt.enter("c()") == ["2"])
      try prompt.enter(":undo 2")
      #expect(try prompt.enter("c()") == ["1"])
    }
  }

  @Test func `goes back and forth, and says where there is nothing`() throws {
    try withPrompt { prompt throws in
      #expect(try prompt.enter(":undo") == ["there is nothing to undo"])
      #expect(try prompt.enter(":redo") == ["there is nothing to redo"])
      try prompt.enter("let x = 1")
      try prompt.enter("x = 2")
      #expect(
        try prompt.enter(":undo 5") == [
          "undid x = 2", "undid let x = 1", "there is nothing to undo",
        ])
      #expect(try prompt.enter("x").first?.hasPrefix("error[name]: unknown name `x`") == true)
      #expect(try prompt.enter(":redo 2") == ["redid let x = 1", "redid x = 2"])
      #expect(try prompt.enter("x") == ["2"])
      #expect(try prompt.enter(":states") == ["1    let x = 1", "2    x = 2", "3    x"])
      try prompt.enter(":undo")
      #expect(try prompt.enter(":states").last?.hasSuffix("(undone)") == true)
      // An entry ends what could be redone.
      try prompt.enter("let y = 5")
      #expect(try prompt.enter(":redo") == ["there is nothing to redo"])
    }
  }

  @Test func `of an entry that failed the statements before stand`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let x = 1")
      try prompt.enter("x = 2")
      #expect(try prompt.enter("throw \"no\"").first == "error[error]: no")
      #expect(try prompt.enter("x = 3; throw \"no\"").first == "error[error]: no")
      #expect(try prompt.enter("x") == ["3"])
      try prompt.enter(":undo")
      #expect(try prompt.enter(":undo") == ["undid x = 3"])
      #expect(try prompt.enter("x") == ["2"])
      try prompt.enter(":undo")
      #expect(try prompt.enter(":undo") == ["undid x = 2"])
      #expect(try prompt.enter("x") == ["1"])
      try prompt.enter("fn f(x) { throw \"no\" }")
      try prompt.enter("let y = 1; f(y)")
      try prompt.enter("y + 1")
      try prompt.enter(":save kept.mos")
      let kept = try #require(Files.read(prompt.folder + "/kept.mos"))
      #expect(kept.hasSuffix("let y = 1\ny + 1\n"))
    }
  }

  @Test func `else behind a statement that used its if takes the statement back`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let n = 0")
      try prompt.enter("fn no() { n += 1; false }")
      try prompt.enter("let u = if no() { 1 }")
      try prompt.enter("else if no() { 2 }")
      try prompt.enter("else { 3 }")
      #expect(try prompt.enter("(u, n)") == ["(3, 2)"])
      try prompt.enter("let w = try { 1 } catch e { 2 }")
      #expect(try prompt.enter("finally { print(33) }") == ["33"])
      try prompt.enter(":save kept.mos")
      let kept = try #require(Files.read(prompt.folder + "/kept.mos"))
      #expect(
        kept.hasSuffix(
          "let u = if no() { 1 }\nelse if no() { 2 }\nelse { 3 }\n(u, n)\n"
            + "let w = try { 1 } catch e { 2 }\nfinally { print(33) }\n"))
      try prompt.enter(":undo 3")
      #expect(try prompt.enter("n") == ["0"])
    }
  }

  @Test func `states of large values are shared, and long sessions stay quick`() throws {
    try withPrompt { prompt throws in
      try prompt.enter(":limit memory 200MB")
      try prompt.enter("let big = zeros(10_000_000)")
      for number in 0..<8 { try prompt.enter("let x\(number) = \(number)") }
      #expect(try prompt.enter("big.sum()") == ["0.0 : f64"])
      let line = try prompt.enter(":time 1 + 1").last ?? ""
      #expect(line.hasSuffix("µs") || line.hasSuffix("ms") || line.hasSuffix("ns"), "\(line)")
      try prompt.enter(":undo 9")
      #expect(try prompt.enter("big[0]") == ["0.0 : f64"])
    }
  }
}
