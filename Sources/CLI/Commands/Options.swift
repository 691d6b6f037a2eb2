// The options that every way of running shares.

import ArgumentParser
import Language
import Platform

/// Options of `mos`, `mos run`, `mos test` and `mos check`.
struct Options: ParsableArguments {
  enum FloatType: String, ExpressibleByArgument, CaseIterable { case f32, f64 }
  enum Color: String, ExpressibleByArgument, CaseIterable { case auto, always, never }
  enum Form: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(help: "The default float type.")
  var dtype: FloatType?

  @Option(help: "Seeds the random numbers, as `seed(n)` at the start does.")
  var seed: Int?

  @Option(help: "The number of threads that large operations may use.")
  var threads: Int?

  @Option(help: "When to colour diagnostics and pictures.")
  var color: Color = .auto

  @Option(help: "How diagnostics are written; json gives one object a line.")
  var diagnostics: Form = .text

  @Option(
    help: ArgumentHelp(
      "Stops a run that takes more: instructions=N, seconds=S, depth=N, memory=BYTES (or 50MB, 2GiB), output=BYTES.",
      valueName: "name=value"),
    transform: Limit.init)
  var limit: [Limit] = []

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads needs 1 or more") }
  }

  /// Whether diagnostics are coloured.
  var showsColor: Bool { showsColor(on: STDERR_FILENO) }

  /// Whether what goes to a stream is coloured: the option, then NO_COLOR, then CLICOLOR_FORCE or
  /// FORCE_COLOR, then whether it is a terminal that can.
  func showsColor(on stream: Int32) -> Bool {
    func isSet(_ name: String) -> Bool {
      guard let value = getenv(name) else { return false }
      let text = String(cString: value)
      return !text.isEmpty && text != "0"
    }
    switch color {
    case .always: return true
    case .never: return false
    case .auto:
      if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
      if isSet("CLICOLOR_FORCE") || isSet("FORCE_COLOR") { return true }
      guard isatty(stream) == 1, Launcher.current == nil, let terminal = getenv("TERM") else {
        return false
      }
      return String(cString: terminal) != "dumb"
    }
  }
}
