// `:states`, `:undo`, `:redo`, `:reset`, `:reload`: the session as it was, and again.

import Language

extension PromptCommand {
  nonisolated(unsafe) static let stating: [PromptCommand] = [
    PromptCommand("states", "", "the entries that stand, and those that were undone") { prompt, _ in
      list(prompt)
    },
    PromptCommand("undo", "[n]", "back to the state before the last entry, or the last n") {
      prompt, count in
      repeated(count) {
        switch try prompt.log.undo(prompt.session.interpreter) {
        case .done(let step): say("undid \(brief(step))")
        case .nothing: return stop("there is nothing to undo")
        case .forgotten: return stop("the states before the last entry are not kept any more")
        }
        return true
      }
    },
    PromptCommand("redo", "[n]", "what was undone last, or the last n") { prompt, count in
      repeated(count) {
        switch try prompt.log.redo(prompt.session.interpreter) {
        case .done(let step): say("redid \(brief(step))")
        case .nothing, .forgotten: return stop("there is nothing to redo")
        }
        return true
      }
    },
    PromptCommand("reset", "", "forgets every variable") { prompt, _ in
      prompt.step(":reset") {
        try prompt.session.reset()
        return true
      }
    },
    PromptCommand(
      "reload", "[module]", "runs changed modules again, or the one of a name",
      .words { $0.interpreter.importedModules }
    ) { prompt, name in
      prompt.step(":reload \(name)") {
        var names: [String] = []
        let ending = prompt.session.attempt {
          names = try prompt.session.interpreter.reloadModules(named: name.isEmpty ? nil : name)
          return .nil
        }
        guard case .value = ending else { return false }
        say(names.isEmpty ? "no module has changed" : "ran \(names.joined(separator: ", "))")
        return !names.isEmpty
      }
    },
  ]

  /// Runs a body as often as a number says, once without one, while it goes on.
  private static func repeated(_ text: String, _ body: () throws -> Bool) {
    guard let count = text.isEmpty ? 1 : Int(text), count > 0 else {
      return complain("how many entries? a whole number from 1 on, not '\(text)'")
    }
    reporting {
      for _ in 0..<count {
        guard try body() else { return }
      }
    }
  }

  private static func stop(_ reason: String) -> Bool {
    say(reason)
    return false
  }

  private static func brief(_ step: SessionLog.Step) -> String {
    let line = step.text.firstLine
    return (line == step.text ? line : line + " …").cut(
      to: max(ScreenSize.current.columns - 12, 20))
  }

  private static func list(_ prompt: Prompt) {
    let (steps, undone) = (prompt.log.steps, prompt.log.redoable)
    if steps.isEmpty, undone.isEmpty { return say("no entry stands yet") }
    for (number, step) in steps.enumerated() {
      say("\(number + 1)".padded(to: 5) + brief(step))
    }
    for (number, step) in undone.enumerated() {
      say("+\(number + 1)".padded(to: 5) + brief(step) + "   (undone)")
    }
  }
}
