// What a script's margin says against what it did. Every difference is one sentence that begins
// with the place, `path:line: …`, so that an editor finds it.

import TestSupport

/// The differences between what a script expects and what happened.
func differences(of script: Script, _ outcome: Outcome) -> [String] {
  var found: [String] = []
  func report(_ line: Int, _ message: String) { found.append("\(script.path):\(line): \(message)") }

  if outcome.timedOut { report(1, "still running after \(Int(script.timeLimit)) s") }
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
    guard let expected = directive.outputText else { continue }
    guard let got = next.popFirst() else {
      report(line, "expected “\(expected)”, but the output has ended")
      continue
    }
    if !directive.admits(got) { report(line, "expected “\(expected)”, got “\(got)”") }
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
    case .output, .near, .within: continue
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

extension Script.Directive {
  /// What a line of output is compared with, where one is expected.
  var outputText: String? {
    switch self {
    case .output(let text), .near(let text), .within(let text, _): text
    case .error, .warning: nil
    }
  }

  /// Whether a line of output is the one expected.
  func admits(_ got: String) -> Bool {
    switch self {
    case .output(let expected): expected == got
    case .near(let expected): isNearText(expected, got)
    case .within(let expected, _): isSameText(expected, got, numbers: isWithin)
    case .error, .warning: false
    }
  }
}

/// Whether a number lies in a range `0.4..0.85`, its ends included.
private func isWithin(_ range: String, _ got: String) -> Bool {
  guard let dots = range.firstRange(of: ".."), let number = Double(got),
    let low = Double(range[..<dots.lowerBound]), let high = Double(range[dots.upperBound...])
  else { return false }
  return low <= number && number <= high
}
