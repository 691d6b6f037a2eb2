// The elementwise functions of one operand in OpenCL's C. What each means, at nan and infinity too, is what the
// processor's kernels say (`Kernels/elementwise.h`).

import Tensors

extension UnaryKernel {
  /// The function of `a`, a float; nil where it has no form for devices.
  fileprivate var expression: String? {
    switch self {
    case .negate: "-a"
    case .abs: "fabs(a)"
    case .sign: "a != a ? a : (T)((a > 0) - (a < 0))"
    case .exp: "exp(a)"
    case .expm1: "expm1(a)"
    case .log: "log(a)"
    case .log1p: "log1p(a)"
    case .log2: "log2(a)"
    case .log10: "log10(a)"
    case .sqrt: "sqrt(a)"
    case .rsqrt: "1 / sqrt(a)"
    case .square: "a * a"
    case .reciprocal: "1 / a"
    case .sin: "sin(a)"
    case .cos: "cos(a)"
    case .tan: "tan(a)"
    case .asin: "asin(a)"
    case .acos: "acos(a)"
    case .atan: "atan(a)"
    case .sinh: "sinh(a)"
    case .cosh: "cosh(a)"
    case .tanh: "tanh(a)"
    case .asinh: "asinh(a)"
    case .acosh: "acosh(a)"
    case .atanh: "atanh(a)"
    case .floor: "floor(a)"
    case .ceil: "ceil(a)"
    case .round: "rint(a)"
    case .trunc: "trunc(a)"
    case .erf: "erf(a)"
    case .erfc: "erfc(a)"
    case .erfinv, .lgamma, .digamma, .trigamma: nil
    case .relu: "a < 0 ? 0 : a"
    // With e = e^-|a|, which cannot overflow.
    case .sigmoid: "(a < 0 ? \(Self.e) : 1) / (1 + \(Self.e))"
    case .sigmoidSlope: "\(Self.e) / ((1 + \(Self.e)) * (1 + \(Self.e)))"
    case .tanhSlope:
      "4 * (\(Self.e) * \(Self.e)) / ((1 + \(Self.e) * \(Self.e)) * (1 + \(Self.e) * \(Self.e)))"
    case .softplus: "(a < 0 ? 0 : a) + log1p(\(Self.e))"
    case .logSigmoid: "(a > 0 ? 0 : a) - log1p(\(Self.e))"
    case .silu: "a < -750 ? 0 * \(Self.e) : a * ((a < 0 ? \(Self.e) : 1) / (1 + \(Self.e)))"
    case .gelu: "a < -40 ? -(T)0 : (T)0.5 * a * erfc(a * (T)-0.70710678118654752440)"
    case .isnan: "a != a"
    case .isinf: "fabs(a) == (T)INFINITY"
    case .isfinite: "a - a == 0"
    case .logicalNot: "a == 0"
    }
  }

  private static let e = "exp(a < 0 ? a : -a)"
}

extension DeviceTensor {
  /// A function of each element; nil where it has no form for devices, as those of whole numbers, which may
  /// overflow.
  package static func unary(_ kernel: UnaryKernel, _ x: DeviceOperand, on device: Device) throws
    -> DeviceTensor?
  {
    let types = kernel.types(x.dtype, defaultFloat: .f64)
    guard x.dtype.isFloat || kernel == .logicalNot, let expression = kernel.expression else {
      return nil
    }
    let type = ProgramText.type(types.compute)
    return try elementwise(
      expression.replacing("(T)", with: "(\(type))"), [x], compute: [types.compute],
      result: types.result, shape: x.shape, on: device)
  }
}
