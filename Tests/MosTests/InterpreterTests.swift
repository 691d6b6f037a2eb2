// Mos inside a Swift program: runs, variables, calls, errors.

import Mos
import Testing

@Suite struct InterpreterTests {
  @Test func `variables and functions cross the border`() throws {
    var printed = ""
    let mos = Interpreter { printed += $0 }
    mos["rate"] = 0.5
    try mos.run("fn step(x) { x - rate * 2.0 * x }\nprint(\"ready\")")
    let result: Double = try mos.call("step", 4.0)
    #expect(result == 0)
    #expect(printed == "ready\n")
    let nothing: Double? = mos["nothing"]
    #expect(nothing == nil)
    mos["rate"] = Double?.none
    mos["nothing"] = Double?.none
    #expect(mos.names == ["step"])
  }

  @Test func `the value of a program is that of its last statement`() throws {
    let mos = Interpreter()
    #expect(try mos.evaluate("let x = 20; x * 2 + 2") == 42)
    #expect(try mos.run("(1, \"a\")").description == "(1, \"a\")")
    let (n, w) = try mos.evaluate("(3, [1.0, 2.0])", as: (Int.self, Tensor.self))
    #expect(n == 3)
    #expect(try w.values(as: Double.self) == [1, 2])
  }

  @Test func `functions take names`() throws {
    let mos = Interpreter()
    try mos.run("fn fit(x, steps=1, lr=0.1) { x - steps * lr }")
    let fit = try mos.function("fit")
    let one: Double = try fit(1.0)
    let two: Double = try fit(1.0, lr: 0.5, steps: 2)
    #expect(one == 0.9)
    #expect(two == 0)
    #expect(try fit(1).description == "0.9")
    let exp = try mos.function("exp")
    let number: Double = try exp(0.0)
    #expect(number == 1)
    let misspelt = #expect(throws: MosError.self) { try mos.function("fitt") }
    #expect(misspelt?.hint == "did you mean `fit`?")
    let builtin = #expect(throws: MosError.self) { try mos.call("sumn", 1.0) as Double }
    #expect(builtin?.hint == "did you mean `sum`?")
    #expect(throws: MosError.self) { try mos.function("pi") }
  }

