// The command line as a process: what is printed where, and how the process ends.

import TestSupport
import Testing

private func mos(
  _ arguments: String..., input: String = "", environment: [String: String] = [:]
) throws -> ProcessResult {
  try runProcess(Files.mos, arguments, input: input, environment: environment)
}

/// Runs `mos` on a program in a file.
private func mos(running program: String, _ arguments: String...) throws -> ProcessResult {
  try Files.withTemporaryFolder { folder in
    Files.write(program, to: folder + "/program.mos")
    return try runProcess(Files.mos, ["program.mos"] + arguments, directory: folder)
  }
}

@Suite struct `The standard library` {
  @Test func `passes its own tests`() throws {
    let result = try runProcess(Files.mos, ["test", Files.root + "/stdlib"])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains(": attention that is causal does not see what comes later"))
    #expect(result.output.contains(" passed, 0 failed"))
  }

  @Test func `a file of a program is described as a module is`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("## Tools.\n\n## Doubles.\nfn twice(x) { 2 * x }\n", to: folder + "/tools.mos")
      let shown = try mos("doc", folder + "/tools.mos")
      #expect(shown.output == "tools\n\nTools.\n\nIt has:\n\n- `tools.twice(x)`: Doubles.\n")
    }
  }

  @Test func `is described`() throws {
    #expect(try mos("doc", "nn").output.contains("- `nn.Linear(inputs, outputs, bias=true)`: "))
    #expect(
      try mos("doc", "nn.orthogonal").output.hasPrefix("nn.orthogonal(inputs, outputs, gain=1.0)\n")
    )
    #expect(try mos("doc", "nn.Linear").output.contains("\n- `.weight`: A parameter.\n"))
    #expect(try mos("doc", "nn.Linear.forward").output == "nn.Linear.forward(x)\n")
    #expect(
      try mos("doc", "Conv2d").errors
        == "error: no built-in is called `Conv2d`; did you mean `nn.Conv2d` or `conv2d`?\n")
    #expect(try mos("doc", "wihle").errors.hasSuffix("did you mean `while` or `tile`?\n"))
    #expect(try mos("doc").output.contains("\nThe module nn\n  nn.uniform "))
    #expect(try mos("doc", "--search", "Elman").output.hasPrefix("nn.RNN "))
    #expect(try mos("doc", "--search", "no such words").status == 1)
    let mistake = try mos("doc", "nn.Liner")
    #expect(mistake.errors == "error: the module nn has no `Liner`; did you mean `nn.Linear`?\n")
  }
}

@Suite struct `Ways to run` {
  @Test func `a file runs with its arguments`() throws {
    let result = try mos(running: "print(args())", "--lr", "-e", "0.1")
    #expect(result.output == "(\"--lr\", \"-e\", \"0.1\")\n")
    #expect(result.status == 0)
  }

  @Test func `a first line with a shebang is skipped`() throws {
    #expect(try mos(running: "#!/usr/bin/env mos\nprint(1)").output == "1\n")
  }

  @Test(arguments: [["run"], []]) func `code runs from the command line`(words: [String]) throws {
    let result = try runProcess(Files.mos, words + ["-e", "print(1 + 1, args())", "a"])
    #expect(result.output == "2 (\"a\",)\n")
  }

  @Test func `several pieces of code are lines of one program`() throws {
    let result = try mos(
      "-e", "print(twice(2))", "-e", "fn twice(x) { x * 2 }", "-e", "-1; print(args())", "a")
    #expect(result.output == "4\n(\"a\",)\n")
    let mistake = try mos("-e", "let x = 1", "-e", "print(y)")
    #expect(mistake.status == 65)
    #expect(mistake.errors.contains("<command line>:2:7"))
  }

  @Test func `code may begin with a minus`() throws {
    #expect(try mos("-e", "-1; print(2)").status == 0)
  }

  @Test(arguments: [["-"], []]) func `standard input is a program`(words: [String]) throws {
    let result = try runProcess(Files.mos, words, input: "let x = 2\nprint(x * 3)\n")
    #expect(result.output == "6\n")
    #expect(result.errors == "")
  }

  @Test func `an empty program is fine`() throws {
    #expect(try mos("-e", "").status == 0)
    #expect(try mos("-").output == "")
  }

