// What a Swift program pays for a Mos inside it, a line for each: name<TAB>microseconds. `lua.c` measures the
// same of Lua's C interface. An argument picks the lines with it in their names.

import Mos

@main enum Embedding {
  static func main() throws {
    let mos = Interpreter(output: { _ in })
    try mos.run("fn empty() {}\nfn same(x) { x }\nfn shape(x) { len(x) }")
    try report("empty call") { try mos.call("empty") as Value }
    try report("call with a number") { try mos.call("same", 1.5) as Double }
    let million = try Tensor.zeros([1_000_000])
    try report("call with 1e6 numbers") { try mos.call("shape", million) as Int }
    mos["x"] = 1.0
    try report("set, 10 globals") { try mos.set("x", to: 2.0) }
    try report("get, 10 globals") { try mos.get("x", as: Double.self) }
    for i in 0..<1_000 { mos["name\(i)"] = Double(i) }
    try report("set, 1000 globals") { try mos.set("x", to: 2.0) }
    try report("get, 1000 globals") { try mos.get("x", as: Double.self) }
    try report("make an interpreter") { Interpreter(output: { _ in }) }
    mos.define("host(x)") { (x: Double) in x + 1 }
    try mos.run("fn calls(n) { for i in 0..n { host(1.0) } }\nfn loop(n) { for i in 0..n { nil } }")
    let rounds = 10_000
    let name = "a host function's call"
    if isPicked(name) {
      let beyond =
        try microseconds { try mos.call("calls", rounds) as Value }
        - microseconds { try mos.call("loop", rounds) as Value }
      line(name, beyond / Double(rounds))
    }
    try report("run a kept text") { try mos.run("same(1.5)") }
  }

  /// The microseconds that a call takes: the least mean of nine batches.
  private static func microseconds<Result>(_ body: () throws -> Result) throws -> Double {
    let clock = ContinuousClock()
    func mean(_ count: Int) throws -> Double {
      let time = try clock.measure { for _ in 0..<count { _ = try body() } }
      let (seconds, attoseconds) = time.components
      return (Double(seconds) * 1e6 + Double(attoseconds) * 1e-12) / Double(count)
    }
    var count = 1
    while try mean(count) * Double(count) < 10_000 { count *= 2 }
    return try (0..<9).map { _ in try mean(count) }.min() ?? 0
  }

  private static func report<Result>(_ name: String, _ body: () throws -> Result) throws {
    if isPicked(name) { line(name, try microseconds(body)) }
  }

  private static func isPicked(_ name: String) -> Bool {
    CommandLine.arguments.dropFirst().first.map { name.contains($0) } ?? true
  }

  private static func line(_ name: String, _ microseconds: Double) {
    print("\(name)\t\(microseconds)")
  }
}
