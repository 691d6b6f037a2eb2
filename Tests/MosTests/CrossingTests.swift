// Errors, limits and ends of a program that pass through functions of the host and back.

import Language
import Mos
import Testing

@Suite struct CrossingTests {
  /// An interpreter with a function of the host, `through(f)`, that calls back.
  private func interpreter() -> Mos.Interpreter {
    let mos = Mos.Interpreter { _ in }
    mos["through"] = .builtin(
      BuiltinFunction("through(f)") { [unowned mos] arguments in
        mos["inner"] = arguments[0]
        return try mos.call("inner", [])
      })
    return mos
  }

  /// A call of a program's function through so many functions of the host.
  private func nested(_ body: String, _ count: Int) -> String {
    (0..<count).reduce("() => { \(body) }") { inner, _ in "() => through(\(inner))" }
  }

  @Test(arguments: [1, 2, 7])
  func `an error keeps its kind, message and place`(count: Int) throws {
    let mos = interpreter()
    let found = #expect(throws: MosError.self) {
      try mos.run("let f = \(nested("zeros(3) + zeros(4)", count))\nf()", name: "a.mos")
    }
    #expect(found?.kind == "shape")
    #expect(found?.message == "cannot add f64[3] and f64[4]")
    let text = try #require(found?.description)
    #expect(text.contains("zeros(3) + zeros(4)"))
    #expect(text.ranges(of: "error[").count == 1)
  }

  @Test func `a program catches an error that came through the host`() throws {
    let mos = interpreter()
    let value = try mos.run(
      "try { through(() => { throw {kind: \"mine\", message: \"m\", step: 3} }) } catch e { (e.kind, e.step) }"
    )
    #expect(value.description() == "(\"mine\", 3)")
  }

  @Test(arguments: [1, 3])
  func `a limit passes uncaught`(count: Int) throws {
    let mos = interpreter()
    mos.limits.instructions = 100_000
    let program = "let f = \(nested("while true {}", count))\ntry { f() } catch e { 1 }"
    #expect(#expect(throws: MosError.self) { try mos.run(program) }?.kind == "limit")
    mos.limits.instructions = nil
    mos.limits.seconds = 0.05
    #expect(#expect(throws: MosError.self) { try mos.run(program) }?.kind == "limit")
    mos.limits.seconds = nil
    #expect(try mos.run("1 + 1").number == 2)
  }

  @Test func `the host cannot swallow a limit`() throws {
    let mos = Mos.Interpreter { _ in }
    mos["quiet"] = .builtin(
      BuiltinFunction("quiet(f)") { [unowned mos] arguments in
        mos["inner"] = arguments[0]
        return (try? mos.call("inner", [])) ?? .nil
      })
    mos.limits.seconds = 0.05
    let found = #expect(throws: MosError.self) {
      try mos.run("quiet(() => { while true {} }); 1")
    }
    #expect(found?.kind == "limit")
  }

  @Test func `exit passes through the host`() throws {
    let found = #expect(throws: MosError.self) {
      try interpreter().run("try { through(() => exit(4)) } catch e { 1 }")
    }
    #expect(found?.exitStatus == 4)
  }

  @Test func `an interrupt belongs to the run`() throws {
    let mos = interpreter()
    mos.interrupt()
    #expect(try mos.run("1 + 1").number == 2)
    let interrupt = mos.interrupt
    mos["stop"] = .builtin(
      BuiltinFunction("stop()") { _ in
        interrupt()
        return .nil
      })
    let found = #expect(throws: MosError.self) {
      try mos.run("try { through(() => { stop(); while true {} }) } catch e { 1 }")
    }
    #expect(found?.kind == "interrupt")
    #expect(try mos.run("1 + 1").number == 2)
  }

  @Test func `a run that took too long does not finish`() throws {
    let mos = Mos.Interpreter { _ in }
    mos["wait"] = .builtin(
      BuiltinFunction("wait()") { _ in
        let end = ContinuousClock.now + .milliseconds(60)
        while ContinuousClock.now < end {}
        return .nil
      })
    mos.limits.seconds = 0.02
    #expect(#expect(throws: MosError.self) { try mos.run("wait()") }?.kind == "limit")
  }
}
