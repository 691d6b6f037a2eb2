// The prompt on a pseudo-terminal, as a person meets it.

import Platform
import TestSupport
import Testing

/// Opens a prompt whose history lies in a folder of its own, waits for its mark, and closes it.
private func withPrompt(
  _ arguments: [String] = [], _ body: (Terminal, _ folder: String) throws -> Void
) throws {
  try Files.withTemporaryFolder { folder in
    let terminal = try Terminal(
      Files.mos, arguments, environment: ["XDG_STATE_HOME": folder, "INPUTRC": "/dev/null"],
      directory: folder)
    try #require(terminal.shows("mos> "), "screen: \(terminal.screen)")
    try body(terminal, folder)
  }
}

/// Whether this process, and so the prompt, may run on two cores.
private let hasSecondCore = {
  let status = Files.read("/proc/self/status") ?? ""
  let cores = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
  return cores.map { $0.contains("-") || $0.contains(",") } ?? false
}()

// One at a time: they measure how soon things happen.
@Suite(.serialized) struct Prompt {
  @Test func `values print with their kind, and commands that give nil print nothing`() throws {
    try withPrompt { terminal, _ in
      terminal.type("[1.0, 2.0]\r")
      #expect(terminal.shows("[1.0, 2.0] : f64[2]"))
      #expect(terminal.shows("mos> "))
      terminal.type("let x = 40\r")
      #expect(terminal.shows("mos> "))
      terminal.type("x + 2\r")
      #expect(terminal.shows("42"))
      #expect(!terminal.screen.contains("nil"))
    }
  }

  @Test func `an entry goes on until it is complete`() throws {
    try withPrompt { terminal, _ in
      terminal.type("fn twice(x) {\r")
      #expect(terminal.shows("...> "))
      terminal.type("2 * x\r")
      #expect(terminal.shows("...> "))
      terminal.type("}\r")
      #expect(terminal.shows("mos> "))
      terminal.type("twice(21)\r")
      #expect(terminal.shows("42"))
    }
  }

  @Test func `after an error everything still holds`() throws {
    try withPrompt { terminal, _ in
      terminal.type("let kept = 5\r")
      #expect(terminal.shows("mos> "))
      terminal.type("throw \"broken\"\r")
      #expect(terminal.shows("broken", within: 2))
      #expect(terminal.shows("mos> "))
      terminal.type("kept\r")
      #expect(terminal.shows("5"))
      terminal.type("let = 3\r")
      #expect(terminal.shows("error[syntax]"))
      #expect(terminal.shows("mos> "))
      terminal.type("kept + 1\r")
      #expect(terminal.shows("6"))
    }
  }

  @Test func `ctrl-C stops a loop and keeps the variables`() throws {
    try withPrompt { terminal, _ in
      terminal.type("let n = 0\r")
      #expect(terminal.shows("mos> "))
      terminal.type("while true { n += 1 }\r")
      usleep(300_000)
      let start = now()
      terminal.type("\u{3}")
      #expect(terminal.shows("interrupt"))
      #expect(terminal.shows("mos> "))
      #expect(now() - start < 1)
      terminal.type("n > 1000\r")
      #expect(terminal.shows("true"))
    }
  }

  @Test func `ctrl-C clears a line, and on an empty one says how to leave`() throws {
    try withPrompt { terminal, _ in
      terminal.type("let half_typed")
      #expect(terminal.shows("half_typed"))
      terminal.type("\u{3}")
      #expect(terminal.shows("mos> "))
      for _ in 0..<5 {
        terminal.type("\u{3}")
        #expect(terminal.shows("Ctrl-D"))
        #expect(terminal.shows("mos> "))
      }
    }
  }

  @Test(.enabled(if: hasSecondCore, "on one core there is one thread"))
  func `ctrl-C is heard whichever thread it comes to`() throws {
    try withPrompt { terminal, _ in
      terminal.type("sum(ones(1_000_000))\r")
      #expect(terminal.shows("1000000.0 : f64"))
      #expect(terminal.shows("mos> "))
      terminal.type("half_typed")
      #expect(terminal.shows("half_typed"))
      try #require(terminal.interruptOtherThread())
      #expect(terminal.shows("^C"))
      #expect(terminal.shows("mos> "))
    }
  }

