// Mistakes and what is said about them: pictures for the drawing, a table for the sentences.

import Syntax
import Testing

/// All that is drawn for a text.
private func picture(_ text: String, colored: Bool = false) -> String {
  let renderer = DiagnosticRenderer(colored: colored)
  return parse(Source(name: "test.mos", text: text)).diagnostics.map(renderer.render).joined()
}

private func messages(_ text: String) -> [String] {
  parse(Source(name: "test.mos", text: text)).diagnostics.map { diagnostic in
    diagnostic.message + (diagnostic.hint.map { " | " + $0 } ?? "")
  }
}

@Suite struct MistakeTests {
  @Test func `an underline with a hint`() {
    #expect(
      picture("let a = 1\nif a = 2 { a }") == """
        error[syntax]: = assigns and cannot stand in a condition
         --> test.mos:2:6
          |
        2 | if a = 2 { a }
          |      ^
          = hint: write == to compare

        """)
  }

  @Test func `a missing bracket shows the one that was opened`() {
    #expect(
      picture("let x = [1,\n  (2, 3]\n") == """
        error[syntax]: expected ), found ]
         --> test.mos:2:8
          |
        2 |   (2, 3]
          |        ^
          |   - ( opened here
          = hint: close it with ), or separate what follows by ,

        """)
    #expect(
      picture("fn f() {\n\n\n  1") == """
        error[syntax]: { is not closed
         --> test.mos:4:4
          |
        1 | fn f() {
          |        - { opened here
        ...
        4 |   1
          |    ^ expected }
          = hint: close it with }

        """)
  }

  @Test func `tabs and wide characters keep the underline in place`() {
    #expect(
      picture("\tlet 日本 = \"本\" +* 3") == """
        error[syntax]: expected a value, found *
         --> test.mos:1:16
          |
        1 |     let 日本 = "本" +* 3
          |                      ^
          = hint: values are spread inside calls and lists only, as in f(*xs)

        """)
  }

  @Test func `labels, hint and trace as in the language reference`() {
    let source = Source(
      name: "train.mos", text: String(repeating: "\n", count: 11) + "    let z = x + y\n")
    var diagnostic = Diagnostic(
      kind: .shape, "cannot add f64[3, 4] and f64[5]",
      at: .init(source: source, span: Span(23, 28), text: "the last axes are 4 and 5"),
      hint: "axes are matched from the right; one of them must be 1 to stretch")
    diagnostic.trace = ["forward (train.mos:12)", "train.mos:20"]
    #expect(
      DiagnosticRenderer(colored: false).render(diagnostic) == """
        error[shape]: cannot add f64[3, 4] and f64[5]
          --> train.mos:12:13
           |
        12 |     let z = x + y
           |             ^^^^^ the last axes are 4 and 5
           = hint: axes are matched from the right; one of them must be 1 to stretch
           = in forward (train.mos:12), called from train.mos:20

        """)
  }

  @Test func `other sources, traces and messages of several lines`() {
    let here = Source(name: "a.mos", text: "f(1)")
    let there = Source(name: "b.mos", text: "\nfn f() { }")
    var diagnostic = Diagnostic(
      severity: .warning, kind: .type, "two\nlines",
      at: .init(source: here, span: Span(0, 4)),
      secondary: [.init(source: there, span: Span(1, 7), text: "declared here")])
    diagnostic.trace = ["f (b.mos:2), 2 times", "g (b.mos:3)", "a.mos:1"]
    #expect(
      DiagnosticRenderer(colored: false).render(diagnostic) == """
        warning[type]: two
          lines
         --> a.mos:1:1
          |
        1 | f(1)
          | ^^^^
         ::: b.mos:2:1
          |
        2 | fn f() { }
          | ------ declared here
          = in f (b.mos:2), 2 times
          = called from g (b.mos:3)
          = called from a.mos:1

        """)
  }

  @Test func `colours stand around the same text`() {
    let text = "f(1 2)"
    let colored = picture(text, colored: true)
    #expect(colored.contains("\u{1B}[1;31m^\u{1B}[0m"))
    var plain = colored
    for code in ["0", "1", "1;31", "1;33", "1;34", "1;36"] {
      plain = plain.split(separator: "\u{1B}[\(code)m", omittingEmptySubsequences: false).joined()
    }
    #expect(plain == picture(text))
  }

  @Test func `a place far to the right is shown with what is around it`() {
    let text = String(repeating: "a + ", count: 200) + "* b" + String(repeating: " + c", count: 200)
    let lines = picture(text).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 180 })
    let caret = lines[4].firstIndex(of: "^").map {
      lines[4].distance(from: lines[4].startIndex, to: $0)
    }
    #expect(caret.map { Array(lines[3])[$0] } == "*")
  }

  @Test(
    arguments: [
      ("x = = 1", ["expected a value, found = | == compares; it is written without a space"]),
      ("a && b", ["&& is not an operator | write and"]),
      ("a || !b", ["|| is not an operator | write or", "! is not an operator | write not"]),
      ("x++", ["++ is not an operator | write x += 1"]),
      ("--x", ["-- is not an operator | write x -= 1"]),
      ("def f(x) { x }", ["def is not a word of Mos | a function is declared with fn"]),
      ("var x = 1", ["var is not a word of Mos | declare a variable with let"]),
      ("if a { 1 } elif b { 2 }", ["elif is not a word of Mos | write else if"]),
      (
        "if a:\n  f()\nelse:\n  g()\nh()",
        ["expected {, found : | a block stands in braces, { … }, not after a colon"]
      ),
      ("while a = 1 { }", ["= assigns and cannot stand in a condition | write == to compare"]),
      (
        "if a\n{ 1 }",
        ["{ stands on the line of what it belongs to | move it to the end of the line before"]
      ),
      (
        "f(a b)",
        ["expected , before b | a comma stands between two arguments, elements or entries"]
      ),
      ("[1 2]", ["expected , before 2 | elements are separated by commas, [1, 2]"]),
      ("x y", ["expected a new line or ; before y | a call has parentheses: x(y)"]),
      ("\"abc", ["unclosed string | close it with \", or use \"\"\" for a text of several lines"]),
      ("\"\\q\"", [#"unknown escape \q | strings take \n \t \r \" \\ \{ \} and \u{3b8}"#]),
      (
        "\"{}\"",
        [
          #"this interpolation is empty | put the value itself between the braces, "x = {x:.2f}", "#
            + #"or write \{ and \} for braces in the text"#
        ]
      ),
      (
        "99999999999999999999",
        [
          "99999999999999999999 does not fit in an Int, whose largest value is "
            + "9223372036854775807 | write 99999999999999999999.0 for a Float"
        ]
      ),
      (
        "2x",
        ["2x is not a number | numbers are written 42, 1_000, 3.5 or 1e-3, and 2 * x needs its *"]
      ),
      (".5", ["a number starts with a digit | write 0.5"]),
      (
        "a ? b",
        [
          "unexpected character ? | write if c { a } else { b }",
          "expected a new line or ; before b | a call has parentheses: a(b)",
        ]
      ),
      (
        "let a, b = 1", ["expected =, found , | several names stand in parentheses, let (a, b) = …"]
      ),
      (
        "for a, b in c { }",
        ["expected in, found , | several names stand in parentheses, for (a, b) in …"]
      ),
      ("f(x) = 3", ["a call cannot be assigned to | a function is declared with fn f(x) { … }"]),
      ("let if = 1", ["expected a name, found if | if is a keyword and cannot be a name"]),
      (
        "return a, b",
        ["expected a new line or ; before , | several values stand in parentheses, (a, b)"]
      ),
      (
        "a if c else b",
        ["expected a new line or ; before if | a choice is written if c { a } else { b }"]
      ),
      ("f(a if c else b)", ["expected ), found if | a choice is written if c { a } else { b }"]),
      ("f(a))", ["unmatched ) | nothing is open here to close"]),
      (
        "param a = 1.0",
        ["param fields stand directly in a model | elsewhere write let a = param(…)"]
      ),
      (
        "f(extract net, 1)",
        [
          "extract takes every target up to the end, so it stands in parentheses here | write (extract …)"
        ]
      ),
      (
        "extract net by copi",
        ["state is extracted by reference, copy or deepcopy, not by copi | did you mean copy?"]
      ),
      (
        "recover net",
        ["expected from and a snapshot, but the program ends here | write recover net from start"]
      ),
      ("0..1..2", ["a range has one .. | a step follows a colon, as in 0..10:2"]),
      ("0..=1..=2", ["a range has one ..= | a step follows a colon, as in 0..10:2"]),
      (
        "(e for e in x)",
        [
          "a comprehension has no parentheses of its own | write list(e for v in xs), or [e for v in xs] for a tensor"
        ]
      ),
      ("import \"a.mos\"", ["a file is imported under a name | write import \"…\" as name"]),
      ("else { }", ["else without if | it follows the } of an if directly"]),
      ("}", ["unmatched } | nothing is open here to close"]),
      (
        "try { 1 }\nx",
        [
          "expected catch or finally after the block of try, found x | write catch e { … }, finally { … }, or both"
        ]
      ),
    ] as [(String, [String])])
  func sentences(_ sample: (text: String, expected: [String])) {
    #expect(messages(sample.text) == sample.expected)
  }

  @Test func `every mistake is found in one go, and no other`() {
    let text = """
      let a = (1 + 2
      let b = 3 +* 4
      fn f(x) {
        let y = [1, 2
        let z = "abc
        print("open {x")
        y +
      }
      model M {
        param w 1
        fn g() { x x }
        nonsense
      }
      let fine = 1
      print(fine))
      """
    let lines = parse(Source(name: "test.mos", text: text)).diagnostics.compactMap { diagnostic in
      diagnostic.primary.map { $0.source.line(at: $0.span.start) }
    }
    #expect(lines == [1, 2, 4, 5, 6, 8, 10, 11, 12, 15])
  }

  @Test func `a broken declaration still declares its name`() {
    let text = "let a = (\nlet (b, c) = *\nfn f(x {\n}\nmodel M { param w 1 }\n"
    let program = parse(Source(name: "test.mos", text: text)).program
    #expect(
      program.statements.map { outline($0) } == [
        "(let a error)", "(let (list b c) error)", "(let f error)",
        "(model M () (param w error))",
      ])
  }
}
