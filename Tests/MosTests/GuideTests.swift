// The programs of the guide, of the landing page and of the README, with their answers in the margin;
// `ArticleTests` looks for each block here.

import Foundation
import MetaOptimization
import Mos
import Testing

@Suite("programs of the guide") struct GuideTests {
  @Test func `a first program`() throws {
    let mos = Interpreter()
    try mos.run("fn step(x, rate=0.1) { x - rate * grad(x => x ** 2)(x) }")
    let y: Double = try mos.call("step", 2.0)  // 1.6

    #expect(y == 1.6)
  }

  @Test func `the program of the README`() throws {
    let mos = Interpreter(limits: Limits(seconds: 10))
    mos.define("outside(hour)") { (hour: Int) in 10.0 - Double(hour) }
    try mos.run("fn loss(t) { sum((t - outside(3)) ** 2) }")
    let slope: [Double] = try mos.evaluate("grad(loss)([7.0, 8.5])")  // [0.0, 3.0]

    #expect(slope == [0, 3])
  }

  @Test func `a model that is trained`() throws {
    let mos = Interpreter(limits: Limits(seconds: 10))
    try mos.run(
      """
      model Line() {
          param slope = 0.0
          param offset = 0.0
          fn forward(x) { slope * x + offset }
      }
      let line = Line()
      let optimizer = Adam(line, lr=0.1)
      fn train(x, y, steps=100) {
          for i in 0..steps { optimizer.step(mse_loss(line(x), y)) }
          {slope: line.slope, offset: line.offset}
      }
      """)
    let train = try mos.function("train")
    let fit: Fit = try train([0, 1, 2, 3], [1.0, 3.0, 5.0, 7.0], steps: 500)
    print(fit)  // Fit(slope: 2.0, offset: 1.0), but for rounding

    #expect(abs(fit.slope - 2) < 1e-3 && abs(fit.offset - 1) < 1e-3)
  }

  @Test func `variables and values`() throws {
    let mos = Interpreter()
    mos["rate"] = 0.1
    let rate: Double? = mos["rate"]  // 0.1
    try mos.set("x", to: [[1.0, 2.0], [3.0, 4.0]])
    let (rows, mean) = try mos.evaluate("(len(x), mean(x))", as: (Int.self, Double.self))  // 2, 2.5
    let columns: [[Double]] = try mos.evaluate("x.T")  // [[1.0, 3.0], [2.0, 4.0]]
    let value = try mos.run("{weights: x, note: nil}")
    let weights = try value["weights"]?.as(Tensor.self)  // a Tensor of the shape [2, 2]

    #expect(rate == 0.1 && rows == 2 && mean == 2.5 && columns == [[1, 3], [2, 4]])
    #expect(weights?.shape == [2, 2])
  }

  @Test func `functions of the host`() throws {
    let mos = Interpreter()
    mos.define("measure(channel, samples=10)", "The mean of some samples of a sensor.") {
      (channel: Int, samples: Int) throws -> Double in
      guard channel < 4 else { throw NoSuchChannel(channel: channel) }
      return Double(channel) + 1 / Double(samples)
    }
    let sum: Double = try mos.evaluate("measure(1) + measure(2, samples=100)")  // 3.11

    #expect(abs(sum - 3.11) < 1e-12)

    do {
      try mos.run("measure(7)")
    } catch {
      print(error.kind, error.underlying as? NoSuchChannel as Any)
      // host Optional(NoSuchChannel(channel: 7))
    }

    let error = #expect(throws: MosError.self) { try mos.run("measure(7)") }
    #expect(error?.kind == "host" && error?.underlying is NoSuchChannel)
  }

  @Test func `functions of the host with derivatives`() throws {
    let mos = Interpreter()
    mos.define(
      "drag(v)",
      forward: { (v: Tensor) in v * v * 0.5 },
      backward: { (cotangent: Tensor, v: Tensor) in cotangent * v })
    let force: Double = try mos.evaluate("grad(v => drag(v))(3.0)")  // 3.0

    mos.define("lift(v)") { (v: Variable) in v * v * 0.25 }
    let twice: Double = try mos.evaluate("grad(grad(v => lift(v)))(3.0)")  // 0.5

    #expect(force == 3 && twice == 0.5)
  }

  @Test func `objects of the host`() throws {
    let mos = Interpreter()
    mos.register(Tank.self, "A tank of water.") {
      Method("fill(litres=1.0)", "Gives the level.") { (tank: Tank, litres: Double) in
        tank.fill(litres)
      }
      Field("level", "In litres.") { (tank: Tank) in tank.level }
    }
    let tank = Tank()
    try mos.set("tank", to: tank)
    try mos.run("while tank.level < 10 { tank.fill(litres=4.0) }")
    print(tank.level)  // 12.0

    #expect(tank.level == 12)
  }

