// What the front page says of Mos and others is backed: each cell of the comparison by a program or a recipe, each
// figure by the table of the benchmarks.

import TestSupport
import Testing

@Suite struct `The front page` {
  private static func text(_ path: String) throws -> String {
    try #require(Files.read(Files.root + "/" + path), "there is no \(path)")
  }

  /// The rows of the table whose heads have a name among them, without those of the heads.
  private static func rows(ofTableWith head: String) throws -> [[String]] {
    let lines = try text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("|") && $0.contains(head) })
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map {
      // The row ends in a bar.
      Array(cells(of: $0).dropLast())
    }
  }

  @Test func `backs every cell by a program or a recipe`() throws {
    let rows = try Self.rows(ofTableWith: "| torchzero |")
    #expect(rows.count > 5)
    for row in rows {
      #expect(row.count == 5, "\(row)")
      for (column, cell) in row.enumerated().dropFirst() {
        let link = try #require(cell.firstRange(of: "]("), "\(cell)")
        #expect(cell.hasPrefix("[yes") || cell.hasPrefix("[no]"), "\(cell)")
        let target = cell[link.upperBound...].dropLast().split(separator: "#")
        let source = try Self.text(String(target[0]))
        if column > 1 {
          #expect(target[0] == "Tests/Oracles/comparison.py")
          #expect(target.count == 2 && source.contains("\ndef \(target[1])():\n"), "\(cell)")
        } else {
          #expect(["Tests/", "docs/"].contains { target[0].hasPrefix($0) }, "\(cell)")
        }
      }
    }
  }

  @Test func `repeats figures of the benchmarks`() throws {
    let measured = try Self.text("Benchmarks/README.md").split(separator: "\n")
    let rows = try Self.rows(ofTableWith: "| workload |")
    #expect(rows.count > 4)
    for row in rows {
      let line = measured.first {
        let cells = cells(of: $0)
        return cells.count > 2 && cells[0] == row[0] && cells[1].contains("ms")
      }
      let found = try #require(line.map { cells(of: $0) }, "\(row[0]) is not measured")
      for figure in row.dropFirst() { #expect(found.contains(figure), "\(row[0]): \(figure)") }
    }
  }
}
