// Candidates as text: names side by side, or each with what it is.

import Syntax

extension Completion {
  /// What all candidates begin with; nil where there is none.
  var sharedStart: String? {
    guard let first = candidates.first else { return nil }
    let texts = candidates.map { Array($0.text.unicodeScalars) }
    var count = first.text.unicodeScalars.count
    for text in texts {
      count = min(count, zip(text, texts[0]).prefix { $0 == $1 }.count)
    }
    return String(String.UnicodeScalarView(texts[0][..<count]))
  }

  /// As many as the screen holds, with line ends of a raw terminal.
  func listing(on screen: ScreenSize, isDetailed: Bool) -> String {
    let room = max(screen.rows - 3, 4)
    let lines =
      isDetailed
      ? (heading.map { [$0.cut(to: screen.columns - 1)] } ?? []) + detailed(screen.columns)
      : columns(screen.columns)
    var shown = lines
    if lines.count > room {
      shown = Array(lines.prefix(room - 1))
      let perLine = isDetailed ? 1 : max(1, candidates.count / max(lines.count, 1))
      shown.append("… and \(candidates.count - perLine * shown.count) more")
    }
    return shown.map { $0.showingHidden + "\r\n" }.joined()
  }

  /// A line each: the signature, or the name with what it holds.
  private func detailed(_ width: Int) -> [String] {
    let titles = candidates.map { min($0.title.columns, 30) }
    let column = (titles.max() ?? 0) + 2
    return candidates.map { candidate in
      let gap = String(repeating: " ", count: max(1, column - candidate.title.columns))
      let line =
        candidate.detail.isEmpty ? candidate.title : candidate.title + gap + candidate.detail
      return line.cut(to: width - 1)
    }
  }

  /// Names in columns, read downwards.
  private func columns(_ width: Int) -> [String] {
    let titles = candidates.map(\.title)
    let wide = (titles.map(\.columns).max() ?? 0) + 2
    let across = max(1, (width - 1) / wide)
    let down = (titles.count + across - 1) / across
    return (0..<down).map { row in
      let parts = stride(from: row, to: titles.count, by: down).map { titles[$0] }
      return parts.enumerated().map { number, title in
        number == parts.count - 1
          ? title : title + String(repeating: " ", count: wide - title.columns)
      }.joined().cut(to: width - 1)
    }
  }
}

extension String {
  /// The text where it fits, or its beginning and `…`.
  func cut(to width: Int) -> String {
    guard columns > width else { return self }
    var result = ""
    var used = 1
    for scalar in unicodeScalars {
      used += scalar.columns
      if used > width { break }
      result.unicodeScalars.append(scalar)
    }
    return result + "…"
  }
}