  @Test func `two dashes end the options`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("print(args())", to: folder + "/-odd.mos")
      let result = try runProcess(Files.mos, ["--", "-odd.mos", "x"], directory: folder)
      #expect(result.output == "(\"x\",)\n")
    }
  }
}

@Suite struct `Exit statuses` {
  @Test func `a failure is 1, with what was printed before it`() throws {
    let result = try mos("-e", "print(1)\nthrow \"no\"\nprint(2)")
    #expect(result.status == 1)
    #expect(result.output == "1\n")
    #expect(result.errors.contains("no"))
  }

  @Test(arguments: [
    ["--bogus"], ["--dtype", "f16"], ["nowhere.mos"], ["test", "--bogus"], ["-e"],
  ])
  func `a wrong command line is 2`(words: [String]) throws {
    let result = try runProcess(Files.mos, words)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors != "")
  }

  @Test func `what does not compile is 65, and nothing runs`() throws {
    let result = try mos("-e", "print(1)\nlet = 3\nprint(unknown_name)")
    #expect(result.status == 65)
    #expect(result.output == "")
  }

  @Test func `exit gives its argument`() throws {
    let result = try mos("-e", "print(1)\nexit(7)\nprint(2)")
    #expect(result.status == 7)
    #expect(result.output == "1\n")
    #expect(result.errors == "")
  }

  @Test func `a text that is not UTF-8 is refused`() throws {
    try Files.withTemporaryFolder { folder in
      let made = try runProcess("/usr/bin/printf", ["\\377\\376"])
      #expect(made.status == 0)
      let result = try runProcess("/bin/sh", ["-c", "printf '\\377' | '\(Files.mos)' -"])
      #expect(result.status == 2)
      #expect(result.errors.contains("UTF-8"))
    }
  }
}

@Suite struct Options {
  @Test func `version and help`() throws {
    #expect(try mos("--version").output.hasPrefix("mos "))
    #expect(try mos("--help").output.contains("mos [options] FILE"))
    #expect(try mos("run", "--help").output.contains("--dtype"))
    #expect(try mos("--help").status == 0)
  }

  @Test func `the default float type`() throws {
    #expect(try mos("--dtype", "f32", "-e", "print([1.0].dtype)").output == "f32\n")
  }

  @Test func `a seed repeats the random numbers`() throws {
    let runs = try (0..<2).map { _ in try mos("--seed", "7", "-e", "print(rand(3))").output }
    #expect(runs[0] == runs[1])
    #expect(try mos("-e", "seed(7); print(rand(3))").output == runs[0])
  }

  @Test func `limits end a run`() throws {
    let result = try mos("--limit", "instructions=1000", "-e", "while true {}")
    #expect(result.status == 1)
    #expect(result.errors.contains("error[limit]"))
  }

