// Texts made to exhaust the stack, the clock or the parser's patience.

import Platform
import Syntax
import Testing

@Suite struct LimitTests {
  @Test(arguments: [
    ("(", 10_000, ""), ("[", 10_000, ""), ("{", 10_000, ""), ("{a: ", 10_000, ""),
    ("-", 100_000, "1"), ("not ", 100_000, "a"), ("a ** ", 100_000, "a"), ("x => ", 100_000, "x"),
    ("(x) => ", 50_000, "x"), ("fn f() { ", 20_000, ""), ("if a { ", 20_000, ""),
    ("f(", 50_000, ""), ("a[", 50_000, ""), ("\"{", 50_000, ""), ("\"{\n", 20_000, ""),
    ("try { ", 20_000, ""), ("with a { ", 20_000, ""), ("model M { fn f() { ", 20_000, ""),
    ("a + ", 100_000, "a"), ("a.b + ", 50_000, "a"), ("a |> ", 50_000, "a"), ("f()", 50_000, ""),
    (")", 50_000, ""), ("let x = (\n", 20_000, ""), ("let x = \n", 20_000, ""),
    ("extract (", 20_000, ""),
  ])
  func `what has no bottom ends in a diagnostic`(_ part: String, _ count: Int, _ last: String) {
    let text = String(repeating: part, count: count) + last
    #expect(!parse(Source(name: "deep", text: text)).diagnostics.isEmpty)
  }

  @Test func `a megabyte of fields ends in a diagnostic`() {
    let text = "a" + String(repeating: ".b", count: 500_000)
    let mistakes = parse(Source(name: "deep", text: text)).diagnostics.map(\.message)
    #expect(mistakes == ["this expression is a chain of more than 1000 operations"])
  }

  @Test func `closed brackets nest as deep as is promised and no deeper`() {
    func nested(_ count: Int) -> String {
      String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count)
    }
    #expect(outline(nested(90)) == "1")
    #expect(outline(nested(200)) == "error: this is nested more than 100 levels deep")
  }

  @Test(arguments: [
    ("1", " < 1", 50_000, ""), ("if a { }", " else if a { }", 20_000, ""),
    ("(", "1, ", 100_000, ")"), ("[", "1 + 2, ", 20_000, "]"),
    ("", "let x = f(a, [1, 2])\n", 10_000, ""),
  ])
  func `what is long but flat is fine`(
    _ first: String, _ part: String, _ count: Int, _ last: String
  ) {
    let text = first + String(repeating: part, count: count) + last
    #expect(parse(Source(name: "long", text: text)).diagnostics.isEmpty)
  }

  /// A debug build takes about four times the stack of a release build.
  @Test func `the deepest trees are made and freed on a small stack`() {
    let hasEnded = Monitor(false)
    let isStarted = Thread.start(stackSize: 2 << 20) {
      for (left, right) in [
        ("(", ")"), ("f(", ")"), ("x => {", "}"), ("{a: ", "}"), ("-(", ")"),
      ] {
        for count in [30, 45, 90, 5_000] {
          let text =
            String(repeating: left, count: count) + "1" + String(repeating: right, count: count)
          _ = parse(Source(name: "deep", text: text))
        }
      }
      _ = parse(Source(name: "long", text: "a" + String(repeating: ".b()", count: 490)))
      hasEnded.change { $0 = true }
    }
    #expect(isStarted)
    if isStarted { hasEnded.wait { $0 ? true : nil } }
  }
}
