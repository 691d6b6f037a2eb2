// Values at the prompt: fitted to the terminal, folded where they are long; the bar of `progress`.

import Platform
import TestSupport
import Testing

@Suite(.serialized) struct `Values at the prompt` {
  @Test func `fit the terminal's width`() throws {
    try withPrompt(columns: 50) { prompt throws in
      let row = try prompt.enter("arange(40)")
      #expect(row.count > 2)
      #expect(row.allSatisfy { $0.utf8.count <= 50 })
      let matrix = try prompt.enter("(eye(3) + 0.123456, [1.0, 2.0])")
      #expect(
        matrix == [
          "(", "  [[1.12346 , 0.123456, 0.123456],", "   [0.123456, 1.12346 , 0.123456],",
          "   [0.123456, 0.123456, 1.12346 ]],", "  [1.0, 2.0]", ")",
        ])
      prompt.terminal.resize(columns: 120)
      #expect(try prompt.enter("arange(30)").count == 1)
    }
  }

  @Test func `records and tables fold`() throws {
    try withPrompt(rows: 100, columns: 60) { prompt throws in
      #expect(try prompt.enter("{a: 1, b: (1, 2)}") == ["{a: 1, b: (1, 2)}"])
      let record = try prompt.enter(
        "{name: \"a text of some length\", rate: 0.125, layers: (1, 2, 3, 4), more: {x: 1}}")
      #expect(
        Array(record.suffix(6)) == [
          "{", "  name: \"a text of some length\",", "  rate: 0.125,", "  layers: (1, 2, 3, 4),",
          "  more: {x: 1}", "}",
        ])
      let table = try prompt.enter("list({step: i, loss: 1.5} for i in 0..1000)")
      #expect(table.count < 40)
      #expect(table[1] == "  {step: 0, loss: 1.5},")
      #expect(table.contains("  … 975 more …"))
      #expect(table.suffix(2) == ["  {step: 999, loss: 1.5}", ")"])
      let matrix = try prompt.enter("arange(500).reshape(250, 2)")
      #expect(matrix.count == 21)
      #expect(matrix[10] == " …,")
      #expect(matrix.last == " [498, 499]] : i64[250, 2]")
      #expect(try prompt.enter("\"ab\" * 100_000").count < 100)
      #expect(try prompt.enter("list(0..100)").allSatisfy { !$0.contains("…") })
      #expect(try prompt.enter("list(0..200)").contains("  … 160 more …"))
      let numbers = try prompt.enter("list(0..100_000)")
      #expect(numbers.count < 40)
      #expect(numbers.allSatisfy { $0.utf8.count <= 62 })
    }
  }

  @Test func `the bar of progress stays below what is printed, and says the time left`() throws {
    try withPrompt { prompt throws in
      prompt.type("for i in progress(0..40) { if i % 10 == 0 { print(\"at\", i) }; sleep(0.05) }\r")
      #expect(prompt.waits { $0.last?.contains(" left") == true })
      #expect(prompt.ends(with: "mos>"))
      let shown = Array(prompt.lines.suffix(6))
      #expect(Array(shown.prefix(4)) == ["at 0", "at 10", "at 20", "at 30"])
      #expect(shown[4].contains(" 40/40 ") && shown[4].contains(" in 0:0"), "\(shown[4])")
    }
  }
}
