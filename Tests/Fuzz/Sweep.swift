// Every built-in and every method, with every extreme value in every parameter: by position, by name,
// with samples in the other parameters. Each call must end in a value or an error under its limits.

import Language
import Library
import TestSupport

struct Sweep {
  static var limits: Limits {
    var limits = Limits()
    limits.seconds = 1
    limits.memory = 200_000_000
    return limits
  }

  /// The program of each case.
  private let calls: [String]

  init() {
    let builtins = Builtins.library.names.sorted().compactMap { name in
      Self.unfit.contains(name) ? nil : Builtins.library.function(name)
    }
    var calls = builtins.flatMap { builtin in
      let signature = Signature(parsing: builtin.signature)
      let examples = Self.exampleCalls(of: builtin)
      return Self.calls(of: builtin.name, signature, Self.samples(signature))
        + examples.flatMap { Self.calls(of: builtin.name, signature, $0) }
    }
    for type in Builtins.library.objectTypes {
      guard let sample = Samples.objects[type.name] else { continue }
      let methods = type.methods + [type.call].compactMap { $0 }
      for (index, method) in methods.enumerated() {
        let callee = "(\(sample))" + (index < type.methods.count ? ".\(method.signature.name)" : "")
        calls += Self.calls(of: callee, method.signature, Self.samples(method.signature))
      }
    }
    for operation in Self.operations {
      for first in Self.values {
        calls.append(operation.replacing("A", with: "(\(first))").replacing("B", with: "3"))
        for second in Self.values where operation.contains("B") {
          calls.append(
            operation.replacing("A", with: "(\(first))").replacing("B", with: "(\(second))"))
        }
      }
    }
    self.calls = calls
  }

  var count: Int { calls.count }

  /// The program of a number. The numbers go through the table in large steps, so that the first few
  /// are of everything.
  func program(_ number: Int) -> String {
    let call = calls[Int(UInt(number) &* 7919 % UInt(calls.count))]
    return Self.prelude + "let r = \(call)\nstr(r)\nrepr(r)\n"
  }

  /// What waits for someone or ends the process.
  private static let unfit: Set<String> = ["exit", "input"]

  // MARK: - Calls

  /// The arguments of a call: by position, then by name.
  private struct Given {
    var positional: [String]
    var named: [(name: String, value: String)] = []

    func call(_ callee: String) -> String {
      // Through a list, so that a wrong count of arguments is an error of the run.
      let arguments = positional + named.map { "\($0.name)=\($0.value)" }
      return "(\(callee),)[0](\(arguments.joined(separator: ", ")))"
    }
  }

  private static func calls(of callee: String, _ signature: Signature, _ given: Given) -> [String] {
    let positions = max(given.positional.count, min(signature.parameters.count, 3))
    return values.flatMap { value in
      (0..<positions).map { place in
        var changed = given
        while changed.positional.count <= place { changed.positional.append("1") }
        changed.positional[place] = value
        return changed.call(callee)
      }
        + signature.parameters.filter { $0.kind == .plain }.compactMap { parameter in
          var changed = given
          changed.named.removeAll { $0.name == parameter.name }
          if let place = signature.parameters.firstIndex(where: { $0.name == parameter.name }),
            place < changed.positional.count, signature.restList == nil
          {
            // What stands behind it by position goes by name.
            for (behind, argument) in zip(
              signature.parameters[place...], changed.positional[place...]
            ).dropFirst() {
              changed.named.append((behind.name, argument))
            }
            changed.positional.removeSubrange(place...)
          }
          changed.named.append((parameter.name, value))
          return changed.call(callee)
        }
    }
  }

  /// Samples by the names of the parameters that must be given.
  private static func samples(_ signature: Signature) -> Given {
    Given(
      positional: signature.parameters.filter { $0.defaultText == nil && $0.kind == .plain }.map {
        samples[$0.name] ?? "[1.0, 2.0, 3.0]"
      })
  }

  private static let samples = [
    "f": "(v => sum(v ** 2))", "function": "(v => sum(v ** 2))", "step": "(v => v * 0.5)",
    "n": "3", "count": "3", "axis": "0", "text": "\"a,b\"", "record": "{a: 1}", "key": "\"a\"",
    "values": "(1, 2)", "params": "param([1.0, 2.0])", "lr": "0.1", "name": "\"a\"",
    "matrix": "[[2.0, 1.0], [1.0, 3.0]]", "a": "[[2.0, 1.0], [1.0, 3.0]]", "loss": "sum(x ** 2)",
    "shape": "(2, 3)", "path": "\"sweep.json\"", "tree": "{w: 1.0}", "target": "net", "init": "0.1",
  ]

