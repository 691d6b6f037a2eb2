// Functions of the host in programs: arguments, results, derivatives, maps.

import MetaOptimization
import Mos
import Testing

@Suite struct HostFunctionTests {
  private let mos = Interpreter()

  @Test func `arguments find their parameters`() throws {
    mos.define("simulate(x, steps=10, mode=\"fast\", bias=nil)", "Runs the plant.") {
      (x: Tensor, steps: Int, mode: String, bias: Double?) in
      "\(x) \(steps) \(mode) \(bias.map { "\($0)" } ?? "-")"
    }
    #expect(try mos.evaluate("simulate([1.0])") == "[1.0] 10 fast -")
    #expect(try mos.evaluate("simulate([1.0], mode=\"slow\", steps=2)") == "[1.0] 2 slow -")
    #expect(try mos.evaluate("[1.0].simulate(3, bias=2)") == "[1.0] 3 fast 2.0")
    #expect(try mos.evaluate("let f = simulate; f(1.0)") == "1.0 10 fast -")
    #expect(mos.documentation(of: "simulate")?.hasSuffix("Runs the plant.") == true)
    let error = #expect(throws: MosError.self) { try mos.run("simulate(\"a\")") }
    #expect(error?.kind == "type")
    #expect(error?.message == "`x` of simulate: expected a tensor, found the String \"a\"")
    #expect(error?.place?.line == 1)
    #expect(throws: MosError.self) { try mos.run("simulate()") }
    #expect(throws: MosError.self) { try mos.run("simulate(1, stps=2)") }
  }

  @Test func `a default may be any literal`() throws {
    mos.define("join(a=\"x, (y\", b=-1.5, c=\"é\", größe=nil)") {
      (a: String, b: Double, c: String, d: Int?) in "\(a)|\(b)|\(c)|\(d ?? 0)"
    }
    #expect(try mos.evaluate("join()") == "x, (y|-1.5|é|0")
    #expect(try mos.evaluate("join(c=\"c\", größe=2)") == "x, (y|-1.5|c|2")
  }

  @Test func `results are values`() throws {
    mos.define("nothing()") {}
    mos.define("numbers(n)") { (n: Int) in (0..<n).map(Double.init) }
    mos.define("parts(x)", returning: (Double.self, String.self)) { (x: Double) in (2 * x, "a") }
    mos.define("add(*xs)") { (xs: [Double]) in xs.reduce(0, +) }
    #expect(try mos.evaluate("nothing()", as: Int?.self) == nil)
    #expect(try mos.evaluate("sum(numbers(4))") == 6.0)
    #expect(try mos.evaluate("parts(2.0)[0] + 1") == 5.0)
    #expect(try mos.evaluate("add(1, 2, 3)") == 6.0)
    #expect(try mos.evaluate("(1.0, 2.0).map(x => add(x, 1))") == [2.0, 3.0])
  }

  @Test func `a function is redefined`() throws {
    mos.define("f()") { 1 }
    #expect(try mos.evaluate("f()") == 1)
    mos.define("f()") { 2 }
    #expect(try mos.evaluate("f()") == 2)
  }

  @Test func `modules see functions of the host`() throws {
    mos.define("host_value()") { 42 }
    #expect(try mos.evaluate("fn f() { host_value() }\nf()") == 42)
  }

  @Test(arguments: [
    "grad(x => plant(x))(2.0)", "jvp(x => plant(x), 2.0, 1.0)", "hessian(x => plant(x))([2.0])",
    "let p = param(2.0); plant(p * 2.0)",
  ])
  func `a derivative that would end is an error`(program: String) throws {
    mos.define("plant(x)") { (x: Double) in x * x }
    let error = #expect(throws: MosError.self) { try mos.run(program) }
    #expect(error?.kind == "value")
    #expect(error?.message.contains("derivative") == true)
    #expect(try mos.evaluate("grad(x => x * plant(stop_gradient(x)))(2.0)") == 4.0)
  }

  @Test func `an array, record or value with a derivative is an error too`() throws {
    mos.define("first(xs)") { (xs: [Double]) in xs[0] }
    mos.define("field(r)") { (r: [String: Double]) in r["a"] ?? 0 }
    mos.define("later(v)") { (v: Value) in try v.as(Double.self) }
    mos.define("element(v)") { (v: Value) in try v.elements?.first?.as(Double.self) ?? 0 }
    for call in [
      "first((x, x))", "first(stack((x, x)))", "field({a: x})", "later(x)", "element((x,))",
    ] {
      #expect(throws: MosError.self, "\(call)") { try mos.run("grad(x => \(call))(2.0)") }
    }
  }

