// Writing an entry: blocks, keys that move in them, pasting, what the terminal can.

import Platform
import TestSupport
import Testing

@Suite(.serialized) struct `Editing at the prompt` {
  @Test func `Enter runs what is whole and otherwise indents, and brackets go back`() throws {
    try withPrompt { prompt throws in
      prompt.type("fn twice(x) {\r")
      #expect(prompt.ends(with: ["mos> fn twice(x) {", "...>"]))
      #expect(prompt.terminal.display.cursor.column == 9)
      prompt.type("2 * x\r}")
      #expect(prompt.ends(with: ["mos> fn twice(x) {", "...>     2 * x", "...> }"]))
      try prompt.finish("")
      #expect(try prompt.enter("twice(21)") == ["42"])
    }
  }

  @Test func `brackets go back to the line that opened them`() throws {
    try withPrompt { prompt throws in
      prompt.type("let xs = list(\r(i,\ri)\rfor i in 0..2\r)")
      #expect(
        prompt.ends(with: [
          "mos> let xs = list(", "...>     (i,", "...>         i)", "...>         for i in 0..2",
          "...> )",
        ]) || prompt.ends(with: "...> )"))
      try prompt.finish("")
      #expect(try prompt.enter("xs") == ["((0, 0), (1, 1))"])
    }
  }

  @Test func `Alt-Enter breaks a line that is whole`() throws {
    try withPrompt { prompt throws in
      prompt.type("1 + 2\u{1b}\r40\r")
      #expect(prompt.ends(with: ["mos> 1 + 2", "...> 40", "40", "mos>"]))
    }
  }

  @Test func `Up and Down move in a block before they go to other entries`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let first = 1")
      try prompt.enter("fn f() {\r10\r}")
      prompt.type("\u{1b}[A")
      #expect(prompt.ends(with: ["mos> fn f() {", "...>     10", "...> }"]))
      // Two lines up, three of text at the front, and one line down again.
      prompt.type("\u{1b}[A\u{1b}[A\u{1}\u{1b}[B\u{5}5\r")
      #expect(prompt.ends(with: ["mos> fn f() {", "...>     105", "...> }", "mos>"]))
      #expect(try prompt.enter("f()") == ["105"])
      prompt.type("\u{1b}[A\u{1b}[A\u{1b}[A\u{1b}[A\u{1b}[A")
      #expect(prompt.waits { $0.last != "mos> f()" })
      prompt.type("\u{3}")
    }
  }

  @Test func `Up with text typed searches entries that begin so, and Down comes back`() throws {
    try withPrompt { prompt throws in
      for entry in ["let alpha = 1", "alpha + 1", "let beta = 2", "beta + 2"] {
        try prompt.enter(entry)
      }
      prompt.type("let\u{1b}[A")
      #expect(prompt.ends(with: "mos> let beta = 2"))
      prompt.type("\u{1b}[A")
      #expect(prompt.ends(with: "mos> let alpha = 1"))
      prompt.type("\u{1b}[B\u{1b}[B")
      #expect(prompt.ends(with: "mos> let"))
      prompt.type("\u{3}")
    }
  }

  @Test func `blank lines in open brackets stay`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("fn f() {\r\r\rlet a = 1\r\ra + 1\r}")
      #expect(try prompt.enter("f()") == ["2"])
      // Without a bracket an empty line ends the entry.
      prompt.type("1 +\r\r")
      #expect(prompt.shows("error[syntax]"))
    }
  }

  @Test func `else, catch and finally on a line of their own belong to the block before`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("if false {\r1\r}")
      try prompt.enter("else if 1 > 2 {\r2\r}")
      prompt.type("else {\r33\r}\r")
      #expect(prompt.ends(with: ["33", "mos>"]))
      prompt.type("\u{c}if true {\r11\r}\r")
      #expect(prompt.ends(with: ["11", "mos>"]))
      prompt.type("else {\r22\r}\r")
      #expect(prompt.ends(with: ["mos> else {", "...>     22", "...> }", "mos>"]))
      prompt.type("\u{c}try {\rthrow \"e\"\r}\r")
      #expect(prompt.ends(with: ["...> }", "...>"]))
      prompt.type("catch e {\r44\r}\r")
      #expect(prompt.ends(with: ["44", "mos>"]))
      prompt.type("finally {\rprint(55)\r}\r")
      #expect(prompt.ends(with: ["55", "mos>"]))
    }
  }

  @Test func `ctrl-D leaves where nothing is typed, and nowhere else`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("fn f() {\r\u{4}\u{4}\u{4}7\r}")
      #expect(try prompt.enter("f()") == ["7"])
      prompt.type("xabc\u{1}\u{4}")
      #expect(prompt.ends(with: "mos> abc"))
      prompt.type("\u{3}")
      #expect(prompt.ends(with: "mos>"))
      prompt.type("\u{4}")
      #expect(prompt.terminal.exitStatus() == 0)
    }
  }

  @Test func `a paste is one entry, and prompts in it are removed`() throws {
    try withPrompt { prompt throws in
      prompt.type("\u{1b}[200~mos> fn f(x) {\r\n...>     x + 1\r\n...> }\r\n\u{1b}[201~")
      #expect(prompt.ends(with: ["mos> fn f(x) {", "...>     x + 1", "...> }"]))
      try prompt.finish("")
      #expect(try prompt.enter("f(41)") == ["42"])
      try prompt.enter("\u{1b}[200~>>> let a = 1\n>>> let b = 2\n\u{1b}[201~")
      #expect(try prompt.enter("a + b") == ["3"])
      // Tabs in a paste complete nothing.
      try prompt.enter("\u{1b}[200~let t = \"a\tb\"\u{1b}[201~")
      #expect(try prompt.enter("len(t)") == ["3"])
      #expect(try prompt.enter("mos> a + 10") == ["11"])
    }
  }

  @Test func `wide and combining characters keep their columns`() throws {
    try withPrompt(columns: 40) { prompt throws in
      prompt.type("let s = \"漢字漢字漢字漢字漢字漢字漢字漢字漢字漢\"")
      #expect(prompt.ends(with: ["mos> let s = \"漢字漢字漢字漢字漢字漢字漢", "字漢字漢字漢\""]))
      prompt.type("\u{7f}\u{7f}\u{7f}")
      #expect(prompt.ends(with: ["mos> let s = \"漢字漢字漢字漢字漢字漢字漢", "字漢字漢"]))
      try prompt.finish("\"")
      #expect(try prompt.enter("len(s)") == ["17"])
      #expect(try prompt.enter("\"e\u{301}\" + \"x\"") == ["\"e\u{301}x\""])
    }
  }

  @Test func `long lines wrap, and follow the width of the terminal`() throws {
    try withPrompt(columns: 60) { prompt throws in
      prompt.type("let abc = 12345 + 67890 + 11111 + 22222")
      #expect(prompt.ends(with: "mos> let abc = 12345 + 67890 + 11111 + 22222"))
      prompt.terminal.resize(columns: 90)
      prompt.type(" + 33333 + 44444 + 55555 + 66666 + 77777")
      #expect(
        prompt.ends(
          with:
            "mos> let abc = 12345 + 67890 + 11111 + 22222 + 33333 + 44444 + 55555 + 66666 + 77777"))
      try prompt.finish(" + 8")
      #expect(try prompt.enter("abc") == ["391351"])
      #expect(try prompt.enter("1 +" + String(repeating: " ", count: 80) + "1").last == "2")
    }
  }

  @Test func `an entry higher than the screen scrolls`() throws {
    try withPrompt(rows: 8, columns: 40) { prompt throws in
      prompt.type("fn f() {\r")
      for i in 0..<12 { prompt.type("let x\(i) = \(i)\r") }
      #expect(prompt.ends(with: ["...>     let x11 = 11", "...>"]))
      for _ in 0..<12 { prompt.type("\u{1b}[A") }
      #expect(prompt.waits { $0.first == "...>     let x0 = 0" || $0.first == "mos> fn f() {" })
      for _ in 0..<12 { prompt.type("\u{1b}[B") }
      try prompt.finish("x11\r}")
      #expect(try prompt.enter("f()") == ["11"])
    }
  }

  @Test func `words are coloured while they are typed, and brackets that belong together shown`()
    throws
  {
    try withPrompt { prompt throws in
      prompt.type("let a = (\"text\", 12)")
      #expect(prompt.ends(with: "mos> let a = (\"text\", 12)"))
      let colored = prompt.terminal.display.colored
      for word in ["mos>", "let", "\"text\"", "12"] { #expect(colored.contains(word), "\(word)") }
      // The cursor stands behind the last bracket: both are shown in reverse.
      #expect(prompt.terminal.screen.contains("\u{1b}[1;7m(\u{1b}[0m"))
      #expect(prompt.terminal.screen.contains("\u{1b}[1;7m)\u{1b}[0m"))
      prompt.type("\r")
    }
  }

  @Test func `colours are off where they are not wanted or cannot be`() throws {
    for (arguments, environment) in [
      ([], ["NO_COLOR": "1"]), (["--color", "never"], [:]),
    ] as [([String], [String: String])] {
      try withPrompt(arguments, environment: environment) { prompt throws in
        prompt.type("let a = \"x\"\r")
        #expect(prompt.ends(with: ["mos> let a = \"x\"", "mos>"]))
        #expect(prompt.terminal.display.colored.isEmpty)
        #expect(!prompt.terminal.screen.contains("\u{1b}[3"))
      }
    }
  }

  @Test func `a terminal that cannot move its cursor gets lines`() throws {
    try withPrompt(environment: ["TERM": "dumb"]) { prompt throws in
      prompt.type("fn f(x) {\r")
      #expect(prompt.ends(with: "...>"))
      try prompt.finish("\u{4}x + 1\r}")
      prompt.type("f(41)\r")
      #expect(prompt.ends(with: ["42", "mos>"]))
      prompt.type("softm\t\t")
      #expect(prompt.shows("softmax(x, axis=-1)"))
      prompt.type("\u{3}")
      #expect(prompt.ends(with: "mos>"))
      #expect(!prompt.terminal.screen.contains("\u{1b}["))
      prompt.type("\u{4}")
      #expect(prompt.terminal.exitStatus() == 0)
    }
  }

  @Test func `characters are whole without a locale of UTF-8`() throws {
    try withPrompt(environment: ["LC_ALL": "C", "LANG": "C"]) { prompt throws in
      try prompt.enter("let s = \"aé漢\u{7f}\u{7f}b\"")
      #expect(try prompt.enter("s") == ["\"ab\""])
      // Programs that are started see the user's own.
      #expect(try prompt.enter("!echo $LC_ALL") == ["C"])
    }
  }

  @Test func `a key is answered at once`() throws {
    try withPrompt { prompt throws in
      var times: [Double] = []
      for (count, letter) in "let abcdefghijklmn = 1 + (2 * 3)".enumerated() {
        let start = now()
        prompt.type(String(letter))
        #expect(prompt.waits { _ in prompt.terminal.display.cursor.column >= 6 + count })
        times.append(now() - start)
      }
      // Half of them: a machine that does much else keeps any one waiting.
      #expect(times.sorted()[times.count / 2] < 0.05)
      prompt.type("\u{3}")
    }
  }
}
