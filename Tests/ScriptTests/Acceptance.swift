// `make accept`: writes what a script does now into its margin. Reviewing the difference is the
// reviewer's work; here nothing is judged.

import TestSupport

/// The script's lines with expectations that its outcome meets.
func accepted(_ script: Script, _ outcome: Outcome) -> String {
  var lines: [String?] = script.lines
  var output = outcome.output[...]
  var diagnostics = outcome.diagnostics[...]

  /// Puts a new text behind the directive's colon.
  func rewrite(_ line: Int, _ text: String) {
    guard let old = lines[line - 1], let comment = Script.directiveComment(in: old),
      let colon = comment.text.firstIndex(of: ":")
    else { return }
    lines[line - 1] = String(old[...colon]) + (text.isEmpty ? "" : " " + text)
  }
  func remove(_ line: Int) {
    guard let old = lines[line - 1], let comment = Script.directiveComment(in: old) else { return }
    lines[line - 1] = comment.isAlone ? nil : String(old[..<comment.start]).trimmedAtEnd
  }

  var lastOutput: Int?
  for (line, directive) in script.directives {
    switch directive {
    case .output, .near, .within:
      guard let got = output.popFirst() else {
        remove(line)
        continue
      }
      lastOutput = line
      if !directive.admits(got) { rewrite(line, got) }
    case .error, .warning:
      if let got = diagnostics.popFirst() { rewrite(line, got.text) } else { remove(line) }
    }
  }
  if !output.isEmpty {
    let more = output.map { $0.isEmpty ? "# expect:" : "# expect: " + $0 }
    let index = lastOutput.map { $0 - 1 } ?? max(0, lines.count - 2)
    lines[index] = ([lines[index] ?? ""] + more).joined(separator: "\n")
  }
  for got in diagnostics {
    guard let line = got.line, line <= lines.count, let old = lines[line - 1] else { continue }
    let kind =
      got.isWarning ? "warning" : outcome.status == 65 ? "compile error" : "error"
    lines[line - 1] = "\(old)  # expect \(kind): \(got.text)"
  }
  return lines.compactMap { $0 }.joined(separator: "\n")
}
