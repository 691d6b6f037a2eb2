// The prompt on a pseudo-terminal, as a person meets it.

import Platform
import TestSupport
import Testing

/// Whether this process, and so the prompt, may run on two cores.
private let hasSecondCore = {
  let status = Files.read("/proc/self/status") ?? ""
  let cores = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
  return cores.map { $0.contains("-") || $0.contains(",") } ?? false
}()

// One at a time: they measure how soon things happen.
@Suite(.serialized) struct Prompt {
  @Test func `values print with their kind, and commands that give nil print nothing`() throws {
    try withPrompt { prompt throws in
      #expect(try prompt.enter("[1.0, 2.0]") == ["[1.0, 2.0] : f64[2]"])
      #expect(try prompt.enter("let x = 40") == [])
      #expect(try prompt.enter("x + 2") == ["42"])
      #expect(try prompt.enter("print(\"\")") == [""] || prompt.lines.last == "mos>")
      #expect(try prompt.enter("param([1.0])") == ["Parameter [1.0] : f64[1]"])
    }
  }

  @Test func `after an error everything still holds`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let kept = 5")
      #expect(try prompt.enter("throw \"broken\"").first == "error[error]: broken")
      #expect(try prompt.enter("kept") == ["5"])
      #expect(try prompt.enter("let = 3").first?.hasPrefix("error[syntax]") == true)
      #expect(try prompt.enter("kept + 1") == ["6"])
    }
  }

  @Test func `ctrl-C stops a loop and keeps the variables`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let n = 0")
      prompt.type("while true { n += 1 }\r")
      usleep(300_000)
      let start = now()
      prompt.type("\u{3}")
      #expect(prompt.shows("error[interrupt]"))
      #expect(prompt.ends(with: "mos>"))
      #expect(now() - start < 1)
      #expect(try prompt.enter("n > 1000") == ["true"])
    }
  }

  @Test func `no number of ctrl-C ends a session`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let kept = 41")
      for _ in 0..<7 {
        prompt.type("\u{3}")
        usleep(20_000)
      }
      #expect(prompt.ends(with: ["Ctrl-D or :quit leaves", "mos>"]))
      for entry in ["while true {}", "input(\"name? \")", "sleep(100)"] {
        prompt.type(entry + "\r")
        usleep(300_000)
        for _ in 0..<7 {
          prompt.type("\u{3}")
          usleep(5_000)
        }
        #expect(prompt.ends(with: "mos>"), "\(entry)")
      }
      #expect(try prompt.enter("kept + 1") == ["42"])
    }
  }

  @Test func `ctrl-backslash does nothing`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let kept = 41")
      prompt.type("\u{1c}")
      usleep(100_000)
      #expect(try prompt.enter("kept + 1") == ["42"])
    }
  }

  @Test func `ctrl-D in input ends it, and the next prompt begins a line`() throws {
    try withPrompt { prompt throws in
      prompt.type("input(\"name? \")\r")
      #expect(prompt.ends(with: "name?"))
      prompt.type("\u{4}")
      #expect(prompt.ends(with: ["name?", "mos>"]))
      prompt.type("input()\r")
      usleep(300_000)
      prompt.type("abc\u{4}\u{4}")
      #expect(prompt.ends(with: ["abc", "\"abc\"", "mos>"]))
    }
  }

  @Test func `ctrl-C in input ends it at once`() throws {
    try withPrompt { prompt throws in
      prompt.type("let answer = input(\"name? \")\r")
      #expect(prompt.ends(with: "name?"))
      prompt.type("half")
      let start = now()
      prompt.type("\u{3}")
      #expect(prompt.shows("error[interrupt]"))
      #expect(now() - start < 1)
      #expect(prompt.ends(with: "mos>"))
      prompt.type("\u{c}let answer = input(\"name? \")\r")
      #expect(prompt.ends(with: ["mos> let answer = input(\"name? \")", "name?"]))
      prompt.type("whole\r")
      #expect(prompt.ends(with: ["name? whole", "mos>"]))
      #expect(try prompt.enter("answer") == ["\"whole\""])
    }
  }

  @Test func `ctrl-C clears a line, and on an empty one says how to leave`() throws {
    try withPrompt { prompt throws in
      prompt.type("let half_typed")
      #expect(prompt.ends(with: "mos> let half_typed"))
      prompt.type("\u{3}")
      #expect(prompt.ends(with: ["mos> let half_typed^C", "mos>"]))
      for _ in 0..<5 {
        prompt.type("\u{c}")
        #expect(prompt.waits { $0 == ["mos>"] })
        prompt.type("\u{3}")
        #expect(prompt.ends(with: ["mos> ^C", "Ctrl-D or :quit leaves", "mos>"]))
      }
      prompt.type("fn half(x) {\r")
      #expect(prompt.ends(with: "...>"))
      prompt.type("\u{3}")
      #expect(prompt.ends(with: "mos>"))
      #expect(try prompt.enter("1 + 1") == ["2"])
    }
  }

  @Test(.enabled(if: hasSecondCore, "on one core there is one thread"))
  func `ctrl-C is heard whichever thread it comes to`() throws {
    try withPrompt { prompt throws in
      #expect(try prompt.enter("sum(ones(1_000_000))") == ["1000000.0 : f64"])
      prompt.type("half_typed")
      #expect(prompt.ends(with: "mos> half_typed"))
      try #require(prompt.terminal.interruptOtherThread())
      #expect(prompt.ends(with: ["mos> half_typed^C", "mos>"]))
    }
  }

  @Test func `ctrl-D, quit and exit leave`() throws {
    for (keys, status) in [
      ("\u{4}", 0), (":quit\r", 0), (":q\r", 0), ("exit\r", 0), ("quit\r", 0), ("exit(3)\r", 3),
    ] {
      try withPrompt { prompt throws in
        prompt.type(keys)
        #expect(prompt.terminal.exitStatus() == Int32(status), "\(keys)")
      }
    }
  }

  @Test func `the last value has two names, and a semicolon keeps quiet`() throws {
    try withPrompt { prompt throws in
      #expect(try prompt.enter("6 * 7;") == [])
      #expect(try prompt.enter("ans + _") == ["84"])
      #expect(try prompt.enter("print(1)") == ["1"])
      #expect(try prompt.enter("_") == ["84"])
    }
  }

  @Test func `a start-up file runs before the first entry`() throws {
    try withPrompt(files: ["config/mos/startup.mos": "let started = 5\nprint(\"good day\")\n"]) {
      prompt throws in
      #expect(prompt.shows("good day"))
      #expect(try prompt.enter("started") == ["5"])
    }
    try withPrompt(files: ["config/mos/startup.mos": "let started = (\n"]) { prompt throws in
      #expect(prompt.shows("startup.mos:1"))
      #expect(try prompt.enter("1 + 1") == ["2"])
    }
  }

  @Test func `a program can open the prompt afterwards`() throws {
    try withPrompt(["-i", "-e", "let from_program = 11"]) { prompt throws in
      #expect(try prompt.enter("from_program * 2") == ["22"])
    }
    try withPrompt(["-i", "-e", "let half = 5", "-e", "throw \"no\""]) { prompt throws in
      #expect(try prompt.enter("half") == ["5"])
      try prompt.enter(":save kept.mos")
      #expect(Files.read(prompt.folder + "/kept.mos") == "let half = 5\nhalf\n")
    }
  }
}

@Test func `ctrl-C ends a program with status 130`() throws {
  let terminal = try Terminal(Files.mos, ["-e", "print(\"running\"); while true {}"])
  #expect(terminal.shows("running"))
  terminal.type("\u{3}")
  #expect(terminal.exitStatus() == 130)
}
