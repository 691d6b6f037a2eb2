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

  @Test func `exit is not a mistake`() throws {
    let error = #expect(throws: MosError.self) { try Interpreter { _ in }.run("exit(4)") }
    #expect(error?.exitStatus == 4)
  }
}
