// Cases of the elementwise primitives: plain, broadcast, 0-d and empty shapes.

import Autodiff
import Tensors

extension PrimitiveTable {
  private mutating func unary(
    _ name: String, in range: ClosedRange<Double> = -2...2, isInside: Bool = false,
    _ function: @escaping @Sendable (Variable) throws -> Variable
  ) {
    for shape in [[3, 4], [], [0], [2, 0, 3]] {
      add(name, [.floats(shape, range)], isInside: isInside) { try function($0[0]) }
    }
  }

  private mutating func binary(
    _ name: String, _ left: ClosedRange<Double> = -2...2, _ right: ClosedRange<Double> = -2...2,
    isInside: Bool = false, _ function: @escaping @Sendable (Variable, Variable) throws -> Variable
  ) {
    let shapes: [([Int], [Int])] = [
      ([3, 4], [3, 4]), ([3, 4], [4]), ([2, 1, 3], [2, 1]), ([], [3]), ([2], []), ([], []),
      ([0, 3], [3]), ([0], [1]),
    ]
    for (a, b) in shapes {
      add(name, [.floats(a, left), .floats(b, right)], isInside: isInside) {
        try function($0[0], $0[1])
      }
    }
  }

  mutating func addElementwise() {
    let positive = 0.3...2.5
    unary("negate") { try -$0 }
    unary("abs") { try $0.abs() }
    unary("sign") { try $0.sign() }
    unary("floor") { try $0.floor() }
    unary("ceil") { try $0.ceil() }
    unary("round") { try $0.round() }
    unary("trunc") { try $0.trunc() }
    unary("round_digits") { try $0.round(digits: 1) }
    unary("exp") { try $0.exp() }
    unary("expm1") { try $0.expm1() }
    unary("log", in: positive) { try $0.log() }
    unary("log1p", in: -0.5...2) { try $0.log1p() }
    unary("log2", in: positive) { try $0.log2() }
    unary("log10", in: positive) { try $0.log10() }
    unary("sqrt", in: positive) { try $0.sqrt() }
    unary("rsqrt", in: positive) { try $0.rsqrt() }
    unary("square") { try $0.square() }
    unary("reciprocal", in: positive) { try $0.reciprocal() }
    unary("sin") { try $0.sin() }
    unary("cos") { try $0.cos() }
    unary("tan", in: -1...1) { try $0.tan() }
    unary("asin", in: -0.8...0.8) { try $0.asin() }
    unary("acos", in: -0.8...0.8) { try $0.acos() }
    unary("atan") { try $0.atan() }
    unary("sinh") { try $0.sinh() }
    unary("cosh") { try $0.cosh() }
    unary("tanh") { try $0.tanh() }
    unary("asinh") { try $0.asinh() }
    unary("acosh", in: 1.4...3) { try $0.acosh() }
    unary("atanh", in: -0.7...0.7) { try $0.atanh() }
    unary("erf") { try $0.erf() }
    unary("erfc") { try $0.erfc() }
    unary("erfinv", in: -0.8...0.8) { try $0.erfinv() }
    unary("lgamma", in: 0.5...4) { try $0.lgamma() }
    unary("digamma", in: 0.8...4) { try $0.digamma() }
    unary("polygamma", in: 1...4) { try $0.polygamma(1) }
    unary("relu") { try $0.relu() }
    for shape in [[3, 4], [], [2, 0, 3]] {
      add("relu_gradient", [.floats(shape, -2...2), .floats(shape, -2...2)]) { x in
        let pull = try vjp([x[1]]) { [try $0[0].relu()] }
        return try pull([x[0]])[0] ?? x[0]
      }
    }
    unary("sigmoid") { try $0.sigmoid() }
    unary("sigmoid_slope", isInside: true) { try gradient($0) { try $0.sigmoid() } }
    unary("tanh_slope", isInside: true) { try gradient($0) { try $0.tanh() } }
    unary("softplus") { try $0.softplus() }
    unary("log_sigmoid") { try $0.logSigmoid() }
    unary("silu") { try $0.silu() }
    unary("gelu") { try $0.gelu() }
    unary("isnan") { try $0.isnan() }
    unary("isinf") { try $0.isinf() }
    unary("isfinite") { try $0.isfinite() }
    unary("not") { try $0.not() }
    unary("bounded") { try $0.bounded(by: Bounds("x", "from -3 to 3", from: -3, to: 3)) }
    add("to", [f(3, 2)], isInside: true) { try $0[0].converted(to: .f64) * 2 }
    // Of floats it has no derivative where differences have one: whole numbers say enough here.
    add("stop_gradient", [.ids([3], below: 9)], isInside: true) { x in
      try RecordedFunction.recording { [stopGradient($0.operand(for: x[0]).variable)] }.0(x)[0]
    }
    add("lift", [f(3)], isInside: true) { x in
      let parameter = Parameter(holding: x[0])
      return try vjp([]) { _ in [try parameter.value.sin()] }.values[0]
    }

    binary("add") { try $0 + $1 }
    binary("subtract") { try $0 - $1 }
    binary("multiply") { try $0 * $1 }
    binary("divide", -2...2, positive) { try $0 / $1 }
    // The product and the division of the rules are what gradients end in.
    binary("scale", isInside: true) { a, b in try gradient(a) { try $0.square() * b } }
    binary("over", -2...2, positive, isInside: true) { a, b in try gradient(a) { try $0 / b } }
    binary("pair", isInside: true) { a, b in
      try gradient(b) { b in try gradient(a) { try $0.square() * b } }
    }
    unary("infinite_at_zero", in: positive, isInside: true) { try gradient($0) { try $0.sqrt() } }
    unary("corner_at_zero", in: positive, isInside: true) { try gradient($0) { try $0.power(1.5) } }
    unary("without_zeros", in: positive, isInside: true) {
      try gradient($0) { try gradient($0) { try $0.sqrt() } }
    }
    unary("squared_sqrt", in: positive) { try $0.sqrt().square() }
    binary("floor_divide", -4...4, positive) { try $0.floorDivided(by: $1) }
    binary("remainder", -4...4, 1.1...1.7) { try $0.remainder(dividingBy: $1) }
    binary("power", positive, -2...2) { try $0.power($1) }
    add("power", [f(4)]) { try $0[0].power(3) }
    add("power", [f(4)]) { try $0[0].power(2) }
    binary("atan2") { try $0.atan2($1) }
    binary("maximum") { try $0.maximum($1) }
    binary("minimum") { try $0.minimum($1) }
    binary("equal") { try $0.isEqual(to: $1) }
    binary("not_equal") { try $0.isNotEqual(to: $1) }
    binary("less") { try $0.isLess(than: $1) }
    binary("less_equal") { try $0.isLessOrEqual(to: $1) }
    binary("greater") { try $0.isGreater(than: $1) }
    binary("greater_equal") { try $0.isGreaterOrEqual(to: $1) }
    add("and", [.bools([4]), .bools([2, 4])]) { try $0[0].and($0[1]) }
    add("or", [.bools([4]), .bools([2, 4])]) { try $0[0].or($0[1]) }
    add("where", [.bools([3, 4]), f(3, 4), f(3, 4)]) { try $0[0].select($0[1], $0[2]) }
    add("where", [.bools([4]), f(3, 1), f()]) { try $0[0].select($0[1], $0[2]) }
    add("where", [.bools([2, 1]), f(), f(3)]) { try $0[0].select($0[1], $0[2]) }
    add("where", [.bools([0]), f(1), f()]) { try $0[0].select($0[1], $0[2]) }
    // Numbers as operands: a padding, the part of a quantile, the ends of a progression.
    add("where", [f(2, 3), f()]) {
      try $0[0].padded(before: [1, 0], after: [0, 2], value: .variable($0[1]))
    }
    add("take", [f(3, 4), f(in: 0.1...0.3)], isInside: true) {
      try $0[0].quantile(.variable($0[1]), axes: AxisSet(1))
    }
    add("multiply", [f(), f()], isInside: true) {
      try .linspace(.variable($0[0]), .variable($0[1]), 5, $0[0].dtype)
    }
  }
}
