// What the compiler's regions and actors say to interpreters: `IsolationCases.swift` has the claims.

import Testing

@Suite struct IsolationTests {
  @Test(
    .enabled(if: SwiftCompiler.isThere, "there is no Swift compiler, or no modules to import"),
    arguments: IsolationCase.all)
  func `the compiler takes what is safe and refuses what is not`(piece: IsolationCase) throws {
    let result = try SwiftCompiler.compile(IsolationCase.prelude + piece.text)
    if let error = piece.error {
      #expect(result.status != 0, "it compiles")
      #expect(result.errors.contains(error), "\(result.errors)")
    } else {
      #expect(result.status == 0, "\(result.errors)")
    }
  }
}
