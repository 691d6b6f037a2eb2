// The program that a page of the documents is.

import TestSupport

extension Page {
  /// The program of the page as `mos` runs it, with its answers, and the rows of its tables between: a row of
  /// a table with a column `Mos` and one `gives` is a line of a program.
  var programWithTables: String {
    let program = self.program
    var result = (1...lines.count).map(program.text(ofLine:))
    for block in blocks where block.isOfThePage {
      // What is told below a program is what it prints.
      for (index, line) in (block.answer ?? []).enumerated() {
        result[block.line + block.lines.count + 1 + index] = "# expect: \(line)"
      }
    }
    var columns: [String] = []
    for (index, line) in lines.enumerated() {
      guard line.hasPrefix("|") else {
        columns = []
        continue
      }
      let row = cells(of: line)
      if columns.isEmpty { columns = row }
      if columns != row, !line.hasPrefix("| ---"), let code = programLine(row, under: columns) {
        result[index] = code
      }
    }
    return result.joined(separator: "\n")
  }
}

/// What a row of a table does: its cell `Mos`, which gives what the cell `gives` says, where there is one.
private func programLine(_ row: [String], under columns: [String]) -> String? {
  guard let place = columns.firstIndex(of: "Mos"), let result = columns.firstIndex(of: "gives"),
    row.count == columns.count
  else { return nil }
  if row[result].isEmpty { return row[place] }
  let value = row[place].contains("; ") ? "{ \(row[place]) }" : row[place]
  return "print(\(value))    # expect~: \(row[result])"
}

/// The cells of a row of a table, without the quotes of code; `\|` is no end of one.
func cells(of line: some StringProtocol) -> [String] {
  var cells = [""]
  var isEscaped = false
  for character in line.dropFirst() {
    switch character {
    case "|" where !isEscaped: cells.append("")
    case "\\" where !isEscaped: break
    default: cells[cells.count - 1].append(character)
    }
    isEscaped = character == "\\" && !isEscaped
  }
  return cells.map { cell in
    let text = cell.trimmed
    return text.count > 1 && text.first == "`" && text.last == "`"
      ? String(text.dropFirst().dropLast()) : text
  }
}
