// Diagnostics on their way to standard error: as a picture of the source, or as one JSON object
// a line for other programs.

import Syntax
import Tensors

/// Writes diagnostics as the options ask.
struct Reporter {
  private let writesJSON: Bool
  private let renderer: DiagnosticRenderer
  /// Takes diagnostics that are told in another way; nil for none.
  private let take: ((Diagnostic) -> Void)?

  init(_ options: Options, take: ((Diagnostic) -> Void)? = nil) {
    self.take = take
    writesJSON = options.diagnostics == .json
    renderer = DiagnosticRenderer(colored: options.showsColor)
  }

  func report(_ diagnostic: Diagnostic) {
    if let take { return take(diagnostic) }
    writeError(writesJSON ? json(diagnostic) + "\n" : renderer.render(diagnostic))
  }

  private func json(_ diagnostic: Diagnostic) -> String {
    var fields: [(String, JSON)] = [
      ("severity", .text("\(diagnostic.severity)")), ("kind", .text(diagnostic.kind)),
      ("message", .text(diagnostic.message)),
    ]
    if let primary = diagnostic.primary { fields.append(("at", place(primary))) }
    if !diagnostic.secondary.isEmpty {
      fields.append(("related", .list(diagnostic.secondary.map(place))))
    }
    if let hint = diagnostic.hint { fields.append(("hint", .text(hint))) }
    if !diagnostic.trace.isEmpty {
      fields.append(("trace", .list(diagnostic.trace.map(JSON.text))))
    }
    return JSON.object(fields).description.escapingHidden
  }

  /// A place, with lines and columns from 1 and columns counted in UTF-8 bytes.
  private func place(_ label: Diagnostic.Label) -> JSON {
    func position(_ offset: Int32) -> (line: Int, column: Int) {
      let line = label.source.line(at: offset)
      return (line, Int(offset - label.source.lineStarts[line - 1]) + 1)
    }
    let (start, end) = (position(label.span.start), position(label.span.end))
    var fields: [(String, JSON)] = [
      ("file", .text(label.source.name)), ("line", .number(start.line)),
      ("column", .number(start.column)), ("endLine", .number(end.line)),
      ("endColumn", .number(end.column)),
    ]
    if let text = label.text { fields.append(("label", .text(text))) }
    return .object(fields)
  }
}

extension String {
  /// A JSON text with its hidden characters, which only texts in it hold, as escapes.
  fileprivate var escapingHidden: String {
    unicodeScalars.reduce(into: "") { text, scalar in
      guard scalar.isHidden else { return text.unicodeScalars.append(scalar) }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
  }
}
