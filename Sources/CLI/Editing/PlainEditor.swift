// The editor of terminals that cannot move their cursor: readline's own display, one line at a time.

@preconcurrency import CReadline
import Platform

/// Edits lines by readline.
final class PlainEditor: LineEditor {
  // What readline's callbacks reach; see `Readline`.
  nonisolated(unsafe) private static var shared: PlainEditor?

  private let reader: any EntryReader
  private var linesBefore = ""

  init(_ reader: any EntryReader) {
    self.reader = reader
    PlainEditor.shared = self
    Readline.start()
    Readline.replace(["complete", "menu-complete"], by: completeWord)
  }

  func readEntry(draft: String) -> EntryInput {
    linesBefore = ""
    var draft = draft
    while true {
      let isFirst = linesBefore.isEmpty
      let mark = isFirst ? PromptMark.first : PromptMark.continuation
      switch Readline.read(
        prompt: mark, draft: draft, resized: {}, resumed: { rl_forced_update_display() })
      {
      case .endOfInput where isFirst:
        // Readline has written the mark by itself.
        StandardOutput.shared.noteOther(endsLine: false)
        return .endOfInput
      // On a line after the first Ctrl-D does nothing, as in a block.
      case .endOfInput: StandardOutput.shared.write("\n")
      case .interrupted:
        let isEmpty = isFirst && Readline.text.allSatisfy(\.isWhitespace)
        Readline.giveUp()
        StandardOutput.shared.write("^C\n")
        return .interrupted(wasEmpty: isEmpty)
      case .text(let line):
        let entry = EntryText.cleaned(linesBefore + line)
        if reader.isComplete(entry) { return .entry(entry) }
        linesBefore = entry + "\n"
        draft = EntryText(entry).indentationOfNextLine
      }
    }
  }

  func begin(with entries: [String]) { Readline.begin(with: entries) }

  func remember(_ entry: String) { Readline.remember(entry) }

  func forget(_ entry: String) { Readline.forget(entry) }

  fileprivate func complete() {
    let line = Readline.entry
    let text = linesBefore + line.text
    let before = linesBefore.utf8.count
    let completion = reader.complete(text, cursor: before + line.cursor)
    guard let shared = completion.sharedStart, completion.start >= before else {
      rl_ding()
      return
    }
    let start = completion.start - before
    if Readline.isRepeated(completeWord) {
      let size = ScreenSize.current
      StandardOutput.shared.write("\n" + completion.listing(on: size, isDetailed: true))
      rl_on_new_line()
      rl_redisplay()
    } else if shared.utf8.count > line.cursor - start {
      Readline.replace(start..<line.cursor, with: shared)
    }
  }

  fileprivate static func with(_ body: (PlainEditor) -> Void) -> Int32 {
    if let shared { body(shared) }
    return 0
  }
}

// Named, so that a key can be told from the one before.
private let completeWord: Readline.Command = { _, _ in PlainEditor.with { $0.complete() } }
