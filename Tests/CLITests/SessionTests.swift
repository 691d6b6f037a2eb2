// The sessions at the prompt that pages show are sessions; the picture of one is drawn from its recording.

import Platform
import TestSupport
import Testing

@Suite(.serialized) struct `Sessions in the documents` {
  @Test func `show what the prompt shows`() throws {
    var count = 0
    for page in Page.all {
      for session in page.sessions {
        count += 1
        _ = try record(session, of: page.path)
      }
    }
    #expect(count > 2)
  }

  /// The last session of the prompt's guide, in its colours; `MOS_ACCEPT=1` draws it anew.
  @Test func `are drawn as they look`() throws {
    let page = try #require(Page.all.first { $0.path.hasSuffix("/guides/prompt.md") })
    let session = try #require(page.sessions.last)
    let screen = try record(session, of: page.path)
    // Without the banner and the mark that waits at the end.
    let picture = SessionPicture(screen.coloredLines.dropFirst().dropLast()).svg
    let path = Files.root + "/docs/pictures/session.svg"
    if getenv("MOS_ACCEPT") != nil {
      #expect(Files.write(picture, to: path))
    } else {
      #expect(Files.read(path) == picture, "\(path): MOS_ACCEPT=1 draws it")
    }
  }

  /// Types the entries of a session and compares what stands on the screen after each; gives the last screen.
  private func record(_ expected: [String], of path: String) throws -> Screen {
    var screen = Screen(rows: 1, columns: 1)
    // A session that a page leaves open ends with the mark.
    let expected = expected.last == "mos> :quit" ? expected : expected + ["mos> :quit"]
    try withPrompt(rows: expected.count + 5) { prompt throws in
      for (number, line) in expected.dropLast().enumerated() {
        let isContinued = line.hasPrefix("...> ")
        guard isContinued || line.hasPrefix("mos> ") else { continue }
        // The editor indents by itself.
        let typed = line.dropFirst(5).drop { isContinued && $0 == " " }
        prompt.type(typed + "\r")
        let shown = Array(expected[...number])
        let isAnswered = prompt.waits {
          Array($0.prefix(shown.count)) == shown && $0.count > shown.count
            && ["mos>", "...>"].contains($0.last)
        }
        #expect(isAnswered, "\(path): \(line)")
      }
      #expect(prompt.lines.dropLast() == expected.dropLast()[...], "\(path): \(prompt.lines)")
      screen = prompt.terminal.display
    }
    return screen
  }
}

/// A picture of what stands on a screen, in SVG: text in rows, with the colours that the terminal was told.
struct SessionPicture {
  private let lines: [[(text: String, color: String)]]
  private static let (advance, leading, margin) = (8.4, 19.0, 16.0)

  init(_ lines: some Collection<[(text: String, color: String)]>) { self.lines = Array(lines) }

  var svg: String {
    let longest = lines.map { trimmed($0).reduce(0) { $0 + $1.text.count } }.max() ?? 0
    let width = Int(Double(longest) * Self.advance + 2 * Self.margin)
    let height = Int(Double(lines.count) * Self.leading + 2 * Self.margin)
    var rows = ""
    for (number, line) in lines.enumerated() {
      let pieces = trimmed(line)
      if pieces.isEmpty { continue }
      let y = Int(Self.margin + Double(number) * Self.leading + 14)
      rows += "<text x=\"\(Int(Self.margin))\" y=\"\(y)\">\(pieces.map(span).joined())</text>\n"
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)">
      <style>text{font:14px 'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}\
      .red{fill:#ff7b85}.green{fill:#9ece6a}.yellow{fill:#e5c07b}.blue{fill:#7aa2f7}.magenta{fill:#c792ea}\
      .cyan{fill:#56c8d8}.grey{fill:#8b93a5}.bold{font-weight:bold}</style>
      <rect width="100%" height="100%" rx="8" fill="#1b1f2a"/>
      \(rows)</svg>

      """
  }

  /// Without the blanks at its end.
  private func trimmed(_ line: [(text: String, color: String)]) -> [(text: String, color: String)] {
    var line = line
    while var last = line.popLast() {
      while last.text.last == " " { last.text.removeLast() }
      if !last.text.isEmpty { return line + [last] }
    }
    return []
  }

  private func span(_ piece: (text: String, color: String)) -> String {
    let text = piece.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    let classes = piece.color.split(separator: ";").compactMap { Self.names[String($0)] }
    return classes.isEmpty
      ? text : "<tspan class=\"\(classes.joined(separator: " "))\">\(text)</tspan>"
  }

  /// What the numbers of a terminal's colours are called here.
  private static let names = [
    "1": "bold", "31": "red", "32": "green", "33": "yellow", "34": "blue", "35": "magenta",
    "36": "cyan", "90": "grey",
  ]
}
