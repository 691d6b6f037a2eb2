// Errors, limits and ends of a program that pass through functions of the host and back.

import Mos
import Testing

@Suite struct CrossingTests {
  /// An interpreter with a function of the host, `through(f)`, that calls back.
  private func interpreter() -> Interpreter {
    let mos = Interpreter()
    mos.define("through(f)") { [unowned mos] (f: Value) -> Value in try f.function(of: mos)() }
    return mos
  }

  /// A call of a program's function through so many functions of the host.
  private func nested(_ body: String, _ count: Int) -> String {
    (0..<count).reduce("() => { \(body) }") { inner, _ in "() => through(\(inner))" }
  }

  @Test(arguments: [1, 2, 7])
  func `an error keeps its kind, message and place`(count: Int) throws {
    let found = #expect(throws: MosError.self) {
      try interpreter().run("let f = \(nested("zeros(3) + zeros(4)", count))\nf()", name: "a.mos")
    }
    #expect(found?.kind == "shape")
    #expect(found?.message == "cannot add f64[3] and f64[4]")
    let text = try #require(found?.description)
    #expect(text.contains("zeros(3) + zeros(4)"))
    #expect(text.ranges(of: "error[").count == 1)
  }

  @Test func `a program catches an error that came through the host`() throws {
    let value = try interpreter().run(
      "try { through(() => { throw {kind: \"mine\", message: \"m\", step: 3} }) } catch e { (e.kind, e.step) }"
    )
    #expect(value.description == "(\"mine\", 3)")
  }

  @Test func `a thrown value comes through the host whole, and out of the run if it is data`()
    throws
  {
    let mos = interpreter()
    try mos.run(
      "model M() { param w = 2.0 }\nlet thrown = {kind: \"k\", message: \"m\", n: (1, [2.0])}")
    #expect(
      try mos.evaluate(
        "try { through(() => { throw {kind: \"k\", message: \"m\", m: M()} }) } catch e { e.m.w }")
        == 2.0)
    func thrown(_ program: String) -> Value? {
      #expect(throws: MosError.self) { try mos.run("through(() => { throw \(program) })") }?.thrown
    }
    #expect(try thrown("thrown")?["n"]?.elements?.first?.as(Int.self) == 1)
    for program in ["M()", "M", "x => x", "param(1.0)", "(1, {m: M()})"] {
      let record = "{kind: \"k\", message: \"m\", held: \(program)}"
      #expect(thrown(record).map(\.description) == nil, "\(program)")
    }
  }

  private struct Overheated: Error, Equatable { var degrees: Int }

  @Test func `an error of the host is of kind host, and comes out as it was`() throws {
    let mos = interpreter()
    mos.define("measure()") { () throws -> Double in throw Overheated(degrees: 90) }
    let found = #expect(throws: MosError.self) { try mos.run("through(() => measure())") }
    #expect(found?.kind == "host")
    #expect(found?.underlying as? Overheated == Overheated(degrees: 90))
    #expect(found?.place?.line == 1)
    #expect(try mos.evaluate("try { measure() } catch e { e.kind }") == "host")
  }

  @Test(arguments: [1, 3])
  func `a limit passes uncaught`(count: Int) throws {
    let mos = interpreter()
    let program = "let f = \(nested("while true {}", count))\ntry { f() } catch e { 1 }"
    for limits in [Limits(instructions: 100_000), Limits(seconds: 0.05)] {
      #expect(
        #expect(throws: MosError.self) { try mos.run(program, limits: limits) }?.kind == "limit")
    }
    #expect(try mos.evaluate("1 + 1") == 2)
  }

  @Test func `the host cannot swallow a limit`() throws {
    let mos = Interpreter()
    mos.define("quiet(f)") { [unowned mos] (f: Value) in (try? f.function(of: mos)()) ?? .nil }
    let found = #expect(throws: MosError.self) {
      try mos.run("quiet(() => { while true {} }); 1", limits: Limits(seconds: 0.05))
    }
    #expect(found?.kind == "limit")
  }

  @Test func `exit passes through the host`() throws {
    let found = #expect(throws: MosError.self) {
      try interpreter().run("try { through(() => exit(4)) } catch e { 1 }")
    }
    #expect(found?.status == 4)
  }

  @Test func `a cancellation belongs to its run`() throws {
    let mos = interpreter()
    let late = Cancellation()
    #expect(try mos.evaluate("1 + 1", cancellation: late) == 2)
    late.cancel()
    #expect(try mos.evaluate("1 + 1") == 2)
    #expect(
      #expect(throws: MosError.self) { try mos.run("1", cancellation: late) }?.kind == "interrupt")
    let now = Cancellation()
    mos.define("stop()") { now.cancel() }
    let found = #expect(throws: MosError.self) {
      try mos.run(
        "try { through(() => { stop(); while true {} }) } catch e { 1 }", cancellation: now)
    }
    #expect(found?.kind == "interrupt")
    #expect(try mos.evaluate("1 + 1") == 2)
  }

  @Test func `a run that took too long does not finish`() throws {
    let mos = Interpreter()
    mos.define("wait()") {
      let end = ContinuousClock.now + .milliseconds(60)
      while ContinuousClock.now < end {}
    }
    let found = #expect(throws: MosError.self) {
      try mos.run("wait()", limits: Limits(seconds: 0.02))
    }
    #expect(found?.kind == "limit")
  }

  @Test func `the host is where its program is`() throws {
    // Thread-local state, locks held and actors of the caller are those of its functions.
    let mos = Interpreter()
    var there: ObjectIdentifier?
    mos.define("thread()") { there = ThreadID.current }
    try mos.run("let there = () => thread(); there()")
    #expect(there == ThreadID.current)
  }

  @MainActor @Test func `functions of the main actor run on it`() throws {
    let mos = Interpreter()
    let counter = Counter()
    mos.define("count()") { counter.increase() }
    try mos.run("for i in 0..10 { count() }")
    #expect(counter.count == 10)
  }
}

@MainActor private final class Counter {
  private(set) var count = 0
  func increase() {
    MainActor.assertIsolated()
    count += 1
  }
}
