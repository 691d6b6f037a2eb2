// What `mos check` finds: planted mistakes, whose lines say `# finds: kind`, and nothing anywhere else.

import Language
import Library
import Syntax
import TestSupport
import Testing

@Suite struct `What is found without running` {
  /// The lines of findings, each as `line: kind`.
  private func findings(_ text: String, _ path: String) -> [String] {
    let source = Source(name: path, text: text)
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    return interpreter.findings(in: source).diagnostics.map { diagnostic in
      "\(diagnostic.primary.map { source.line(at: $0.span.start) } ?? 0): \(diagnostic.kind)"
    }
  }

  /// The findings that the lines of a text ask for.
  private func planted(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
      number, line -> [String] in
      guard let mark = line.firstRange(of: "# finds: ") else { return [] }
      return line[mark.upperBound...].split(separator: ",").map {
        "\(number + 1): \($0.drop { $0 == " " })"
      }
    }
  }

  @Test func `every planted mistake, and no other`() throws {
    let folder = Files.root + "/Tests/Checks"
    var count = 0
    for path in Files.find(under: folder, endingIn: ".mos") {
      let text = try #require(Files.read(path))
      let wanted = planted(text)
      count += wanted.count
      #expect(findings(text, path).sorted() == wanted.sorted(), "\(path)")
    }
    #expect(count > 200)
  }

  /// Blocks stand alone.
  @Test func `the page of checks shows what is found`() throws {
    let page = try #require(Files.read(Files.root + "/docs/language/checks.md"))
    for block in Page(path: "page.md", text: page).blocks where block.kind == "mos" {
      #expect(findings(block.text, "page.mos").sorted() == planted(block.text).sorted(), "\(block)")
    }
    for kind in FindingKind.allCases {
      #expect(page.contains("| `\(kind.rawValue)` | \(kind.summary) |"))
      #expect(page.contains("### \(kind.rawValue)\n"))
    }
  }

  /// What a script that fails on purpose does there is found before it runs.
  @Test func `nothing else in any program of this repository`() throws {
    let folders = ["examples", "stdlib", "Tests/Scripts", "../shared/conformance"]
    var count = 0
    for path in folders.flatMap({ Files.find(under: Files.root + "/" + $0, endingIn: ".mos") }) {
      let text = try #require(Files.read(path))
      guard !text.contains("expect compile error"), !text.contains("exit: 65") else { continue }
      let source = Source(name: path, text: text)
      let interpreter = Interpreter(library: Builtins.library) { _ in }
      count += 1
      let fails = ["expect error", "expect warning: [syntax]", "exit: 1"].contains(
        where: text.contains)
      let isMeant = fails || Files.read(String(path.dropLast(3)) + "stderr") != nil
      for diagnostic in interpreter.findings(in: source).diagnostics where !isMeant {
        // Programs beside the repository may be ahead of it.
        if path.contains("/conformance/"), diagnostic.message.hasPrefix("unknown name") { continue }
        let line = diagnostic.primary.map { source.line(at: $0.span.start) } ?? 0
        Issue.record("\(path):\(line): \(diagnostic.kind): \(diagnostic.message)")
      }
    }
    #expect(count > 500)
  }

  @Test func `every word that may be hidden is the name of a built-in`() {
    for name in NameFindings.everyday {
      #expect(Builtins.library.names.contains(name), "\(name)")
    }
  }

  @Test func `what a name holds is known where it stands`() throws {
    let text = "let x = zeros(2, 3)\nlet t = adam(0.1)\nprint(x, t)\n"
    let source = Source(name: "kinds.mos", text: text)
    let result = Interpreter(library: Builtins.library) { _ in }.findings(in: source)
    #expect(result.kind(at: 4) == "a tensor of shape (2, 3)")
    #expect(result.kind(at: 24) == "a Transform")
    #expect(result.kind(at: 0) == nil)
  }

  /// A key press is answered while the checker looks at a long program.
  @Test func `a thousand lines take a moment`() throws {
    let part = """
      fn f(x, y=1) {
          let z = x * y + [1.0, 2.0]
          for i in 0..3 { z = z + i }
          if y == 1 { return sum(z, axis=0) }
          z.reshape(2, 1) @ ones(1, 2)
      }

      """
    let lines = (0..<170).map { part.replacing("f(", with: "f\($0)(") }.joined()
    let source = Source(name: "long.mos", text: lines)
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    let seconds = ContinuousClock().measure { _ = interpreter.findings(in: source) }
    // Fifty milliseconds in a release build.
    #expect(seconds < .seconds(2))
  }
}
