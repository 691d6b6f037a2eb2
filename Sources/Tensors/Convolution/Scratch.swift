// Memory for the time of a task.

import Synchronization

/// Elements that nobody keeps.
enum Scratch<Element> {
  /// Calls the body with so many elements, which hold anything.
  ///
  /// - Returns: what the body gives, false where there is no memory.
  static func with(_ count: Int, _ body: (UnsafeMutablePointer<Element>) -> Bool) -> Bool {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, bytes < Allocator.limit else { return false }
    let block = Allocator.blockSize(bytes)
    guard let address = Allocator.take(block, zeroed: false) else { return false }
    defer { Allocator.give(address, block) }
    return body(address.bindMemory(to: Element.self, capacity: count))
  }
}

/// Whether one of several threads failed.
final class Failures: Sendable {
  private let flag = Atomic(false)

  func note() { flag.store(true, ordering: .relaxed) }

  var isNoted: Bool { flag.load(ordering: .relaxed) }
}
