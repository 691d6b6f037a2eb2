// `mos fmt` and `mos check` as processes: what is written where, and how they end.

import Platform
import TestSupport
import Testing

private func mos(_ arguments: String..., input: String = "", in folder: String? = nil) throws
  -> ProcessResult
{
  try runProcess(Files.mos, arguments, input: input, directory: folder)
}

@Suite struct `The formatter` {
  @Test func `files and folders are rewritten in place`() throws {
    try Files.withTemporaryFolder { folder in
      mkdir(folder + "/inner", 0o755)
      for name in ["a.mos", "inner/b.mos", "inner/c.txt"] {
        Files.write("let x=1\n", to: folder + "/" + name)
      }
      let result = try mos("fmt", folder)
      #expect((result.status, result.output, result.errors) == (0, "", ""))
      #expect(Files.read(folder + "/a.mos") == "let x = 1\n")
      #expect(Files.read(folder + "/inner/b.mos") == "let x = 1\n")
      #expect(Files.read(folder + "/inner/c.txt") == "let x=1\n")
      Files.write("let x=2\n", to: folder + "/a.mos")
      #expect(try mos("fmt", "a.mos", "inner", in: folder).status == 0)
      #expect(Files.read(folder + "/a.mos") == "let x = 2\n")
    }
  }

  @Test func `standard input goes to standard output`() throws {
    let result = try mos("fmt", "-", input: "let x=1")
    #expect((result.status, result.output, result.errors) == (0, "let x = 1\n", ""))
    let broken = try mos("fmt", "-", input: "let x=(")
    #expect((broken.status, broken.output) == (65, ""))
    #expect(broken.errors.contains("error[syntax]"))
  }

  @Test func `a check changes nothing and names what would change`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("let x=1\n", to: folder + "/a.mos")
      Files.write("let x = 1\n", to: folder + "/b.mos")
      let result = try mos("fmt", "--check", ".", in: folder)
      #expect((result.status, result.output, result.errors) == (1, "a.mos\n", ""))
      #expect(Files.read(folder + "/a.mos") == "let x=1\n")
      #expect(try mos("fmt", "--check", "b.mos", in: folder).status == 0)
      #expect(try mos("fmt", "--check", "-", input: "x=1").output == "<stdin>\n")
    }
  }

  @Test func `what does not parse or cannot be read is left alone, and the others go on`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("let x=(1\n", to: folder + "/a.mos")
      Files.write("let x=1\n", to: folder + "/b.mos")
      let result = try mos("fmt", "a.mos", "missing.mos", "b.mos", in: folder)
      #expect(result.status == 65)
      #expect(result.errors.contains("a.mos:1"))
      #expect(result.errors.contains("error: cannot read \"missing.mos\""))
      #expect(Files.read(folder + "/a.mos") == "let x=(1\n")
      #expect(Files.read(folder + "/b.mos") == "let x = 1\n")
      #expect(try mos("fmt", "missing.mos", in: folder).status == 1)
    }
  }

  @Test func `a file keeps its permissions, and a link stays one`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("let x=1\n", to: folder + "/a.mos")
      chmod(folder + "/a.mos", 0o750)
      symlink("a.mos", folder + "/link.mos")
      let result = try mos("fmt", "link.mos", in: folder)
      #expect(result.status == 0)
      var status = stat()
      #expect(lstat(folder + "/link.mos", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(stat(folder + "/a.mos", &status) == 0 && status.st_mode & 0o777 == 0o750)
      #expect(Files.read(folder + "/a.mos") == "let x = 1\n")
    }
  }
}

@Suite struct `The checker` {
  @Test func `warnings count where they are told to, errors always`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write("let unused = 3\nprint(1)\n", to: folder + "/a.mos")
      let result = try mos("check", "a.mos", in: folder)
      #expect((result.status, result.output) == (0, ""))
      #expect(
        result.errors.hasPrefix("warning[unused]: `unused` is set and never read\n --> a.mos:1:5\n")
      )
      #expect(try mos("check", "--strict", "a.mos", in: folder).status == 1)
      Files.write("print([\"a\"])\n", to: folder + "/b.mos")
      let both = try mos("check", "--strict", ".", in: folder)
      #expect(both.status == 65)
      #expect(both.errors.contains("error[type]: a tensor holds numbers, not the String \"a\""))
      #expect(both.errors.contains("warning[unused]"))
      Files.write("print(1)\n", to: folder + "/c.mos")
      #expect(try mos("check", "--strict", "c.mos", in: folder).status == 0)
    }
  }

  @Test func `findings are objects of JSON`() throws {
    let result = try mos(
      "check", "--diagnostics", "json", "-", input: "let x = 1\nx == 2\nprint(x)\n")
    #expect(
      result.errors == """
        {"severity": "warning", "kind": "dropped", "message": "the result of this comparison is not used", \
        "at": {"file": "<stdin>", "line": 2, "column": 1, "endLine": 2, "endColumn": 7}, \
        "hint": "an assignment is written `=`"}

        """)
    #expect(result.status == 0)
  }

  @Test func `modules are found beside the program, and nothing runs`() throws {
    try Files.withTemporaryFolder { folder in
      Files.write(
        "fn double(x) { x * 2 }\nwrite_text(\"ran.txt\", \"\")\n", to: folder + "/tools.mos")
      Files.write(
        "import \"tools.mos\" as tools\nimport missing\nprint(tools.duble(1), missing)\n",
        to: folder + "/main.mos")
      let result = try mos("check", folder + "/main.mos", "nowhere.mos", in: folder)
      #expect(result.status == 65)
      #expect(result.errors.contains("error[name]: module tools.mos has no `duble`"))
      #expect(result.errors.contains("did you mean `double`?"))
      #expect(result.errors.contains("error[io]: there is no module `missing`"))
      #expect(result.errors.contains("error: cannot read \"nowhere.mos\""))
      #expect(Files.read(folder + "/ran.txt") == nil)
    }
  }
}
