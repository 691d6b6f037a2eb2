// The elementwise functions of two operands in OpenCL's C. What each means, at nan and infinity too, is what the
// processor's kernels say (`Kernels/elementwise.h`).

import Tensors

extension BinaryKernel {
  /// The function of `a` and `b`, which have one type; nil where it has no form for devices.
  fileprivate func expression(_ dtype: DType) -> String? {
    guard dtype.isFloat else { return testExpression ?? wholeExpression(dtype) }
    switch self {
    case .add: return "a + b"
    case .subtract: return "a - b"
    case .multiply: return "a * b"
    case .divide: return "a / b"
    case .power: return "power(a, b)"
    case .remainder: return "remainder_(a, b)"
    case .floorDivide: return "floor_divide(a, b)"
    case .minimum: return "a != a || a < b ? a : b"
    case .maximum: return "a != a || a > b ? a : b"
    case .atan2: return "atan2(a, b)"
    case .multiplyUnlessZero: return "a == 0 || (b == 0 && a == a) ? 0 : a * b"
    case .multiplyUnlessEitherZero: return "a == 0 || b == 0 ? 0 : a * b"
    case .divideUnlessZero: return "a == 0 || (b - b != 0 && b == b) ? 0 : a / b"
    case .gate: return "b <= 0 ? 0 : a"
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual: return testExpression
    case .and, .or: return nil
    }
  }

  private var testExpression: String? {
    switch self {
    case .equal: "a == b"
    case .notEqual: "a != b"
    case .less: "a < b"
    case .lessEqual: "a <= b"
    case .greater: "a > b"
    case .greaterEqual: "a >= b"
    default: nil
    }
  }

  /// Arithmetic of whole numbers may overflow, which the processor tells.
  private func wholeExpression(_ dtype: DType) -> String? {
    switch self {
    case .and: "a & b"
    case .or: "a | b"
    case .minimum: "a < b ? a : b"
    case .maximum: "a > b ? a : b"
    default: nil
    }
  }

  /// The functions that the expression calls, for a type.
  fileprivate func functions(_ type: String) -> String {
    switch self {
    case .power:
      """
      static \(type) power(\(type) a, \(type) b) {
        if (b == 2) return a * a;
        if (b == 1) return a;
        if (b == 3) return a * a * a;
        if (b == -1) return 1 / a;
        if (b == (\(type))0.5) return a == -(\(type))INFINITY ? (\(type))INFINITY : sqrt(a + 0);
        return pow(a, b);
      }
      """
    case .remainder:
      """
      static \(type) remainder_(\(type) a, \(type) b) {
        \(type) r = fmod(a, b);
        return r == 0 ? copysign((\(type))0, b) : (r < 0) != (b < 0) ? r + b : r;
      }
      """
    case .floorDivide:
      """
      static \(type) floor_divide(\(type) a, \(type) b) {
        if (b == 0) return a / b;
        \(type) rest = fmod(a, b), quotient = (a - rest) / b;
        if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
        \(type) whole = floor(quotient);
        return quotient == 0 ? copysign((\(type))0, a / b)
          : quotient - whole > (\(type))0.5 ? whole + 1 : whole;
      }
      """
    default: ""
    }
  }
}

extension DeviceTensor {
  /// A function of the elements of two operands, axes of 1 stretched; nil where it has no form for devices.
  ///
  /// - Throws: a shape error where the shapes do not fit.
  package static func binary(
    _ kernel: BinaryKernel, _ a: DeviceOperand, _ b: DeviceOperand, on device: Device,
    defaultFloat: DType
  ) throws -> DeviceTensor? {
    guard let shape = Shape.broadcast(a.shape, b.shape),
      let types = kernel.types(a.dtype, b.dtype, defaultFloat: defaultFloat),
      let expression = kernel.expression(types.compute)
    else { return nil }
    return try elementwise(
      expression, [a, b], compute: [types.compute, types.compute], result: types.result,
      shape: shape, functions: kernel.functions(ProgramText.type(types.compute)), on: device)
  }

  /// The elements of one operand where a condition holds, else those of another; nil where the condition is no
  /// Bool or the shapes do not fit.
  package static func select(
    _ condition: DeviceOperand, _ a: DeviceOperand, _ b: DeviceOperand, on device: Device
  ) throws -> DeviceTensor? {
    guard condition.dtype == .bool,
      let both = Shape.broadcast(a.shape, b.shape),
      let shape = Shape.broadcast(condition.shape, both)
    else { return nil }
    let dtype = DType.promoted(a.dtype, b.dtype)
    return try elementwise(
      "a ? b : c", [condition, a, b], compute: [.bool, dtype, dtype], result: dtype, shape: shape,
      on: device)
  }

  /// The elements in another type; nil where a number may not fit.
  package func converted(to dtype: DType) throws -> DeviceTensor? {
    if dtype == self.dtype { return self }
    if dtype == .i64 && self.dtype.isFloat { return nil }
    return try DeviceTensor.elementwise(
      dtype == .bool ? "a != 0" : "a", [.tensor(self)],
      compute: [dtype == .bool ? self.dtype : dtype], result: dtype, shape: shape, on: device)
  }
}
