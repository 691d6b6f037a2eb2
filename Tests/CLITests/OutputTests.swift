// Standard output in time: what was printed is seen while the program goes on, and is not lost when the
// process is told to end.

import TestSupport
import Testing

@Suite struct `Output in time` {
  @Test func `a program that goes on has its output in the file`() throws {
    let command =
      "timeout -s KILL 4 '\(Files.mos)' -e 'print(\"early\"); while true {}' > out; cat out"
    try Files.withTemporaryFolder { folder in
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(result.output == "early\n")
    }
  }

  @Test(
    arguments: [("TERM", 143), ("HUP", 129)],
    ["while true { }", "sort(randn(50_000_000))", "input()", "sleep(100)"])
  func `a signal ends the program, and its output is there`(
    signal: (name: String, status: Int), program: String
  ) throws {
    let command =
      "mkfifo held; exec 0<>held; timeout --foreground --preserve-status -s \(signal.name) 1 "
      + "'\(Files.mos)' -e 'print(\"out\"); \(program)'; echo $?"
    try Files.withTemporaryFolder { folder in
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(result.output == "out\n\(signal.status)\n")
    }
  }

  @Test func `an ignored signal stays ignored`() throws {
    let program = "print(1); sleep(1); print(2)"
    let command = "trap '' HUP; '\(Files.mos)' -e '\(program)' & sleep 0.5; kill -HUP $!; wait"
    #expect(try runProcess("/bin/sh", ["-c", command]).output == "1\n2\n")
  }

  @Test func `a reader that does not read keeps no program alive`() throws {
    let command = """
      mkfifo pipe; sleep 9 < pipe & exec 3> pipe
      timeout --preserve-status 1 '\(Files.mos)' -e 'while true { print(1) }' >&3; echo $?; kill $!
      """
    try Files.withTemporaryFolder { folder in
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(result.output == "143\n")
      #expect(result.seconds < 8)
    }
  }

  @Test func `what goes to the same place by another name keeps its order`() throws {
    let program = "print(1); write_text(\"/dev/stdout\", \"2\\n\"); print(3)"
    for target in ["| cat", "> out; cat out"] {
      try Files.withTemporaryFolder { folder in
        let result = try runProcess(
          "/bin/sh", ["-c", "'\(Files.mos)' -e '\(program)' \(target)"], directory: folder)
        #expect(result.output == "1\n2\n3\n")
      }
    }
  }
}
