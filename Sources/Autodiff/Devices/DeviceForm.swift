// Operations on tensors of a device, below all levels.
//
// An operation with a device form runs there. Any other runs on the processor: its operands are brought, its
// result goes back, and a notice says so once, so that everything computes everywhere and nothing is slow
// without a word. Forms compute what the processor's kernels compute, to rounding; where a form cannot, as
// where whole numbers may overflow, it gives nil for the processor to see to it.

import Devices
import Tensors

/// An operation on a device: its results there, or nil where the processor is to compute them.
package typealias DeviceForm =
  @Sendable (_ operands: [DeviceOperand], Attributes, Device) throws -> [DeviceTensor]?

extension Context {
  /// The results of an operation of which an operand lives on a device.
  ///
  /// - Parameter kernel: the operation on the processor.
  /// - Throws: a value error for operands of several places.
  func onDevice(
    _ primitive: Primitive, _ inputs: [Variable], _ attributes: Attributes,
    _ kernel: ([Tensor]) throws -> [Tensor]
  ) throws -> [Variable] {
    let device = try commonDevice(of: inputs, in: primitive)
    if let form = primitive.deviceForm {
      let operands = try inputs.map { try $0.operand(on: device) }
      if let results = try form(operands, attributes, device) {
        return try results.map { try checked(.placed($0), primitive) }
      }
    }
    tellOfCopies(primitive, device)
    let tensors = try inputs.map { input in
      if case .placed(let tensor) = input { try tensor.brought() } else { plain(input) }
    }
    return try kernel(tensors).map {
      try checked(.placed(DeviceTensor($0, on: device)), primitive)
    }
  }

  /// The device of operands of which one lives on a device. Numbers of the processor go along, stretched
  /// ones too, and so do whole numbers of any shape, which are places, classes and keys.
  private func commonDevice(of inputs: [Variable], in primitive: Primitive) throws -> Device {
    var first: DeviceTensor?
    for case .placed(let tensor) in inputs where first == nil { first = tensor }
    guard let first else { preconditionFailure("no operand lives on a device; please report") }
    for input in inputs {
      let place = input.place
      switch input {
      case .placed(let tensor) where tensor.device === first.device: continue
      case .tensor(let tensor) where tensor.dtype == .i64 || tensor.stretchedNumber != nil: continue
      default:
        throw TensorError(
          .value,
          "\(primitive.name) takes operands of one place, and \(first.typeDescription) is on "
            + "\"\(first.device.name)\", \(input.typeDescription) on \"\(place.name)\"",
          hint: "x.to(\"\(first.device.name)\") moves a tensor there, x.to(\"cpu\") back")
      }
    }
    return first.device
  }

  private func tellOfCopies(_ primitive: Primitive, _ device: Device) {
    guard toldToCopy.insert(primitive.name).inserted else { return }
    Notice(
      "\(primitive.name) is computed on the processor: what it takes is copied from \(device.name), and its result back",
      hint: "where that is too slow, x.to(\"cpu\") before a whole part of the work copies once",
      place: place
    ).send()
  }
}

extension Variable {
  /// A tensor as an operation on a device takes it.
  fileprivate func operand(on device: Device) throws -> DeviceOperand {
    switch self {
    case .placed(let tensor): .tensor(tensor)
    case .tensor(let tensor):
      if let number = tensor.stretchedNumber {
        .number(number, shape: tensor.shape)
      } else {
        .tensor(try DeviceTensor(tensor, on: device))
      }
    case .traced: .tensor(try DeviceTensor(plain(self), on: device))
    }
  }
}

extension DeviceTensor {
  /// The elements on the processor, for who cannot be told of an error: the run ends with it at its next look,
  /// and until then there is nothing to be seen but nan.
  var broughtOrEnding: Tensor {
    do {
      return try brought()
    } catch {
      Safepoint.end(with: error)
      let nothing = Tensor(dtype.isFloat ? .nan : 0, dtype: dtype)
      return (try? nothing.broadcast(to: shape)) ?? nothing
    }
  }
}
