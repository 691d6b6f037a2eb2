// Every way in which files are read and written, each with what can go wrong: a text that is not
// UTF-8 is refused with the byte, what is no file is refused, and what cannot be written whole leaves
// what was there.

import TestSupport
import Testing

/// A way to read or write a file, which is called `FILE` in it.
struct FileUse: CustomTestStringConvertible, Sendable {
  /// The ending of the file's name.
  var ending: String
  /// The words of the command line.
  var words: [String]
  /// What is typed at the prompt.
  var input = ""

  var testDescription: String { (words + [input]).joined(separator: " ") }

  /// True for a folder, or a link to one, where folders are as good as files.
  func takes(_ name: String) -> Bool {
    words.first == "check" && (name.hasPrefix("folder.") || name.hasPrefix("leaf."))
  }

  /// What is printed to standard error for a file of that name in a folder.
  func complaint(about name: String, in folder: String) throws -> String {
    try runProcess(
      Files.mos, words.map { $0.replacing("FILE", with: name) },
      input: input.replacing("FILE", with: name), directory: folder
    ).errors
  }

  /// Makes a folder, a pipe without a writer or a reader, and links to such and to a device.
  func makeNoFiles(in folder: String) throws -> [String] {
    let names = ["folder", "pipe", "device", "link", "leaf"].map { "\($0).\(ending)" }
    let commands =
      "mkdir \(names[0]); mkfifo \(names[1]); ln -s /dev/full \(names[2]); "
      + "ln -s \(names[1]) \(names[3]); ln -s \(names[0]) \(names[4])"
    #expect(try runProcess("/bin/sh", ["-c", commands], directory: folder).status == 0)
    return names
  }
}

@Suite struct `Files in and out` {
  static let textReaders = [
    FileUse(ending: "mos", words: ["FILE"]),
    FileUse(ending: "mos", words: ["check", "FILE"]),
    FileUse(ending: "mos", words: ["-i", "-e", "1"], input: ":load FILE\n"),
    FileUse(ending: "mos", words: ["-e", "import \"FILE\" as m"]),
    FileUse(ending: "txt", words: ["-e", "read_text(\"FILE\")"]),
    FileUse(ending: "json", words: ["-e", "load(\"FILE\")"]),
    FileUse(ending: "csv", words: ["-e", "load(\"FILE\")"]),
  ]

  static let readers =
    textReaders
    + ["npy", "npz", "safetensors"].map { FileUse(ending: $0, words: ["-e", "load(\"FILE\")"]) }

