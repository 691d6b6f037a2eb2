// Operations on tensors: what shapes, types, memory and the way to the kernel cost above it.

import Tensors

enum TensorLayer {
  static func measure() throws {
    print("tensor operations, f64")
    let number = Tensor(1.5)
    try unary("negate, 0-d", number)
    try binary("add, 0-d", number, number)
    for n in [8, 64, 1024] {
      let x = try Tensor.ones(Shape(n))
      try binary("add, [\(n)]", x, x)
    }
    let matrix = try Tensor.ones(Shape(64, 64))
    try binary("add a row, [64, 64]", matrix, try Tensor.ones(Shape(64)))
    try binary("add a column, [64, 64]", matrix, try Tensor.ones(Shape(64, 1)))
    try binary("add its transpose, [64, 64]", matrix, try matrix.swappedAxes(0, 1))
    report("reshape, a view", try seconds { use(try matrix.reshaped(Shape(4096))) })
    report("slice, a view", try seconds { use(try matrix.sliced(axis: 0, from: 1, to: 9)) })
    report(
      "sum, [8]", try seconds { [x = try Tensor.ones(Shape(8))] in use(try x.sum(AxisSet(0))) })
    report("sum of columns, [64, 64]", try seconds { use(try matrix.sum(AxisSet(0))) })
    report("softmax of rows, [64, 64]", try seconds { use(try matrix.softmax(axis: 1)) })
    for n in [2, 4, 16, 64] {
      let a = try Tensor.full(Shape(n, n), 0.5, .f64)
      report("matmul, [\(n), \(n)]", try seconds { use(try Tensor.matmul(a, a)) })
    }
    let vector = try Tensor.ones(Shape(64))
    report("matmul, [64, 64] by [64]", try seconds { use(try Tensor.matmul(matrix, vector)) })
  }

  private static func unary(_ name: String, _ x: Tensor) throws {
    report(name, try seconds { use(try Tensor.unary(.negate, x)) })
  }

  private static func binary(_ name: String, _ a: Tensor, _ b: Tensor) throws {
    report(name, try seconds { use(try Tensor.binary(.add, a, b)) })
  }
}
