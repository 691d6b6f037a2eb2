// What a script did: its output line by line, and the diagnostics in its errors.

import TestSupport

/// What a run of a script left.
struct Outcome {
  /// A diagnostic as it was shown.
  struct Shown {
    var isWarning: Bool
    /// `[kind] message`.
    var text: String
    var line: Int?
    /// The underlined columns, from 1.
    var columns: Range<Int>?
  }

  var output: [String]
  var errors: String
  var diagnostics: [Shown]
  var status: Int32
  var timedOut: Bool
  var seconds: Double

  /// Runs the script in a folder of its own.
  init(running script: Script) throws {
    let result = try Files.withTemporaryFolder { folder in
      // A page's program is piped in, so its place in diagnostics is `<stdin>`.
      try runProcess(
        Files.mos,
        script.limits.flatMap { ["--limit", $0] } + [script.isPage ? "-" : script.path]
          + script.arguments,
        input: script.isPage ? script.lines.joined(separator: "\n") : script.input,
        environment: ["NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1"], directory: folder,
        timeLimit: script.timeLimit)
    }
    let name = script.isPage ? "<stdin>" : script.path
    output = result.output.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).trimmedAtEnd }
    if output.last == "" { output.removeLast() }
    errors = result.errors.replacing(script.path, with: script.path.lastPathComponent)
    diagnostics = Self.diagnostics(in: result.errors, of: name)
    status = result.status
    timedOut = result.timedOut
    seconds = result.seconds
  }

  /// Reads the diagnostics back from their rendering: `error[kind]: message`, then
  /// `--> path:line:column`, then the carets below the source line.
  private static func diagnostics(in errors: String, of path: String) -> [Shown] {
    var shown: [Shown] = []
    for line in errors.split(separator: "\n", omittingEmptySubsequences: false) {
      if let headline = headline(line) {
        shown.append(headline)
      } else if var last = shown.popLast() {
        if last.line == nil, let arrow = line.firstRange(of: "--> ") {
          let place = line[arrow.upperBound...]
          if place.hasPrefix(path + ":") {
            let numbers = place.dropFirst(path.count + 1).split(separator: ":")
            last.line = numbers.first.flatMap { Int($0) }
            if numbers.count > 1, let column = Int(numbers[1]) { last.columns = column..<column }
          }
        } else if let start = last.columns?.lowerBound, last.columns?.isEmpty == true,
          let bar = line.firstIndex(of: "|"), line[..<bar].allSatisfy({ $0 == " " }),
          let first = line[bar...].firstIndex(of: "^")
        {
          last.columns = start..<(start + line[first...].prefix { $0 == "^" }.count)
        }
        shown.append(last)
      }
    }
    return shown
  }

  private static func headline(_ line: Substring) -> Shown? {
    for (word, isWarning) in [("error", false), ("warning", true)] where line.hasPrefix(word) {
      let rest = line.dropFirst(word.count)
      if rest.hasPrefix("["), let end = rest.firstRange(of: "]: ") {
        return Shown(
          isWarning: isWarning, text: "\(rest[..<end.lowerBound])] \(rest[end.upperBound...])")
      }
      if rest.hasPrefix(": ") {
        return Shown(isWarning: isWarning, text: String(rest.dropFirst(2)))
      }
    }
    return nil
  }
}

extension String {
  /// The part after the last slash.
  var lastPathComponent: String {
    lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
  }
}
