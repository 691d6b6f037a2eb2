// State as a value of Swift.

import Foundation
import Mos
import Testing

@Suite struct SnapshotTests {
  private func trained() throws -> Interpreter {
    let mos = Interpreter()
    try mos.run(
      """
      model Net() { param w = ones(2); fn forward(x) { sum(w * x) } }
      let net = Net()
      let optim = Adam(net, lr=0.1)
      fn train(n) { for i in 0..n { optim.step((net([1.0, 2.0]) - 1.0) ** 2) } }
      """)
    return mos
  }

  @Test func `a run is taken up where it was`() throws {
    let mos = try trained()
    try mos.call("train", 3)
    let middle = try mos.extract("net", "optim")
    try mos.call("train", 5)
    let end: [Double] = try mos.evaluate("net.w")
    try mos.recover("net", "optim", from: middle)
    #expect(try mos.evaluate("net.w", as: [Double].self) != end)
    try mos.call("train", 5)
    #expect(try mos.evaluate("net.w") == end)
    #expect(middle.names.contains("net.w"))
    #expect(middle["net.w"]?.shape == [2])
  }

  @Test func `a snapshot goes to other threads, encoders, files and interpreters`() async throws {
    let mos = try trained()
    try mos.call("train", 3)
    let weights: [Double] = try mos.evaluate("net.w")
    let snapshot = try mos.extract("net", "optim")
    let found = try await Task.detached {
      let other = try SnapshotTests().trained()
      try other.recover("net", "optim", from: snapshot)
      return try other.evaluate("net.w", as: [Double].self)
    }.value
    #expect(found == weights)
    let data = try JSONEncoder().encode(snapshot)
    let decoded = try JSONDecoder().decode(Snapshot.self, from: data)
    let path = NSTemporaryDirectory() + "mos-snapshot-\(UUID()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try snapshot.write(to: path)
    for back in [decoded, try Snapshot(contentsOf: path)] {
      let other = try trained()
      try other.recover("net", "optim", from: back)
      #expect(try other.evaluate("net.w") == weights)
    }
  }

  @Test func `what does not fit changes nothing`() throws {
    let mos = try trained()
    let snapshot = try mos.extract("net")
    try mos.run("model Big() { param w = ones(3); param v = ones(1) }\nlet big = Big()")
    #expect(throws: MosError.self) { try mos.recover("big", from: snapshot) }
    #expect(throws: MosError.self) { try mos.extract("nothing") }
    #expect(throws: MosError.self) { try mos.extract("train") }
    #expect(try mos.evaluate("big.w") == [1.0, 1.0, 1.0])
  }
}
