// Records and ranges: values with an order and bounds.

import Testing

@testable import Language
@testable import Library

@Suite struct RecordTests {
  @Test(arguments: [3, Record.linearLimit, Record.linearLimit + 1, 100])
  func `keys keep their order through changes`(count: Int) {
    var record = Record((0..<count).map { ("k\($0)", .int($0)) })
    let copy = record
    record["k1"] = .int(-1)
    record.remove("k0")
    record["k0"] = .int(5)
    #expect(record.keys == (1..<count).map { "k\($0)" } + ["k0"])
    #expect(copy.keys == (0..<count).map { "k\($0)" })
    for (place, key) in record.keys.enumerated() { #expect(record.position(of: key) == place) }
    #expect(record.position(of: "none") == nil)
  }

  @Test(arguments: [
    (0, 10, 1, 10), (0, 10, 3, 4), (5, 0, -2, 3), (3, 3, 1, 0), (0, -5, 1, 0),
    (Int.min, Int.max, 1, Int.max), (Int.max, Int.min, -1, Int.max), (0, 5, Int.max, 1),
  ])
  func `a range counts its elements`(start: Int, stop: Int, step: Int, count: Int) {
    #expect(RangeObject(start, stop, step).count == count)
  }
}
