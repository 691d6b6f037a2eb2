// `:limit`, `:set`, `:quit`.

import ArgumentParser
import Language

extension PromptCommand {
  nonisolated(unsafe) static let setting: [PromptCommand] = [
    PromptCommand(
      "limit", "[name value]", "bounds for entries: memory 2GB, seconds 10, seconds off",
      .words { _ in Limit.names + ["off"] }
    ) { prompt, argument in
      setLimit(argument, prompt)
    },
    PromptCommand(
      "set", "[name value]", "how values are shown: digits 8, width 120, digits off",
      .words { _ in options.map(\.name) + ["off"] }
    ) { prompt, argument in
      setOption(argument, prompt)
    },
    PromptCommand("quit", "", "leaves, as Ctrl-D does") { prompt, _ in prompt.exitStatus = 0 },
  ]

  // MARK: - Limits

  private static func setLimit(_ argument: String, _ prompt: Prompt) {
    let words = argument.split { $0 == " " || $0 == "=" }.map(String.init)
    let interpreter = prompt.session.interpreter
    if words.isEmpty { return Limit.lines(of: interpreter.limits).forEach(say) }
    guard Limit.names.contains(words[0]) else {
      return complain("a limit is one of \(Limit.names.joined(separator: ", ")), not '\(words[0])'")
    }
    guard words.count > 1 else {
      return complain("usage: :limit \(words[0]) value, or :limit \(words[0]) off")
    }
    if words[1] == "off" { return Limit.remove(words[0], from: &interpreter.limits) }
    do {
      // `2 GB` as well as `2GB`.
      try Limit(name: words[0], words[1...].joined()).apply(&interpreter.limits)
    } catch let error as ValidationError {
      complain(error.message)
    } catch {
      complain("\(error)")
    }
  }

  // MARK: - Options

  private struct DisplayOption {
    let name: String
    let range: ClosedRange<Int>
    let place: WritableKeyPath<Display, Int?>
    /// What it is where nothing is set.
    let usual: String
  }

  private static var options: [DisplayOption] {
    [
      DisplayOption(name: "digits", range: 1...17, place: \.digits, usual: "6 of elements"),
      DisplayOption(name: "width", range: 20...10_000, place: \.width, usual: "the terminal's"),
    ]
  }

  private static func setOption(_ argument: String, _ prompt: Prompt) {
    let words = argument.split { $0 == " " || $0 == "=" }.map(String.init)
    guard let name = words.first else {
      for option in options {
        let value = prompt.display[keyPath: option.place].map { "\($0)" } ?? option.usual
        say(option.name.padded(to: 14) + value)
      }
      return
    }
    guard let option = options.first(where: { $0.name == name }) else {
      return complain(
        "an option is one of \(options.map(\.name).joined(separator: ", ")), not '\(name)'")
    }
    if words.count == 2, words[1] == "off" || words[1] == "auto" {
      prompt.display[keyPath: option.place] = nil
    } else if words.count == 2, let value = Int(words[1]), option.range.contains(value) {
      prompt.display[keyPath: option.place] = value
    } else {
      complain(
        "`\(name)` is a whole number from \(option.range.lowerBound) to \(option.range.upperBound), or off"
      )
    }
  }
}
