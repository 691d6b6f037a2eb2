// A device's context and its queue, on which one thing is done after the other.
//
// Nothing waits until numbers are asked for. Between launches, and while somebody waits, a run looks whether it is
// to end; what stands in the queue then goes on by itself, and nobody sees it.

import Platform
import Synchronization
import Tensors

final class Connection: @unchecked Sendable {
  let device: Device
  let context: OpaquePointer
  let queue: OpaquePointer
  private var library: OpenCLLibrary { device.library }
  /// The work in the queue since somebody last waited for it.
  private let queued = Atomic<Int>(0)

  init(_ device: Device) throws {
    self.device = device
    let library = device.library
    var id: OpaquePointer? = device.id
    var status: Int32 = 0
    guard let context = library.createContext(nil, 1, &id, nil, nil, &status) else {
      throw OpenCLStatus(code: status).error("making a context", on: device)
    }
    guard let queue = library.createCommandQueue(context, device.id, 0, &status) else {
      throw OpenCLStatus(code: status).error("making a queue", on: device)
    }
    (self.context, self.queue) = (context, queue)
  }

  /// Runs a call of the driver.
  ///
  /// - Throws: a limit error where there was not enough memory, else an io error.
  func perform(_ deed: @autoclosure () -> String, _ call: () -> Int32) throws {
    let code = call()
    if code != 0 { throw OpenCLStatus(code: code).error(deed(), on: device) }
  }

  // MARK: Work

  /// The work of one launch, in operations on an element: some ten milliseconds.
  var pieceOfWork: Int { device.isProcessor ? 1 << 24 : 1 << 32 }

  /// The work that may stand in the queue: a loop that only begins things waits for them now and then.
  private var mostQueued: Int { pieceOfWork << 3 }

  /// The work that a launch is at least, so that no queue has too many of them.
  private var leastOfLaunch: Int { pieceOfWork >> 8 }

  /// Takes note of a launch, after which the queue may have to be waited for.
  func didLaunch(work: Int) throws {
    let all = queued.add(max(work, leastOfLaunch), ordering: .relaxed).newValue
    if all > mostQueued { try wait() }
  }

  /// Waits for everything in the queue.
  ///
  /// - Throws: an interrupt or a limit error where the run is to end; an io error where something failed.
  func wait() throws {
    var event: OpaquePointer?
    queued.store(0, ordering: .relaxed)
    try perform("waiting") { library.enqueueMarkerWithWaitList(queue, 0, nil, &event) }
    guard let event else { return }
    defer { _ = library.releaseEvent(event) }
    try perform("waiting") { library.flush(queue) }
    let state: UInt32 = 0x11D3
    var rounds = 0
    while true {
      var status: Int32 = 0
      try perform("waiting") {
        library.getEventInfo(event, state, MemoryLayout<Int32>.size, &status, nil)
      }
      if status == 0 { return }
      if status < 0 { throw OpenCLStatus(code: status).error("its work", on: device) }
      try Safepoint.look()
      // Most waits are short; a long one leaves the processor to others.
      rounds += 1
      if rounds > 64 { usleep(rounds > 1024 ? 1000 : 20) }
    }
  }

  // MARK: Memory

  /// The bytes of a transfer between two looks.
  private static let pieceOfTransfer = 1 << 26

  /// Copies elements to the device.
  func write(_ source: UnsafeRawPointer, to memory: DeviceMemory, bytes: Int) throws {
    try transfer(bytes) { offset, length in
      library.enqueueWriteBuffer(
        queue, memory.object, 1, offset, length, UnsafeMutableRawPointer(mutating: source + offset),
        0, nil, nil)
    }
  }

  /// Copies elements from the device, once all in the queue is done.
  func read(_ memory: DeviceMemory, to target: UnsafeMutableRawPointer, bytes: Int) throws {
    try wait()
    try transfer(bytes) { offset, length in
      library.enqueueReadBuffer(
        queue, memory.object, 1, offset, length, target + offset, 0, nil, nil)
    }
  }

  private func transfer(_ bytes: Int, _ body: (_ offset: Int, _ length: Int) -> Int32) throws {
    for offset in stride(from: 0, to: bytes, by: Connection.pieceOfTransfer) {
      try Safepoint.look()
      try perform("copying \(Storage.inBytes(bytes))") {
        body(offset, min(Connection.pieceOfTransfer, bytes - offset))
      }
    }
  }
}
