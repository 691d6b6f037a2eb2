// Graphs: large ones, kept ones, and the check of gradients.

import Autodiff
import Tensors
import Testing

@Suite("graphs") struct GraphTests {
  @Test func `a chain of a million operations is made, differentiated and freed`() throws {
    let x = try leaf(of: Variable(0.5))
    var y = x
    let factor = Variable(1.000001)
    for _ in 0..<1_000_000 { y = try y * factor }
    let found = try gradients(of: y, to: [x], createGraph: false)
    #expect(difference(found[0]?.numbers ?? [], [2.718280469095753]) < 1e-6)
    y = x
    #expect(y.isLeaf)
  }

  @Test func `a graph is used any number of times`() throws {
    let x = try leaf(of: Variable(3))
    let y = try x * x
    for times in 1...3 {
      try backward(y)
      #expect(x.gradient?.numbers == [6 * Double(times)])
    }
  }

  @Test func `writing into a copy leaves what was recorded`() throws {
    let x = try leaf(of: vector(1, 2, 3))
    let square = try x * x
    let changed = try square.replacing([.at(0)], with: Variable(10))
    try backward(changed.sum())
    #expect(x.gradient?.numbers == [0, 4, 6])
  }

  @Test func `check_grad compares all modes`() throws {
    let x = try vector(0.3, -0.7, 1.1)
    let good = try checkGradient(of: { [try $0[0].sin() * $0[0]] }, at: [x])
    #expect(good.passed)
    #expect(good.findings.count == 4)
    let bad = try checkGradient(of: { [try stopGradient($0[0].sin()) * $0[0]] }, at: [x])
    #expect(!bad.passed)
  }
}
