// What is entered as a piece of a program and belongs elsewhere: lines of the shell, as pages show them, and commands
// without their colon.

import Syntax

/// An entry that means something to the shell or, behind a colon, to the prompt.
struct MisplacedEntry {
  /// What to write.
  let advice: String

  /// Words of the shell that people type out of habit, and what does it here.
  private static let habits = [
    "ls": "`!ls` lists the folder", "pwd": "`:cd` says which folder this is",
    "clear": "Ctrl-L clears the screen", "cls": "Ctrl-L clears the screen",
  ]

  /// - Parameter isKnown: whether something has a name: then the entry is a program.
  init?(_ text: String, isKnown: (String) -> Bool) {
    let line = text.trimmed
    let words = line.split(separator: " ").map(String.init)
    guard !line.contains("\n"), let first = words.first else { return nil }
    if first == "$", words.count > 1 {
      advice = MisplacedEntry.shell(words.dropFirst().joined(separator: " "))
    } else if words.count > 1, ["mos", "make", "cd", "git", "cat"].contains(first),
      !isKnown(first), words[1].first?.isLetter ?? false || "-./>".contains(words[1].prefix(1))
    {
      advice = MisplacedEntry.shell(line)
    } else if words.count == 1, !isKnown(first) {
      if let habit = MisplacedEntry.habits[first] {
        advice = habit
      } else if PromptCommand.all.contains(where: { $0.name == first }) {
        advice = "a command begins with a colon: `:\(first)`"
      } else {
        return nil
      }
    } else {
      return nil
    }
  }

  private static func shell(_ line: String) -> String {
    let words = line.split(separator: " ")
    if words[0] == "cd" { return "a command begins with a colon: `:\(line)`" }
    let load =
      words.count == 2 && words[0] == "mos"
        && (words[1].hasSuffix(".mos") || MarkdownPage.isPage(String(words[1])))
      ? "; `:load \(words[1])` runs the program here" : ""
    return "`\(line)` is a line for the shell: Ctrl-D leaves, `!\(line)` stays\(load)"
  }
}
