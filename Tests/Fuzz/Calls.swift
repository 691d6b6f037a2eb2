// Programs that call everything there is with whatever it does not expect.

import Language
import Library

enum Calls {
  /// A few calls of random built-ins, as functions and as methods, each in a `try` of its own.
  static func program(_ random: inout SplitMix) -> String {
    var program = prelude
    for _ in 0..<8 {
      let call = call(&random)
      program += "try { let r = \(call); str(r); \(use(&random)) } catch e { e.message }\n"
    }
    return program
  }

  private static func call(_ random: inout SplitMix) -> String {
    let name = names.randomElement(using: &random) ?? "sum"
    var arguments = (0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random) }
    if Int.random(in: 0..<4, using: &random) == 0 {
      let keyword = keywords.randomElement(using: &random) ?? "axis"
      arguments.append("\(keyword)=\(value(&random))")
    }
    // Through a list, so that a wrong count of arguments is an error of the run, not of the program.
    if Bool.random(using: &random) || arguments.isEmpty {
      return "(\(name),)[0](\(arguments.joined(separator: ", ")))"
    }
    return "\(arguments[0]).\(name)(\(arguments.dropFirst().joined(separator: ", ")))"
  }

  /// What is done with the result.
  private static func use(_ random: inout SplitMix) -> String {
    [
      "r", "r(2.0)", "r + 1", "grad(r)(2.0)", "r[0]", "r[0](x)", "for v in r { v }", "r == r",
      "grad(sum(r), x)", "backward(r)", "vmap(r)([1.0, 2.0])", "r.init(x)", "repr(r)",
      "let c = extract r by copy; recover r from c", "jvp(r, 2.0, 1.0)", "tree_map(v => v * 2, r)",
    ].randomElement(using: &random) ?? "r"
  }

  private static func value(_ random: inout SplitMix) -> String {
    let value = values.randomElement(using: &random) ?? "nil"
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return "(\(value), \(values.randomElement(using: &random) ?? "nil"))"
    case 1: return "{w: \(value), b: \(values.randomElement(using: &random) ?? "nil")}"
    case 2: return names.randomElement(using: &random) ?? value
    default: return value
    }
  }

  /// Every built-in but those that wait, end the process or touch files.
  private static let names = Builtins.library.names.sorted().filter { name in
    !["exit", "sleep", "input", "read_text", "write_text", "save", "load"].contains(name)
  }

  private static let keywords = [
    "axis", "argnums", "dtype", "key", "mode", "in_axes", "out_axes", "lr", "momentum", "has_aux",
    "keep_axes", "rtol", "correction", "strict", "create_graph", "shape", "by", "weight", "eps",
  ]

  private static let prelude = """
    model Net() { param a = [1.0, 2.0]
    fn forward(x) { a * x } }
    let net = Net()
    let x = param([1.0, -2.0, 3.0])
    let s = param(2.0)

    """

  private static let values = [
    "nil", "0", "-1", "3", "9223372036854775807", "(-9223372036854775807 - 1)", "100000", "0.5",
    "nan", "inf", "-1e308", "1e18", "true", "\"\"", "\"a,b\"", "\"i,i->\"", "()", "(1, 2)",
    "(2.0, \"x\", nil)", "{}", "{a: 1.0}", "[1.0, 2.0, 3.0]", "[[1.0, 2.0], [3.0, 4.0]]",
    "zeros(0)", "zeros(0, 3)", "zeros(2, 3, 4)", "[1, 2, 3]", "[true, false]",
    "(v => v)", "(v => sum(v))", "(v => v ** 2)", "((v, w) => v * w)", "(() => 1)", "(0..5)",
    "(0..9223372036854775807)", "x", "s", "(x * 2.0)", "(s ** 3)", "[nan, inf]", "random_key(0)",
    "Normal(0.0, 1.0)", "sgd(lr=0.1)", "sum", "f32", "net", "Net", "SGD(net, lr=0.1)",
    "MetaSGD(net, lr=0.1)", "[1.0, 2.0].to(f32)", "zeros(1, 1, 1, 1, 1, 1, 1, 1)", "eye(3)",
    "[[1.0, 2.0], [3.0, 4.0]].T", "rand(4)[::-1]", "broadcast_to([1.0], (3, 3))",
  ]
}
