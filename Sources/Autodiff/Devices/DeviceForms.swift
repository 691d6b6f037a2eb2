// The forms that rows of the table take: each gives nil for what the processor is to see to.

import Devices
import Tensors

enum DeviceForms {
  /// A function of each element.
  static func unary(_ kernel: UnaryKernel) -> DeviceForm {
    { x, _, device in try DeviceTensor.unary(kernel, x[0], on: device).map { [$0] } }
  }

  /// A function of the elements of two operands.
  static func binary(_ kernel: BinaryKernel) -> DeviceForm {
    { x, _, device in
      try DeviceTensor.binary(
        kernel, x[0], x[1], on: device, defaultFloat: Context.current.defaultFloat
      ).map { [$0] }
    }
  }

  /// A function of a tensor and the attributes.
  static func tensor(
    _ form: @escaping @Sendable (DeviceTensor, Attributes) throws -> DeviceTensor?
  ) -> DeviceForm {
    { x, attributes, _ in
      guard case .tensor(let tensor) = x[0] else { return nil }
      return try form(tensor, attributes).map { [$0] }
    }
  }

  /// A reduction over the axes that the attributes name.
  static func reduction(_ reduction: DeviceReduction) -> DeviceForm {
    overAxes { try $0.reduced(reduction, $1, keepAxes: $2) }
  }

  /// A function over the axes that the attributes name.
  static func overAxes(
    _ form: @escaping @Sendable (DeviceTensor, AxisSet, Bool) throws -> DeviceTensor?
  ) -> DeviceForm {
    tensor { x, attributes in
      let (axes, keepAxes) = attributes.axes
      return try form(x, axes, keepAxes)
    }
  }

  /// The operand itself.
  static let identity = tensor { x, _ in x }
}
