// The language, through the library that embeds it. A loop of one thing is measured, and the empty
// loop taken away; what is left is the thing alone.

import Mos

enum LanguageLayer {
  private static let rounds = 10_000

  /// A name, the statement in the loop, and what stands before it.
  private static let cases: [(name: String, statement: String, setup: String)] = [
    ("move", "y = a", "let (a, y) = (1.5, 0.0)"),
    ("add Ints", "y = i + a", "let (a, y) = (1, 0)"),
    ("add Floats", "y = a + b", "let (a, b, y) = (1.5, 2.5, 0.0)"),
    ("compare and jump", "if i < 0 { y = 1 }", "let y = 0"),
    ("read a variable of the program", "y = shared", "let y = 0"),
    ("read a field of a record", "y = r.b", "let (r, y) = ({a: 1, b: 2}, 0)"),
    ("take an element of a list", "y = xs[1]", "let (xs, y) = ((1, 2, 3), 0)"),
    ("call a function", "y = same(i)", "let y = 0"),
    ("call a closure", "y = f(i)", "let (y, k) = (0, 1); let f = x => k"),
    ("call with a default and a name", "y = scaled(i, by=2)", "let y = 0"),
    ("call a method", "y = box.take(i)", "let (y, box) = (0, Box())"),
    ("call a built-in of a Float", "y = abs(a)", "let (a, y) = (-1.5, 0.0)"),
    ("call a built-in of a tensor", "y = abs(t)", "let (t, y) = (tensor(-1.5), 0.0)"),
    ("add 0-d tensors", "y = t + t", "let (t, y) = (tensor(1.5), 0.0)"),
    (
      "multiply a parameter, recorded", "y = p * t",
      "let (p, t, y) = (param(1.5), tensor(2.0), 0.0)"
    ),
    ("make a list of two", "y = (i, i)", "let y = 0"),
    ("make a tensor of two", "y = [a, a]", "let (a, y) = (1.5, 0)"),
  ]

  private static let declarations = """
    let shared = 1
    fn same(x) { x }
    fn scaled(x, by=1) { x }
    model Box() {
        let kept = 1
        fn take(x) { kept }
    }

    """

  static func measure() throws {
    print("language, beyond the empty loop")
    let interpreter = Interpreter(capabilities: .all, output: { _ in })
    try interpreter.run(declarations)
    try declareLoop(interpreter, "empty", statement: "", setup: "")
    func run(_ name: String) throws { use(try interpreter.call(name, rounds) as Value) }
    report("a round of the empty loop", try seconds { try run("empty") } / Double(rounds))
    for (name, statement, setup) in cases {
      try declareLoop(interpreter, "measured", statement: statement, setup: setup)
      let beyond = try seconds({ try run("measured") }, beyond: { try run("empty") })
      report(name, beyond / Double(rounds))
    }
    report("call from Swift", try seconds { use(try interpreter.call("same", 1) as Value) })
    report("run an empty program", try seconds { try interpreter.run("") })
    report(
      "make an interpreter and run print(1)",
      try seconds {
        try Interpreter(output: { _ in }).run("print(1)")
      })
  }

  private static func declareLoop(
    _ interpreter: Interpreter, _ name: String, statement: String, setup: String
  ) throws {
    let body = statement.isEmpty ? "" : "\(statement); "
    try interpreter.run("fn \(name)(n) { \(setup)\nfor i in 0..n { \(body)nil }\n nil }")
  }
}
