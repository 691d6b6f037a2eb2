// Diagnostics on their way to standard error: as a picture of the source, or as one JSON object
// a line for other programs.

import Syntax
import Tensors

/// Writes diagnostics as the options ask.
struct Reporter {
  private let writesJSON: Bool
  private let renderer: DiagnosticRenderer

  init(_ options: Options) {
    writesJSON = options.diagnostics == .json
    renderer = DiagnosticRenderer(colored: options.showsColor)
  }

  func report(_ diagnostic: Diagnostic) {
    writeError(writesJSON ? json(diagnostic) + "\n" : renderer.render(diagnostic))
  }

  private func json(_ diagnostic: Diagnostic) -> String {
    var object = JSONObject()
    object["severity"] = .text("\(diagnostic.severity)")
    object["kind"] = .text(diagnostic.kind)
    object["message"] = .text(diagnostic.message)
    if let primary = diagnostic.primary { object["at"] = place(primary) }
    if !diagnostic.secondary.isEmpty { object["related"] = .list(diagnostic.secondary.map(place)) }
    if let hint = diagnostic.hint { object["hint"] = .text(hint) }
    if !diagnostic.trace.isEmpty { object["trace"] = .list(diagnostic.trace.map(JSON.text)) }
    return JSON.object(object).description.escapingHidden
  }

  /// A place, with lines and columns from 1 and columns counted in UTF-8 bytes.
  private func place(_ label: Diagnostic.Label) -> JSON {
    func position(_ offset: Int32) -> (line: Int, column: Int) {
      let line = label.source.line(at: offset)
      return (line, Int(offset - label.source.lineStarts[line - 1]) + 1)
    }
    let (start, end) = (position(label.span.start), position(label.span.end))
    var object = JSONObject()
    object["file"] = .text(label.source.name)
    object["line"] = .number(start.line)
    object["column"] = .number(start.column)
    object["endLine"] = .number(end.line)
    object["endColumn"] = .number(end.column)
    if let text = label.text { object["label"] = .text(text) }
    return .object(object)
  }
}

/// As much of JSON as diagnostics need.
private indirect enum JSON: CustomStringConvertible {
  case text(String)
  case number(Int)
  case list([JSON])
  case object(JSONObject)

  var description: String {
    switch self {
    case .text(let text): text.inJSON
    case .number(let number): "\(number)"
    case .list(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
    case .object(let object):
      "{" + object.fields.map { "\($0.inJSON): \($1)" }.joined(separator: ", ") + "}"
    }
  }
}

/// Fields in the order they were set.
private struct JSONObject {
  private(set) var fields: [(String, JSON)] = []

  subscript(name: String) -> JSON? {
    get { fields.first { $0.0 == name }?.1 }
    set { if let newValue { fields.append((name, newValue)) } }
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
