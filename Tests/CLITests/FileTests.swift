// Every way in which files are read and written, each with what can go wrong: a text that is not
// UTF-8 is refused with the byte, and what cannot be written whole leaves what was there.

import TestSupport
import Testing

/// What the command line prints to standard error for a program or words, in a folder.
private func complaint(_ words: [String], input: String = "", in folder: String) throws -> String {
  try runProcess(Files.mos, words, input: input, directory: folder).errors
}

@Suite struct `Files in and out` {
  /// The words of the command line, and what is typed at the prompt, that read a file.
  static let readers: [(ending: String, words: [String], input: String)] = [
    ("mos", ["FILE"], ""),
    ("mos", ["check", "FILE"], ""),
    ("mos", ["-i", "-e", "1"], ":load FILE\n"),
    ("mos", ["-e", "import \"FILE\" as m"], ""),
    ("txt", ["-e", "read_text(\"FILE\")"], ""),
    ("json", ["-e", "load(\"FILE\")"], ""),
    ("csv", ["-e", "load(\"FILE\")"], ""),
  ]

  @Test(arguments: readers.indices) func `a text that cannot be read is named`(index: Int) throws {
    let (ending, words, input) = Self.readers[index]
    try Files.withTemporaryFolder { folder in
      func complaint(about name: String) throws -> String {
        try CLITests.complaint(
          words.map { $0.replacing("FILE", with: name) },
          input: input.replacing("FILE", with: name), in: folder)
      }
      let damaged = "damaged.\(ending)"
      Files.write(Array("# é".utf8) + [0xff] + Array("\n".utf8), to: "\(folder)/\(damaged)")
      #expect(
        try complaint(about: damaged).contains(
          "cannot read \"\(damaged)\": byte 4 is not UTF-8 text"))

      let missing = try complaint(about: "missing.\(ending)")
      #expect(
        missing.contains("cannot read \"missing.\(ending)\": no such file or directory")
          || missing.contains("there is no module `missing.mos`"))

      _ = try runProcess("/bin/mkdir", ["\(folder)/folder.\(ending)"])
      let unreadable = try complaint(about: "folder.\(ending)")
      #expect(unreadable.contains("cannot read \"folder.\(ending)\": "))
      #expect(unreadable.contains("directory") || unreadable.contains("not a regular file"))
    }
  }

  /// The same for what writes one.
  static let writers: [(ending: String, words: [String], input: String)] = [
    ("txt", ["-e", "write_text(\"FILE\", \"new\")"], ""),
    ("json", ["-e", "save({a: 1}, \"FILE\")"], ""),
    ("csv", ["-e", "save([1.0], \"FILE\")"], ""),
    ("npy", ["-e", "save([1.0], \"FILE\")"], ""),
    ("npz", ["-e", "save({a: [1.0]}, \"FILE\")"], ""),
    ("safetensors", ["-e", "save({a: [1.0]}, \"FILE\")"], ""),
    ("svg", ["-e", "plot([1.0, 2.0]).save(\"FILE\")"], ""),
    ("dot", ["-e", "graph(param(1.0) * 2).save(\"FILE\")"], ""),
    ("svg", ["-e", "graph(param(1.0) * 2).save(\"FILE\")"], ""),
    ("mos", ["-i", "-e", "1"], ":save FILE\n"),
  ]

  @Test(arguments: writers.indices) func `a file that cannot be written leaves nothing behind`(
    index: Int
  ) throws {
    let (ending, words, input) = Self.writers[index]
    try Files.withTemporaryFolder { folder in
      func complaint(about name: String) throws -> String {
        try CLITests.complaint(
          words.map { $0.replacing("FILE", with: name) },
          input: input.replacing("FILE", with: name), in: folder)
      }
      _ = try runProcess("/bin/mkdir", ["\(folder)/folder.\(ending)"])
      for name in ["folder.\(ending)", "nowhere/file.\(ending)"] {
        #expect(try complaint(about: name).contains("cannot write \"\(name)\": "))
      }
      // Nothing is left behind.
      let left = try runProcess("/bin/ls", ["-A", folder])
      #expect(left.output == "folder.\(ending)\n")
    }
  }

  @Test func `a text that does not fit on the disk leaves what was there`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("old", to: folder + "/a.txt")
      let program = "write_text(\"a.txt\", \"x\" * 100000)"
      let result = try runProcess(
        "/bin/sh", ["-c", "trap '' XFSZ; ulimit -f 8; exec '\(Files.mos)' -e '\(program)'"],
        directory: folder)
      #expect(result.errors.contains("cannot write \"a.txt\": file too large"))
      #expect(Files.read(folder + "/a.txt") == "old")
      #expect(try runProcess("/bin/ls", ["-A", folder]).output == "a.txt\n")
    }
  }

  @Test func `devices and pipes are read to their end and written as they are`() throws {
    let program = "write_text(\"/dev/stdout\", read_text(\"/dev/stdin\") + \"!\")"
    let result = try runProcess(
      "/bin/sh", ["-c", "echo on | '\(Files.mos)' -e '\(program)' | cat"])
    #expect(result.output == "on\n!")
    #expect(result.errors == "")
  }
}
