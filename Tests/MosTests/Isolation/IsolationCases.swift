// What may go from where to where: programs of Swift that the compiler must take, or must refuse.

import Testing

/// A piece of Swift, and what the compiler says to it.
struct IsolationCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let text: String
  /// A part of the error; nil where it compiles.
  let error: String?

  private static func compiles(_ claim: String, _ text: String) -> IsolationCase {
    IsolationCase(testDescription: "\(claim): compiles", text: text, error: nil)
  }

  private static func fails(_ claim: String, _ error: String, _ text: String) -> IsolationCase {
    IsolationCase(testDescription: "\(claim): does not compile", text: text, error: error)
  }

  /// What the cases share.
  static let prelude = """
    import Mos
    import Synchronization

    final class Log { var lines = 0 }
    final class Shared: Sendable { let text = Mutex("") }
    @MainActor final class View {
      var count = 0
      var text = ""
    }

    """

  private static let races = "risks causing data races"

  static let all: [IsolationCase] = [
    compiles(
      "a new interpreter goes to a task",
      """
      func start() async {
        let mos = Interpreter()
        await Task { _ = try? mos.run("1") }.value
      }
      """),
    compiles(
      "a function makes an interpreter and gives it away",
      """
      func make() -> sending Interpreter {
        let mos = Interpreter()
        mos["rate"] = 0.1
        mos.define("double(x)") { (x: Double) in 2 * x }
        return mos
      }
      """),
    compiles(
      "an interpreter goes to a task with an object that nobody else has",
      """
      func start() {
        let mos = Interpreter()
        let log = Log()
        mos.define("note()") { log.lines += 1 }
        Task { _ = try? mos.run("note()") }
      }
      """),
    fails(
      "an interpreter goes to a task, and an object that it holds is used here", races,
      """
      func start() {
        let mos = Interpreter()
        let log = Log()
        mos.define("note()") { log.lines += 1 }
        Task { _ = try? mos.run("note()") }
        print(log.lines)
      }
      """),
    fails(
      "a program has an object, and it is used here after the interpreter went to a task", races,
      """
      final class World: MosObject { var state = 0.0 }
      func start() throws {
        let mos = Interpreter()
        mos.register(World.self) { Field("state") { $0.state } }
        let world = World()
        try mos.set("world", to: world)
        Task { _ = try? mos.run("world.state") }
        world.state = 1
      }
      """),
    fails(
      "an interpreter is used after it went to a task", races,
      """
      func start() throws {
        let mos = Interpreter()
        Task { _ = try? mos.run("1") }
        try mos.run("2")
      }
      """),
    fails(
      "two tasks use one interpreter", races,
      """
      func start() async {
        let mos = Interpreter()
        async let first = mos.evaluate("1", as: Int.self)
        async let second = mos.evaluate("2", as: Int.self)
        _ = try? await (first, second)
      }
      """),
    fails(
      "an interpreter is global", "is not concurrency-safe",
      """
      let mos = Interpreter()
      """),
    compiles(
      "a lock guards an interpreter that is global",
      """
      let mos = Mutex(Interpreter())
      func start() throws -> Int { try mos.withLock { mos in try mos.evaluate("1") } }
      """),
    compiles(
      "functions of the main actor run where main-actor code runs the program",
      """
      @MainActor func start(_ view: View) throws {
        let mos = Interpreter(output: { view.text += $0 }, notices: { view.text += $0.message })
        mos.define("count()") { view.count += 1 }
        try mos.run("count()")
      }
      """),
    compiles(
      "an object of the main actor has an interpreter, which calls it back",
      """
      @MainActor final class Model {
        let mos = Interpreter()
        var loss = 0.0
        init() { mos.define("report(loss)") { [unowned self] (loss: Double) in self.loss = loss } }
        func train() throws { try mos.run("report(0.5)") }
      }
      """),
    compiles(
      "an actor has an interpreter, which calls it back",
      """
      actor Trainer {
        let mos = Interpreter()
        var steps = 0
        func train() throws {
          mos.define("step()") { self.steps += 1 }
          try mos.run("step()")
        }
      }
      """),
    compiles(
      "an object of the main actor has methods in programs",
      """
      @MainActor final class World: @preconcurrency MosObject { var state = 0.0 }
      @MainActor func start() throws {
        let mos = Interpreter()
        mos.register(World.self) { Field("state") { $0.state } }
      }
      """),
    compiles(
      "an interpreter without anything of the main actor leaves it",
      """
      @MainActor func start() {
        let mos = Interpreter()
        Task.detached { _ = try? mos.run("1") }
      }
      """),
    fails(
      "an interpreter with a function of the main actor leaves it", races,
      """
      @MainActor func start(_ view: View) {
        let mos = Interpreter()
        mos.define("count()") { view.count += 1 }
        Task.detached { _ = try? mos.run("count()") }
      }
      """),
    fails(
      "an interpreter that prints on the main actor leaves it", races,
      """
      @MainActor func start(_ view: View) {
        let mos = Interpreter(output: { view.text += $0 })
        Task.detached { _ = try? mos.run("print(1)") }
      }
      """),
    fails(
      "code of no actor defines a function of the main actor", "main actor-isolated",
      """
      func start(_ view: View) async throws {
        let mos = Interpreter()
        mos.define("count()") { view.count += 1 }
        try mos.run("count()")
      }
      """),
    fails(
      "a value goes to a task, and its interpreter stays", races,
      """
      func start() throws {
        let mos = Interpreter()
        let value = try mos.run("(1, 2)")
        Task { print(value) }
        try mos.run("3")
      }
      """),
    fails(
      "a function goes to a task, and its interpreter stays", races,
      """
      func start() throws {
        let mos = Interpreter()
        let exp = try mos.function("exp")
        Task { let _: Double? = try? exp(1.0) }
        try mos.run("1")
      }
      """),
    fails(
      "a program goes to a task, and its interpreter stays", races,
      """
      func start() throws {
        let mos = Interpreter()
        let program = try mos.compile("1")
        Task { _ = try? Interpreter().run(program) }
        try mos.run(program)
      }
      """),
    compiles(
      "a function goes to a task with its interpreter",
      """
      func start() throws {
        let mos = Interpreter()
        let exp = try mos.function("exp")
        Task {
          let _: Double? = try? exp(1.0)
          _ = try? mos.run("1")
        }
      }
      """),
    compiles(
      "snapshots and tensors go anywhere",
      """
      func start() async throws {
        let mos = Interpreter()
        try mos.run("let net = param(ones(2))")
        let (start, weights) = (try mos.extract("net"), try mos.get("net", as: Tensor.self))
        let other = InterpreterActor()
        try await other.run("let net = param(zeros(2))")
        try await other.use { mos in
          try mos.recover("net", from: start)
          try mos.set("w", to: weights)
        }
        try mos.run("net")
      }
      """),
    compiles(
      "limits, capabilities and diagnostics go anywhere",
      """
      func start() async {
        let (limits, capabilities) = (Limits(seconds: 1), [.clock] as Capabilities)
        let found = Interpreter().check("1 +")
        await Task { _ = (limits, capabilities, found) }.value
      }
      """),
    compiles(
      "an error goes from task to task",
      """
      func start() async -> MosError? {
        await Task {
          do throws(MosError) {
            try Interpreter().run("1 +")
            return MosError?.none
          } catch { return error }
        }.value
      }
      """),
    fails(
      "a value of an error goes to a task", races,
      """
      func start(_ error: MosError) {
        let thrown = error.thrown
        Task { print(thrown as Any) }
        print(thrown as Any)
      }
      """),
    compiles(
      "a run is cancelled from another task",
      """
      func start() throws {
        let mos = Interpreter()
        let cancellation = Cancellation()
        Task { cancellation.cancel() }
        try mos.run("while true {}", cancellation: cancellation)
      }
      """),
    compiles(
      "a number leaves an actor",
      """
      func start(_ mos: InterpreterActor) async throws -> Double {
        try await mos.use { mos in try mos.evaluate("1.5") }
      }
      """),
    fails(
      "a value leaves an actor", "'Value' does not conform to the 'Sendable' protocol",
      """
      func start(_ mos: InterpreterActor) async throws {
        print(try await mos.use { mos in try mos.run("(1, 2)") })
      }
      """),
    fails(
      "an interpreter leaves its actor",
      "'Interpreter' does not conform to the 'Sendable' protocol",
      """
      func start(_ mos: InterpreterActor) async throws {
        try await mos.use { mos in mos }.run("1")
      }
      """),
    fails(
      "an interpreter leaves its actor by a variable", "captured var 'inner'",
      """
      func start(_ mos: InterpreterActor) async throws {
        var inner: Interpreter?
        try await mos.use { mos in inner = mos }
        try inner?.run("1")
      }
      """),
    fails(
      "an actor's interpreter is given an object of elsewhere", "non-Sendable type 'Log'",
      """
      func start(_ mos: InterpreterActor) async throws {
        let log = Log()
        try await mos.use { mos in mos.define("note()") { log.lines += 1 } }
      }
      """),
    fails(
      "an actor's interpreter is given a function of the main actor", "main actor-isolated",
      """
      @MainActor func start(_ mos: InterpreterActor, _ view: View) async throws {
        try await mos.use { mos in mos.define("count()") { view.count += 1 } }
      }
      """),
    compiles(
      "an actor prints to what a lock guards",
      """
      func start() -> InterpreterActor {
        let printed = Shared()
        return InterpreterActor(output: { text in printed.text.withLock { $0 += text } })
      }
      """),
    compiles(
      "an actor prints on the main actor by a task",
      """
      @MainActor func start(_ view: View) -> InterpreterActor {
        InterpreterActor(output: { text in Task { @MainActor in view.text += text } })
      }
      """),
    fails(
      "an actor prints to an object of elsewhere", "non-Sendable type 'Log'",
      """
      func start() -> InterpreterActor {
        let log = Log()
        return InterpreterActor(output: { _ in log.lines += 1 })
      }
      """),
  ]
}
