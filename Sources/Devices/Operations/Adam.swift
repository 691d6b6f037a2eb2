// Adam's step on a device, fused forward and backward; the formulas are beside the primitive
// (Autodiff/Primitives/Adam.swift), and every line is that of `Kernels/adam.h`.

import Tensors

extension DeviceTensor {
  private static let numbers = """
    const T m = b1 * first + a1 * g;
    const T v = b2 * second + a2 * g * g;
    const T deviation = sqrt(v * r2 + root);

    """

  /// What both read, by the names that the lines have: the step's numbers in the dtype of the tensors.
  private static func operands(
    _ x: [DeviceOperand], _ step: AdamStep, corrections: [Double]
  ) -> [DeviceOperand] {
    let dtype = x[0].dtype
    let numbers = [
      step.beta1, 1 - step.beta1, 1 / corrections[0], step.beta2, 1 - step.beta2,
      1 / corrections[1],
      step.epsilon, step.epsilonRoot,
    ]
    return x.prefix(3) + numbers.map { .number(Tensor($0, dtype: dtype)) }
  }

  private static let names = [
    "g", "first", "second", "b1", "a1", "r1", "b2", "a2", "r2", "epsilon", "root",
  ]

  /// The update and the next moments; nil where an operand is no tensor of the device.
  package static func adamStep(
    _ x: [DeviceOperand], _ step: AdamStep, corrections: [Double]?, on device: Device
  ) throws -> [DeviceTensor]? {
    guard let corrections else { return nil }
    return try run(
      numbers + "y[o] = m * r1 / (deviation + epsilon);\nz[o] = m;\nw[o] = v;",
      operands(x, step, corrections: corrections), names, on: device)
  }

  /// The cotangents of gradient and moments from those of the results, nil for one that is zero.
  package static func adamGradient(
    _ x: [DeviceOperand], cotangents: [DeviceOperand?], _ step: AdamStep, corrections: [Double]?,
    on device: Device
  ) throws -> [DeviceTensor]? {
    guard let corrections else { return nil }
    let zero = DeviceOperand.number(Tensor(0, dtype: x[0].dtype))
    return try run(
      numbers + """
        const T d = 1 / (deviation + epsilon);
        const T slope = deviation == 0 ? 0 : (T)0.5 / deviation;
        const T scaled = along_u == 0 ? 0 : along_u * d * r1;
        const T into_m = along_m + scaled;
        const T into_v = along_v - (scaled == 0 ? 0 : scaled * m * d * r2 * slope);
        y[o] = a1 * into_m + (into_v == 0 ? 0 : 2 * a2 * g * into_v);
        z[o] = b1 * into_m;
        w[o] = b2 * into_v;
        """, operands(x, step, corrections: corrections) + cotangents.map { $0 ?? zero },
      names + ["along_u", "along_m", "along_v"], on: device)
  }

  /// Statements over operands by their names.
  private static func run(
    _ statements: String, _ operands: [DeviceOperand], _ names: [String], on device: Device
  ) throws -> [DeviceTensor]? {
    let (shape, dtype) = (operands[0].shape, operands[0].dtype)
    guard dtype.isFloat, operands.prefix(3).allSatisfy({ $0.shape == shape && $0.dtype == dtype })
    else { return nil }
    return try elementwise(
      statements, operands, compute: operands.map { _ in dtype },
      results: [dtype, dtype, dtype], shape: shape, names: names,
      functions: "typedef \(ProgramText.type(dtype)) T;\n", on: device)
  }
}
