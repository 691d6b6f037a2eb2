// What a second thread gives: large operations on one thread and on two, in turn.

import Tensors

enum ThreadSpeedup {
  static func measure() throws {
    print("two threads                              one          two     speed-up")
    let n = 1 << 24
    let vector = try Tensor.full(Shape(n), 0.5, .f32)
    let square = try vector.reshaped(Shape(4096, 4096))
    try compare("exp, f32[16M]") { use(try Tensor.unary(.exp, vector)) }
    try compare("gelu, f32[16M]") { use(try Tensor.unary(.gelu, vector)) }
    try compare("add, f32[16M]") { use(try Tensor.binary(.add, vector, vector)) }
    try compare("sum, f32[16M]") { use(try vector.sum(AxisSet(0))) }
    try compare("sum of rows, f32[4096, 4096]") { use(try square.sum(AxisSet(1))) }
    try compare("sum of columns, f32[4096, 4096]") { use(try square.sum(AxisSet(0))) }
    try compare("softmax of rows, f32[4096, 4096]") { use(try square.softmax(axis: 1)) }
    let transpose = try square.swappedAxes(0, 1)
    try compare("transpose, copied, f32[4096, 4096]") { use(try transpose.contiguous()) }
    for (dtype, side) in [(DType.f32, 1024), (.f64, 1024), (.f32, 512)] {
      let a = try Tensor.full(Shape(side, side), 0.5, dtype)
      try compare("matmul, \(dtype.name)[\(side), \(side)]") { use(try Tensor.matmul(a, a)) }
    }
    let side = 2048
    let spread = try Tensor.eye(side, side)
    let positive = try Tensor.binary(
      .add, Tensor.full(Shape(side, side), 0.5, .f64),
      Tensor.binary(.multiply, spread, Tensor(Double(side))))
    try compare("cholesky, f64[2048, 2048]") { use(try Tensor.choleskyFactor(positive)) }
    try compare("solve, f64[2048, 2048]") { use(try Tensor.solve(positive, positive)) }
  }

  private static func compare(_ name: String, _ body: () throws -> Void) throws {
    try body()
    var least = [Double.infinity, .infinity]
    for _ in 0..<9 {
      for count in [1, 2] {
        Threads.count = count
        let start = now()
        try body()
        least[count - 1] = min(least[count - 1], now() - start)
      }
    }
    Threads.count = 1
    print(
      "  " + padded(name, 34) + aligned(least[0] * 1e3, 8, digits: 2) + " ms"
        + aligned(least[1] * 1e3, 10, digits: 2) + " ms"
        + aligned(least[0] / least[1], 10, digits: 2) + "×")
  }
}
