// The guide, the landing page and the README show programs that are tested: each block of Swift in them stands
// in a test or in the example.

import TestSupport
import Testing

@Suite("what pages show") struct ArticleTests {
  private static let pages =
    [
      "/docs/guides/embedding.md", "/docs/guides/extending.md", "/README.md",
      "/examples/embedding/README.md",
    ]
    .map { Files.root + $0 }
    + Files.find(under: Files.root + "/Sources/Mos/Mos.docc", endingIn: ".md")

  @Test func `every block of Swift stands in a test or in the example`() throws {
    let sources = ["/Tests/MosTests", "/examples/embedding/Sources"]
      .flatMap { Files.find(under: Files.root + $0, endingIn: ".swift") }
    let others = ["/examples/embedding/Package.swift", "/Tests/LibraryTests/ExtendingTests.swift"]
    let texts = (sources + others.map { Files.root + $0 })
      .compactMap { Files.read($0) }.map { lines(of: $0[...]) }
    var count = 0
    for page in Self.pages {
      let parts = try #require(Files.read(page), "there is no \(page)").split(
        separator: "```", omittingEmptySubsequences: false)
      for block in parts where block.hasPrefix("swift\n") {
        count += 1
        let wanted = lines(of: block.dropFirst("swift\n".count))
        #expect(texts.contains { $0.contains(wanted) }, "\(page) shows\n\(block)")
      }
    }
    #expect(count > 15)
  }

  /// The lines that are not empty, without their indentation.
  private func lines(of text: Substring) -> [String] {
    text.split(separator: "\n").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
  }
}