  @Test func `mistakes are errors with kind, message, place and picture`() throws {
    let mos = Interpreter()
    let error = #expect(throws: MosError.self) {
      try mos.run("fn f() {\n  zeros(3, 4) + zeros(5)\n}\nf()", name: "shapes.mos")
    }
    #expect(error?.kind == "shape")
    #expect(error?.message == "cannot add f64[3, 4] and f64[5]")
    #expect(error?.place?.file == "shapes.mos")
    #expect(error?.place?.line == 2)
    #expect(error?.place?.column == 3)
    #expect(error?.trace == ["f (shapes.mos:2)", "shapes.mos:4"])
    #expect(error?.description.contains("shapes.mos:2:3") == true)
    let unknown = #expect(throws: MosError.self) { try mos.call("nowhere") }
    #expect(unknown?.kind == "name")
    let thrown = #expect(throws: MosError.self) {
      try mos.run("throw {kind: \"mine\", message: \"m\", n: 3}")
    }
    #expect(try thrown?.thrown?["n"]?.as(Int.self) == 3)
    let mistakes = #expect(throws: MosError.self) { try mos.run("a + 1\nb + 1") }
    #expect(mistakes?.diagnostics.count == 2)
    let exit = #expect(throws: MosError.self) { try mos.run("exit(3)") }
    #expect(exit?.kind == "exit")
    #expect(exit?.status == 3)
  }

  @Test func `a text is checked without running`() {
    let mos = Interpreter()
    let found = mos.check("let x = 1\nprnt(x)")
    #expect(found.count == 1)
    #expect(found.first?.severity == .error)
    #expect(found.first?.place?.line == 2)
    #expect(found.first?.hint == "did you mean `print`?")
    #expect(mos.names == [])
  }

  @Test func `warnings are data`() throws {
    var notices: [Diagnostic] = []
    let mos = Interpreter(notices: { notices.append($0) })
    try mos.run("fn f() {\n  return 1\n  print(2)\n}\nf()")
    try #require(notices.count == 1)
    #expect(notices[0].severity == .warning)
    #expect(notices[0].place?.line == 3)
  }

  @Test func `limits end a run, and the interpreter goes on`() throws {
    let mos = Interpreter(limits: Limits(instructions: 10_000))
    #expect(#expect(throws: MosError.self) { try mos.run("while true {}") }?.kind == "limit")
    mos.limits = Limits()
    #expect(try mos.evaluate("1 + 1") == 2)
    let once = #expect(throws: MosError.self) {
      try mos.run("while true {}", limits: Limits(seconds: 0.02))
    }
    #expect(once?.kind == "limit")
    let printed = #expect(throws: MosError.self) {
      try mos.run("while true { print(\"\") }", limits: Limits(output: 100))
    }
    #expect(printed?.kind == "limit")
    #expect(printed?.message == "the program printed more than 100 bytes")
    #expect(
      try mos.evaluate("sum(ones(300, 300) @ ones(300, 300))", limits: Limits(threads: 1)) == 27e6)
  }

  @Test(arguments: [
    ("seconds", Limits(seconds: -1)), ("seconds", Limits(seconds: .nan)),
    ("instructions", Limits(instructions: 0)), ("memory", Limits(memory: -5)),
    ("depth", Limits(depth: 0)), ("output", Limits(output: 0)), ("threads", Limits(threads: 0)),
  ])
  func `limits out of range are an error of the next run`(name: String, limits: Limits) throws {
    let mos = Interpreter(limits: limits)
    let error = #expect(throws: MosError.self) { try mos.run("1") }
    #expect(error?.kind == "value")
    #expect(error?.message.contains("`\(name)`") == true)
    mos.limits = Limits()
    #expect(try mos.evaluate("1") == 1)
  }

  @Test func `two interpreters do not see each other`() throws {
    let (a, b) = (Interpreter(), Interpreter())
    try a.run("let x = 1")
    #expect(throws: MosError.self) { try b.run("x") }
  }

  @Test func `data, parameters and snapshots go to another interpreter, code does not`() throws {
    let (a, b) = (Interpreter(), Interpreter())
    try a.run(
      """
      model Net() { param w = ones(2); fn forward(x) { w * x } }
      let net = Net()
      let p = param(3.0)
      let y = p * 2.0
      extract net as s
      fn f(x) { x }
      """)
    for name in ["p", "y", "s"] { try b.set(name, to: a.get(name, as: Value.self)) }
    try b.run("y.backward(); assert near(p.grad, 2.0)")
    for name in ["net", "f", "Net"] {
      let error = #expect(throws: MosError.self, "\(name)") {
        try b.set(name, to: a.get(name, as: Value.self))
      }
      #expect(error?.kind == "value")
      #expect(throws: MosError.self) { try b.set("l", to: [a.get(name, as: Value.self)]) }
      #expect(throws: MosError.self) { try b.call("print", a.get(name, as: Value.self)) }
    }
  }

  @Test func `names that programs cannot write are refused`() throws {
    let mos = Interpreter()
    for name in ["", "a b", "let", "1x", "x.y"] {
      #expect(#expect(throws: MosError.self) { try mos.set(name, to: 1) }?.kind == "name")
    }
    try mos.set("größe", to: 1)
    #expect(try mos.evaluate("größe + 1") == 2)
  }

  @Test func `a reset forgets variables and keeps functions of the host`() throws {
    let mos = Interpreter()
    mos.define("double(x)") { (x: Double) in 2 * x }
    try mos.run("let x = 1")
    try mos.reset()
    #expect(mos.names == [])
    #expect(throws: MosError.self) { try mos.run("x") }
    #expect(try mos.evaluate("double(2.0)") == 4.0)
    mos.define("again()") { try mos.reset() }
    #expect(throws: MosError.self) { try mos.run("again()") }
  }

  @Test func `settings reach programs`() throws {
    let mos = Interpreter()
    mos.arguments = ["a", "b"]
    #expect(try mos.evaluate("args()") == ["a", "b"])
    mos.defaultDType = .f32
    #expect(try mos.evaluate("str(zeros(2).dtype)") == "f32")
    mos.seed(3)
    let first: Double = try mos.evaluate("rand()")
    mos.seed(3)
    #expect(try mos.evaluate("rand()") == first)
    #expect(mos.documentation(of: "exp")?.hasPrefix("exp(x)") == true)
    try mos.run("## Twice a number.\nfn twice(x) { 2 * x }")
    #expect(mos.documentation(of: "twice") == "twice(x)\n\nTwice a number.")
    #expect(mos.documentation(of: "nothing") == nil)
  }
}
