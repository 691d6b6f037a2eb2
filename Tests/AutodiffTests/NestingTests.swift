// Modes inside one another. The numbers are JAX's, in f64.

import Autodiff
import Tensors
import Testing

@Suite("modes inside one another") struct NestingTests {
  static func A() throws -> Variable {
    try matrix([0.25, 0.794, 0.551], [-0.55, -0.4, 0.747], [-0.989, 0.642, 0.594])
  }
  static func x() throws -> Variable { try vector(-0.064, -0.394, -0.443) }
  static func v() throws -> Variable { try vector(-0.49, -0.11, 0.009) }
  static func u() throws -> Variable { try vector(0.107, 0.991, 0.585) }
  static func X() throws -> Variable {
    try matrix(
      [0.244, 0.978, -0.569], [-0.68, 0.225, -0.912], [-0.929, 0.03, -0.068],
      [0.834, 0.258, 0.028])
  }
  static func f(_ x: Variable) throws -> Variable {
    try (A().matmul(x).sin() * x.power(2)).sum() + x.prod(axes: AxisSet(0))
  }

  /// The function mapped over the first axis.
  static func map(_ x: Variable, _ g: (Variable) throws -> Variable) throws -> Variable {
    try vmap([x], axes: [0], size: x.shape[0]) { [try g($0[0])] }[0]
  }

  @Test func `two modes`() throws {
    let (x, v, u) = (try Self.x(), try Self.v(), try Self.u())
    let hessianVector = [0.5320385310346565, 0.01976822438449037, -0.026704922043666715]
    let forwardOverReverse = try push(x, v) { try gradient($0, Self.f) }
    #expect(difference(forwardOverReverse.numbers, hessianVector) < 1e-9)
    let reverseOverForward = try gradient(x) { try push($0, v, Self.f) }
    #expect(difference(reverseOverForward.numbers, hessianVector) < 1e-9)
    let twice = try push(x, u) { try push($0, v, Self.f) }
    #expect(difference(twice.numbers, [0.060896053790193194]) < 1e-9)
    let pulled = try gradient(x) { try gradient($0, Self.f) * u }
    #expect(
      difference(pulled.numbers, [-0.09790662266484529, -0.2919047441555983, -2.131968130299649])
        < 1e-9)
  }

  @Test func `three modes`() throws {
    let (x, v, u) = (try Self.x(), try Self.v(), try Self.u())
    let expected = [-0.7340921731048413, 0.311346721172805, -0.48843352391827477]
    let reverse = try gradient(x) { x in
      try gradient(x) { try gradient($0, Self.f) * v } * u
    }
    #expect(difference(reverse.numbers, expected) < 1e-9)
    let mixed = try push(x, u) { x in try gradient(x) { try push($0, v, Self.f) } }
    #expect(difference(mixed.numbers, expected) < 1e-9)
  }

  @Test func `maps of derivatives`() throws {
    let (X, v) = (try Self.X(), try Self.v())
    let gradients = try Self.map(X) { try gradient($0, Self.f) }
    #expect(
      difference(
        gradients.numbers,
        [
          -0.9250562994644631, -1.7042529454634927, 0.8192176276534503, -0.2760397345536534,
          1.2645386876739253, 0.08594291707974644, 0.6562208806001526, 0.7553379756631154,
          0.32934595837773706, 0.8268586479831592, 0.23747822753220355, 0.5731670348582744,
        ]) < 1e-9)
    let tangents = try Self.map(X) { try push($0, v, Self.f) }
    #expect(
      difference(
        tangents.numbers,
        [0.6481183693874522, -0.0030662994591239244, -0.40167129519161787, -0.4261248392265659])
        < 1e-9)
    let pushed = try push(X, X * 2) { try Self.map($0, Self.f) }
    #expect(
      difference(
        pushed.numbers,
        [-4.717215895734876, 0.7876965676927771, -1.2187291679546686, 1.53383634419459]) < 1e-9)
  }

  @Test func `maps in maps`() throws {
    let X = try Self.X()
    let found = try Self.map(X) { x in
      try Self.map(X) { y in try gradient(x) { try Self.f($0 * y) } }
    }
    #expect(found.shape == Shape(trusted: [4, 4, 3]))
    #expect(
      difference(
        Array(found.numbers.prefix(6)),
        [
          -0.04011872626444657, -0.6067586272085252, -0.6925138359946993, 0.17472325667766986,
          0.050620148958793604, -0.6741367612453362,
        ]) < 1e-9)
    let through = try gradient(Variable(1.3)) { s in
      try Self.map(X) { x in try gradient(x) { try Self.f(s * $0) } }.power(2).sum()
    }
    #expect(difference(through.numbers, [126.80257195637853]) < 1e-8)
  }

  @Test func `perturbations are not confused`() throws {
    let x = Variable(1.25)
    let one = Variable(1)
    let found = [
      try gradient(x) { x in try x * gradient(Variable(1.25)) { try x * $0.power(2) } },
      try push(x, one) { x in try x * push(Variable(1.25), one) { try x + $0 } },
      try gradient(x) { x in try x * push(Variable(1.25), one) { try x * $0.power(2) } },
      try push(x, one) { x in try x * gradient(Variable(1.25)) { try x * $0.power(2) } },
    ]
    #expect(difference(found.flatMap(\.numbers), [6.25, 1, 6.25, 6.25]) < 1e-12)
  }

  @Test func `a constant inside, and a loop as long as the data says`() throws {
    let stopped = try gradient(Self.x()) { try stopGradient($0) * $0.power(2) }
    #expect(difference(stopped.numbers, [0.008192, 0.310472, 0.392498]) < 1e-9)
    let looped = try gradient(Variable(2.25)) { x in
      var y = x
      while (y.concrete?.firstDouble ?? 100) < 100 { y = try y * x }
      return y
    }
    #expect(difference(looped.numbers, [345.990234375]) < 1e-9)
  }

  @Test func `hypergradients of a batch, forward and reverse`() throws {
    let (A, X) = (try Self.A(), try Self.X())
    func inner(_ rate: Variable, _ x: Variable) throws -> Variable {
      var w = Variable.tensor(try Tensor.zeros(Shape(3)))
      for _ in 0..<4 {
        w = try w - rate * gradient(w) { try (A.matmul($0) - x).power(2) }
      }
      return w
    }
    func total(_ rate: Variable) throws -> Variable {
      try Self.map(X) { try inner(rate, $0).power(2).sum() }.sum()
    }
    let rate = Variable(0.05)
    #expect(try difference(gradient(rate, total).numbers, [14.403381850513568]) < 1e-9)
    #expect(try difference(push(rate, Variable(1), total).numbers, [14.403381850513568]) < 1e-9)
    let second = try push(rate, Variable(1)) { try gradient($0, total) }
    #expect(difference(second.numbers, [82.63475360531802]) < 1e-8)
  }
}
