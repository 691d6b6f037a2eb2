// The table of thresholds and the sources say the same.

import TensorSupport
import TestSupport
import Testing

@Suite struct ThresholdTests {
  @Test(arguments: Threshold.allCases)
  func `a threshold is the one in the sources`(_ threshold: Threshold) throws {
    let row = threshold.row
    let source = try #require(Files.read(Files.root + "/Sources/" + row.file))
    #expect(source.contains(row.declaration))
  }

  /// A new one shows here, so that it gets its sweep.
  @Test func `every constant of the kernels is a threshold`() throws {
    let constant = /(?:#define |\b)(?!MOS_)([A-Z][A-Z_]{2,}(?:_f32|_f64)?) (?:= )?(?:[0-9]|VECTOR)/
    let sources = Files.root + "/Sources/"
    var count = 0
    for path in ["c", "h"].flatMap({ Files.find(under: sources + "Kernels", endingIn: ".\($0)") }) {
      let source = try #require(Files.read(path))
      let rows = Threshold.allCases.map(\.row).filter { sources + $0.file == path }
      for line in source.split(separator: "\n") where !line.contains("//") {
        for match in line.matches(of: constant) {
          count += 1
          #expect(rows.contains { $0.declaration.contains(match.1) }, "\(path): \(match.1)")
        }
      }
    }
    #expect(count > 15)
  }
}