  /// The calls of a built-in in its own example that stand in one line.
  private static func exampleCalls(of builtin: Builtin) -> [Given] {
    let lines = builtin.documentation.split(separator: "\n").filter { $0.hasPrefix("    ") }
    let calls = lines.compactMap { line -> Given? in
      guard let start = place(of: builtin.name + "(", in: Array(line)) else { return nil }
      return arguments(Array(line)[start...])
    }
    return Array(calls.prefix(2))
  }

  /// Where the arguments of a call begin that is no method's and no longer name's.
  private static func place(of call: String, in line: [Character]) -> Int? {
    let wanted = Array(call)
    guard line.count >= wanted.count else { return nil }
    for start in 0...(line.count - wanted.count) where line[start...].starts(with: wanted) {
      let before = start > 0 ? line[start - 1] : " "
      if !before.isLetter && before != "_" && before != "." { return start + wanted.count }
    }
    return nil
  }

  /// The arguments up to the parenthesis that ends them; nil where the line ends before.
  private static func arguments(_ text: ArraySlice<Character>) -> Given? {
    var given = Given(positional: [])
    var depth = 0
    var isQuoted = false
    var argument = ""
    func finish() {
      let trimmed = argument.drop { $0 == " " }
      argument = ""
      guard !trimmed.isEmpty else { return }
      let name = trimmed.prefix { $0.isLetter || $0 == "_" }
      let rest = trimmed.dropFirst(name.count)
      if !name.isEmpty, rest.hasPrefix("="), !rest.hasPrefix("=="), !rest.hasPrefix("=>") {
        given.named.append((String(name), String(rest.dropFirst())))
      } else {
        given.positional.append(String(trimmed))
      }
    }
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      if !isQuoted {
        if "([{".contains(character) { depth += 1 }
        if ")]}".contains(character) { depth -= 1 }
        if depth < 0 {
          finish()
          return given
        }
        if depth == 0, character == "," {
          finish()
          continue
        }
      }
      argument.append(character)
    }
    return nil
  }

  // MARK: - Tables

  private static let operations = [
    "\"ab\" * A", "(1, 2) * A", "[1, 2, 3] * A", "2 ** A", "A ** B", "A * B", "A + B", "A - B",
    "A / B", "A // B", "A % B", "A @ B", "A & B", "-A", "~A", "A == B", "A < B", "B in A",
    "(1, 2, 3)[A:B]", "(1, 2, 3)[::A]", "\"abc\"[A::B]", "[1.0, 2.0, 3.0][A:B]",
    "[1.0, 2.0, 3.0][::A]", "zeros(2, 3)[A, B]", "(0..9)[A::B]", "(0..9223372036854775807)[A]",
    "(A..B)", "(A..=B)", "(A..B:-9223372036854775807)", "list(A..B)", "for i in A..B { break }",
    "\"{1.5:A}\"", "format(A, \"B\")", "{a: A}[B]", "(1, 2)[A]", "(x => { x[0] = A; x })([1, 2])",
    "(x => { x[A] = B; x })([1.0, 2.0])", "(x => { x[A] = B; x })((1, 2))",
    "(x => { x[A:B] = (1,); x })((1, 2, 3))", "(x => { x[::A] = (1,); x })((1, 2, 3))",
  ]

  private static let values = [
    "0", "-1", "1", "2147483648", "4294967296", "9007199254740992", "4611686018427387904",
    "9223372036854775807", "(-9223372036854775807 - 1)", "nan", "inf", "-inf", "1e308", "1e-320",
    "-0.0", "1e18", "nil", "true", "\"\"", "\"a\" * 300", "()", "{}", "[]", "zeros(0, 3)",
    "zeros(2, 3, 4)", "(4611686018427387904, 4611686018427387904)", "(-1,)", "(0,)",
    "(9223372036854775807,)", "(-9223372036854775807 - 1,)", "[9223372036854775807]",
    "[-9223372036854775807 - 1, 0]", "(v => v)", "0..9223372036854775807", "0..60000000", "f32",
    "param(2.0)", "(nan,)", "((9223372036854775807, 9223372036854775807),)", "sum",
    "random_key(9223372036854775807)", "{a: 9223372036854775807}", "\"é\" * 3000000",
    "(1,) * 3000000", "zeros(3000000)",
  ]

  private static let prelude = """
    model Net() { param a = [1.0, 2.0, 3.0]
    fn forward(x) { a * x } }
    let net = Net()
    let x = param([1.0, -2.0, 3.0])
    let y = [1.0, 2.0, 3.0]

    """
}
