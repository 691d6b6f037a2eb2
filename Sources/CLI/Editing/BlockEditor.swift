// The editor of terminals that move their cursor: a whole entry is one text of readline's, with line ends in
// it, which our own redisplay shows as a block.

@preconcurrency import CReadline
import Platform

/// Edits blocks by readline's keys.
final class BlockEditor: LineEditor {
  // What readline's callbacks reach; see `Readline`.
  nonisolated(unsafe) private static var shared: BlockEditor?

  private let reader: any EntryReader
  private var painter: Painter
  private var walk: HistoryWalk?
  /// False while readline cleans up, which would draw once more.
  private var isEditing = false

  init(_ reader: any EntryReader, showsColor: Bool) {
    self.reader = reader
    painter = Painter(showsColor: showsColor)
    BlockEditor.shared = self
    Readline.start()
    // Otherwise the terminal's Backspace would be readline's again with each entry.
    rl_variable_bind("bind-tty-special-chars", "off")
    rl_redisplay_function = { BlockEditor.shared?.redisplay() }
    bindKeys()
  }

  func readEntry(draft: String) -> EntryInput {
    painter.forget()
    walk = nil
    isEditing = true
    defer { isEditing = false }
    let outcome = Readline.read(
      prompt: PromptMark.first, draft: draft, resized: { painter.draw(layout(), on: .current) },
      resumed: {
        painter.startOver()
        painter.draw(layout(), on: .current)
      })
    switch outcome {
    case .text(let text): return .entry(text)
    case .endOfInput:
      // Where it ends the terminal's bracketed pasting, readline has ended the line.
      if Readline.isOn("enable-bracketed-paste") {
        StandardOutput.shared.noteOther(endsLine: true)
      }
      return .endOfInput
    case .interrupted:
      let isEmpty = Readline.text.allSatisfy(\.isWhitespace)
      painter.finish(layout(isFinished: true), on: .current, mark: "^C")
      isEditing = false
      Readline.giveUp()
      return .interrupted(wasEmpty: isEmpty)
    }
  }

  func begin(with entries: [String]) { Readline.begin(with: entries) }

  func remember(_ entry: String) { Readline.remember(entry) }

  func forget(_ entry: String) { Readline.forget(entry) }

  // MARK: - Showing

  private func layout(isFinished: Bool = false) -> Layout {
    let text = Readline.text
    let cursor = isFinished ? nil : Int(rl_point)
    return Layout(
      text, styles: reader.styles(of: text, cursor: cursor), cursor: cursor,
      mark: rl_display_prompt.map { String(cString: $0) } ?? PromptMark.first,
      continuationMark: PromptMark.continuation, columns: ScreenSize.current.columns)
  }

  /// Keys that wait already, as those of a paste, are shown together.
  private func redisplay() {
    guard isEditing else { return }
    var waiting: Int32 = 0
    if ioctl(0, UInt(FIONREAD), &waiting) == 0, waiting > 0 { return }
    painter.draw(layout(), on: .current)
  }

  // MARK: - Keys

  private func bindKeys() {
    Readline.replace(["accept-line", "operate-and-get-next"]) { _, _ in
      BlockEditor.shared?.enter()
      return 0
    }
    for sequence in ["\\e\\C-m", "\\e\\C-j", "\\C-x\\C-m"] {
      Readline.bind(sequence) { _, _ in
        BlockEditor.shared?.breakLine()
        return 0
      }
    }
    Readline.replace(["previous-history", "history-search-backward"], by: moveUp)
    Readline.replace(["next-history", "history-search-forward"], by: moveDown)
    Readline.replace(["complete", "menu-complete"], by: completeWord)
    Readline.replace(["possible-completions"]) { _, _ in
      BlockEditor.shared?.showCandidates(isDetailed: true)
      return 0
    }
    Readline.replace(["clear-screen"]) { _, _ in
      BlockEditor.shared?.painter.clearScreen()
      return 0
    }
    Readline.replace(["backward-delete-char"]) { count, key in
      let blanks = Readline.entry.indentationBeforeCursor
      guard count == 1, blanks > 1 else { return rl_rubout(count, key) }
      let cursor = Int(rl_point)
      Readline.replace(cursor - blanks..<cursor, with: "")
      return 0
    }
    Readline.replace(["beginning-of-line"]) { _, _ in
      rl_point = Int32(Readline.entry.lineStart)
      return 0
    }
    Readline.replace(["end-of-line"]) { _, _ in
      rl_point = Int32(Readline.entry.lineEnd)
      return 0
    }
    Readline.replace(["kill-line"]) { count, key in
      BlockEditor.kill(count, key)
    }
    for closer: Character in [")", "]", "}"] {
      Readline.replace(["self-insert"], at: closer) { count, key in
        BlockEditor.insertCloser(count, key)
      }
    }
    Readline.replace(["bracketed-paste-begin"]) { _, _ in
      rl_insert_text(EntryText.cleaned(Readline.pastedText()))
      return 0
    }
  }

