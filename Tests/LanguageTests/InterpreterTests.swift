// Interpreters as embedders and the prompt use them.

import Language
import Library
import Syntax
import Testing

/// What a program prints.
private func output(of program: String) throws -> String {
  var text = ""
  let interpreter = Interpreter(library: Builtins.library) { text += $0 }
  try interpreter.run(Source(name: "test.mos", text: program))
  return text
}

private func error(
  of program: String, _ prepare: (Interpreter) -> Void = { _ in }
) -> RuntimeError? {
  let interpreter = Interpreter(library: Builtins.library) { _ in }
  prepare(interpreter)
  do {
    try interpreter.run(Source(name: "test.mos", text: program))
    return nil
  } catch {
    return error as? RuntimeError
  }
}

@Suite struct InterpreterTests {
  @Test func `variables stay from one entry to the next`() throws {
    var text = ""
    let interpreter = Interpreter(library: Builtins.library) { text += $0 }
    try interpreter.run(Source(name: "1", text: "let (x, y) = (2, 1)\nfn f() { x * y }"))
    try interpreter.run(Source(name: "2", text: "let y = 5"))
    try interpreter.run(Source(name: "3", text: "print(f())"))
    #expect(text == "10\n")
    #expect(interpreter.variables.map(\.name) == ["x", "y", "f"])
  }

