// Pages of Markdown: what is a block, where its lines stand, and what the formatter does with it.

import Syntax
import Testing

@Suite struct `A page of Markdown` {
  private func page(_ text: String) -> MarkdownPage { MarkdownPage(path: "page.md", text: text) }

  /// Each block as its kind, its first line and its text.
  private func blocks(_ text: String) -> [String] {
    page(text).blocks.map { "\($0.kind) \($0.line) \($0.lines.joined(separator: "|"))" }
  }

  @Test(arguments: [
    ("```mos\na\n\nb\n```", ["mos 2 a||b"]),
    ("~~~ mos title\na\n~~~\n\n```\nb\n```\n", ["mos 2 a", " 6 b"]),
    ("```Mos\r\na\r\n```\r\n", ["mos 2 a"]), ("\u{FEFF}```mos\na\n```", ["mos 2 a"]),
    // The closing fence is of the same marks, as long, and holds nothing else.
    ("````mos\n```\n~~~~\n```` x\n`````\nb", ["mos 2 ```|~~~~|```` x"]),
    ("```mos\na\n   ```\nb", ["mos 2 a"]), ("```mos\na\n    ```\nb", ["mos 2 a|    ```|b"]),
    // A block that nothing closes ends with what it stands in.
    ("```mos\na", ["mos 2 a"]), ("```mos\na\n\n", ["mos 2 a|"]), ("```mos", ["mos 2 "]),
    ("- ```mos\n  a\nb", ["mos 2 a"]), ("> ```mos\n> a\nb", ["mos 2 a"]),
    ("> ```mos\n> a\n```mos\nb", ["mos 2 a", "mos 4 b"]),
    // Indentation: of the fence, of lists, of quotations.
    ("   ```mos\n     a\n b\n   ```", ["mos 2   a|b"]),
    ("- x\n\n  ```mos\n  a\n\n    b\n  ```", ["mos 4 a||  b"]),
    ("1. x\n   - ```mos\n     a\n     ```\n   ```mos\n   b\n   ```", ["mos 3 a", "mos 6 b"]),
    ("10) > ~~~mos\n    >  a\n    >\n    > ~~~", ["mos 2  a|"]),
    ("-\t```mos\n\ta\n\t```", ["mos 2 a"]), ("> - ```mos\n>   a\n>   ```", ["mos 2 a"]),
    // A paragraph goes on without the marks of what it stands in, and only some marks end it.
    ("- a\nb\n  ```mos\n  c", ["mos 4 c"]), ("1. a\n2) ```mos\nb", ["mos 3 "]),
    ("a\n2) ```mos\n   b", []), ("a\n1) ```mos\n   b", ["mos 3 b"]),
    ("-\n\n   ```mos\na", ["mos 4 a"]),
    ("- - ```mos\n\ta\n\t```", ["mos 2 a"]), ("* * *\n    ```mos\n    a", []),
    // What is none: quotes of code, indented blocks, comments.
    ("```mos``` x\na", []), ("    ```mos\n    a\n    ```", []), ("\t```mos\n\ta", []),
    ("- x\n\n      ```mos\n      a\n", []), ("<!--\n```mos\na\n```\n-->\nb", []),
    ("<!-- x -->\n```mos\na\n```", ["mos 3 a"]), ("``\na\n``", []), ("", []),
  ])
  func `has the blocks of Markdown`(_ text: String, _ wanted: [String]) {
    #expect(blocks(text) == wanted, "\(text)")
  }

  @Test func `is one program at its places`() {
    let text = "θ\n- ```mos\n  let x = (\n  ```\n> ```mos\n>  1 2)\n> ```\nend"
    let program = page(text).program
    #expect(program.text(ofLine: 3) == "  let x = (")
    #expect(program.text(ofLine: 6) == "   1 2)")
    #expect(program.text(ofLine: 7) == "")
    let label = parse(program).diagnostics.first?.primary
    #expect(label.map { program.line(at: $0.span.start) } == 6)
  }

  @Test func `leaves out what shows a mistake, files, and sessions`() {
    let text = """
      ```mos
      a
      ```
      ```text
      1
      ```
      ```mos
      b
      ```
      ```text
      error[name]: no
      ```
      ```mos
      # c.mos: a file
      ```
      ```mos
      # in c.mos, instead of d
      ```
      ```mos
      e    # finds: unused
      ```
      ```console
      mos> f
      ```
      """
    let page = page(text)
    #expect(page.program.code(upTo: .max) == "a\n")
    #expect(page.blocks.map(\.isOfThePage) == [true, false, false, false, false, false])
    #expect(page.blocks[0].answer == ["1"])
  }

  @Test(arguments: [
    // A text holds nothing of what stands before the lines of its block, and ends with it.
    ("> ```mos\n> \"\"\"a\n>   b\n> \"\"\"\n> ```", "\"\"\"a\n  b\n\"\"\"\n"),
    ("- ```mos\n  f(\n\n  a)\n  ```\n\n- ```mos\n  b\n", "f(\n\na)\nb\n"),
  ])
  func `has its code without margins`(_ text: String, _ code: String) {
    let program = page(text).program
    #expect(parse(program).diagnostics.isEmpty)
    #expect(program.code(upTo: program.utf8.count) == code)
    #expect(page(text).program.utf8.count <= text.utf8.count)
  }

  @Test func `loses one block for a text without an end`() {
    let diagnostics = parse(page("```mos\n\"\"\"a\n```\n\"\n```mos\nlet x = 1 2\n```").program)
      .diagnostics
    #expect(diagnostics.map(\.message).first == "unclosed string")
    #expect(diagnostics.count == 2)
  }

  @Test(arguments: [
    ("a=1\n```mos\na=1\n```\n```\na=1\n```", "a=1\n```mos\na = 1\n```\n```\na=1\n```"),
    ("```mos\r\na=1\r\n```\r\nx\n", "```mos\r\na = 1\r\n```\r\nx\n"),
    (
      "1. ```mos\n   if a {\n   b\n\n   c\n   }",
      "1. ```mos\n   if a {\n       b\n\n       c\n   }\n"
    ),
    ("> ```mos\n> a=1\n>\n>\n> b\n> ```", "> ```mos\n> a = 1\n>\n> b\n> ```"),
    (
      "```mos\nfn f() {\n```\nx\n```mos\n1+2 }\n```", "```mos\nfn f() {\n```\nx\n```mos\n1+2 }\n```"
    ),
    ("```mos\na=1\n```\n```text\nerror: b\n```", "```mos\na=1\n```\n```text\nerror: b\n```"),
    ("- ```mos\n  a=\"\"\"b\n    c\"\"\"\n  ```", "- ```mos\n  a = \"\"\"b\n    c\"\"\"\n  ```"),
    ("```mos\n```", "```mos\n```"), ("no", "no"), ("", ""),
  ])
  func `is formatted block by block`(_ text: String, _ wanted: String) throws {
    let result = try format(page: page(text))
    #expect(result == wanted)
    #expect(try format(page: page(result)) == wanted)
  }

  @Test(arguments: [
    ("x\n\n```mos\nlet x = (1\n```", 4), ("x\n\n```mos\n# a.mos: b\n\n> ```\nlet x = 1 2", 6),
  ])
  func `is left alone where a block has a mistake`(_ text: String, _ line: Int) {
    let error = #expect(throws: FormatError.self) { try format(page: page(text)) }
    guard case .mistakes(let found) = error, let label = found.first?.primary else {
      return #expect(Bool(false))
    }
    #expect(label.source.line(at: label.span.start) == line)
  }
}
