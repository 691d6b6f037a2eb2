// Loops of every kind of work leave the memory of the process as it was.

import TestSupport
import Testing

@Suite struct `Flat memory` {
  /// Bodies of loops over the names that the program declares.
  static let loops = [
    "x = x + 1.0", "let t = zeros(4) + 1.0", "let t = zeros(2000)", "let l = (1, 2, (3, 4))",
    "let r = {a: 1, b: {c: 2}}", "let s = \"a{x}b\"", "let l = (); l.push(1); l.push(2)",
    "let k = x; let f = () => k; f()", "let k = x; let f = () => { k = k + 1.0; k }; f()",
    "let f = nil; f = () => f", "let m = M(); m(x)", "let m = M(); let f = m.forward; f(x)",
    "let m = H(); m.v = m", "let m = H(); let n = H(); m.v = n; n.v = m",
    "let m = H(); m.v = () => m", "let g = grad(t => t * t)(x)",
    "let g = grad(grad(t => t ** 3.0))(1.5)", "let v = vmap(t => t * 2.0)([1.0, 2.0])",
    "let v = jvp(t => t * t, (x,), (1.0,))", "extract net as s; recover net from s",
    "let p = param(1.0); p.value = 2.0", "try { throw \"a\" } catch e { let k = e.kind }",
    "let loss = net(1.0) ** 2.0; opt.step(loss)", "let c = clone(net)", "let l = sorted((3, 1, 2))",
    "let l = map(v => v + 1, (1, 2, 3))", "let j = json_parse(json_text({a: (1, 2)}))",
    "let p = split(\"a,b,c\", \",\")", "for k in 0..3 { }", "let q = big[1..3]", "let r = randn(3)",
    "let c = compiled(x)", "let q = str((1.0, [1.0, 2.0]))",
    "let q = grad(checkpoint(t => t * t))(1.0)",
  ]

  @Test func `a loop leaves nothing behind`() throws {
    let functions = Self.loops.enumerated().map { number, body in
      "fn go\(number)(n) { for i in 0..n { \(body) } }"
    }
    let runs = Self.loops.indices.map { number in
      """
      go\(number)(5_000); let before\(number) = resident(); go\(number)(20_000)
      print(\(number), resident() - before\(number))
      """
    }
    let program = """
      model M() { param w = 1.0; fn forward(x) { x * w } }
      model H() { let v = nil }
      let net = M(); let opt = SGD(net, 0.0); let x = 1.0; let big = [1.0, 2.0, 3.0, 4.0]
      let compiled = compile(t => t * 2.0)
      fn resident() {
        let text = read_text("/proc/self/status")
        let start = find(text, "VmRSS:") + 6
        int(strip(split(text[start..start + 20], "kB")[0]))
      }
      \(functions.joined(separator: "\n"))
      \(runs.joined(separator: "\n"))
      """
    try Files.withTemporaryFolder { folder in
      try Files.write(program, to: folder + "/loops.mos")
      let result = try runProcess(Files.mos, ["loops.mos"], directory: folder)
      let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
      #expect(lines.count == Self.loops.count, "\(result.errors)")
      // A leak of a hundred bytes a round would be 2,000 kB.
      for line in lines {
        let growth = Int(line[1]) ?? .max
        #expect(growth < 1000, "\(Self.loops[Int(line[0]) ?? 0]) grew by \(growth) kB")
      }
    }
  }
}
