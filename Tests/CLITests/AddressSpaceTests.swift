// Programs where addresses are scarce, as under `ulimit -v`.

import TestSupport
import Testing

@Suite struct AddressSpaceTests {
  private static let program = """
    fn nested(n) { if n == 0 { 0 } else { (1,).map(x => nested(n - 1))[0] + 1 } }
    print(nested(20))
    print(nested(20_000))
    """

  private func run(kilobytes: Int) throws -> ProcessResult {
    try runProcess(
      "/bin/sh",
      ["-c", "ulimit -v \(kilobytes); exec \"$0\" --threads 1 -e \"$1\"", Files.mos, Self.program],
      environment: ["OPENBLAS_NUM_THREADS": "1"])
  }

  @Test func `a run takes a smaller stack where there is no large one`() throws {
    let result = try run(kilobytes: 900_000)
    #expect(result.output == "20\n20000\n", "\(result.errors)")
  }

  @Test(arguments: [180_000, 300_000])
  func `a run takes its caller's stack where there is none`(kilobytes: Int) throws {
    let result = try run(kilobytes: kilobytes)
    #expect(result.output == "20\n", "\(result.errors)")
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error[limit]"), "\(result.errors)")
  }
}
