// Whole programs as the articles show them, with their answers in the margin.

import MetaOptimization
import Testing

@Suite("programs of the articles") struct ProgramTests {
  @Test func `a line is fitted by Adam`() throws {
    let x: Variable = [0, 1, 2, 3]
    let y: Variable = [1, 3, 5, 7]

    let slope = try Parameter(Tensor(0.0))
    let offset = try Parameter(Tensor(0.0))
    let adam = try Optimizer([slope, offset], .adam(learningRate: 0.1))
    for _ in 0..<1000 {
      let residual = slope.value * x + offset.value - y
      try adam.step(residual.square().mean())
    }
    let fitted = try (slope.value.item(), offset.value.item())  // 2.0, 1.0

    #expect(abs(fitted.0 - 2) < 1e-4 && abs(fitted.1 - 1) < 1e-4)
  }

  @Test func `derivatives of every kind`() throws {
    func f(_ x: Variable) throws -> Variable { try x.power(3).sum() }

    let x: Tensor = [1, 2]
    let slope = try gradient(of: f, at: x)  // [3.0, 12.0]
    let curvature = try hessian(of: f, at: x)  // [[6.0, 0.0], [0.0, 12.0]]
    let product = try hessianVectorProduct(of: f, at: x, [1, 10])  // [6.0, 120.0]
    let (value, tangent) = try jvp(of: f, at: x, along: [1, 0])  // 9.0, 3.0
    let (squares, pullback) = try vjp(of: { x in try x.square() }, at: x)  // [1.0, 4.0]
    let pulled = try pullback([1, 10])  // [2.0, 40.0]

    #expect("\(slope)" == "[3.0, 12.0]")
    #expect("\(curvature)" == "[[6.0,  0.0],\n [0.0, 12.0]]")
    #expect("\(product)" == "[6.0, 120.0]")
    #expect("\(value) \(tangent)" == "9.0 3.0")
    #expect("\(squares) \(pulled)" == "[1.0, 4.0] [2.0, 40.0]")
  }

  @Test func `derivatives inside one another`() throws {
    let third = try gradient(
      of: { x in
        try gradient(of: { y in try gradient(of: { z in try z.power(4) }, at: y) }, at: x)
      }, at: 2.0)  // 48.0

    #expect(third == 48)
  }

  @Test func `derivatives by several arguments and by structures`() throws {
    let (byA, byB) = try gradient(of: { a, b in a * b + a }, at: 2.0, 3.0)  // 4.0, 2.0

    let line = Line(slope: Variable(1), offset: Variable(0))
    let found = try gradient(
      of: { line in try (line.slope * [1, 2] + line.offset).square().sum() }, at: line)
    // found.slope is 10.0, found.offset is 6.0

    #expect(byA == 4 && byB == 2)
    #expect("\(found.slope) \(found.offset)" == "10.0 6.0")
  }

  @Test func `a learning rate is differentiated through a loop of steps`() throws {
    let hypergradient = try gradient(
      of: { rate in
        let inner = FunctionalOptimizer(try .sgd(learningRate: .variable(rate)))
        var w = Variable(1)
        for _ in 0..<3 {
          w = try inner.step(w) { w in try (w - 2).square() * 0.5 }
        }
        return try (w - 3).square()
      }, at: 0.1)  // -8.40294

    // w = 2 - (1 - η)³, and d(w - 3)²/dη = 2 (w - 3) · 3 (1 - η)².
    #expect(abs(hypergradient - -8.40294) < 1e-10)
  }

  @Test func `a parameter that an optimizer has moved is differentiated`() throws {
    let rate = try Parameter(Tensor(0.1))
    let w = try Parameter(Tensor(1.0))
    let inner = try Optimizer(
      [w], .sgd(learningRate: .parameter(rate)), isDifferentiable: true)
    for _ in 0..<3 {
      try inner.step((w.value - 2).square() * 0.5)
    }
    let outer = try Optimizer([rate], .sgd(learningRate: 0.01))
    try outer.step((w.value - 3).square())
    let improved = try rate.value.item()  // 0.1840294

    #expect(abs(improved - 0.1840294) < 1e-10)
  }

