// What derivatives, axes and optimizers do at the edges of their contracts.

import MetaOptimization
import Testing

@Suite("derivatives of Swift closures") struct DerivativeTests {
  @Test func `a point that is not of floats is an error`() {
    #expect(throws: TensorError.self) {
      try gradient(of: { x in try x.sum() }, at: Tensor([1, 2] as [Int]))
    }
  }

  @Test func `a result of several numbers is an error`() {
    #expect(throws: TensorError.self) { try gradient(of: { x in x * 2 }, at: Tensor([1, 2])) }
  }

  @Test func `a function that does not depend on its argument has derivatives of 0`() throws {
    let constant: (Variable) throws -> Variable = { _ in Variable(1) }
    #expect("\(try gradient(of: constant, at: Tensor([1, 2])))" == "[0.0, 0.0]")
    #expect("\(try hessianVectorProduct(of: constant, at: Tensor([1, 2]), [1, 1]))" == "[0.0, 0.0]")
    #expect("\(try jacobian(of: constant, at: Tensor([1, 2])))" == "[0.0, 0.0]")
    #expect(try hessian(of: constant, at: Tensor([1, 2])).shape == [2, 2])
  }

  @Test func `data is no point where another derivative follows`() throws {
    #expect(throws: TensorError.self) {
      try gradient(
        of: { x in Variable(try gradient(of: { y in x * y }, at: 1.0)) }, at: 2.0)
    }
    let mixed = try gradient(
      of: { x in try gradient(of: { y in x * y }, at: Variable(1)) }, at: 2.0)
    #expect(mixed == 1)
  }

  @Test func `a direction has the shapes of the point`() {
    #expect(throws: TensorError.self) {
      try jvp(of: { x in x }, at: Tensor([1, 2]), along: [1])
    }
    #expect(throws: TensorError.self) {
      try vjp(of: { x in x }, at: Tensor([1, 2])).pullback([1])
    }
  }

  @Test func `a Jacobian has the axes of the result and then those of the point`() throws {
    let tall = try jacobian(of: { x in try x.outer(x) }, at: Tensor([1, 2]))
    #expect(tall.shape == [2, 2, 2])
    #expect(try tall.values(as: Double.self) == [2, 0, 2, 1, 2, 1, 0, 4])
    let wide = try jacobian(
      of: { x in try x.square().sum(axis: -1) }, at: Tensor([[1, 2], [3, 4]]))
    #expect(wide.shape == [2, 2, 2])
    #expect(try wide.values(as: Double.self) == [2, 4, 0, 0, 0, 0, 6, 8])
  }

  @Test func `an array is a point of several variables`() throws {
    let found = try gradient(
      of: { all in try (all[0] * all[1]).sum() }, at: [Tensor([1, 2]), Tensor([3, 4])])
    #expect("\(found)" == "[[3.0, 4.0], [1.0, 2.0]]")
  }

  @Test func `reductions take all axes unless they are given`() throws {
    let x: Variable = [[1, 2], [3, 4]]
    #expect("\(try x.sum()) \(try x.mean()) \(try x.max()) \(try x.min())" == "10.0 2.5 4.0 1.0")
    #expect("\(try x.sum(axes: [0])) \(try x.mean(axis: -1))" == "[4.0, 6.0] [1.5, 3.5]")
    #expect("\(try x.variance()) \(try x.median()) \(try x.prod())" == "1.25 2.5 24.0")
    #expect(close(try x.softmax().sum(axis: 1), [1, 1], 1e-15))
    #expect(throws: TensorError.self) { try x.sum(axis: 2) }
  }

  @Test func `operators of variables are those of mathematics`() throws {
    let x: Variable = [1, 2]
    #expect("\(2 * x - 1) \(1 / x) \(-x + 0.5)" == "[1.0, 3.0] [1.0, 0.5] [-0.5, -1.5]")
    var sum = x
    sum += [1, 1]
    sum -= x
    #expect("\(sum)" == "[1.0, 1.0]")
    #expect(throws: TensorError.self) { try x.adding([1, 2, 3]) }
  }

  @Test func `an optimizer takes gradients from elsewhere`() throws {
    let (a, b) = (try Parameter([1, 2]), try Parameter(Tensor(3.0)))
    let descent = try Optimizer([a, b], .sgd(learningRate: 0.5))
    try descent.step(gradients: [[2, 2], nil])
    #expect("\(a.value) \(b.value)" == "[0.0, 1.0] 3.0")
    #expect(throws: TensorError.self) { try descent.step(gradients: [nil]) }
    #expect(throws: TensorError.self) { try descent.step(gradients: [[1, 2, 3], nil]) }
    #expect(throws: TensorError.self) { try Optimizer([], .sgd(learningRate: 0.5)) }
    #expect(throws: TensorError.self) { try Parameter(Tensor([1] as [Int])) }
  }

  @Test func `searches and solvers for one variable`() throws {
    let half = try RootSolver().fixedPoint(of: { x in try x.cos() }, from: Variable(0.5)).solution
    #expect(abs(try half.item() - 0.7390851332151607) < 1e-9)
    let root = try RootSolver().root(of: { x in try x.square() - 2 }, from: Variable(1)).solution
    #expect(abs(try root.item() - 2.0.squareRoot()) < 1e-9)
    let slope = try gradient(
      of: { a in
        try LinearSolver.lu().solve(matrix: [[2, 0], [0, 4]] * a, [2, 4]).solution.sum()
      }, at: 1.0)
    #expect(abs(slope - -2) < 1e-12)
  }
}