  @Test func `ctrl-C gives up an unfinished entry`() throws {
    try withPrompt { terminal, _ in
      terminal.type("fn half(x) {\r")
      #expect(terminal.shows("...> "))
      terminal.type("\u{3}")
      #expect(terminal.shows("mos> "))
      terminal.type("1 + 1\r")
      #expect(terminal.shows("2"))
    }
  }

  @Test func `ctrl-D, quit and exit leave`() throws {
    for (keys, status) in [("\u{4}", 0), (":quit\r", 0), (":q\r", 0), ("exit(3)\r", 3)] {
      try withPrompt { terminal, _ in
        terminal.type(keys)
        #expect(terminal.exitStatus() == Int32(status))
      }
    }
  }

  @Test func `history is kept, an entry a line, without those that begin with a space`() throws {
    try withPrompt { terminal, folder in
      for entry in ["1 + 2", " 1 + 3", "1 + 2", "fn f() {\r1\r}"] {
        terminal.type(entry + "\r")
        #expect(terminal.shows("mos> "))
      }
      terminal.type("\u{4}")
      #expect(terminal.exitStatus() == 0)
      let kept = Files.read(folder + "/mos/history") ?? ""
      #expect(kept.split(separator: "\n").count == 2)
      #expect(kept.hasPrefix("1 + 2\nfn f() {\\n"))

      let next = try Terminal(Files.mos, environment: ["XDG_STATE_HOME": folder])
      #expect(next.shows("mos> "))
      next.type("\u{1b}[A\u{1b}[A\r")
      #expect(next.shows("3"))
    }
  }

  @Test func `the last value has two names, and a semicolon keeps quiet`() throws {
    try withPrompt { terminal, _ in
      terminal.type("6 * 7;\r")
      #expect(terminal.shows("mos> "))
      terminal.type("ans + _\r")
      #expect(terminal.shows("84"))
      #expect(!terminal.screen.contains("\n42"))
    }
  }

  @Test func `prompts in pasted text are removed`() throws {
    try withPrompt { terminal, _ in
      terminal.type("\u{1b}[200~mos> fn f(x) {\n...>     x + 1\n...> }\u{1b}[201~\r")
      #expect(terminal.shows("mos> ", within: 1))
      terminal.type("f(41)\r")
      #expect(terminal.shows("42"))
    }
  }

  @Test func `tab completes names and commands`() throws {
    try withPrompt { terminal, _ in
      terminal.type("let quite_long_name = 7\r")
      #expect(terminal.shows("mos> "))
      terminal.type("quite_l\t + 1\r")
      #expect(terminal.shows("8"))
      terminal.type(":qu\t\r")
      #expect(terminal.exitStatus() == 0)
    }
  }

  @Test func `commands`() throws {
    try withPrompt { terminal, folder in
      terminal.type(":help\r")
      #expect(terminal.shows(":vars"))
      terminal.type("let w = zeros(3, 4)\r")
      #expect(terminal.shows("mos> "))
      terminal.type(":vars\r")
      #expect(terminal.shows("w: "))
      #expect(terminal.shows("f64[3, 4]"))
      terminal.type(":type 1.5\r")
      #expect(terminal.shows("Float"))
      terminal.type(":time 1 + 1\r")
      #expect(terminal.shows("took "))
      terminal.type("?sum\r")
      #expect(terminal.shows("sum("))
      terminal.type(":nonsense\r")
      #expect(terminal.shows("no command ':nonsense'"))
      terminal.type(":save kept.mos\r")
      #expect(terminal.shows("mos> "))
      terminal.type(":reset\r")
      #expect(terminal.shows("mos> "))
      terminal.type("w\r")
      #expect(terminal.shows("error[name]"))
      #expect(Files.read(folder + "/kept.mos")?.contains("let w = zeros(3, 4)\n") == true)
      terminal.type(":load kept.mos\r")
      #expect(terminal.shows("mos> "))
      terminal.type("w.shape\r")
      #expect(terminal.shows("(3, 4)"))
    }
  }

  @Test func `a program can open the prompt afterwards`() throws {
    try withPrompt(["-i", "-e", "let from_program = 11"]) { terminal, _ in
      terminal.type("from_program * 2\r")
      #expect(terminal.shows("22"))
    }
  }
}

@Test func `ctrl-C ends a program with status 130`() throws {
  let terminal = try Terminal(Files.mos, ["-e", "print(\"running\"); while true {}"])
  #expect(terminal.shows("running"))
  terminal.type("\u{3}")
  #expect(terminal.exitStatus() == 130)
}
