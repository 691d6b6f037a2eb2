// What OpenCL's functions say went wrong, as errors of programs.

import Tensors

/// A status that is not success.
struct OpenCLStatus: Error {
  let code: Int32

  /// - Throws: where the code is not that of success.
  static func check(_ code: Int32) throws(OpenCLStatus) {
    if code != 0 { throw OpenCLStatus(code: code) }
  }

  /// True where there was not enough memory: for a buffer, on the device, or beside it; and for a buffer larger
  /// than any may be.
  var isOfMemory: Bool { [-4, -5, -6, -61].contains(code) }

  /// The error of a program, for something that was done on a device.
  func error(_ deed: String, on device: Device) -> TensorError {
    if isOfMemory {
      return TensorError(
        .limit, "\(device.name) has not enough memory for \(deed)",
        hint: "make it smaller, or let go of tensors that live there")
    }
    return TensorError(
      .io, "\(device.name) failed at \(deed): \(name)",
      hint: "what lives on \"cpu\" is whole; `devices()` tells what is there")
  }

  /// The name in the headers, for those that a driver may give at work; the number for others.
  private var name: String {
    let names: [Int32: String] = [
      -2: "CL_DEVICE_NOT_AVAILABLE", -3: "CL_COMPILER_NOT_AVAILABLE",
      -11: "CL_BUILD_PROGRAM_FAILURE", -14: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
      -30: "CL_INVALID_VALUE", -33: "CL_INVALID_DEVICE", -34: "CL_INVALID_CONTEXT",
      -36: "CL_INVALID_COMMAND_QUEUE", -38: "CL_INVALID_MEM_OBJECT",
      -43: "CL_INVALID_BUILD_OPTIONS",
      -46: "CL_INVALID_KERNEL_NAME", -48: "CL_INVALID_KERNEL", -49: "CL_INVALID_ARG_INDEX",
      -50: "CL_INVALID_ARG_VALUE", -51: "CL_INVALID_ARG_SIZE", -52: "CL_INVALID_KERNEL_ARGS",
      -54: "CL_INVALID_WORK_GROUP_SIZE",
    ]
    return names[code] ?? "OpenCL's error \(code)"
  }
}