  @Test func `an entry that does not compile declares nothing`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    #expect(throws: CompileError.self) {
      try interpreter.run(Source(name: "1", text: "let a = 1\nunknown"))
    }
    #expect(interpreter.variables.isEmpty)
    #expect(throws: CompileError.self) { try interpreter.run(Source(name: "2", text: "a")) }
  }

  @Test func `a program with too many variables has one mistake`() {
    let names = (0..<66_000).map { "let v\($0) = 0" }
    let uses = "fn f() { v0 + v65999 }\nprint(f(), v65998)"
    let found = Interpreter(library: Builtins.library) { _ in }.check(
      Source(name: "1", text: (names + [uses]).joined(separator: "\n")))
    #expect(found.map(\.message) == ["a program has at most 65536 global variables"])
    #expect(found.first?.primary?.source.line(at: found[0].primary?.span.start ?? 0) == 65_537)
  }

  @Test func `an error leaves variables as they were when it happened`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    try interpreter.run(Source(name: "1", text: "let xs = (1, 2)"))
    #expect(throws: RuntimeError.self) {
      try interpreter.run(Source(name: "2", text: "xs.push(3)\nxs[9] = 1"))
    }
    let value = try interpreter.run(Source(name: "3", text: "xs"))
    #expect(value.description() == "(1, 2, 3)")
  }

  @Test func `a check runs nothing and keeps no names`() {
    let interpreter = Interpreter(library: Builtins.library) { _ in
      Issue.record("something was printed")
    }
    #expect(interpreter.check(Source(name: "1", text: "let a = 1\nprint(a)")).isEmpty)
    #expect(interpreter.check(Source(name: "2", text: "print(a)")).count == 1)
  }

  @Test func `the value of a program is that of its last statement`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    let value = try interpreter.run(Source(name: "1", text: "let a = 20\na + 1"))
    #expect(value.description() == "21")
  }

  @Test func `Swift calls functions of a program`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    let function = try interpreter.run(Source(name: "1", text: "(a, b=10) => a - b"))
    #expect(try interpreter.call(function, [.int(3)]).description() == "-7")
    let named = try interpreter.call(function, [.int(3)], named: [("b", .int(1))])
    #expect(named.description() == "2")
  }

  @Test(
    arguments: [
      ("while true {}", 5000, nil),
      ("fn f(n) { f(n + 1) }\nf(0)", 5000, nil),
      ("for i in 0..1000000000 {}", nil, 0.05),
    ] as [(String, Int?, Double?)])
  func `limits end a run`(program: String, instructions: Int?, seconds: Double?) {
    let found = error(of: "try { \(program) } catch e { print(e) }") {
      $0.limits.instructions = instructions
      $0.limits.seconds = seconds
    }
    #expect(found?.diagnostic.kind == "limit")
  }

  private static func limits(_ change: (inout Limits) -> Void) -> Limits {
    var limits = Limits()
    change(&limits)
    return limits
  }

  @Test(arguments: [
    ("instructions", limits { $0.instructions = 0 }),
    ("instructions", limits { $0.instructions = .min }), ("seconds", limits { $0.seconds = 0 }),
    ("seconds", limits { $0.seconds = -1 }), ("seconds", limits { $0.seconds = .nan }),
    ("seconds", limits { $0.seconds = -.infinity }), ("depth", limits { $0.depth = 0 }),
    ("depth", limits { $0.depth = .min }), ("memory", limits { $0.memory = 0 }),
    ("memory", limits { $0.memory = -1 }),
  ])
  func `a limit out of range is an error of the next run`(name: String, limits: Limits) throws {
    let found = error(of: "1") { $0.limits = limits }
    #expect(found?.diagnostic.kind == "value")
    #expect(
      found?.diagnostic.message.contains("the limit `\(name)` must be greater than 0") == true)
  }

  @Test(arguments: [
    limits { $0.instructions = .max }, limits { $0.seconds = .infinity },
    limits { $0.seconds = 1e300 }, limits { $0.depth = .max }, limits { $0.memory = .max },
  ])
  func `a limit may be huge`(limits: Limits) throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    interpreter.limits = limits
    let program = "fn f(n) { if n > 0 { 1 + f(n - 1) } else { 0 } }\nf(1000)"
    #expect(try interpreter.run(Source(name: "1", text: program)).description() == "1000")
  }

  @Test func `the depth of calls can change between runs`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    let program = Source(name: "1", text: "fn f(n) { if n > 0 { 1 + f(n - 1) } else { 0 } }")
    try interpreter.run(program)
    for (depth, fits) in [(10, false), (300_000, true), (100, false), (250_000, true)] {
      interpreter.limits.depth = depth
      let call = Source(name: "2", text: "f(\(fits ? depth - 10 : depth))")
      if fits {
        #expect(try interpreter.run(call).description() == "\(depth - 10)")
      } else {
        let found = #expect(throws: RuntimeError.self) { try interpreter.run(call) }
        #expect(found?.diagnostic.message.contains("\(depth) levels deep") == true)
      }
    }
  }

  @Test(arguments: [(1 << 20, 1 << 21), (1 << 50, 1 << 49)])
  func `memory that was refused is there for the next run`(
    limit: Int, count: Int
  ) throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    interpreter.limits.memory = limit
    for _ in 0..<4 {
      let refused = #expect(throws: RuntimeError.self) {
        try interpreter.run(Source(name: "1", text: "zeros(\(count), dtype=bool)"))
      }
      #expect(refused?.diagnostic.message.hasSuffix("are allowed here") == true)
    }
    try interpreter.run(Source(name: "2", text: "let x = zeros(100000)"))
  }

  @Test func `an interrupt ends a run and is not caught`() {
    let found = error(of: "try { while true {} } catch e {}") { $0.requests.interrupt() }
    #expect(found?.diagnostic.kind == "interrupt")
  }

  @Test func `recursion has an end and a folded trace`() {
    let found = error(of: "fn f(n) { 1 + f(n) }\nf(0)")
    #expect(found?.diagnostic.kind == "limit")
    #expect((found?.diagnostic.trace.count ?? 99) < 4)
  }

  @Test func `a long function has long jumps`() throws {
    let steps = (0..<3000).map { k in
      "total += sum((i, \(k % 7), total)) - total - i; let v\(k) = total * 2; total = v\(k) - total"
    }
    let program = """
      fn long(n) {
        let total = 0
        for i in 0..n {
          let inner = x => x + total
          if i < 1 and n > 0 {
            \(steps.joined(separator: "\n"))
          }
          total = inner(i)
        }
        total
      }
      print(long(2))
      """
    let expected = (0..<3000).reduce(0) { $0 + $1 % 7 } + 1
    #expect(try output(of: program) == "\(expected)\n")
  }

  @Test func `structures nested a hundred thousand deep are freed`() throws {
    #expect(try output(of: "let x = ()\nfor i in 0..100000 { x = (x,) }\nprint(1)") == "1\n")
  }

  @Test func `a compiled function calls a host function each time`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    var calls = 0
    try interpreter.setVariable(
      "next",
      .builtin(
        BuiltinFunction("next()") { _ in
          calls += 1
          return .float(Double(calls))
        }))
    let program = "let f = compile(x => x * next())\n(f([1.0]), f([1.0]), f([1.0]))"
    let value = try interpreter.run(Source(name: "1", text: program))
    #expect(value.description() == "([1.0], [2.0], [3.0])")
    #expect(calls == 3)
  }

  @Test func `a host function of plain numbers takes none that a derivative passes through`() throws
  {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    try interpreter.setVariable(
      "double", .builtin(BuiltinFunction("double(x)") { .float(2 * (try $0.double(0))) }))
    try interpreter.setVariable(
      "same", .builtin(BuiltinFunction("same(x)") { .tensor(try $0.variable(0)) }))
    func text(of program: String) throws -> String {
      try interpreter.run(Source(name: "1", text: program)).description()
    }
    #expect(try text(of: "double(stop_gradient(param(3.0) * 1.0))") == "6.0")
    #expect(try text(of: "double(float(param(3.0)))") == "6.0")
    #expect(try text(of: "with no_grad { double(param(3.0)) }") == "6.0")
    #expect(try text(of: "grad(same)(3.0)") == "1.0")
    for program in ["grad(double)(3.0)", "jvp(double, 3.0, 1.0)", "double(param(3.0))"] {
      let error = #expect(throws: RuntimeError.self) { try text(of: program) }
      #expect(
        error?.diagnostic.message
          == "`x` of double is not differentiated, and a derivative passes through the value given")
      #expect(
        error?.diagnostic.hint
          == "its number alone is float(x), or stop_gradient(x) of a tensor; custom_vjp gives a "
          + "function a derivative of your own")
    }
  }
}