  @Test func `a value goes through with its graph`() throws {
    mos.define("same(v)") { (v: Value) in v }
    #expect(try mos.evaluate("grad(x => same(x) * x)(3.0)") == 6.0)
  }

  @Test func `a reverse rule`() throws {
    var calls = 0
    mos.define(
      "square(x)", forward: { (x: Tensor) in x * x },
      backward: { (cotangent: Tensor, x: Tensor) in
        calls += 1
        return cotangent * 2 * x
      })
    #expect(try mos.evaluate("square(3.0)") == 9.0)
    #expect(calls == 0)
    #expect(try mos.evaluate("grad(x => square(x))(3.0)") == 6.0)
    #expect(try mos.evaluate("grad(x => sum(square(x) * x))([1.0, 2.0])") == [3.0, 12.0])
    #expect(try mos.evaluate("let p = param(3.0); square(p).backward(); p.grad") == 6.0)
    #expect(try mos.evaluate("vmap(grad(x => square(x)))([1.0, 2.0])") == [2.0, 4.0])
    let second = #expect(throws: MosError.self) { try mos.run("grad(grad(x => square(x)))(3.0)") }
    #expect(second?.message == "a second derivative of square was asked for")
    let forward = #expect(throws: MosError.self) { try mos.run("jvp(x => square(x), 3.0, 1.0)") }
    #expect(forward?.message.contains("`tangent:`") == true)
  }

  @Test func `a reverse rule of several arguments`() throws {
    mos.define(
      "scaled(x, n, y)",
      forward: { (x: Tensor, n: Int, y: Tensor) in
        x * y * Double(n)
      },
      backward: { (cotangent: Tensor, x: Tensor, n: Int, y: Tensor) in
        [cotangent * y * Double(n), nil, cotangent * x * Double(n)]
      })
    #expect(
      try mos.evaluate("grad((x, y) => scaled(x, 3, y), argnums=(0, 1))(2.0, 5.0)") == [15.0, 6.0])
    mos.define(
      "wrong(x)", forward: { (x: Tensor) in x },
      backward: { (cotangent: Tensor, x: Tensor) in Tensor([1.0, 2.0]) })
    let error = #expect(throws: MosError.self) { try mos.run("grad(x => wrong(x))(1.0)") }
    #expect(error?.kind == "shape")
  }

  @Test func `a forward rule`() throws {
    mos.define(
      "square(x)", forward: { (x: Tensor) in x * x },
      tangent: { (tangents: [Tensor?], x: Tensor) in tangents[0].map { $0 * 2 * x } ?? Tensor(0) })
    #expect(try mos.evaluate("jvp(x => square(x), 3.0, 1.0)[1]") == 6.0)
    let error = #expect(throws: MosError.self) { try mos.run("grad(x => square(x))(3.0)") }
    #expect(error?.message.contains("`backward:`") == true)
  }

  @Test func `vmap calls for one sample after the other`() throws {
    var seen: [Double] = []
    mos.define("look(x)") { (x: Double) -> Double in
      seen.append(x)
      return 10 * x
    }
    #expect(try mos.evaluate("vmap(x => look(x) + 1)([1.0, 2.0, 3.0])") == [11.0, 21.0, 31.0])
    #expect(seen == [1, 2, 3])
    #expect(
      try mos.evaluate("vmap(x => vmap(y => look(x + y))([1.0, 2.0]))([10.0, 20.0])") == [
        [110.0, 120.0], [210.0, 220.0],
      ])
    mos.define("note(x)") { (x: Double) in seen.append(x) }
    seen = []
    #expect(try mos.evaluate("vmap(x => { note(x); x })([1.0, 2.0])") == [1.0, 2.0])
    #expect(seen == [1, 2])
    mos.define("name(x)") { (x: Double) in "a" }
    #expect(throws: MosError.self) { try mos.run("vmap(x => name(x))([1.0, 2.0])") }
  }

  @Test func `compiled functions and estimators call the host`() throws {
    var calls = 0
    mos.define("look(x)") { (x: Double) -> Double in
      calls += 1
      return x + Double(calls)
    }
    #expect(try mos.evaluate("let f = compile(x => look(x)); f(0.0) + f(0.0) + f(0.0)") == 6.0)
  }

  @Test func `signatures are held against their functions`() async {
    await #expect(processExitsWith: .failure) {
      Interpreter().define("f(x, y)") { (x: Double) in x }
    }
    await #expect(processExitsWith: .failure) {
      Interpreter().define("f(x=zeros(3))") { (x: Double) in x }
    }
    await #expect(processExitsWith: .failure) {
      Interpreter().define("let(x)") { (x: Double) in x }
    }
    await #expect(processExitsWith: .failure) {
      Interpreter().define("f(x: Int)") { (x: Double) in x }
    }
    await #expect(processExitsWith: .failure) {
      Interpreter().define("f(x, x)") { (x: Double, y: Double) in x }
    }
    await #expect(processExitsWith: .failure) {
      Interpreter().define("f(x) -> y") { (x: Double) in x }
    }
  }
}

