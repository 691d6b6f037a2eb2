// A diagnostic as a picture of the source (language reference, §12):
//
//     error[shape]: cannot add f64[3, 4] and f64[5]
//       --> train.mos:12:13
//        |
//     12 |     let z = x + y
//        |             ^^^^^ the last axes are 4 and 5
//        = hint: axes are matched from the right; one of them must be 1 to stretch
//        = in forward (train.mos:12), called from train.mos:20
//
// The primary place is underlined with `^`, others with `-`, each line shown once. Tabs are
// shown as four spaces and characters take the columns a terminal gives them, so that the
// underline stands below what it means. What is drawn is bounded, whatever the source holds.

/// Draws diagnostics for a reader at a terminal.
public struct DiagnosticRenderer: Sendable {
  private let colored: Bool

  /// A renderer that writes plain text, or with colours for a terminal.
  public init(colored: Bool) {
    self.colored = colored
  }

  /// The picture of a diagnostic, with a line end after each of its lines.
  public func render(_ diagnostic: Diagnostic) -> String {
    let diagnostic = diagnostic.showingHidden
    var picture = Picture(colored: colored, margin: margin(for: diagnostic))
    picture.addTitle(diagnostic)
    for excerpt in excerpts(of: diagnostic) { picture.add(excerpt) }
    if let hint = diagnostic.hint { picture.addNote("hint: " + hint) }
    for line in traceLines(diagnostic.trace) { picture.addNote(line) }
    return picture.text
  }

  /// The columns that the largest line number takes.
  private func margin(for diagnostic: Diagnostic) -> Int {
    let labels = (diagnostic.primary.map { [$0] } ?? []) + diagnostic.secondary
    return labels.map { String($0.source.line(at: $0.span.start)).count }.max() ?? 1
  }

  /// The labelled places by source, that of the primary label first.
  private func excerpts(of diagnostic: Diagnostic) -> [Excerpt] {
    var excerpts: [Excerpt] = []
    let marks =
      (diagnostic.primary.map { [Mark($0, isPrimary: true)] } ?? [])
      + diagnostic.secondary.map { Mark($0, isPrimary: false) }
    for mark in marks {
      if let index = excerpts.firstIndex(where: { $0.source === mark.label.source }) {
        excerpts[index].marks.append(mark)
      } else {
        excerpts.append(Excerpt(source: mark.label.source, marks: [mark]))
      }
    }
    return excerpts
  }

  /// The calls, each said to be the caller of the one before.
  private func traceLines(_ calls: [String]) -> [String] {
    guard let first = calls.first else { return [] }
    // Two calls fit a line, as in the picture above; more stand below each other.
    if calls.count <= 2 {
      return ["in " + calls.joined(separator: ", called from ")]
    }
    return ["in " + first] + calls.dropFirst().map { $0.hasPrefix("…") ? $0 : "called from " + $0 }
  }
}

extension Diagnostic {
  /// The diagnostic with the hidden characters of its texts as escapes.
  fileprivate var showingHidden: Diagnostic {
    func shown(_ label: Label) -> Label {
      Label(source: label.source, span: label.span, text: label.text?.showingHidden)
    }
    var copy = self
    copy.kind = kind.showingHidden
    copy.message = message.showingHidden
    copy.primary = primary.map(shown)
    copy.secondary = secondary.map(shown)
    copy.hint = hint?.showingHidden
    copy.trace = trace.map(\.showingHidden)
    return copy
  }
}

/// A label and how it is underlined.
private struct Mark {
  let label: Diagnostic.Label
  let isPrimary: Bool
  let line: Int

  init(_ label: Diagnostic.Label, isPrimary: Bool) {
    self.label = label
    self.isPrimary = isPrimary
    self.line = label.source.line(at: label.span.start)
  }
}

/// The labelled places of one source.
private struct Excerpt {
  let source: Source
  var marks: [Mark]
}

/// The text of a picture as it grows.
private struct Picture {
  private let colored: Bool
  private let margin: Int
  private(set) var text = ""

  init(colored: Bool, margin: Int) {
    self.colored = colored
    self.margin = margin
  }

  mutating func addTitle(_ diagnostic: Diagnostic) {
    let style: Style
    let severity: String
    switch diagnostic.severity {
    case .error: (style, severity) = (.error, "error")
    case .warning: (style, severity) = (.warning, "warning")
    case .note: (style, severity) = (.secondary, "note")
    }
    let message = diagnostic.message.split(separator: "\n", omittingEmptySubsequences: false)
    text += paint(
      diagnostic.severity == .note ? severity : "\(severity)[\(diagnostic.kind)]", style)
    text += paint(": " + message.joined(separator: "\n  "), .strong) + "\n"
  }

