// Operations element by element: an expression in OpenCL's C, and operands that stretch to one shape.

import Tensors

/// What an operation on a device is given: a tensor there, or a number of the processor that goes along.
package enum DeviceOperand {
  case tensor(DeviceTensor)
  /// A tensor of the processor without axes, stretched to a shape.
  case number(Tensor, shape: Shape = Shape())

  package var shape: Shape {
    switch self {
    case .tensor(let tensor): tensor.shape
    case .number(_, let shape): shape
    }
  }

  package var dtype: DType {
    switch self {
    case .tensor(let tensor): tensor.dtype
    case .number(let number, _): number.dtype
    }
  }

  package var typeDescription: String {
    switch self {
    case .tensor(let tensor): tensor.typeDescription
    case .number(let number, _): number.typeDescription
    }
  }
}

extension DeviceTensor {
  /// What operands are called in expressions.
  static let letters = ["a", "b", "c", "d"]

  /// The results of an expression of `a`, `b`, … for each element of operands stretched to a shape.
  ///
  /// - Parameters:
  ///   - compute: the type that each operand is converted to first, as C converts; bool gives 0 and 1.
  ///   - result: the type that the expression's value becomes; for bool it is 0 or 1 by itself.
  ///   - functions: what the expression calls.
  static func elementwise(
    _ expression: String, _ operands: [DeviceOperand], compute: [DType], result dtype: DType,
    shape: Shape, functions: String = "", on device: Device
  ) throws -> DeviceTensor {
    try elementwise(
      "y[o] = \(expression);", operands, compute: compute, results: [dtype], shape: shape,
      functions: functions, on: device)[0]
  }

  /// The same for statements, with names for the operands, that set `y[o]`, `z[o]` and `w[o]`, one for each result.
  static func elementwise(
    _ statements: String, _ operands: [DeviceOperand], compute: [DType], results dtypes: [DType],
    shape: Shape, names: [String] = letters, functions: String = "", on device: Device
  ) throws -> [DeviceTensor] {
    for dtype in dtypes + compute { try device.require(dtype) }
    let results = try dtypes.map { try uninitialized(shape.checked(), $0, on: device) }
    try run(
      statements, operands, compute: compute, into: results, shape: shape, names: names,
      functions: functions, on: device)
    return results
  }

  /// Writes elements, stretched to its shape, into a view that nobody else has seen yet.
  func fill(with operand: DeviceOperand) throws {
    try DeviceTensor.run(
      "y[o] = a;", [operand], compute: [dtype], into: [self], shape: shape, on: device)
  }

  private static func run(
    _ statements: String, _ operands: [DeviceOperand], compute: [DType],
    into results: [DeviceTensor],
    shape: Shape, names: [String] = letters, functions: String = "", on device: Device
  ) throws {
    let count = shape.count
    guard count > 0 else { return }
    var parameters = ["const long start", "const long count", "const shape_t s"]
    var arguments: [KernelArgument] = [.int(0), .int(count), .ints(shape.words)]
    var lines: [String] = []
    for (name, result) in zip(["y", "z", "w"], results) {
      parameters.append("global \(ProgramText.type(result.dtype)) *restrict \(name)")
      arguments.append(.memory(result.memory))
    }
    var target = "i"
    if let view = results.first, !view.isWhole(shape) {
      parameters.append("const layout_t y_layout")
      arguments.append(.ints([view.offset] + view.strides(stretchedTo: shape)))
      target = "place(i, &s, &y_layout)"
    }
    lines.append("const ulong o = \(target);")
    for ((operand, type), name) in zip(zip(operands, compute), names) {
      let computeType = ProgramText.type(type)
      switch operand {
      case .number(let number, _):
        parameters.append("const \(computeType) \(name)")
        arguments.append(.number(try number.converted(to: type)))
      case .tensor(let tensor):
        parameters.append("global const \(ProgramText.type(tensor.dtype)) *\(name)_")
        arguments.append(.memory(tensor.memory))
        let place: String
        if tensor.isWhole(shape) {
          place = "i"
        } else if tensor.count == 1 {
          parameters.append("const long \(name)_place")
          arguments.append(.int(tensor.offset))
          place = "\(name)_place"
        } else {
          parameters.append("const layout_t \(name)_layout")
          arguments.append(.ints([tensor.offset] + tensor.strides(stretchedTo: shape)))
          place = "place(i, &s, &\(name)_layout)"
        }
        lines.append("const \(computeType) \(name) = (\(computeType))\(name)_[\(place)];")
      }
    }
    let text = ProgramText.program(
      functions + """

        kernel void main_kernel(\(parameters.joined(separator: ", "))) {
          const long i = start + get_global_id(0);
          if (i >= count) return;
          \(lines.joined(separator: "\n  "))
          \(statements)
        }
        """, isWide: ProgramText.isWide(count), on: device)
    let kernel = try device.kernel(text)
    let group = min(device.largestGroup, groupSize)
    let piece = results[0].memory.connection.pieceOfWork
    for start in stride(from: 0, to: count, by: piece) {
      let items = min(piece, count - start)
      arguments[0] = .int(start)
      try kernel.launch(
        arguments, items: [(items + group - 1) / group * group], group: [group], work: items)
    }
  }

  /// True where the elements of a shape are the buffer's in order.
  private func isWhole(_ shape: Shape) -> Bool {
    self.shape == shape && isContiguous && offset == 0
  }

  /// The items of a group of elementwise operations.
  private static let groupSize = 128

  /// The strides of this tensor stretched to a shape, eight of them.
  func strides(stretchedTo shape: Shape) -> [Int] {
    let added = shape.rank - self.shape.rank
    let own = (0..<shape.rank).map { axis in
      axis < added || self.shape[axis - added] == 1 ? 0 : strides[axis - added]
    }
    return own + Array(repeating: 0, count: 8 - shape.rank)
  }
}
