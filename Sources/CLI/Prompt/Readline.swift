// Line editing by GNU readline.
//
// Its callback interface is used, with a wait of our own around it: only so does Ctrl-C leave a
// half-typed line at once. Readline is a library of global variables and C callbacks without a
// context; what the callbacks reach is therefore static here, and there is one editor a process.

@preconcurrency import CReadline
import Platform

/// GNU readline.
final class Readline: LineEditor {
  nonisolated(unsafe) private static var finishedLine: LineInput?
  nonisolated(unsafe) private static var pendingText = ""
  nonisolated(unsafe) private static var complete: (String, Int) -> Completion = { _, cursor in
    Completion(start: cursor, candidates: [])
  }
  nonisolated(unsafe) private static var candidates: [String] = []

  /// An editor that completes words by the given function of the line and the cursor's offset.
  init(complete: @escaping (String, Int) -> Completion) {
    Readline.complete = complete
    rl_catch_signals = 0
    rl_readline_name = UnsafePointer(strdup("mos"))
    rl_initialize()
    using_history()
    // The completer decides what a word is; readline must not cut or quote it.
    rl_completer_word_break_characters = UnsafePointer(strdup(" \t\n()[]{},;=+-*/%@<>|&~!^\"'"))
    rl_attempted_completion_function = { _, start, end in
      rl_attempted_completion_over = 1
      return Readline.matches(start: Int(start), end: Int(end))
    }
    rl_completion_append_character = 0
    rl_startup_hook = {
      if !Readline.pendingText.isEmpty { rl_insert_text(Readline.pendingText) }
      return 0
    }
  }

  func readLine(prompt: String, indentation: String) -> LineInput {
    Readline.finishedLine = nil
    Readline.pendingText = indentation
    rl_callback_handler_install(prompt) { line in
      defer { free(line) }
      Readline.finishedLine = line.map { .line(String(cString: $0)) } ?? .endOfInput
      // Removed here and not after the loop: otherwise readline draws the prompt once more.
      rl_callback_handler_remove()
    }
    rl_redisplay()
    return Interrupts.duringWaits { wait in
      while true {
        if let finished = Readline.finishedLine { return finished }
        if Interrupts.wasPressed() { return Readline.giveUpLine() }
        if wait() { rl_callback_read_char() }
      }
    }
  }

  private static func giveUpLine() -> LineInput {
    let isEmpty = rl_end == 0 || String(cString: rl_line_buffer).allSatisfy { $0 == " " }
    rl_free_line_state()
    rl_callback_sigcleanup()
    rl_callback_handler_remove()
    StandardOutput.shared.write("^C\n")
    return .interrupted(lineWasEmpty: isEmpty)
  }

  func remember(_ entry: String) {
    add_history(entry)
  }

  /// The matches in the form readline wants: what they share, then each, then a null.
  private static func matches(
    start: Int, end: Int
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    let line = String(cString: rl_line_buffer)
    let completion = complete(line, end)
    // Readline replaces from its own idea of the word; what lies before it is cut off.
    let skipped = start - completion.start
    candidates = completion.candidates.map { candidate in
      skipped > 0 ? String(decoding: candidate.utf8.dropFirst(skipped), as: UTF8.self) : candidate
    }
    guard skipped >= 0, !candidates.isEmpty else { return nil }
    return rl_completion_matches("") { _, state in
      let index = state == 0 ? 0 : Readline.next
      Readline.next = index + 1
      return index < Readline.candidates.count ? strdup(Readline.candidates[index]) : nil
    }
  }
  nonisolated(unsafe) private static var next = 0
}
