// A program of a device: text, built when it is first wanted, and its kernel `main_kernel`.

import Platform
import Synchronization
import Tensors

/// What a kernel is given.
enum KernelArgument {
  case memory(DeviceMemory)
  /// A whole number, as `long`.
  case int(Int)
  /// A number of the processor, as the text has its type.
  case number(Tensor)
  /// Numbers side by side, as a struct of `long` that the text declares.
  case ints([Int])
}

final class Kernel: @unchecked Sendable {
  private let object: OpaquePointer
  private let connection: Connection
  private let state = Mutex(State())

  private struct State {
    /// Drivers compile once more at the first launch, for what they know then.
    var wasLaunched = false
  }

  /// - Throws: an io error with what the compiler says, where the text does not build.
  init(_ text: String, _ connection: Connection) throws {
    self.connection = connection
    let (device, library) = (connection.device, connection.device.library)
    var status: Int32 = 0
    let program = text.withCString { pointer in
      var line: UnsafePointer<CChar>? = pointer
      return library.createProgramWithSource(connection.context, 1, &line, nil, &status)
    }
    guard let program else {
      throw OpenCLStatus(code: status).error("making a program", on: device)
    }
    defer { _ = library.releaseProgram(program) }
    var id: OpaquePointer? = device.id
    // Literals without a suffix are doubles, which a device may not have.
    let options = device.hasDoubles ? "" : "-cl-single-precision-constant"
    let code = library.buildProgram(program, 1, &id, options, nil, nil)
    guard code == 0 else {
      throw Kernel.failure(code, program, device)
    }
    guard let kernel = library.createKernel(program, "main_kernel", &status) else {
      throw OpenCLStatus(code: status).error("making a kernel", on: device)
    }
    object = kernel
  }

  private static func failure(
    _ code: Int32, _ program: OpaquePointer, _ device: Device
  ) -> TensorError {
    var error = OpenCLStatus(code: code).error("building a kernel", on: device)
    let log: UInt32 = 0x1183
    var bytes = [UInt8](repeating: 0, count: 4096)
    var size = 0
    if device.library.getProgramBuildInfo(program, device.id, log, bytes.count, &bytes, &size) == 0
    {
      let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      let line = text.split(separator: "\n").first { $0.contains("error") }
      if let line { error.message += ": \(line)" }
    }
    error.hint = "this is a mistake of Mos or of the driver, \(device); please report"
    return error
  }

  /// Enqueues the kernel over items, in groups where those are given.
  ///
  /// - Parameters:
  ///   - items: a number along each axis, at most three; each a multiple of the group's.
  ///   - work: how much it is, in operations on an element.
  func launch(_ arguments: [KernelArgument], items: [Int], group: [Int], work: Int) throws {
    try Safepoint.look()
    let isFirst = state.withLock { state in
      defer { state.wasLaunched = true }
      return !state.wasLaunched
    }
    if isFirst {
      try Driver.call { try self.enqueue(arguments, items, group) }
    } else {
      try enqueue(arguments, items, group)
    }
    try connection.didLaunch(work: work)
  }

  private func enqueue(_ arguments: [KernelArgument], _ items: [Int], _ group: [Int]) throws {
    let library = connection.device.library
    // Arguments belong to the kernel until it is enqueued.
    try state.withLock { _ in
      for (index, argument) in arguments.enumerated() {
        try connection.perform("setting a kernel's arguments") {
          argument.withBytes { library.setKernelArg(object, UInt32(index), $1, $0) }
        }
      }
      try connection.perform("beginning a kernel") {
        library.enqueueNDRangeKernel(
          connection.queue, object, UInt32(items.count), nil, items, group, 0, nil, nil)
      }
    }
  }
}

extension KernelArgument {
  /// The bytes that the driver copies, and their number.
  fileprivate func withBytes<R>(_ body: (UnsafeRawPointer, Int) -> R) -> R {
    func bytes<T>(of value: T) -> R {
      withUnsafePointer(to: value) { body($0, MemoryLayout<T>.size) }
    }
    switch self {
    case .memory(let memory): return bytes(of: memory.object)
    case .int(let value): return bytes(of: Int64(value))
    case .number(let number): return number.withElements { body($0, number.dtype.size) }
    case .ints(let values):
      return values.withUnsafeBytes {
        $0.baseAddress.map { body($0, values.count * 8) } ?? body([0], 8)
      }
    }
  }
}