  mutating func add(_ excerpt: Excerpt) {
    guard let first = excerpt.marks.first else { return }
    let place = excerpt.source.position(at: first.label.span.start)
    let arrow = first.isPrimary ? "-->" : ":::"
    text += spaces(margin) + paint(arrow, .frame)
    text += " \(excerpt.source.name.showingHidden):\(place.line):\(place.column)\n"
    addFrame("")
    var previous: Int?
    for line in Set(excerpt.marks.map(\.line)).sorted() {
      if let previous, line > previous + 1 { text += paint("...", .frame) + "\n" }
      add(line: line, of: excerpt.source, marks: excerpt.marks.filter { $0.line == line })
      previous = line
    }
  }

  mutating func addNote(_ note: String) {
    let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
    text += spaces(margin + 1) + paint("=", .frame) + " "
    text += lines.joined(separator: "\n" + spaces(margin + 3)) + "\n"
  }

  /// A line of source with the underlines below it, the rightmost first, as their texts may
  /// otherwise run into each other.
  private mutating func add(line: Int, of source: Source, marks: [Mark]) {
    let layout = LineLayout(source, line: line, around: marks[0].label.span)
    let number = String(line)
    text += paint(spaces(margin - number.count) + number + " |", .frame)
    text += layout.shown.isEmpty ? "\n" : " \(layout.shown)\n"
    for mark in marks.sorted(by: { ($0.label.span.start, 0) > ($1.label.span.start, 0) }) {
      let columns = layout.columns(of: mark.label.span)
      let width = max(1, columns.upperBound - columns.lowerBound)
      let underline = String(repeating: mark.isPrimary ? "^" : "-", count: width)
      let label = mark.label.text.map { " " + $0 } ?? ""
      addFrame(
        spaces(columns.lowerBound)
          + paint(underline + label, mark.isPrimary ? .error : .secondary))
    }
  }

  private mutating func addFrame(_ content: String) {
    text += spaces(margin + 1) + paint("|", .frame)
    text += content.isEmpty ? "\n" : " \(content)\n"
  }

  private func spaces(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }

  private enum Style: String {
    case error = "1;31"
    case warning = "1;33"
    case secondary = "1;36"
    case frame = "1;34"
    case strong = "1"
  }

  private func paint(_ text: String, _ style: Style) -> String {
    colored && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// A source line as a terminal shows it, and the columns that its characters take.
private struct LineLayout {
  /// The widest part of a line that is shown; the rest gives way to `…`.
  private static let maximumWidth = 160
  /// What is shown to the left of a place far to the right.
  private static let leftContext = 60

  private(set) var shown = ""
  private let start: Int
  private let end: Int
  /// The column at which the character at each offset begins, for the offsets that are shown.
  private var columns: [(offset: Int, column: Int)] = []
  private var width = 0

  init(_ source: Source, line: Int, around span: Span) {
    start = Int(source.lineStarts[line - 1])
    let text = source.text(ofLine: line)
    end = start + text.utf8.count
    let target = Int(span.start)
    let skipsLeft = target - start > LineLayout.maximumWidth - LineLayout.leftContext
    if skipsLeft {
      shown = "…"
      width = 1
    }
    var offset = start
    for character in text {
      let length = character.utf8.count
      defer { offset += length }
      if skipsLeft, offset < target - LineLayout.leftContext { continue }
      if width >= LineLayout.maximumWidth {
        shown += "…"
        break
      }
      columns.append((offset, width))
      let cell = LineLayout.cell(character)
      shown += cell.text
      width += cell.width
    }
  }

  /// The columns that a span takes on this line; what lies outside is cut off.
  func columns(of span: Span) -> Range<Int> {
    let low = column(at: Int(span.start))
    let high = column(at: min(Int(span.end), end))
    return low..<max(low, high)
  }

  private func column(at offset: Int) -> Int {
    // The last character that begins at or before the offset, unless it ends there.
    var low = 0
    var high = columns.count
    while low < high {
      let middle = (low + high) / 2
      if columns[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    return low < columns.count ? columns[low].column : width
  }

  /// How a character is shown, with the columns it takes.
  private static func cell(_ character: Character) -> (text: String, width: Int) {
    guard let first = character.unicodeScalars.first else { return ("", 0) }
    if character == "\t" { return ("    ", 4) }
    if character.isSeen { return (String(character), first.terminalWidth) }
    let text = String(character).showingHidden
    return (text, text.unicodeScalars.reduce(0) { $0 + $1.terminalWidth })
  }
}

extension Unicode.Scalar {
  /// The ranges that terminals show two columns wide (UAX #11, wide and fullwidth, and emoji).
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
    0x20000...0x3FFFD,
  ]

  /// The columns that a terminal gives to a character that begins with this scalar.
  fileprivate var terminalWidth: Int {
    if value < 0x300 { return 1 }
    if Unicode.Scalar.wide.contains(where: { $0.contains(value) }) { return 2 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }
}

extension Source {
  /// The line and column of an offset, both from 1, columns counted in characters.
  public func position(at offset: Int32) -> (line: Int, column: Int) {
    let line = line(at: offset)
    return (line, text(of: Span(Int(lineStarts[line - 1]), Int(offset))).count + 1)
  }
}
