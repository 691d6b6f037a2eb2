import Mos

/// Runs what somebody typed, and shows what is wrong with it.
func tryOut(_ mos: Interpreter, _ text: String, limits: Limits? = nil) {
  do {
    try mos.run(text, name: "typed", limits: limits)
  } catch {
    for mistake in error.diagnostics { show(mistake, in: text) }
    if let cause = error.underlying { print("  = the host threw: \(cause)") }
  }
}

/// A mistake as an editor shows it, from its parts: the line, what is underlined, what to do.
func show(_ mistake: Diagnostic, in text: String) {
  guard let place = mistake.place else { return print("\(mistake.kind): \(mistake.message)") }
  print("\(place.file):\(place.line):\(place.column): \(mistake.kind): \(mistake.message)")
  let line = text.split(separator: "\n", omittingEmptySubsequences: false)[place.line - 1]
  let start = text.utf8.index(text.startIndex, offsetBy: place.range.lowerBound)
  let end = min(text.utf8.index(text.startIndex, offsetBy: place.range.upperBound), line.endIndex)
  let indent = String(repeating: " ", count: place.column - 1)
  print("  | \(line)")
  print("  | \(indent)\(String(repeating: "~", count: max(1, text[start..<end].count)))")
  if let hint = mistake.hint { print("  = \(hint)") }
}
