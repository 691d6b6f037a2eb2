// The examples: what they say of themselves, and the table of them.
//
// An example's first lines are its title, a sentence and its paper; its margin says which lines of output are its
// figure. `make examples` runs one after the other and writes the table in examples/README.md, which has the seconds
// and the figures of that machine; the tests see that each example stands there as it is.

import Platform
import TestSupport
import Testing

/// The examples that stand in the table, and a few that lie in folders. They are longer than scripts are, and wait for
/// each other on a busy machine.
func examples() -> [Script] { scripts(under: "examples", timeLimit: 1200) }

/// What an example says of itself.
private struct Example {
  let script: Script
  var title = ""
  var sentence = ""
  var paper = ""

  /// Nil where the first lines are not as `examples/README.md` says.
  init?(_ script: Script) {
    self.script = script
    let lines = script.lines.prefix(3)
    guard lines.count == 3, lines[0] == "#!/usr/bin/env mos", lines[1].hasPrefix("# "),
      lines[2].hasPrefix("# Paper: "), let dash = lines[1].firstRange(of: " — ")
    else { return nil }
    title = String(lines[1][..<dash.lowerBound].dropFirst(2))
    sentence = String(lines[1][dash.upperBound...])
    paper = String(lines[2].dropFirst("# Paper: ".count))
    guard sentence.hasSuffix("."), !title.isEmpty, !paper.isEmpty else { return nil }
  }

  var name: String { script.path.lastPathComponent }

  /// What its margin expects of its figures.
  var figures: [Script.Directive] {
    script.directives.compactMap { _, directive in
      if case .within(_, isFigure: true) = directive { directive } else { nil }
    }
  }

  /// The lines of output that are figures.
  func figures(in output: [String]) -> [String] {
    let expected = script.directives.map(\.directive).filter { $0.outputText != nil }
    return zip(expected, output).compactMap { directive, line in
      if case .within(_, isFigure: true) = directive { line.trimmed } else { nil }
    }
  }

  /// The cells of its row that do not change from run to run.
  var cells: [String] { ["[\(title)](\(name))", sentence, paper == "none" ? "" : linked(paper)] }

  /// The paper with its number at the arXiv as a link.
  private func linked(_ paper: String) -> String {
    paper.split(separator: " ").map { word in
      guard word.hasPrefix("arXiv:") else { return String(word) }
      let number = word.dropFirst("arXiv:".count).prefix { $0.isNumber || $0 == "." }
      let rest = word.dropFirst("arXiv:".count + number.count)
      return "[arXiv:\(number)](https://arxiv.org/abs/\(number))\(rest)"
    }.joined(separator: " ")
  }
}

/// The page with the table, in three parts.
private struct ExamplePage {
  static let path = Files.root + "/examples/README.md"
  let before: Substring
  let table: Substring
  let after: Substring

  init?() {
    guard let text = Files.read(Self.path), let start = text.firstRange(of: "<!-- table -->\n"),
      let end = text.firstRange(of: "<!-- end of table -->")
    else { return nil }
    before = text[..<start.upperBound]
    table = text[start.upperBound..<end.lowerBound]
    after = text[end.lowerBound...]
  }

  /// The cells of each row.
  var rows: [[String]] {
    table.split(separator: "\n").dropFirst(2).map { line in
      let text = String(line.dropFirst(2).dropLast(2)).replacing("\\|", with: "\u{0}")
      return text.split(separator: " | ", omittingEmptySubsequences: false)
        .map { String($0).replacing("\u{0}", with: "|") }
    }
  }

  func with(_ rows: [[String]]) -> String {
    let lines = rows.map { row in
      "| " + row.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return before
      + "| example | what it shows | paper | figure | seconds |\n| --- | --- | --- | --- | ---: |\n"
      + lines.joined() + after
  }
}

@Suite struct ExampleTests {
  /// Those in folders, of hosts, have no row.
  private static let scripts = examples().filter {
    !$0.path.dropFirst((Files.root + "/examples/").count).contains("/")
  }

  @Test(arguments: [
    ("error 0.40..0.85", "error 0.5", true), ("error 0.40..0.85", "error 0.85", true),
    ("error 0.40..0.85", "error 0.9", false), ("error 0.40..0.85", "error nan", false),
    ("error 0.40..0.85", "errors 0.5", false), ("-2.00..-1.5 a round", "-1.75 a round", true),
    ("after 10 steps 1e-9..1e-7", "after 10 steps 3.2e-8", true),
    ("after 10 steps 0..1", "after 11 steps 0.5", false), ("0..1 and 2..3", "0.5 and 2.5", true),
    ("all 90..100 %: true", "all 97 %: false", false),
  ]) func `a margin with ranges admits`(margin: String, output: String, isAdmitted: Bool) {
    #expect(Script.Directive.within(margin, isFigure: true).admits(output) == isAdmitted)
  }

  @Test func `each example begins with its title, a sentence and its paper, and has a figure`() {
    for script in Self.scripts {
      let example = Example(script)
      #expect(example != nil, "\(script.path):2: is not “# TITLE — SENTENCE.” and “# Paper: …”")
      #expect(example?.figures.isEmpty != true, "\(script.path): has no “# expect figure: …”")
    }
  }

  @Test func `the table has a row for each example, with figures that its margin admits`() throws {
    let rows = try #require(ExamplePage()).rows
    let all = Self.scripts.compactMap(Example.init)
    #expect(rows.map(\.first) == all.map(\.cells.first), "make examples writes the table")
    for (row, example) in zip(rows, all) where row.first == example.cells.first {
      #expect(row.count == 5 && Array(row.prefix(3)) == example.cells, "\(example.name)")
      let found = row.dropLast().last?.split(separator: "<br>").map(String.init) ?? []
      #expect(
        found.count == example.figures.count
          && zip(example.figures, found).allSatisfy { $0.admits($1) }, "\(example.name): \(found)")
    }
  }

  @Test(.enabled(if: getenv("MOS_EXAMPLES") != nil))
  func `all examples run, and the table is written`() throws {
    let page = try #require(ExamplePage())
    var rows: [[String]] = []
    for script in Self.scripts {
      guard let example = Example(script) else { continue }
      let outcome = try Outcome(running: script)
      let found = differences(of: script, outcome)
      if !found.isEmpty { Issue.record("\(found.joined(separator: "\n"))") }
      let tenths = (outcome.seconds * 10).rounded() / 10
      let seconds = tenths < 10 ? "\(tenths)" : "\(Int(tenths.rounded()))"
      let figures = example.figures(in: outcome.output)
      print("\(example.name)  \(seconds) s  \(figures.joined(separator: "; "))")
      rows.append(example.cells + [figures.joined(separator: "<br>"), seconds])
    }
    Files.write(page.with(rows), to: ExamplePage.path)
  }
}
