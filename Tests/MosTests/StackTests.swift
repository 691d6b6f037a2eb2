// Runs on stacks of their own, whatever stack the host calls from.

import Mos
import Platform
import SpawnSupport
import Testing

extension MemoryTests {
  @Suite(.disabled(if: is_thread_sanitized(), "deeper than the thread sanitizer follows"))
  struct StackTests {
    /// A function whose every level is some kilobytes of the machine's stack, as `map` calls it back.
    private static let nested = """
      fn nested(n) { if n == 0 { bottom() } else { (1,).map(x => nested(n - 1))[0] + 1 } }
      """

    private static func interpreter(_ bottom: @escaping () throws -> Int) throws -> Interpreter {
      let mos = Interpreter()
      mos.define("bottom()") { try bottom() }
      try mos.run(nested)
      return mos
    }

    /// What the body gives on a thread with as little stack as systems give to those beside the first.
    private static func onSmallStack<R>(_ body: @escaping @Sendable () throws -> R) throws -> R {
      let outcome = Monitor<Result<R, any Error>?>(nil)
      let isStarted = Thread.start(stackSize: 512 << 10) {
        let result = Result { try body() }
        outcome.change { $0 = result }
      }
      try #require(isStarted)
      return try outcome.wait { $0 }.get()
    }

    @Test func `a program nests deeply in a host of small stack`() throws {
      let depth = try Self.onSmallStack {
        try Self.interpreter { 0 }.evaluate("nested(20_000)", as: Int.self)
      }
      #expect(depth == 20_000)
    }

    /// Each has a stack of its own, a gigabyte of addresses, of which a process may be allowed 40.
    @Test func `interpreters nest in functions of the host`() throws {
      @Sendable func level(_ left: Int) throws -> Int {
        if left == 0 { return 0 }
        return try Self.interpreter { try level(left - 1) }.evaluate("nested(100) - 99")
      }
      #expect(try Self.onSmallStack { try level(24) } == 24)
    }

    @Test func `an error comes up from the depth`() throws {
      struct Bottom: Error {}
      let error = try Self.onSmallStack {
        let mos = try Self.interpreter { throw Bottom() }
        do throws(MosError) {
          try mos.run("nested(10_000)")
          return MosError?.none
        } catch {
          #expect(mos["after"] == Int?.none)
          return error
        }
      }
      #expect(error?.kind == "host")
      #expect(error?.underlying is Bottom)
      #expect(try Self.interpreter { 1 }.evaluate("try { nested(5_000) } catch e { 0 }") == 5_001)
    }

    @Test func `what is nested without end is a limit error`() throws {
      let error = try Self.onSmallStack {
        let mos = try Self.interpreter { 0 }
        let error = #expect(throws: MosError.self) {
          try mos.run("nested(10_000_000)", limits: Limits(depth: 3_000_000))
        }
        #expect(try mos.evaluate("1 + 1") == 2)
        return error
      }
      #expect(error?.kind == "limit")
    }

    @Test func `a deep run gives its memory back`() async {
      await #expect(processExitsWith: .success) {
        var deep = 0
        let mos = try Self.interpreter {
          deep = ResidentMemory.bytes
          return 0
        }
        _ = try mos.evaluate("nested(10)", as: Int.self)
        let before = ResidentMemory.bytes
        _ = try mos.evaluate("nested(50_000)", as: Int.self)
        let after = ResidentMemory.bytes
        #expect(deep - before > 150 << 20)
        #expect(after - before < (deep - before) / 3)
      }
    }

    @Test func `a walk of the stack leads from the run to its caller`() throws {
      let found = try Self.onSmallStack {
        let mos = Interpreter()
        mos.define("walk()") { Int(frames_on_thread()) }
        return try mos.evaluate("walk()", as: Int.self)
      }
      #expect(found >= 2)
    }
  }
}