  @Test(arguments: textReaders) func `a text that cannot be read is named`(use: FileUse) throws {
    try Files.withTemporaryFolder { folder in
      let damaged = "damaged.\(use.ending)"
      Files.write(Array("# é".utf8) + [0xff] + Array("\n".utf8), to: "\(folder)/\(damaged)")
      #expect(
        try use.complaint(about: damaged, in: folder)
          .contains("cannot read \"\(damaged)\": byte 4 is not UTF-8 text"))

      let missing = try use.complaint(about: "missing.\(use.ending)", in: folder)
      #expect(
        missing.contains("cannot read \"missing.\(use.ending)\": no such file or directory")
          || missing.contains("there is no module `missing.mos`"))
    }
  }

  @Test(arguments: readers) func `what is no file is not read`(use: FileUse) throws {
    try Files.withTemporaryFolder { folder in
      for name in try use.makeNoFiles(in: folder) where !use.takes(name) {
        #expect(
          try use.complaint(about: name, in: folder)
            .contains("cannot read \"\(name)\": it is not a regular file"))
      }
    }
  }

  @Test(arguments: ["'MOS' <(echo 'print(6)')", "echo 'print(6)' | 'MOS' /dev/stdin"])
  func `a stream that the process was started with is read`(command: String) throws {
    let result = try runProcess(
      "/bin/bash", ["-c", command.replacing("MOS", with: Files.mos)])
    #expect(result.output == "6\n")
    #expect(result.errors == "")
  }

  @Test func `a stream without an end is an error`() throws {
    let result = try runProcess("/bin/sh", ["-c", "'\(Files.mos)' - < /dev/zero"], timeLimit: 60)
    #expect(
      result.errors.contains("cannot read \"<stdin>\": it has more than 1073741824 bytes"))
  }

  /// The same for what writes one.
  static let writers = [
    FileUse(ending: "txt", words: ["-e", "write_text(\"FILE\", \"new\")"]),
    FileUse(ending: "json", words: ["-e", "save({a: 1}, \"FILE\")"]),
    FileUse(ending: "csv", words: ["-e", "save([1.0], \"FILE\")"]),
    FileUse(ending: "npy", words: ["-e", "save([1.0], \"FILE\")"]),
    FileUse(ending: "npz", words: ["-e", "save({a: [1.0]}, \"FILE\")"]),
    FileUse(ending: "safetensors", words: ["-e", "save({a: [1.0]}, \"FILE\")"]),
    FileUse(ending: "svg", words: ["-e", "plot([1.0, 2.0]).save(\"FILE\")"]),
    FileUse(ending: "dot", words: ["-e", "graph(param(1.0) * 2).save(\"FILE\")"]),
    FileUse(ending: "svg", words: ["-e", "graph(param(1.0) * 2).save(\"FILE\")"]),
    FileUse(ending: "mos", words: ["-i", "-e", "1"], input: "let x = 1\n:save FILE\n"),
  ]

  @Test(arguments: writers) func `a file that cannot be written leaves nothing behind`(
    use: FileUse
  ) throws {
    try Files.withTemporaryFolder { folder in
      let names = try use.makeNoFiles(in: folder)
      for name in names + ["nowhere/file.\(use.ending)"] {
        #expect(try use.complaint(about: name, in: folder).contains("cannot write \"\(name)\": "))
      }
      let left = try runProcess("/bin/ls", ["-A", folder])
      #expect(left.output == names.sorted().map { $0 + "\n" }.joined())
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

  @Test func `pipes are read to their end and written as they are`() throws {
    let program = "write_text(\"/dev/stdout\", read_text(\"/dev/stdin\") + \"!\")"
    let result = try runProcess(
      "/bin/sh", ["-c", "echo on | '\(Files.mos)' -e '\(program)' | cat"])
    #expect(result.output == "on\n!")
    #expect(result.errors == "")
  }

  @Test func `a file keeps its permissions, and a link leads to it`() throws {
    try Files.withTemporaryFolder { folder in
      let command = """
        mkdir inner; echo old > inner/a; chmod 640 inner/a
        ln -s inner/a to_file; ln -s inner/b to_nothing; ln -s circle circle
        '\(Files.mos)' -e 'for name in ("to_file", "to_nothing") { write_text(name, "new") }'
        stat -c '%A %n' to_file to_nothing inner/a; cat inner/a inner/b
        '\(Files.mos)' -e 'write_text("circle", "new")'
        """
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(
        result.output == "lrwxrwxrwx to_file\nlrwxrwxrwx to_nothing\n-rw-r----- inner/a\nnewnew")
      #expect(result.errors.contains("cannot write \"circle\": too many levels of symbolic links"))
    }
  }

  @Test func `a picture of a graph is drawn by another program`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("#!/bin/sh\necho $1 $2; cat\n", to: folder + "/dot")
      let command = """
        chmod +x dot; PATH=.:$PATH
        '\(Files.mos)' -e 'graph(param(1.0) * 2).save("a.svg")'; head -n 2 a.svg; ls -A
        """
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(result.output == "-Tsvg\ndigraph {\na.svg\ndot\n")
    }
  }
}

@Suite struct `Saves that were killed` {
  @Test func `what they leave is removed by the next`() throws {
    try Files.withTemporaryFolder { folder in
      let command = """
        '\(Files.mos)' -e 'save(ones(3_000_000), "a.csv")' & until ls a.csv.* 2> /dev/null; do :; done
        kill -9 $!; wait; '\(Files.mos)' -e 'save([1.0], "a.csv")'; ls -A
        """
      let result = try runProcess("/bin/bash", ["-c", command], directory: folder)
      #expect(result.output == "a.csv.mos-0.tmp\na.csv\n")
    }
  }

  @Test func `what a living one writes stays`() throws {
    try Files.withTemporaryFolder { folder in
      let command = """
        touch a.npy.mos-0.tmp a.npy.mos-1.tmp
        flock a.npy.mos-0.tmp '\(Files.mos)' -e 'save([1.0], "a.npy")'; ls -A
        """
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder)
      #expect(result.output == "a.npy\na.npy.mos-0.tmp\n")
    }
  }

  @Test func `several at once do not disturb each other`() throws {
    try Files.withTemporaryFolder { folder in
      let program = "for i in 0..100 { save(ones(1000), \"a.npy\") }"
      let command = """
        for i in 1 2 3 4; do '\(Files.mos)' -e '\(program)' & done; wait
        '\(Files.mos)' -e 'print(load("a.npy").shape)'; ls -A
        """
      let result = try runProcess("/bin/sh", ["-c", command], directory: folder, timeLimit: 60)
      #expect(result.output == "(1000,)\na.npy\n")
      #expect(result.errors == "")
    }
  }
}
