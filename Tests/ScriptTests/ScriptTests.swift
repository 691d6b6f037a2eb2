// Every golden script, example and guide, run by the real binary.

import Platform
import TestSupport
import Testing

/// What happened to one script.
private enum Verdict {
  case passed(expectations: Int)
  case failed([String])
  case skipped
}

private func judge(_ script: Script, accepting: Bool) -> Verdict {
  if script.skipReason != nil { return .skipped }
  do {
    let outcome = try Outcome(running: script)
    if accepting {
      Files.write(accepted(script, outcome), to: script.path)
      if script.renderedErrors != nil {
        Files.write(outcome.errors, to: script.path.renderingPath)
      }
      return .passed(expectations: script.expectationCount)
    }
    if script.expectationCount == 0 {
      return .failed(["\(script.path):1: no directive: the script can not fail"])
    }
    let found = differences(of: script, outcome)
    return found.isEmpty ? .passed(expectations: script.expectationCount) : .failed(found)
  } catch {
    return .failed(["\(script.path):1: \(Files.mos) could not be started: \(error)"])
  }
}

/// Runs the scripts, as many at once as there are cores, and reports each that fails.
private func run(_ scripts: [Script], accepting: Bool = getenv("MOS_ACCEPT") != nil) async {
  var (passed, expectations, skipped) = (0, 0, 0)
  let workers = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  await withTaskGroup(of: Verdict.self) { group in
    var waiting = scripts[...]
    for script in waiting.prefix(workers) { group.addTask { judge(script, accepting: accepting) } }
    waiting = waiting.dropFirst(workers)
    for await verdict in group {
      switch verdict {
      case .passed(let count): (passed, expectations) = (passed + 1, expectations + count)
      case .failed(let found): Issue.record("\(found.joined(separator: "\n"))")
      case .skipped: skipped += 1
      }
      if let script = waiting.popFirst() {
        group.addTask { judge(script, accepting: accepting) }
      }
    }
  }
  print(
    "\(passed) of \(scripts.count) scripts passed, \(expectations) expectations, \(skipped) skipped"
  )
}

/// The scripts of a folder; those in folders named `imported` are imported by others, not run, and those in
/// `embedding` are programs of a host.
func scripts(under folder: String, timeLimit: Double = 10) -> [Script] {
  Files.find(under: Files.root + "/" + folder, endingIn: ".mos")
    .filter { !$0.contains("/imported/") && !$0.contains("/examples/embedding/") }
    .map {
      Script(
        path: $0, text: Files.read($0) ?? "", timeLimit: timeLimit,
        renderedErrors: Files.read($0.renderingPath))
    }
}

extension String {
  /// The file that holds the whole rendering of a script's errors.
  fileprivate var renderingPath: String { dropLast(4) + ".stderr" }
}

@Test func `golden scripts do what their margins say`() async {
  await run(scripts(under: "Tests/Scripts"))
}

@Test func `examples do what their margins say`() async {
  await run(examples())
}

/// A page's programs, ```` ```mos ```` blocks in order, are one script: later ones see earlier ones.
@Test func `guides and the language reference do what they say`() async {
  var programs: [Script] = []
  for path in Files.find(under: Files.root + "/docs", endingIn: ".md")
  where !path.contains("/reference/") {
    let text = program(inPage: Files.read(path) ?? "")
    if text.contains("# expect") { programs.append(Script(path: path, text: text, isPage: true)) }
  }
  await run(programs, accepting: false)
}

/// The page with everything outside its programs blanked, so that line numbers stay. A row of a table with a
/// column `Mos` and one `gives` is a line of a program.
private func program(inPage page: String) -> String {
  var isProgram = false
  var columns: [String] = []
  return page.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    if line.hasPrefix("```") {
      isProgram = line == "```mos"
      return ""
    }
    if isProgram { return String(line) }
    guard line.hasPrefix("|") else {
      columns = []
      return ""
    }
    let row = cells(of: line)
    if columns.isEmpty { columns = row }
    return columns == row || line.hasPrefix("| ---") ? "" : programLine(row, under: columns)
  }.joined(separator: "\n")
}

/// What a row of a table does: its cell `Mos`, which gives what the cell `gives` says, where there is one.
private func programLine(_ row: [String], under columns: [String]) -> String {
  guard let place = columns.firstIndex(of: "Mos"), let result = columns.firstIndex(of: "gives"),
    row.count == columns.count
  else { return "" }
  if row[result].isEmpty { return row[place] }
  let value = row[place].contains("; ") ? "{ \(row[place]) }" : row[place]
  return "print(\(value))    # expect~: \(row[result])"
}

/// The cells of a row of a table, without the quotes of code; `\|` is no end of one.
private func cells(of line: some StringProtocol) -> [String] {
  var cells = [""]
  var isEscaped = false
  for character in line.dropFirst() {
    switch character {
    case "|" where !isEscaped: cells.append("")
    case "\\" where !isEscaped: break
    default: cells[cells.count - 1].append(character)
    }
    isEscaped = character == "\\" && !isEscaped
  }
  return cells.map { cell in
    let text = cell.trimmed
    return text.count > 1 && text.first == "`" && text.last == "`"
      ? String(text.dropFirst().dropLast()) : text
  }
}
