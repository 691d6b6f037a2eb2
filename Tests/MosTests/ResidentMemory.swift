import Foundation
import Testing

/// Tests that look at what the process holds, or have it hold much: one after the other.
@Suite(.serialized) enum MemoryTests {}

/// What the process holds of the machine's memory. Other tests run beside a test and hold memory too: what is
/// measured runs in a process of its own (`#expect(processExitsWith:)`).
enum ResidentMemory {
  static var bytes: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }
}