  @Test func limits() throws {
    let mos = Interpreter(limits: Limits(seconds: 2, memory: 256 << 20, output: 1 << 20))
    do {
      try mos.run("let n = 0\nwhile true { n += 1 }", limits: Limits(instructions: 1_000_000))
    } catch {
      print(error.kind, try mos.evaluate("n > 1000", as: Bool.self))  // limit true
    }

    let n: Int = try mos.get("n")
    #expect(n > 1000 && n < 1_010_000)
  }

  @Test func capabilities() throws {
    let data = NSTemporaryDirectory()
    let mos = Interpreter(capabilities: [.reading(data), .clock])
    do {
      try mos.run("write_text(\"notes.txt\", \"a\")")
    } catch {
      print(error.kind, error.message)
    }

    let error = #expect(throws: MosError.self) { try mos.run("write_text(\"notes.txt\", \"a\")") }
    #expect(error?.kind == "io" && error?.message.contains("writing") == true)
  }

  @Test func errors() throws {
    let mos = Interpreter()
    let program = "let w = zeros(3, 4)\nlet y = w + ones(5)"
    do {
      try mos.run(program, name: "net.mos")
    } catch {
      print(error.kind, error.message)  // shape cannot add f64[3, 4] and f64[5]
      if let place = error.place {
        print(place.file, place.line, place.column, place.range)  // net.mos 2 9 28..<39
      }
    }
    for mistake in mos.check("prnt(1)") {
      print(mistake.severity, mistake.message, mistake.hint ?? "")
    }

    let error = #expect(throws: MosError.self) { try mos.run(program, name: "net.mos") }
    #expect(error?.message == "cannot add f64[3, 4] and f64[5]")
    #expect(error?.place?.line == 2 && error?.place?.column == 9)
    #expect(error?.place?.range == 28..<39)
    #expect(mos.check("prnt(1)").first?.hint == "did you mean `print`?")
  }

  @Test func `output and notices`() throws {
    var (printed, warnings) = ("", [String]())
    let mos = Interpreter(
      output: { printed += $0 },
      notices: { warnings.append("line \($0.place?.line ?? 0): \($0.message)") })
    try mos.run("print(\"ready\")\nprint(grad(x => 1.0)(2.0))")

    #expect(printed == "ready\n0.0\n")
    #expect(warnings.count == 1 && warnings[0].hasPrefix("line 2: "))
  }

  @Test func state() throws {
    let mos = Interpreter()
    try mos.run("let w = param(1.0)\nlet optimizer = SGD(w, lr=0.1)")
    let start = try mos.extract("w", "optimizer")
    try mos.run("for i in 0..10 { optimizer.step(w ** 2) }")
    let end = try mos.extract("w", "optimizer")
    try mos.recover("w", "optimizer", from: start)
    let again: Double = try mos.evaluate("w")  // 1.0
    let data = try JSONEncoder().encode(end)  // or end.write(to: "w.safetensors")

    #expect(again == 1 && !data.isEmpty)
  }

  @Test func tasks() async throws {
    let mos = InterpreterActor(limits: Limits(seconds: 10))
    try await mos.run("fn square(x) { x ** 2 }")
    let nine: Double = try await mos.call("square", 3.0)  // 9.0
    let steps = try await mos.use { mos in
      mos["x"] = 1.0
      try mos.run("for i in 0..10 { x = x / 2 }")
      return try mos.evaluate("x", as: Double.self)
    }

    #expect(nine == 9 && steps == 1 / 1024)
  }

  @Test func `a cancellation`() throws {
    let mos = Interpreter()
    let cancellation = Cancellation()
    Thread.detachNewThread { cancellation.cancel() }  // or a button
    do {
      try mos.run("while true {}", cancellation: cancellation)
    } catch {
      print(error.kind)  // interrupt
    }

    let error = #expect(throws: MosError.self) {
      try mos.run("while true {}", cancellation: cancellation)
    }
    #expect(error?.kind == "interrupt")
  }
}

extension GuideTests {
  struct Fit: Codable, MosConvertible {
    var slope: Double
    var offset: Double
  }

  struct NoSuchChannel: Error {
    let channel: Int
  }

  final class Tank: MosObject {
    private(set) var level = 0.0
    func fill(_ litres: Double) -> Double {
      level += litres
      return level
    }
  }
}
