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
    // The programs of a page may just go through.
    if script.expectationCount == 0, !script.isPage {
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
@Test func `the programs of pages do what they say`() async {
  let programs = Page.all.compactMap { page -> Script? in
    let text = page.programWithTables
    return text.allSatisfy(\.isWhitespace) ? nil : Script(path: page.path, text: text, isPage: true)
  }
  await run(programs, accepting: false)
}
