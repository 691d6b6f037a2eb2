// A tensor of a device: elements in a buffer, seen through a shape and strides.
//
// It is no `Tensor`: what has only a `Tensor` to work on cannot be given one, so that no kernel of the processor
// ever reads a device's memory. Elements are never written once it has been handed out.

import Kernels
import Tensors

/// A tensor that lives on a device.
public final class DeviceTensor: @unchecked Sendable {
  package let shape: Shape
  package let dtype: DType
  /// The distance, in elements, between neighbours along each axis.
  let strides: Shape
  /// The place of the first element in the buffer.
  let offset: Int
  let memory: DeviceMemory
  /// The recording in which it was made, 0 for none, as a `Tensor` has it.
  package let recording: UInt32

  init(
    _ shape: Shape, _ dtype: DType, strides: Shape? = nil, offset: Int = 0, in memory: DeviceMemory
  ) {
    self.shape = shape
    self.dtype = dtype
    self.strides = strides ?? shape.contiguousStrides
    self.offset = offset
    self.memory = memory
    recording = mos_recording_get()
    SmallObjects.charge(DeviceTensor.ownBytes)
  }

  deinit { SmallObjects.refund(DeviceTensor.ownBytes) }

  /// What the object and its buffer's take beside the elements.
  private static let ownBytes = 512

  /// The device where it lives.
  package var device: Device { memory.device }
  /// The number of elements.
  package var count: Int { shape.count }
  /// `f64[3, 4]`, the way messages name a tensor.
  package var typeDescription: String { shape.rank == 0 ? dtype.name : "\(dtype.name)\(shape)" }

  /// True where elements lie one after the other in row-major order.
  var isContiguous: Bool {
    var step = 1
    for axis in (0..<shape.rank).reversed() {
      if shape[axis] == 0 { return true }
      if shape[axis] != 1 {
        if strides[axis] != step { return false }
        step *= shape[axis]
      }
    }
    return true
  }

  /// A tensor with memory that is not yet written.
  static func uninitialized(
    _ shape: Shape, _ dtype: DType, on device: Device
  ) throws -> DeviceTensor {
    DeviceTensor(shape, dtype, in: try DeviceMemory(shape, dtype, on: device))
  }

  /// A view of the same elements, all of which the caller knows to be there.
  func view(_ shape: Shape, strides: Shape, offset: Int = 0) -> DeviceTensor {
    DeviceTensor(shape, dtype, strides: strides, offset: self.offset + offset, in: memory)
  }
}

// MARK: - To and from the processor

extension DeviceTensor {
  /// The elements of a tensor of the processor, on a device.
  ///
  /// - Throws: a limit error where there is no memory for them, a type error for f64 where there is none.
  package convenience init(_ tensor: Tensor, on device: Device) throws {
    let source = try tensor.contiguous()
    let memory = try DeviceMemory(source.shape, source.dtype, on: device)
    let bytes = source.count * source.dtype.size
    try source.withElements { try memory.connection.write($0, to: memory, bytes: bytes) }
    self.init(source.shape, source.dtype, in: memory)
  }

  /// The elements on the processor; waits for them.
  package func brought() throws -> Tensor {
    let source = try contiguous()
    return try Tensor.make(shape, dtype) { target in
      try memory.connection.read(source.memory, to: target, bytes: count * dtype.size)
    }
  }

  /// The elements on another device.
  package func moved(to other: Device) throws -> DeviceTensor {
    other === device ? self : try DeviceTensor(brought(), on: other)
  }

  /// The same elements in row-major order in a buffer of their own; itself where they are so already.
  func contiguous() throws -> DeviceTensor {
    if isContiguous && offset == 0 { return self }
    return try DeviceTensor.elementwise(
      "a", [.tensor(self)], compute: [dtype], result: dtype, shape: shape, on: device)
  }
}
