// The articles show programs that are tested: each block of Swift in them stands in a test.

import MetaOptimization
import TestSupport
import Testing

@Suite("articles") struct ArticleTests {
  @Test func `every block of Swift stands in a test`() throws {
    let tests = Files.find(under: Files.root + "/Tests/MetaOptimizationTests", endingIn: ".swift")
      .compactMap { Files.read($0) }
      .map { lines(of: $0[...]) }
    let articles = Files.find(
      under: Files.root + "/Sources/MetaOptimization/MetaOptimization.docc", endingIn: ".md")
    #expect(articles.count == 5)
    for article in articles {
      let parts = try #require(Files.read(article)).split(
        separator: "```", omittingEmptySubsequences: false)
      for block in parts where block.hasPrefix("swift\n") {
        let wanted = lines(of: block.dropFirst("swift\n".count))
        #expect(tests.contains { $0.contains(wanted) }, "\(article) shows\n\(block)")
      }
    }
  }

  /// The lines that are not empty, without their indentation.
  private func lines(of text: Substring) -> [String] {
    text.split(separator: "\n").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
  }
}
