// Interpreters and tasks.

import Mos
import Platform
import Synchronization
import Testing

@Suite struct TaskTests {
  @Test func `an actor serves many tasks`() async throws {
    let mos = InterpreterActor()
    try await mos.run("let n = 0\nfn add(k) { n += k; n }")
    try await mos.call("add", 1)
    try await mos.call("add", -1)
    do {
      try await mos.run("add()")
    } catch {
      #expect(error.kind == "type")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<32 {
        group.addTask { let _: Int = try await mos.call("add", 1) }
      }
      try await group.waitForAll()
    }
    #expect(try await mos.evaluate("n") == 32)
    let both = try await mos.use { mos in
      mos["n"] = 5
      return try mos.evaluate("(n, n + 1)", as: [Int].self)
    }
    #expect(both == [5, 6])
  }

  @Test func `a task that is cancelled ends its call and no other`() async throws {
    let mos = InterpreterActor()
    let started = Mutex(false)
    let long = Task {
      try await mos.use { mos in
        mos.define("begun()") { started.withLock { $0 = true } }
        try mos.run("begun(); while true {}")
      }
    }
    let waiting = Task { try await mos.evaluate("1 + 1", as: Int.self) }
    while !started.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    long.cancel()
    let error = await #expect(throws: MosError.self) { try await long.value }
    #expect(error?.kind == "interrupt")
    #expect(try await waiting.value == 2)
  }

  @Test func `two threads at once are an error`() async throws {
    struct Smuggled: @unchecked Sendable { let mos: Interpreter }
    let mos = Interpreter()
    let smuggled = Smuggled(mos: mos)
    mos.define("elsewhere()") { () -> String in
      let kind = Monitor<String?>(nil)
      Task.detached {
        let found: String
        do throws(MosError) {
          try smuggled.mos.run("1")
          found = ""
        } catch { found = error.kind }
        kind.change { $0 = found }
      }
      return kind.wait { $0 }
    }
    #expect(try mos.evaluate("elsewhere()") == "busy")
    #expect(try mos.evaluate("1 + 1") == 2)
  }

  @Test func `interpreters run beside each other`() async throws {
    try await withThrowingTaskGroup(of: Double.self) { group in
      for task in 0..<32 {
        group.addTask {
          var sum = 0.0
          for _ in 0..<20 {
            let mos = Interpreter()
            mos.define("scale()") { Double(task) }
            sum += try mos.evaluate(
              "let p = param(ones(3)); fn f(n) { if n == 0 { 0.0 } else { 1.0 + f(n - 1) } }\n"
                + "grad(x => sum(x * x))([scale(), 1.0])[0] + f(50)", as: Double.self)
          }
          return sum / 20 - 50 - 2 * Double(task)
        }
      }
      for try await difference in group { #expect(difference == 0) }
    }
  }
}
