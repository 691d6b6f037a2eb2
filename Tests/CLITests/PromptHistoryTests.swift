// What was entered, kept in a file and found again.

import Platform
import TestSupport
import Testing

@Suite(.serialized) struct `History of the prompt` {
  private func kept(_ folder: String) -> [String] {
    (Files.read(folder + "/state/mos/history") ?? "").split(separator: "\n").map(String.init)
  }

  @Test func `one record an entry, without duplicates and those that begin with a space`() throws {
    try withPrompt { prompt throws in
      for entry in ["1 + 2", " 1 + 3", "let x = 1", "1 + 2"] { try prompt.enter(entry) }
      try prompt.enter("fn f() {\r\"a\\\\n\"\r}")
      #expect(
        kept(prompt.folder) == ["let x = 1", "1 + 2", #"fn f() {\n    "a\\\\n"\n}"#])
      prompt.type("\u{4}")
      #expect(prompt.terminal.exitStatus() == 0)
      let next = try PromptTerminal(in: prompt.folder)
      next.type("\u{1b}[A")
      #expect(next.ends(with: ["mos> fn f() {", #"...>     "a\\n""#, "...> }"]))
      next.type("\u{3}")
    }
  }

  @Test func `two prompts at once lose nothing`() throws {
    try withPrompt { prompt throws in
      let other = try PromptTerminal(in: prompt.folder)
      for number in 0..<4 {
        try prompt.enter("10 + \(number)")
        try other.enter("20 + \(number)")
      }
      let kept = Set(kept(prompt.folder))
      for number in 0..<4 { #expect(kept.isSuperset(of: ["10 + \(number)", "20 + \(number)"])) }
      #expect(kept.count == 8)
    }
  }

  @Test func `survives a missing last line end, a bad byte and CRLF`() throws {
    try Files.withTemporaryFolder { folder in
      mkdir(folder + "/state", 0o700)
      mkdir(folder + "/state/mos", 0o700)
      let path = folder + "/state/mos/history"
      let bytes = Array("let one = 1\r\nlet ".utf8) + [0xFF] + Array(" = 2\nlet three = 3".utf8)
      #expect(Files.write(bytes, to: path))
      let prompt = try PromptTerminal(in: folder)
      prompt.type("let one\u{1b}[A\r")
      #expect(prompt.ends(with: ["mos> let one = 1", "mos>"]))
      #expect(try prompt.enter("one") == ["1"])
      prompt.type("\u{1b}[A\u{1b}[A\u{1b}[A\r")
      #expect(prompt.ends(with: ["mos> let three = 3", "mos>"]))
      let lines = (Files.readBytes(path) ?? []).split(separator: 10)
      #expect(lines.count == 4)
      #expect(lines.last.map { Array($0) } == Array("let three = 3".utf8))
    }
  }

  @Test func `ctrl-R searches`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let alpha = 40")
      try prompt.enter("alpha + 2")
      prompt.type("\u{c}\u{12}let a")
      #expect(prompt.shows("(reverse-i-search)`let a': let alpha = 40"))
      prompt.type("\r")
      #expect(prompt.ends(with: ["mos> let alpha = 40", "mos>"]))
    }
  }

  @Test func `a program that a folder forbids is no matter`() throws {
    try withPrompt(environment: ["XDG_STATE_HOME": "/proc/nowhere"]) { prompt throws in
      #expect(try prompt.enter("1 + 1") == ["2"])
    }
  }
}