  @Test func `ridge regression is differentiated by its penalty`() throws {
    let x: Variable = [[1, 0], [0, 2], [0, 0]]
    let y: Variable = [3, 1, 5]

    func weights(_ penalty: Variable) throws -> Variable {
      let found = try RootSolver().minimum(
        of: { w in
          let misfit = try (x.matmul(w) - y).square().sum()
          return try misfit + penalty * w.square().sum()
        }, from: [0, 0])
      return found.solution
    }
    let w = try weights(Variable(1))  // [1.5, 0.4]
    let slopes = try jacobian(of: weights, at: Tensor(1.0))  // [-0.75, -0.08]

    #expect(close(w, [1.5, 0.4], 1e-8))
    #expect(close(Variable(slopes), [-0.75, -0.08], 1e-6))
  }

  @Test func `a root that was found elsewhere is differentiated`() throws {
    let root = 2.0.squareRoot()
    let slope = try gradient(
      of: { theta in
        try implicitRoot(Variable(root)) { x in x * x - theta }
      }, at: 2.0)  // 1 / 2√2 = 0.353553

    #expect(abs(slope - 0.5 / root) < 1e-12)
  }

  @Test func `a minimum that was found elsewhere is differentiated`() throws {
    let slope = try gradient(
      of: { theta in
        try implicitMinimum(Variable(3.0)) { x in try (x - theta * 3).square() }
      }, at: 1.0)

    #expect(abs(slope - 3) < 1e-12)
  }

  @Test func `a gradient is estimated from values`() throws {
    let strategy = try Estimator(.antithetic, samples: 2, sigma: 0.5)
    let estimate = try strategy.gradient(
      of: { x in try x.square().sum() }, at: Tensor([1, 2]), directions: .orthogonal)  // [2.0, 4.0]

    #expect(close(Variable(estimate), [2, 4], 1e-12))
  }

  @Test func `a step function inside a smooth one has an estimated derivative`() throws {
    let strategy = try Estimator(.antithetic, samples: 4000, sigma: 0.5)
    let steps = strategy.differentiable({ x in try x.floor().sum() }, key: RandomKey(seed: 0))
    let slope = try gradient(of: { x in try steps(x * 3) }, at: Tensor([0.2, 0.6]))
    // about [3.0, 3.0]: the steps have slope 1 on the whole

    #expect(close(Variable(slope), [3, 3], 0.5))
  }

  @Test func `a step is made of values`() throws {
    let w = try Parameter(Tensor(3.0))
    let differences = try GradientApproximator.finiteDifferences(.centralDifference, h: 0.1)
    let descent = try Optimizer(
      [w], .chain([differences.transformation, .sgd(learningRate: 0.25)]))
    let before = try descent.step(evaluating: { try w.value.square() })  // 9.0
    let after = try w.value.item()  // 1.5

    #expect(try before.item() == 9 && abs(after - 1.5) < 1e-12)
  }
}

/// A line as a structure of one's own.
struct Line: Differentiable {
  var slope: Variable
  var offset: Variable

  var leaves: [Variable] { [slope, offset] }
  func seen(_ leaves: inout ArraySlice<Variable>) -> Line {
    Line(slope: leaves.removeFirst(), offset: leaves.removeFirst())
  }
  func replaced(by leaves: inout ArraySlice<Variable>) -> Line { seen(&leaves) }
}

/// True where numbers are as wanted.
func close(_ x: Variable, _ wanted: [Double], _ tolerance: Double) -> Bool {
  guard let found = try? x.concrete?.values(as: Double.self), found.count == wanted.count else {
    return false
  }
  return zip(found, wanted).allSatisfy { abs($0 - $1) <= tolerance }
}