  /// Enter: the entry is run where it is whole; otherwise a line follows.
  private func enter() {
    let text = Readline.text
    let cleaned = EntryText.cleaned(text)
    if cleaned != text { Readline.replace(cleaned) }
    guard reader.isComplete(cleaned) else { return breakLine() }
    painter.finish(layout(isFinished: true), on: .current)
    Readline.accept()
  }

  private func breakLine() {
    rl_insert_text("\n" + Readline.entry.indentationOfNextLine)
  }

  private static func insertCloser(_ count: Int32, _ key: Int32) -> Int32 {
    let entry = Readline.entry
    guard count == 1, let depth = entry.indentation(ofCloser: UInt8(truncatingIfNeeded: key)) else {
      return rl_insert(count, key)
    }
    let closer = String(UnicodeScalar(UInt8(truncatingIfNeeded: key)))
    Readline.replace(
      entry.lineStart..<entry.cursor, with: String(repeating: " ", count: depth) + closer)
    return 0
  }

  /// Cuts the rest of the line, or the line end where the cursor stands before it.
  private static func kill(_ count: Int32, _ key: Int32) -> Int32 {
    let entry = Readline.entry
    if count != 1 || entry.lineEnd == entry.utf8.count { return rl_kill_line(count, key) }
    let end = entry.lineEnd == entry.cursor ? entry.cursor + 1 : entry.lineEnd
    return rl_kill_text(rl_point, Int32(end))
  }

  // MARK: - Up and down

  /// Up: to the line above, and from the first one to the entry before that begins as this one does.
  fileprivate func up() {
    if let place = Readline.entry.above {
      rl_point = Int32(place)
    } else {
      go { $0.back() }
    }
  }

  fileprivate func down() {
    if let place = Readline.entry.below {
      rl_point = Int32(place)
    } else {
      go { $0.forth() }
    }
  }

  private func go(_ step: (inout HistoryWalk) -> String?) {
    let isWalking = Readline.isRepeated(moveUp) || Readline.isRepeated(moveDown)
    let text = Readline.text
    var current =
      walk.flatMap { isWalking && $0.shown == text ? $0 : nil }
      ?? HistoryWalk(reader.earlierEntries, draft: text, isFound: Readline.endsSearch)
    if let entry = step(&current) { Readline.replace(entry) } else { rl_ding() }
    walk = current
  }

  // MARK: - Completing

  /// Tab: what the candidates share; where that is nothing new the candidates, and again, what they are.
  fileprivate func complete() {
    let entry = Readline.entry
    if entry.isInIndentation, entry.lineStart > 0 || entry.cursor > 0 {
      let column = entry.cursor - entry.lineStart
      let blanks = EntryText.indent - column % EntryText.indent
      rl_insert_text(String(repeating: " ", count: blanks))
      return
    }
    if Readline.isRepeated(completeWord) { return showCandidates(isDetailed: true) }
    let completion = reader.complete(entry.text, cursor: entry.cursor)
    guard let shared = completion.sharedStart else {
      rl_ding()
      return
    }
    let typed = String(decoding: entry.utf8[completion.start..<entry.cursor], as: UTF8.self)
    if shared != typed, completion.candidates.count == 1 || shared.utf8.count > typed.utf8.count {
      Readline.replace(completion.start..<entry.cursor, with: shared)
    } else if completion.candidates.count > 1 {
      show(completion, isDetailed: false)
    }
  }

  private func showCandidates(isDetailed: Bool) {
    let entry = Readline.entry
    show(reader.complete(entry.text, cursor: entry.cursor), isDetailed: isDetailed)
  }

  private func show(_ completion: Completion, isDetailed: Bool) {
    guard !completion.candidates.isEmpty || isDetailed && completion.heading != nil else {
      rl_ding()
      return
    }
    painter.writeBelow(completion.listing(on: .current, isDetailed: isDetailed))
  }

  fileprivate static func with(_ body: (BlockEditor) -> Void) -> Int32 {
    if let shared { body(shared) }
    return 0
  }
}

// Named, so that a key can be told from the one before.
private let moveUp: Readline.Command = { _, _ in BlockEditor.with { $0.up() } }
private let moveDown: Readline.Command = { _, _ in BlockEditor.with { $0.down() } }
private let completeWord: Readline.Command = { _, _ in BlockEditor.with { $0.complete() } }
