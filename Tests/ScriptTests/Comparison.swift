// What a script's margin says against what it did. Every difference is one sentence that begins
// with the place, `path:line: …`, so that an editor finds it.

import TestSupport

/// The differences between what a script expects and what happened.
func differences(of script: Script, _ outcome: Outcome) -> [String] {
  var found: [String] = []
  func report(_ line: Int, _ message: String) { found.append("\(script.path):\(line): \(message)") }

  if outcome.timedOut { report(1, "still running after 10 s") }
  compareOutput(of: script, outcome.output, report)
  compareDiagnostics(of: script, outcome.diagnostics, report)
  if outcome.status != script.expectedStatus, !outcome.timedOut {
    report(1, "expected exit status \(script.expectedStatus), got \(outcome.status)")
  }
  if let rendered = script.renderedErrors, rendered != outcome.errors {
    report(1, "standard error differs from the .stderr file")
  }
  if !found.isEmpty, !outcome.errors.isEmpty {
    found.append("  standard error:\n" + outcome.errors)
  }
  return found
}

private func compareOutput(
  of script: Script, _ output: [String], _ report: (Int, String) -> Void
) {
  var next = output[...]
  for (line, directive) in script.directives {
    let (expected, isNear): (String, Bool)
    switch directive {
    case .output(let text): (expected, isNear) = (text, false)
    case .near(let text): (expected, isNear) = (text, true)
    case .error, .warning: continue
    }
    guard let got = next.popFirst() else {
      report(line, "expected “\(expected)”, but the output has ended")
      continue
    }
    let matches = isNear ? isNearText(expected, got) : expected == got
    if !matches { report(line, "expected “\(expected)”, got “\(got)”") }
  }
  for line in next { report(script.lines.count, "unexpected output “\(line)”") }
}

private func compareDiagnostics(
  of script: Script, _ shown: [Outcome.Shown], _ report: (Int, String) -> Void
) {
  var left = shown
  for (line, directive) in script.directives {
    let (expected, isWarning): (Script.Failure, Bool)
    switch directive {
    case .error(let failure): (expected, isWarning) = (failure, false)
    case .warning(let failure): (expected, isWarning) = (failure, true)
    case .output, .near: continue
    }
    let index = left.firstIndex {
      $0.isWarning == isWarning && $0.line == expected.line && matches($0.text, expected.text)
    }
    guard let index else {
      let got = left.map { "line \($0.line ?? 0): \($0.text)" }.joined(separator: "; ")
      report(line, "expected “\(expected.text)”, got " + (got.isEmpty ? "none" : "“\(got)”"))
      continue
    }
    let columns = left.remove(at: index).columns
    if let wanted = expected.columns, wanted != columns {
      report(line, "expected columns \(wanted) underlined, got \(columns ?? 0..<0)")
    }
  }
  for extra in left where !extra.isWarning && script.renderedErrors == nil {
    report(extra.line ?? 1, "unexpected error “\(extra.text)”")
  }
}

/// Whether a diagnostic is the one expected, whose kind may be left out.
private func matches(_ got: String, _ expected: String) -> Bool {
  var got = got[...]
  if !expected.hasPrefix("["), let end = got.firstRange(of: "] ") { got = got[end.upperBound...] }
  return expected.hasSuffix("…") ? got.hasPrefix(expected.dropLast()) : got == expected
}
