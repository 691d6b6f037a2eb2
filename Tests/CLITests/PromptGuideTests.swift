// The session that the guide of the prompt shows is one.

import TestSupport
import Testing

@Suite(.serialized) struct `The guide of the prompt` {
  @Test func `shows what a session shows`() throws {
    let guide = try #require(Files.read(Files.root + "/docs/guides/prompt.md"))
    let block = try #require(guide.split(separator: "```console\n$ mos\n").last)
    let text = try #require(block.split(separator: "\n```").first)
    let expected = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try withPrompt(rows: expected.count + 5) { prompt throws in
      for (number, line) in expected.enumerated() where line != "mos> :quit" {
        let isContinued = line.hasPrefix("...> ")
        guard isContinued || line.hasPrefix("mos> ") else { continue }
        // The editor indents by itself.
        let typed = line.dropFirst(5).drop { isContinued && $0 == " " }
        prompt.type(typed + "\r")
        let shown = Array(expected[...number])
        #expect(
          prompt.waits {
            Array($0.prefix(shown.count)) == shown && $0.count > shown.count
              && ["mos>", "...>"].contains($0.last)
          })
      }
      #expect(prompt.lines.dropLast() == expected.dropLast()[...], "\(prompt.lines)")
    }
  }
}
