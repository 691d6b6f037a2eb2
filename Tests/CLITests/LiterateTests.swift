// Pages of Markdown as programs: every command that takes a program takes a page.

import Platform
import TestSupport
import Testing

@Suite struct `A page of Markdown on the command line` {
  private static let page = """
    # Halves

    ```mos
    fn half(x) { x/2 }
    ```

    - In a list:

      ```mos
      print(half(3))
      test "halves" { assert half(1) == 0.5 }
      ```

    ```console
    $ exit 1
    ```

    """

  private func mos(_ page: String, _ arguments: String..., input: String = "") throws
    -> (ProcessResult, page: String)
  {
    try Files.withTemporaryFolder { folder in
      Files.write(page, to: folder + "/page.md")
      let result = try runProcess(Files.mos, arguments, input: input, directory: folder)
      return (result, Files.read(folder + "/page.md") ?? "")
    }
  }

  @Test(arguments: [
    (["page.md"], "1.5\n"), (["run", "page.md"], "1.5\n"), (["check", "page.md"], ""),
    (["fmt", "--check", "page.md"], "page.md\n"),
    (["test", "page.md"], "1.5\nok   page.md: halves\n1 passed, 0 failed\n"),
    (["-e", "import \"page.md\" as p; print(p.half(5))"], "1.5\n2.5\n"),
  ])
  func `is a program`(_ arguments: [String], _ output: String) throws {
    try Files.withTemporaryFolder { folder in
      Files.write(Self.page, to: folder + "/page.md")
      let result = try runProcess(Files.mos, arguments, directory: folder)
      #expect((result.output, result.errors) == (output, ""))
    }
  }

  @Test func `tells a mistake where it stands on the page`() throws {
    let page = Self.page.replacing("half(3)", with: "half(nil)")
    let (result, _) = try mos(page, "page.md")
    #expect(result.status == 1)
    #expect(
      result.errors.contains(
        """
         --> page.md:4:14
          |
        4 | fn half(x) { x/2 }
          |              ^^^
        """))
    #expect(result.errors.contains("called from page.md:10"))
  }

  @Test func `is formatted in its blocks alone`() throws {
    let (result, page) = try mos(Self.page, "fmt", "page.md")
    #expect((result.status, result.output, result.errors) == (0, "", ""))
    #expect(page == Self.page.replacing("x/2", with: "x / 2"))
  }

  @Test func `without a program is a mistake`() throws {
    let (result, _) = try mos("# Nothing\n", "page.md")
    #expect(result.status != 0)
    #expect(result.errors.hasPrefix("Error: page.md holds no program"))
    #expect(try mos("# Nothing\n", "check", "page.md").0.status == 0)
  }

  @Test func `goes on at the prompt`() throws {
    let (result, _) = try mos(Self.page, "-i", "page.md", input: "half(9)\n:save out.mos\n")
    #expect(result.output.contains("4.5"))
  }
}
