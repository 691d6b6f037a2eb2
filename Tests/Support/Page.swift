// The pages of the documents; what their blocks are to the tests stands in `ScriptTests/README.md`.

import Syntax

public typealias Page = MarkdownPage

extension MarkdownPage {
  /// The pages that people read: all but the reference, which has tests of its own.
  public static let all: [Page] = {
    let root = Files.root
    let paths =
      Files.find(under: root + "/docs", endingIn: ".md").filter { !$0.contains("/reference/") }
      + ["README.md", "CONTRIBUTING.md", "examples/README.md", "Benchmarks/README.md"].map {
        root + "/" + $0
      }
    return paths.compactMap { path in Files.read(path).map { Page(path: path, text: $0) } }
  }()

  /// The sessions at the prompt that the page shows, whole: each begins with the line `$ mos`, which is left out.
  public var sessions: [[String]] {
    var sessions: [[String]] = []
    for block in blocks where block.isSession {
      if block.lines.first == "$ mos" {
        sessions.append(Array(block.lines.dropFirst()))
      } else if !sessions.isEmpty {
        sessions[sessions.count - 1] += block.lines
      }
    }
    return sessions
  }
}