  @Test(arguments: [
    ("seconds=-1", "the limit `seconds` must be greater than 0, not -1.0"),
    ("seconds=nan", "the limit `seconds` must be greater than 0, not nan"),
    ("depth=0", "the limit `depth` must be greater than 0, not 0"),
    ("memory=-5MB", "the limit `memory` must be greater than 0, not -5000000"),
    ("memory=5XB", "`memory` takes a whole number of bytes, kB, MB, GB, KiB, MiB or GiB"),
    ("instructions=1.5", "`instructions` takes a whole number"),
    ("time=1", "a limit is one of depth=…, instructions=…, memory=…, output=…, seconds=…"),
  ])
  func `a limit that cannot be is a mistake of the command line`(limit: String, message: String)
    throws
  {
    let result = try mos("--limit", limit, "-e", "1")
    #expect(result.status == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test(arguments: [
    "seconds=1e300", "seconds=inf", "depth=9223372036854775807", "memory=9223372036854775807",
    "memory=9223372036GiB", "memory=50MB",
  ])
  func `a limit may be huge`(limit: String) throws {
    #expect(try mos("--limit", limit, "-e", "print(1)").output == "1\n")
  }

  @Test func `diagnostics as JSON`() throws {
    let result = try mos("--diagnostics", "json", "-e", "print(1)\nthrow \"a \\\"quoted\\\" text\"")
    #expect(result.errors.hasPrefix("{\"severity\": \"error\""))
    #expect(result.errors.contains("\"line\": 2"))
    #expect(result.errors.contains("a \\\"quoted\\\" text"))
  }

  @Test(arguments: ["text", "json"]) func `no diagnostic steers the terminal`(format: String) throws
  {
    let program = #"""
      let s = "\#u{7}\#u{9b}\#u{202e}" # \#u{2066}
      throw {kind: "\u{7f}", message: "\u{1b}]0;x\u{7}\u{9b}\u{202e}\r\u{e0041}", hint: "\u{200b}"}
      """#
    let result = try mos("--diagnostics", format, "-", input: program)
    #expect(
      result.errors.contains(format == "json" ? #"\u001b]0;x\u0007\u009b"# : #"\u{1b}]0;x\u{7}"#))
    #expect(result.errors.unicodeScalars.allSatisfy { $0 == "\n" || (" "..."~").contains($0) })
  }

  @Test func `colour follows the option and the environment`() throws {
    let plain = try mos("-e", "throw \"x\"")
    #expect(!plain.errors.contains("\u{1b}["))
    #expect(try mos("--color", "always", "-e", "throw \"x\"").errors.contains("\u{1b}["))
    let forced = try mos("-e", "throw \"x\"", environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": ""])
    #expect(forced.errors.contains("\u{1b}["))
    let refused = try mos(
      "-e", "throw \"x\"", environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"])
    #expect(!refused.errors.contains("\u{1b}["))
  }
}

@Suite struct Plumbing {
  @Test func `a reader that goes away ends the program quietly`() throws {
    let result = try runProcess(
      "/bin/sh", ["-c", "'\(Files.mos)' -e 'while true { print(1) }' | head -n 1"])
    #expect(result.output == "1\n")
    #expect(result.errors == "")
    #expect(!result.timedOut)
  }

  @Test func `output and errors keep their order`() throws {
    let result = try runProcess(
      "/bin/sh", ["-c", "'\(Files.mos)' -e 'print(1); throw \"no\"' 2>&1"])
    #expect(result.output.hasPrefix("1\nerror"))
  }

  @Test func `much output arrives whole`() throws {
    let result = try mos("-e", "for i in 0..100000 { print(i) }")
    #expect(result.output.utf8.count == 588_890)
  }
}

@Suite struct `A full disk` {
  @Test(arguments: ["print(1)", "for i in 0..100000 { print(i) }"])
  func `what cannot be written is an error`(program: String) throws {
    let result = try runProcess(
      "/bin/sh", ["-c", "'\(Files.mos)' -e '\(program)' > /dev/full"])
    #expect(result.status == 1)
    #expect(result.errors == "error: cannot write to standard output: no space left on device\n")
  }
}

@Suite struct `Ctrl-C` {
  @Test(arguments: [
    "while true { }", "while true { try { while true { } } catch e { } }",
    "sort(randn(50_000_000))", "zeros(4000, 4000) @ zeros(4000, 4000)", "input()", "sleep(100)",
  ])
  func `ends a program wherever it is`(program: String) throws {
    // `timeout` sends the signal after half a second; the open pipe is input that never comes.
    let command =
      "mkfifo held; exec 0<>held; timeout --foreground --preserve-status -s INT 0.5 "
      + "'\(Files.mos)' -e 'print(\"out\"); \(program)'; echo $?"
    try Files.withTemporaryFolder { folder in
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(result.output == "out\n130\n")
      #expect(result.errors.hasPrefix("error[interrupt]: interrupted"))
    }
  }
}

@Suite struct `mos test` {
  static let program = """
    let x = 2
    test "sums" { assert x + 2 == 4 }
    test "fails" { assert x == 3, "x is not 3" }
    test "sees a fresh run" { assert x == 2 }
    print("top level")
    """

  @Test func `test blocks run, and a failing one does not stop the next`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write(Self.program, to: folder + "/a.mos")
      Files.write("print(\"has no tests, is not run\")", to: folder + "/b.mos")
      let result = try runProcess(Files.mos, ["test"], directory: folder)
      #expect(
        result.output == """
          top level
          ok   a.mos: sums
          FAIL a.mos: fails
          ok   a.mos: sees a fresh run
          2 passed, 1 failed

          """)
      #expect(result.errors.contains("x is not 3"))
      #expect(result.status == 1)
    }
  }

  @Test func `a plain run skips test blocks`() throws {
    let result = try mos(running: Self.program)
    #expect(result.output == "top level\n")
    #expect(result.status == 0)
  }
}
