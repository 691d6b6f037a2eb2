// Mos inside a Swift program.

import Mos
import Testing

@Suite struct Embedding {
  @Test func `variables and functions cross the border`() throws {
    var printed = ""
    let mos = Interpreter { printed += $0 }
    mos["rate"] = .float(0.5)
    try mos.run("fn step(x) { x - rate * 2.0 * x }\nprint(\"ready\")")
    let result = try mos.call("step", [.float(4.0)])
    #expect(result.number == 0.0)
    #expect(printed == "ready\n")
    #expect(mos["nothing"] == nil)
  }

  @Test func `the value of a program is that of its last statement`() throws {
    #expect(try Interpreter { _ in }.run("let x = 20; x * 2 + 2").number == 42)
  }

  @Test func `mistakes are errors with kind, message and picture`() throws {
    let mos = Interpreter { _ in }
    let error = #expect(throws: MosError.self) {
      try mos.run("zeros(3, 4) + zeros(5)", name: "shapes.mos")
    }
    #expect(error?.kind == "shape")
    #expect(error?.message == "cannot add f64[3, 4] and f64[5]")
    #expect(error?.description.contains("shapes.mos:1:1") == true)
    let unknown = #expect(throws: MosError.self) { try mos.call("nowhere", []) }
    #expect(unknown?.kind == "name")
  }

  @Test func `limits end a run, and the interpreter goes on`() throws {
    let mos = Interpreter { _ in }
    mos.limits.instructions = 10_000
    let error = #expect(throws: MosError.self) { try mos.run("while true {}") }
    #expect(error?.kind == "limit")
    mos.limits.instructions = nil
    #expect(try mos.run("1 + 1").number == 2)
  }

  @Test func `two interpreters do not see each other`() throws {
    let (one, other) = (Interpreter { _ in }, Interpreter { _ in })
    try one.run("let x = 1")
    try other.run("let x = 2")
    #expect(one["x"]?.number == 1)
    #expect(other["x"]?.number == 2)
  }

  @Test(arguments: [
    "x => x + rate", "Net", "Net()", "grad(x => rate * x)", "vmap(x => rate * x)",
    "SGD(Net(), lr=0.1)", "chain(sgd(0.1))", "(1, x => rate)", "{deep: ({f: Net},)}",
    "extract_state((x => rate, 1.0))", "Net().forward", "cg()", "step",
  ])
  func `code stays with its interpreter`(made: String) throws {
    let (one, other) = (Interpreter { _ in }, Interpreter { _ in })
    let program = """
      let rate = 2.0
      fn step() { rate }
      model Net() { param a = 1.0; fn forward(x) { a * x } }
      \(made)
      """
    let value = try one.run(program)
    try other.run("let rate = 5.0\nfn same(x) { x }\nlet f = 0")
    let refused = #expect(throws: MosError.self) { try other.call("same", [value]) }
    #expect(refused?.message.hasSuffix("belongs to another interpreter") == true)
    other["f"] = value
    #expect(throws: MosError.self) { try other.run("f") }
    #expect(try other.run("f").number == 0)
    one["again"] = value
    try one.run("again")
  }

  @Test(arguments: [
    "1", "\"text\"", "[1.0, 2.0]", "param(2.0)", "param(2.0) ** 2", "(1, {a: param(1.0)})", "0..3",
    "f32", "random_key(1)", "Normal(0, 1)", "relu", "extract_state(param(1.0))", "nil",
  ])
  func `data goes anywhere`(made: String) throws {
    let (one, other) = (Interpreter { _ in }, Interpreter { _ in })
    let value = try one.run(made)
    try other.run("fn same(x) { x }")
    other["v"] = try other.call("same", [value])
    try other.run("v")
  }

  @Test func `exit is not a mistake`() throws {
    let error = #expect(throws: MosError.self) { try Interpreter { _ in }.run("exit(4)") }
    #expect(error?.exitStatus == 4)
  }
}
