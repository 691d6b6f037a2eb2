// A device: something beside the processor that computes on memory of its own.
//
// Devices are looked for once a process, when a program first asks for one. A device's context and queue are made
// when something first goes there.

import Platform
import Synchronization
import Tensors

/// A device of this machine; there is one object for each.
public final class Device: @unchecked Sendable {
  /// `opencl:0`.
  package let name: String
  /// What its driver calls it.
  package let title: String
  /// True where it is the processor, driven as a device.
  package let isProcessor: Bool
  /// True for NVIDIA's, which "cuda" names.
  package let isNVIDIA: Bool
  /// True where it computes with f64.
  package let hasDoubles: Bool
  /// The most bytes of one buffer.
  let largestBuffer: Int
  /// The most items of one group.
  let largestGroup: Int
  let library: OpenCLLibrary
  let id: OpaquePointer
  private let opened = Mutex(Opened())

  private struct Opened: @unchecked Sendable {
    var connection: Connection?
    var kernels: [String: Kernel] = [:]
  }

  init(_ id: OpaquePointer, number: Int, of library: OpenCLLibrary) {
    self.id = id
    self.library = library
    name = "opencl:\(number)"
    title = library.text(0x102B, of: id)
    let isOfProcessors: UInt64 = 1 << 1
    isProcessor = library.number(0x1000, of: id) & isOfProcessors != 0
    isNVIDIA = library.text(0x102C, of: id).contains("NVIDIA")
    hasDoubles = library.text(0x1030, of: id).split(separator: " ").contains("cl_khr_fp64")
    largestBuffer = Int(clamping: library.number(0x1010, of: id))
    largestGroup = max(1, Int(clamping: library.number(0x1004, of: id)))
  }

  /// Its context and queue.
  ///
  /// - Throws: an io error where the driver gives none.
  func connection() throws -> Connection {
    if let known = opened.withLock({ $0.connection }) { return known }
    let made = try Driver.call { try Connection(self) }
    return opened.withLock { opened in
      let connection = opened.connection ?? made
      opened.connection = connection
      return connection
    }
  }

  /// The kernel `main_kernel` of a program's text, which is built the first time.
  func kernel(_ text: String) throws -> Kernel {
    if let known = opened.withLock({ $0.kernels[text] }) { return known }
    let connection = try connection()
    let made = try Driver.call { try Kernel(text, connection) }
    return opened.withLock { opened in
      let kernel = opened.kernels[text] ?? made
      opened.kernels[text] = kernel
      return kernel
    }
  }

  /// - Throws: a type error for f64 where the device has none.
  package func require(_ dtype: DType) throws {
    guard dtype == .f64, !hasDoubles else { return }
    throw TensorError(
      .type, "\(name) does not compute with f64", hint: "x.to(f32) converts, and so does dtype=f32")
  }
}

extension Device: CustomStringConvertible {
  /// `opencl:0 NVIDIA H200`: the name, and what the driver says that it is.
  public var description: String { title.isEmpty ? name : "\(name) \(title)" }
}

/// Calls of a driver that compile or begin something.
enum Driver {
  /// The stack that a driver's compiler gets; the stack of a program may be nearly used up.
  private static let stackSize = 64 << 20

  /// Runs a body on a thread of its own, left to itself where the run is to end. Threads that a driver starts there
  /// get no signals, which are for the threads that run programs.
  static func call<R>(_ body: @escaping () throws -> R) throws -> R {
    var value: R?
    try AbandonableCall.run(work: .max, stackSize: stackSize) { value = try body() }
    guard let value else {
      preconditionFailure("a driver's call ended without a value; please report")
    }
    return value
  }
}
