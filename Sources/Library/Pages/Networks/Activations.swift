// What stands between the layers of a network: bends, gates, and functions that end in bounds.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let activations = BuiltinPage(
    "Activations", plain.map(\.builtin) + withSettings + alongAxes)

  private static let plain: [ElementwiseFunction] = [
    .init(
      "relu", "The element where it is above 0, else 0.",
      "print(relu([-1.0, 2.0]), relu(-3))    # [0.0, 2.0] 0",
      { try $0.relu() }, { $0 > 0 || $0.isNaN ? $0 : 0 }, ints: { max($0, 0) }),
    .init(
      "relu6", "The element kept between 0 and 6.",
      "print(relu6([-1.0, 2.0, 7.0]))    # [0.0, 2.0, 6.0]",
      { try $0.relu6() }),
    .init(
      "silu", "`x sigmoid(x)`, also known as swish.", "print(silu([0.0]))    # [0.0]",
      { try $0.silu() }),
    .init(
      "mish", "`x tanh(softplus(x))`.", "print(mish([0.0, 100.0]))    # [0.0, 100.0]",
      { try $0.mish() }),
    .init(
      "selu",
      "`elu` with the numbers that keep mean 0 and variance 1 from layer to layer: 1.0507 x above 0, "
        + "`1.0507 * 1.6733 * (exp(x) - 1)` below.",
      "print(selu([-1000.0, 2.0]))    # [-1.7581, 2.1014]", { try $0.selu() }),
    .init(
      "sigmoid", "`1 / (1 + exp(-x))`.", "print(sigmoid([0.0, 1000.0]))    # [0.5, 1.0]",
      { try $0.sigmoid() }),
    .init(
      "log_sigmoid", "`log(sigmoid(x))` without overflow.",
      "print(log_sigmoid([-1000.0]))    # [-1000.0]", { try $0.logSigmoid() }),
    .init(
      "hardsigmoid", "`(x + 3) / 6` kept between 0 and 1.",
      "print(hardsigmoid([-4.0, 0.0, 4.0]))    # [0.0, 0.5, 1.0]", { try $0.hardSigmoid() }),
    .init(
      "hardswish", "`x hardsigmoid(x)`: 0 below -3 and x above 3.",
      "print(hardswish([-4.0, 1.5, 4.0]))    # [0.0, 1.125, 4.0]", { try $0.hardSwish() }),
    .init(
      "softsign", "`x / (1 + abs(x))`.", "print(softsign([-1.0, 3.0, inf]))    # [-0.5, 0.75, 1.0]",
      { try $0.softSign() }),
    .init(
      "tanhshrink", "`x - tanh(x)`.", "print(tanhshrink([0.0, 100.0]))    # [0.0, 99.0]",
      { try $0.tanhShrink() }),
  ]

  private static let withSettings: [Builtin] = [
    Builtin(
      "gelu(x, approximate=\"none\")",
      """
      `x Φ(x)` with the normal distribution's Φ, exact; with `approximate="tanh"`
      `x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`.

          print(gelu([0.0]), gelu([-100.0, 100.0], approximate="tanh"))    # [0.0] [0.0, 100.0]
      """
    ) { arguments in
      let isExact = try arguments.choice(1, ["none", "tanh"]) == "none"
      return try arguments.numberOrTensor { try isExact ? $0.gelu() : $0.geluByTanh() }
    },
    Builtin(
      "softplus(x, beta=1.0, threshold=nil)",
      """
      `log(1 + exp(beta x)) / beta` without overflow, and x itself where `beta x` is above `threshold`. It is exact
      without one; PyTorch has 20, above which it differs by up to 2.1e-9.

          print(softplus([1000.0]), softplus(0.0, beta=2.0))    # [1000.0] 0.34657359027997264
      """
    ) { arguments in
      let beta = try arguments.scalar(1)
      let threshold = arguments.has(2) ? try arguments.scalar(2) : nil
      return try arguments.numberOrTensor { try $0.softplus(beta: beta, threshold: threshold) }
    },
    Builtin(
      "leaky_relu(x, slope=0.01, negative_slope=nil)",
      """
      The element where it is above 0, else the slope times it. `negative_slope` is PyTorch's name of the slope.

          print(leaky_relu([-1.0, 2.0]))    # [-0.01, 2.0]
      """
    ) { arguments in
      guard !arguments.has(1) || !arguments.has(2) else {
        throw RuntimeError(.type, "leaky_relu takes `slope` or `negative_slope`, not both")
      }
      let slope = try arguments.scalar(arguments.has(2) ? 2 : 1)
      return try arguments.numberOrTensor { try $0.leakyRelu(slope: slope) }
    },
    Builtin(
      "prelu(x, weight)",
      """
      The element where it is above 0, else the weight times it: one weight for all, or one for each channel, which
      axis 1 counts.

          print(prelu([[-1.0, 2.0], [-1.0, -1.0]], [0.5, 0.25]))
          # [[-0.5,  2.0 ],
          #  [-0.5, -0.25]]
      """
    ) { arguments in
      let weight = try arguments.stacked(1)
      return try arguments.numberOrTensor {
        try $0.prelu(Arguments.number(arguments[1], beside: $0) ?? weight)
      }
    },
    Builtin(
      "elu(x, alpha=1.0)",
      """
      The element where it is above 0, else `alpha (exp(x) - 1)`.

          print(elu([-1000.0, 2.0]))    # [-1.0, 2.0]
      """
    ) { arguments in
      let alpha = try arguments.scalar(1)
      return try arguments.numberOrTensor { try $0.elu(alpha: alpha) }
    },
    Builtin(
      "celu(x, alpha=1.0)",
      """
      The element where it is above 0, else `alpha (exp(x / alpha) - 1)`, whose slope at 0 is 1 for every alpha above 0.

          print(celu([-1000.0, 2.0], alpha=0.5))    # [-0.5, 2.0]
      """
    ) { arguments in
      let alpha = try arguments.scalar(1)
      return try arguments.numberOrTensor { try $0.celu(alpha: alpha) }
    },
    Builtin(
      "hardtanh(x, min_val=-1.0, max_val=1.0)",
      """
      The element kept between two numbers; the derivative at them is 0.

          print(hardtanh([-5.0, 0.5, 5.0]))    # [-1.0, 0.5, 1.0]
      """
    ) { arguments in
      let (least, greatest) = (try arguments.scalar(1), try arguments.scalar(2))
      return try arguments.numberOrTensor { try $0.hardTanh(least, greatest) }
    },
    Builtin(
      "threshold(x, threshold, value)",
      """
      The element where it is above `threshold`, else `value`.

          print(threshold([0.5, 2.0], 1.0, -7.0))    # [-7.0, 2.0]
      """
    ) { arguments in
      let (least, value) = (try arguments.scalar(1), try arguments.scalar(2))
      return try arguments.numberOrTensor { try $0.threshold(least, value) }
    },
    Builtin(
      "softshrink(x, lambd=0.5)",
      """
      The element moved towards 0 by `lambd`, and 0 where it is within that.

          print(softshrink([-2.0, 0.25, 2.0]))    # [-1.5, 0.0, 1.5]
      """
    ) { arguments in
      let lambda = try arguments.scalar(1)
      return try arguments.numberOrTensor { try $0.softShrink(lambda) }
    },
    Builtin(
      "hardshrink(x, lambd=0.5)",
      """
      The element, and 0 where it is within `lambd` of that.

          print(hardshrink([-2.0, 0.25, 2.0]))    # [-2.0, 0.0, 2.0]
      """
    ) { arguments in
      let lambda = try arguments.scalar(1)
      return try arguments.numberOrTensor { try $0.hardShrink(lambda) }
    },
  ]

  private static let alongAxes: [Builtin] = [
    Builtin(
      "glu(x, axis=-1)",
      """
      The first half along an axis times the sigmoid of the second.

          print(glu([2.0, 3.0, 0.0, 1000.0]))    # [1.0, 3.0]
      """
    ) { arguments in .tensor(try arguments.variable(0).glu(axis: arguments.int(1))) },
    Builtin(
      "softmax(x, axis=-1)",
      """
      `exp(x) / sum(exp(x))` along an axis, without overflow.

          print(softmax([0.0, 0.0]), softmax([1000.0, 0.0]))    # [0.5, 0.5] [1.0, 0.0]
      """
    ) { arguments in
      .tensor(try arguments.variable(0).softmax(axis: arguments.int(1)))
    },
    Builtin(
      "log_softmax(x, axis=-1)",
      """
      The logarithm of `softmax`, without overflow.

          print(log_softmax([1000.0, 0.0]))    # [0.0, -1000.0]
      """
    ) { arguments in
      .tensor(try arguments.variable(0).logSoftmax(axis: arguments.int(1)))
    },
    Builtin(
      "softmin(x, axis=-1)",
      """
      `softmax(-x)` along an axis.

          print(softmin([1000.0, 0.0]))    # [0.0, 1.0]
      """
    ) { arguments in .tensor(try arguments.variable(0).softmin(axis: arguments.int(1))) },
  ]
}
