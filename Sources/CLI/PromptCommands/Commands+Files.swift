// `:load`, `:save`, `:edit`, `:cd`: files and folders.

import Language
import Platform
import Syntax

extension PromptCommand {
  nonisolated(unsafe) static let filing: [PromptCommand] = [
    PromptCommand("load", "file", "runs a program here", .path) { prompt, path in
      reporting {
        let program = try readProgram(Paths.home(path))
        prompt.step(program.code(upTo: program.utf8.count), isProgram: true) {
          switch prompt.session.run(program) {
          case .value: return true
          case .failed: return false
          case .exit(let status):
            prompt.exitStatus = status
            return false
          }
        }
      }
    },
    PromptCommand("save", "file", "writes the entries that stand as a program", .path) {
      prompt, path in
      reporting {
        let program = SavedProgram(prompt.log, settings: prompt.session.settings)
        try writeFile(program.text, to: Paths.home(path))
      }
    },
    PromptCommand(
      "edit", "[file]", "opens the last entry in $EDITOR and runs it; or a file", .path
    ) { prompt, path in
      guard prompt.show == nil else {
        return complain("an editor needs a terminal, and a notebook has none; edit the cell")
      }
      if path.isEmpty { editEntry(prompt) } else { openEditor(Paths.home(path)) }
    },
    PromptCommand("cd", "[folder]", "goes to a folder, or says which this is", .folder) {
      _, path in
      if !path.isEmpty, chdir(Paths.home(path)) != 0 {
        return complain("cannot go to \(path): \(errorText())")
      }
      guard let buffer = getcwd(nil, 0) else { return complain(errorText()) }
      defer { free(buffer) }
      say(String(cString: buffer))
    },
  ]

  /// A variable of the environment that says something.
  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The user's editor with its options.
  @discardableResult
  private static func openEditor(_ path: String) -> Bool {
    let editor = variable("VISUAL") ?? variable("EDITOR") ?? "vi"
    guard
      let status = Shell.start(["/bin/sh", "-c", "exec \(editor) \"$1\"", "sh", path])
    else { return false }
    if status != 0 {
      complain("`\(editor)` ended with status \(status); $EDITOR names another editor")
    }
    return status == 0
  }

  private static func editEntry(_ prompt: Prompt) {
    let folder = variable("TMPDIR") ?? "/tmp"
    var template = Array("\(folder)/mos-entry-XXXXXX.mos".utf8CString)
    let descriptor = mkstemps(&template, 4)
    guard descriptor >= 0 else { return complain("cannot make a file: \(errorText())") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let last = prompt.history.entries.last { if case .program = Entry($0) { true } else { false } }
    writeAll((last ?? "") + "\n", to: descriptor)
    close(descriptor)
    guard openEditor(path) else { return }
    reporting {
      let text = String(decoding: try readProgram(path).utf8, as: UTF8.self).trimmed
      guard !text.isEmpty else { return }
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      {
        say((number == 0 ? PromptMark.first : PromptMark.continuation) + line)
      }
      prompt.handle(text)
    }
  }
}
