// `:help`, `:doc`: what there is to say.

import Language
import Library

extension PromptCommand {
  nonisolated(unsafe) static let helping: [PromptCommand] = [
    PromptCommand("help", "[name]", "this list, or what a name is", .help) { prompt, name in
      if name.isEmpty { list() } else { Help(prompt).show(name) }
    },
    PromptCommand("doc", "[name]", "the pages of the reference, or a name's", .help) {
      prompt, name in
      if name.isEmpty { listPages() } else { Help(prompt).show(name) }
    },
  ]

  private static func list() {
    let forms = all.map { ":\($0.name) \($0.argument)" }
    let width = (forms.map(\.columns).max() ?? 0) + 2
    for (form, command) in zip(forms, all) { say(form.padded(to: width) + command.summary) }
    say(
      """
      \("?name, name?".padded(to: width))what a name is
      \("??name, name??".padded(to: width))its source
      \("!command".padded(to: width))a line for the shell
      \("exit, quit".padded(to: width))leave, as Ctrl-D does
      _ and ans hold the last value; a trailing ; keeps it from being shown.
      Tab completes, again Tab shows signatures; Up searches what begins as typed, Ctrl-R what contains it;
      Alt-Enter breaks a line; Ctrl-C stops what runs.
      """)
  }

  private static func listPages() {
    for page in Builtins.library.pages {
      let names = page.constants.map(\.name) + page.functions.map(\.name)
      say("\(page.title): \(names.joined(separator: " "))".cut(to: ScreenSize.current.columns))
    }
    say("modules: " + StandardModule.all.map(\.name).joined(separator: " "))
  }
}
