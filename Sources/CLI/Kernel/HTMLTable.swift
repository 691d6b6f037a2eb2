// Tables for notebooks. Long ones show their ends.

import Language
import Tensors

/// A table as HTML.
struct HTMLTable {
  /// What stands in a cell.
  enum Cell {
    case number(String)
    /// A text, indented by so many levels.
    case text(String, depth: Int = 0)
  }

  private(set) var text = ""

  /// More rows or columns than these are folded: those at the ends are shown.
  private static let most = 20
  /// A longer text of a cell is cut, in characters.
  private static let longestText = 80

  /// - Throws: where the run is to end.
  init(
    rows: Int, columns: Int, headings: [String]? = nil, numbersRows: Bool = false,
    caption: String? = nil, _ cell: (_ row: Int, _ column: Int) throws -> Cell
  ) throws {
    let across = HTMLTable.shown(columns)
    text = "<table>\n"
    if let caption { text += "<caption>\(HTMLTable.escaped(caption))</caption>\n" }
    text += "<thead><tr>" + (numbersRows ? "<th></th>" : "")
    for column in across {
      let heading = column.map { headings?[$0] ?? "\($0)" } ?? "…"
      text += "<th>\(HTMLTable.escaped(HTMLTable.cut(heading)))</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in HTMLTable.shown(rows) {
      try Safepoint.look()
      text += "<tr>" + (numbersRows ? "<th>\(row.map(String.init) ?? "…")</th>" : "")
      for column in across {
        guard let row, let column else {
          text += "<td>…</td>"
          continue
        }
        add(try cell(row, column))
      }
      text += "</tr>\n"
    }
    text += "</tbody>\n</table>"
  }

  private mutating func add(_ cell: Cell) {
    switch cell {
    case .number(let number):
      text += "<td style=\"text-align: right\">\(HTMLTable.escaped(number))</td>"
    case .text(let words, let depth):
      let indentation = depth > 0 ? "; padding-left: \(depth + 1)em" : ""
      text +=
        "<td style=\"text-align: left\(indentation)\">"
        + HTMLTable.escaped(HTMLTable.cut(words)) + "</td>"
    }
  }

  /// The places shown of so many; nil stands for the gap.
  private static func shown(_ count: Int) -> [Int?] {
    guard count > most else { return Array(0..<count) }
    return Array(0..<most / 2) + [nil] + Array(count - most / 2..<count)
  }

  private static func cut(_ text: String) -> String {
    let start = text.prefix(longestText)
    return start.endIndex == text.endIndex ? text : start + "…"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
