// The commands of the prompt, a table: a word after `:`, what follows it, what it does.

import Language
import Library
import Platform
import Syntax

/// A command of the prompt.
struct PromptCommand {
  let name: String
  let argument: String
  let summary: String
  let action: (Prompt, String) -> Void

  nonisolated(unsafe) static let all: [PromptCommand] = [
    .init(name: "help", argument: "[name]", summary: "this list, or what a name is") {
      prompt, argument in
      if argument.isEmpty { list() } else { help(argument, prompt) }
    },
    .init(name: "vars", argument: "", summary: "the variables and what they hold") { prompt, _ in
      for (name, value) in prompt.session.interpreter.variables where name != "_" && name != "ans" {
        StandardOutput.shared.write("\(name): \(kind(of: value))\n")
      }
    },
    .init(name: "type", argument: "code", summary: "the type of a value") { prompt, argument in
      if case .value(let value) = prompt.session.run(source(argument)) {
        StandardOutput.shared.write(kind(of: value) + "\n")
      }
    },
    .init(name: "time", argument: "code", summary: "runs once and says how long it took") {
      prompt, argument in
      let start = ContinuousClock.now
      prompt.evaluate(argument)
      StandardOutput.shared.write("took \(readable(ContinuousClock.now - start))\n")
    },
    .init(name: "timeit", argument: "code", summary: "runs for half a second; the time of one run")
    {
      prompt, argument in
      timeRepeatedly(argument, prompt)
    },
    .init(name: "load", argument: "file", summary: "runs a program here") { prompt, argument in
      reporting {
        if case .exit(let status) = prompt.session.run(try readProgram(argument)) {
          prompt.exitStatus = status
        }
      }
    },
    .init(name: "save", argument: "file", summary: "writes the entries that ran as a program") {
      prompt, argument in
      reporting { try writeFile(prompt.entries.map { $0 + "\n" }.joined(), to: argument) }
    },
    .init(name: "reset", argument: "", summary: "forgets every variable") { prompt, _ in
      prompt.session.reset()
      prompt.entries = []
    },
    .init(name: "quit", argument: "", summary: "leaves, as Ctrl-D does") { prompt, _ in
      prompt.exitStatus = 0
    },
  ]

  /// Runs `:name argument` or `?name`.
  static func run(_ entry: String, _ prompt: Prompt) {
    let text = entry.drop { $0 == " " }
    if text.hasPrefix("?") {
      help(trimmed(text.dropFirst()), prompt)
      return
    }
    let word = text.dropFirst().prefix { !$0.isWhitespace }
    let argument = trimmed(text.dropFirst(1 + word.count))
    let matches = all.filter { $0.name == word } + all.filter { $0.name.hasPrefix(word) }
    guard !word.isEmpty, let command = matches.first else {
      writeError("error: no command ':\(word)'; :help lists them\n")
      return
    }
    if argument.isEmpty, !command.argument.isEmpty, !command.argument.hasPrefix("[") {
      writeError("error: usage: :\(command.name) \(command.argument)\n")
      return
    }
    command.action(prompt, argument)
  }

  private static func list() {
    for command in all {
      let form = ":\(command.name) \(command.argument)"
      let gap = String(repeating: " ", count: max(1, 16 - form.count))
      StandardOutput.shared.write("\(form)\(gap)\(command.summary)\n")
    }
    StandardOutput.shared.write(
      """
      ?name           what a name is
      _ and ans hold the last value; a trailing ; keeps it from being shown.
      Ctrl-C stops what runs, Tab completes, Ctrl-R searches what was entered.

      """)
  }

  private static func help(_ name: String, _ prompt: Prompt) {
    if name.isEmpty {
      list()
    } else if name.contains("."), let found = try? Builtins.library.documentation(of: name) {
      StandardOutput.shared.write("\(found.title)\n\n\(found.text)\n")
    } else {
      _ = prompt.session.run(source("help(\(name))"))
    }
  }

  private static func timeRepeatedly(_ code: String, _ prompt: Prompt) {
    let entry = source(code)
    let start = ContinuousClock.now
    var (runs, best) = (0, Duration.seconds(Int64.max / 2))
    repeat {
      let begin = ContinuousClock.now
      guard case .value = prompt.session.run(entry) else { return }
      best = min(best, ContinuousClock.now - begin)
      runs += 1
    } while ContinuousClock.now - start < .milliseconds(500) && runs < 1_000_000
    let mean = (ContinuousClock.now - start) / runs
    StandardOutput.shared.write(
      "best \(readable(best)), mean \(readable(mean)), of \(runs) runs\n")
  }

  private static func reporting(_ body: () throws -> Void) {
    do { try body() } catch { writeError("error: \(error)\n") }
  }

  private static func source(_ code: String) -> Source { Source(name: "<prompt>", text: code) }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text.drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }

  /// A duration with three digits and a fitting unit.
  private static func readable(_ duration: Duration) -> String {
    var value =
      Double(duration.components.seconds) * 1e9
      + Double(duration.components.attoseconds) * 1e-9
    for unit in ["ns", "µs", "ms"] {
      if value < 1000 { return "\((value * 10).rounded() / 10) \(unit)" }
      value /= 1000
    }
    return "\((value * 100).rounded() / 100) s"
  }
}

/// What a value is, in a few words: its type, or the dtype and shape of a tensor.
private func kind(of value: Value) -> String {
  switch value {
  case .tensor, .parameter: value.shortDescription
  default: value.typeName
  }
}
