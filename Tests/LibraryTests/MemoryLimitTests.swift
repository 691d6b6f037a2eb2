// Programs that keep all they can get: each ends in the limit error, and the interpreter goes on.

import Syntax
import Testing

@testable import Language
@testable import Library

@Suite struct MemoryLimitTests {
  /// What a loop does, by what it is about; the variables are those of `program`.
  static let growths = [
    "texts that double": "s = s + s", "texts in place": "s += s",
    "texts by interpolation": "s = \"{s}{s}\"",
    "texts by join": "s = join((s, s), s)", "texts by replace": "s = replace(s, \"a\", \"aaa\")",
    "texts by repetition": "s = s * 3", "texts of values": "s = str((s, s))",
    "texts of JSON": "s = json_text((s, s))", "capitals": "s = upper(s + s)",
    "lists that double": "l = l + l", "lists in place": "l += l",
    "lists by repetition": "l = l * 3",
    "lists of ranges": "l += list(0..1000000)",
    "sorted lists": "l = sorted(l + l)", "nested lists": "l = (l, i)",
    "pairs": "l = zip(l + l, l + l)",
    "numbered lists": "kept += (enumerate(l),)", "leaves": "l = tree_leaves((l, l))",
    "numbers in lists": "kept += (i,)", "short lists": "kept += ((i,),)",
    "texts in lists": "kept += (\"number {i} of many\",)",
    "characters": "s += s; kept += (list(s),)",
    "counted characters": "s += s; s[1]; kept += (s,)",
    "parts": "s += s; kept += (split(s, \"a\"),)",
    "parsed lists": "kept += (json_parse(\"[\" + \"1,\" * 10000 + \"1]\"),)",
    "keys": "d[\"number {i} of many\"] = i", "long keys": "s += s; d[s] = i",
    "records": "kept += ({a: i, b: s},)",
    "records of lists": "d[str(i % 100)] = (i, d)", "items": "kept += (items({a: i, b: i}),)",
    "graphs": "x = x * 1.0001", "small tensors": "kept += (zeros(10),)",
    "tensors": "kept += (zeros(1000),)",
    "tensors that double": "x = concat([x, x])", "parameters": "kept += (param(1.0),)",
    "closures": "kept += (() => i,)", "closures that keep": "f = (g => v => g(v))(f)",
    "models": "kept += (Net(),)", "bound methods": "kept += (opt.step,)",
    "optimizers": "kept += (Adam(net, lr=0.1),)", "snapshots": "kept += (extract net by copy,)",
    "errors": "kept += (try { zeros(2) + zeros(3) } catch e { e },)",
    "compiled functions": "kept += (compile(v => v + i),)", "derivatives": "kept += (grad(f),)",
    "pulls": "kept += (vjp(v => v * 2.0, zeros(9))[1],)",
    "keys of random numbers": "kept += (random_key(i),)",
    "tapes": "grad(v => { while true { v = v * 1.0001 }; v })(2.0)",
    "mapped axes": "kept += (vmap(v => v * 2.0)(zeros(100000)),)",
    "generators": "kept += ((() => { let own = list(0..100); () => own })(),)",
    "histories": "kept += (Adam(param(zeros(100)), lr=0.1),)",
    "rows": "kept += (list(zeros(100, 10)),)",
    "numbers of tensors": "kept += (tolist(zeros(1000)),)",
  ]

  static let prelude = """
    model Net() { param a = [1.0, 2.0, 3.0]
    fn forward(x) { a * x } }
    let net = Net()
    let opt = SGD(net, lr=0.1)

    """

  /// A program that grows local variables: they grow in place, and an error forgets them.
  private static func program(_ growth: String) -> String {
    prelude + """
      fn grow() {
        let (i, s, l, kept, d) = (0, "ab, ", (1, 2), (), {})
        let f = v => v * 2.0
        let x = param([1.0, 2.0]) * 1.0
        while true { i += 1; \(growth) }
      }
      grow()
      """
  }

  @Test(arguments: growths.sorted { $0.key < $1.key })
  func `growth ends in the limit error`(name: String, growth: String) throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    // Little, since `+=` copies a list where its right side calls something.
    interpreter.limits.memory = 1_000_000
    interpreter.limits.seconds = 30
    let program = Source(name: "1", text: MemoryLimitTests.program(growth))
    let error = #expect(throws: RuntimeError.self) { try interpreter.run(program) }
    #expect(error?.diagnostic.kind == "limit")
    #expect(
      error?.diagnostic.message.contains("allowed here") == true,
      "\(error?.diagnostic.message ?? "")")
    let after = Source(name: "2", text: "len(list(0..1000))")
    #expect(try interpreter.run(after).description() == "1000")
  }
}
