// Programs that run often, and code that ends.

import Mos
import Testing

extension MemoryTests {
  @Suite struct KeptProgramTests {
    @Test func `a compiled program runs often, in its interpreter alone`() throws {
      let mos = Interpreter()
      mos["n"] = 0
      let program = try mos.compile("n += 1; n", name: "count.mos")
      for i in 1...3 { #expect(try mos.run(program).as(Int.self) == i) }
      #expect(#expect(throws: MosError.self) { try Interpreter().run(program) }?.kind == "value")
      #expect(throws: MosError.self) { try mos.compile("1 +") }
    }

    @Test func `programs, functions and values outlive their interpreter`() throws {
      func made<Result>(_ body: (Interpreter) throws -> Result) throws -> Result {
        try body(Interpreter())
      }
      let program = try made { mos in try mos.compile("fn f(x) { x }\nf(1)") }
      #expect(#expect(throws: MosError.self) { try Interpreter().run(program) }?.kind == "value")
      let function = try made { mos in
        try mos.run("fn f(x) { x + 1 }")
        return try mos.function("f")
      }
      #expect(try function(1) as Int == 2)
      let net = try made { mos in try mos.run("model M() { param w = ones(2) }\nM()") }
      #expect(try net["w"]?.as([Double].self) == [1, 1])
    }

    @Test func `a text means what its names mean now`() throws {
      let mos = Interpreter()
      #expect(try mos.evaluate("sum([1.0, 2.0])") == 3.0)
      mos["sum"] = 7.0
      #expect(throws: MosError.self) { try mos.run("sum([1.0, 2.0])") }
      mos.define("one()") { 1 }
      #expect(try mos.evaluate("one()") == 1)
      mos.define("one()") { 2 }
      #expect(try mos.evaluate("one()") == 2)
    }

    /// Programs that leave nothing behind, run 5,000 times; each with another text where `#` stands for a number.
    private static let programs = [
      "1 + 1", "1 + #", "fn f(x) { x + # }\nf(1)", "let g = x => x * #; grad(g)(1.0)",
      "model M() { param w = ones(2); fn forward(x) { sum(w * x) + # } }\nM()([1.0, 2.0])",
      "let h = compile(x => x * x + #); h(2.0) + h(2.0)",
      "try { throw {kind: \"k\", message: \"#\"} } catch e { e.message }",
      "fn outer() { fn inner(n) { if n == 0 { # } else { inner(n - 1) } }\n inner(3) }\nouter()",
    ]

    @Test(arguments: programs) func `5,000 runs leave memory flat`(program: String) async {
      await #expect(processExitsWith: .success) { [program] in
        let mos = Interpreter()
        func run(_ rounds: Range<Int>) throws {
          for i in rounds { try mos.run(program.replacing("#", with: "\(i)")) }
        }
        try run(0..<1_500)
        let before = ResidentMemory.bytes
        try run(1_500..<5_000)
        #expect(ResidentMemory.bytes - before < 1 << 20)
      }
    }

    @Test func `code that runs is not freed`() throws {
      let mos = Interpreter()
      mos.define("forget(name)") { [unowned mos] (name: String) in try mos.remove(name) }
      #expect(
        try mos.evaluate("let f = n => { forget(\"f\"); let k = n + 1; k * 2 }\nf(1)") == 4)
      #expect(
        try mos.evaluate(
          "model M() { let v = 1; fn go() { forget(\"m\"); forget(\"M\"); self.v + 1 } }\nlet m = M()\nm.go()"
        )
          == 2)
      #expect(mos.names == [])
    }
  }
}