// MARK: - Objects

private class World: MosObject {
  private(set) var state: [Double] = [0, 0]
  func reset() { state = [0, 0] }
  func step(_ action: Int, _ scale: Double) -> Double {
    state[action] += scale
    return state[action]
  }
}

private final class SmallWorld: World {}

private final class Stranger: MosObject {}

@Suite struct HostObjectTests {
  private func interpreter() -> Interpreter {
    let mos = Interpreter()
    mos.register(World.self, "A world of two numbers.") {
      Method("reset()", "Begins again.") { (world: World) in world.reset() }
      Method("step(action, scale=1.0)") { (world: World, action: Int, scale: Double) in
        world.step(action, scale)
      }
      Field("state", "The two numbers.") { (world: World) in world.state }
    }
    return mos
  }

  @Test func `programs call methods and read fields`() throws {
    let (mos, world) = (interpreter(), World())
    try mos.set("world", to: world)
    #expect(try mos.evaluate("world.step(1); world.step(1, scale=0.5)") == 1.5)
    #expect(try mos.evaluate("world.state", as: [Double].self) == [0, 1.5])
    #expect(world.state == [0, 1.5])
    #expect(try mos.evaluate("type(world)") == "World")
    #expect(try mos.get("world", as: World.self) === world)
    #expect(try mos.evaluate("(world,)[0] == world") == true)
    try mos.run("fn f() { for i in 0..3 { world.step(0) } }\nf()")
    #expect(world.state[0] == 3)
    #expect(throws: MosError.self) { try mos.run("world.jump()") }
    #expect(throws: MosError.self) { try mos.run("world.step(\"a\")") }
    mos.define("make()") { World() }
    #expect(try mos.evaluate("let w = make(); w.step(0); w.state") == [1.0, 0.0])
  }

  @Test func `an object has the rows of its class, or of the nearest that it inherits from`() throws
  {
    let (mos, small) = (interpreter(), SmallWorld())
    try mos.set("world", to: small)
    #expect(try mos.evaluate("world.step(1); (type(world), world.state[1])[1]") == 1.0)
    #expect(try mos.get("world", as: SmallWorld.self) === small)
    try mos.set("world", to: World())
    #expect(throws: MosError.self) { try mos.get("world", as: SmallWorld.self) }
    mos.register(SmallWorld.self) { Field("size") { (_: SmallWorld) in 1 } }
    for world in [small, small as World] {
      try mos.set("world", to: world)
      #expect(try mos.evaluate("world.size") == 1)
    }
    mos.register(SmallWorld.self) { Field("size") { (_: SmallWorld) in 2 } }
    #expect(try mos.evaluate("world.size") == 1)
    try mos.set("world", to: small)
    #expect(try mos.evaluate("world.size") == 2)
  }

  @Test func `a class that nobody registered is an error`() throws {
    let error = #expect(throws: MosError.self) { try interpreter().set("s", to: Stranger()) }
    #expect(error?.hint?.contains("register(Stranger.self)") == true)
  }

  @Test func `each interpreter has its own rows`() throws {
    let (a, b) = (interpreter(), Interpreter())
    b.register(World.self, as: "Other") { Field("two") { (world: World) in 2 } }
    let world = World()
    try a.set("w", to: world)
    try b.set("w", to: world)
    #expect(try b.evaluate("w.two") == 2)
    #expect(try a.evaluate("w.state") == [0.0, 0.0])
    #expect(throws: MosError.self) { try b.run("w.state") }
  }
}
