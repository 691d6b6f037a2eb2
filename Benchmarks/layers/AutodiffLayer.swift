// Operations on variables: untracked, recorded, and the steps of a walk backward over them.

import Autodiff
import Tensors

enum AutodiffLayer {
  /// Operations of a chain; long enough that what a walk costs by itself is lost in it.
  private static let length = 1000

  static func measure() throws {
    print("tracked operations, f64")
    for (name, value) in [("0-d", Tensor(1.5)), ("[8]", try Tensor.ones(Shape(8)))] {
      let plain = Variable.tensor(value)
      let leaf = try Parameter(leafOf: plain).value
      report("multiply, \(name), untracked", try seconds { use(try plain * plain) })
      report("multiply, \(name), recorded and freed", try seconds { use(try leaf * plain) })
    }
    print("backward, f64, for a node of a chain of \(length)")
    for (name, value) in [("0-d", Tensor(1.0)), ("[8]", try Tensor.ones(Shape(8)))] {
      let factor = Variable.tensor(value)
      let leaf = try Parameter(leafOf: factor).value
      func chain() throws -> Variable {
        var y = leaf
        for _ in 0..<length { y = try y * factor }
        return try y.sum()
      }
      perNode("multiply, \(name), recorded and freed", try seconds { use(try chain()) })
      let loss = try chain()
      perNode(
        "multiply, \(name), its gradient",
        try seconds { use(try gradients(of: loss, to: [leaf], createGraph: false)) })
      perNode(
        "multiply, \(name), differentiable again",
        try seconds { use(try gradients(of: loss, to: [leaf], createGraph: true)) })
    }
  }

  private static func perNode(_ name: String, _ seconds: Double) {
    report(name, seconds / Double(length))
  }
}
