// A prompt on a pseudo-terminal for the tests: its files lie in a folder of its own, and what stands on its
// screen is waited for.

import Platform
import TestSupport
import Testing

/// A prompt as a person meets it.
final class PromptTerminal {
  let terminal: Terminal
  let folder: String
  /// The marks of first lines that have been waited for.
  static let patience = 15.0

  init(
    _ arguments: [String] = [], in folder: String, environment: [String: String] = [:],
    rows: Int = 60, columns: Int = 100
  ) throws {
    self.folder = folder
    let own = [
      "XDG_STATE_HOME": folder + "/state", "XDG_CONFIG_HOME": folder + "/config",
      "INPUTRC": "/dev/null", "NO_COLOR": "", "LC_ALL": "C.UTF-8",
    ]
    terminal = try Terminal(
      Files.mos, arguments, environment: own.merging(environment) { $1 }, directory: folder,
      rows: rows, columns: columns)
    try #require(waits { $0.last == "mos>" }, "screen: \(terminal.screen)")
  }

  /// The lines on the screen.
  var lines: [String] { terminal.display.lines }

  func type(_ keys: String) { terminal.type(keys) }

  /// Waits until the lines on the screen are as wanted.
  func waits(_ isWanted: ([String]) -> Bool) -> Bool {
    terminal.displays(within: PromptTerminal.patience) { isWanted($0.lines) }
  }

  /// Whether the last line on the screen becomes this one.
  func ends(with line: String) -> Bool { waits { $0.last == line } }

  /// Whether the last lines become these.
  func ends(with lines: [String]) -> Bool { waits { Array($0.suffix(lines.count)) == lines } }

  /// Whether some line becomes one that has a text in it.
  func shows(_ text: String) -> Bool { waits { $0.contains { $0.contains(text) } } }

  /// Enters a line and waits for the next prompt; gives what stands between them.
  @discardableResult
  func enter(_ line: String) throws -> [String] {
    type("\u{c}")
    try #require(waits { $0 == ["mos>"] }, "\(lines)")
    // A wait for what was typed: keys that come before are shown with the answer.
    type(line + "\r")
    let isAnswered = waits { $0.count > 1 && $0.last == "mos>" && $0[0] != "mos>" }
    try #require(isAnswered, "\(line): \(lines)")
    return Array(lines.dropFirst().dropLast())
  }

  /// Types the rest of an entry and waits for the next prompt.
  func finish(_ keys: String) throws {
    type(keys + "\r")
    try #require(ends(with: "mos>"), "\(lines)")
  }

  /// Types keys into an empty entry and waits for the screen to be so; the entry is given up.
  func typing(_ keys: String, shows wanted: String) throws -> Bool {
    type("\u{c}")
    try #require(waits { $0 == ["mos>"] }, "\(lines)")
    type(keys)
    let isShown = waits { $0.contains { $0.contains(wanted) } }
    type("\u{3}")
    try #require(waits { $0.last == "mos>" }, "\(lines)")
    return isShown
  }
}

/// Opens a prompt, hands it over, and closes it.
func withPrompt(
  _ arguments: [String] = [], environment: [String: String] = [:], rows: Int = 60,
  columns: Int = 100, files: [String: String] = [:], _ body: (PromptTerminal) throws -> Void
) throws {
  try Files.withTemporaryFolder { folder in
    for (path, text) in files {
      let folders = path.split(separator: "/").dropLast()
      for depth in 0..<folders.count {
        mkdir(folder + "/" + folders.prefix(depth + 1).joined(separator: "/"), 0o755)
      }
      #expect(Files.write(text, to: folder + "/" + path))
    }
    try body(
      PromptTerminal(
        arguments, in: folder, environment: environment, rows: rows, columns: columns))
  }
}
