// A buffer of a device. It is charged to the run that made it, as the memory of large tensors is, and given back
// with the last tensor that lies in it; a device lets go of it when what stands in its queue is done.

import Tensors

final class DeviceMemory: @unchecked Sendable {
  let connection: Connection
  let object: OpaquePointer
  private let charge: MemoryCharge

  var device: Device { connection.device }

  /// Memory for elements, not yet written.
  ///
  /// - Throws: a limit error that names the memory, where the shape needs more than may be had.
  init(_ shape: Shape, _ dtype: DType, on device: Device) throws {
    try device.require(dtype)
    let bytes = shape.count * dtype.size
    connection = try device.connection()
    guard bytes <= device.largestBuffer else {
      throw TensorError(
        .limit,
        "a \(dtype.name)\(shape) tensor needs \(Storage.inBytes(bytes)), and \(device.name) makes buffers of at most "
          + Storage.inBytes(device.largestBuffer),
        hint: "make it smaller, or work through it in pieces")
    }
    charge = try MemoryCharge.make(bytes)
    var status: Int32 = 0
    let isReadAndWritten: UInt64 = 1
    let library = device.library
    // A buffer has at least a byte.
    guard
      let object = library.createBuffer(
        connection.context, isReadAndWritten, max(bytes, 8), nil, &status)
    else {
      throw OpenCLStatus(code: status).error(
        "a \(dtype.name)\(shape) tensor of \(Storage.inBytes(bytes))", on: device)
    }
    self.object = object
  }

  deinit { _ = device.library.releaseMemObject(object) }
}
