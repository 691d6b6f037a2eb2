// GNU readline, as far as both editors use it: reading one text with a wait of our own, and keys.
//
// Its callback interface is used with a wait around it: only so does Ctrl-C leave a half-typed line at once.
// Readline is a library of global variables and C callbacks without a context; what the callbacks reach is
// therefore static, and there is one editor a process.

@preconcurrency import CReadline
import Platform

/// The library, and the text in it.
enum Readline {
  typealias Command = @convention(c) (Int32, Int32) -> Int32

  /// What came of reading one text.
  enum Outcome {
    case text(String)
    case interrupted
    case endOfInput
  }

  nonisolated(unsafe) private static var finished: Outcome?
  nonisolated(unsafe) private static var draft = ""

  /// Begins; the user's settings are read.
  static func start() {
    rl_catch_signals = 0
    rl_catch_sigwinch = 0
    rl_readline_name = UnsafePointer(strdup("mos"))
    Locale.whileUTF8 { _ = rl_initialize() }
    using_history()
    rl_startup_hook = {
      if !Readline.draft.isEmpty { rl_insert_text(Readline.draft) }
      return 0
    }
  }

  /// Reads one text, until a key ends it.
  ///
  /// - Parameters:
  ///   - resized: called when the terminal has another size.
  ///   - resumed: called when the process goes on after it was stopped; the shell has used the terminal.
  static func read(
    prompt: String, draft: String, resized: () -> Void, resumed: () -> Void
  ) -> Outcome {
    Locale.whileUTF8 {
      finished = nil
      self.draft = draft
      rl_callback_handler_install(prompt) { line in
        defer { free(line) }
        Readline.finished = line.map { .text(String(cString: $0)) } ?? .endOfInput
        // Removed here and not after the loop: otherwise readline draws the prompt once more.
        rl_callback_handler_remove()
      }
      return Interrupts.duringWaits { wait in
        while true {
          if let finished { return finished }
          if Interrupts.wasPressed() { return .interrupted }
          if Interrupts.wasResized() { resized() }
          if Interrupts.wasResumed() {
            rl_prep_terminal(1)
            resumed()
          }
          if wait() { rl_callback_read_char() }
        }
      }
    }
  }

  /// Forgets the text that is being read, after Ctrl-C.
  static func giveUp() {
    rl_free_line_state()
    rl_callback_sigcleanup()
    rl_callback_handler_remove()
  }

  /// Whether one of the user's settings is on.
  static func isOn(_ setting: String) -> Bool {
    rl_variable_value(setting).map { String(cString: $0) == "on" } ?? false
  }

  // MARK: - The text

  static var text: String { String(cString: rl_line_buffer) }

  /// The text with the cursor in it.
  static var entry: EntryText { EntryText(text, cursor: Int(rl_point)) }

  /// Puts another text in the place of this one, as one step that can be undone.
  static func replace(_ text: String, cursor: Int? = nil) {
    replace(0..<Int(rl_end), with: text)
    rl_point = Int32(clamping: cursor ?? Int(rl_end))
  }

  /// Puts a text in the place of some bytes, as one step that can be undone; the cursor stands behind it.
  static func replace(_ range: Range<Int>, with text: String) {
    rl_begin_undo_group()
    rl_delete_text(Int32(range.lowerBound), Int32(range.upperBound))
    rl_point = Int32(range.lowerBound)
    rl_insert_text(text)
    rl_end_undo_group()
  }

  /// The text of a paste that has begun, without its last line ends.
  static func pastedText() -> String {
    let end = Array("\u{1b}[201~".utf8)
    var bytes: [UInt8] = []
    while !bytes.suffix(end.count).elementsEqual(end) {
      let key = rl_read_key()
      guard key >= 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(UInt8(truncatingIfNeeded: key))
    }
    bytes.removeLast(end.count)
    while bytes.last == UInt8(ascii: "\r") || bytes.last == UInt8(ascii: "\n") {
      bytes.removeLast()
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Ends the text: it has been entered.
  static func accept() {
    rl_done = 1
    rl_readline_state |= UInt(RL_STATE_DONE)
  }

  /// True for a key that comes after one of the same command.
  static func isRepeated(_ command: Command) -> Bool {
    rl_last_func.map { address($0) == address(command) } ?? false
  }

  /// True for a key that ended a search through the history.
  static var endsSearch: Bool {
    ["reverse-search-history", "forward-search-history"].contains { name in
      guard let last = rl_last_func, let search = rl_named_function(name) else { return false }
      return address(last) == address(search)
    }
  }

  // MARK: - Keys

  private static let keymapNames = [
    "emacs-standard", "emacs-meta", "emacs-ctlx", "vi-insert", "vi-move",
  ]

  /// Puts a command in the place of some of readline's, whatever keys they are bound to.
  static func replace(_ names: [String], by command: @escaping Command) {
    let old = names.compactMap { rl_named_function($0) }.map(address)
    for name in keymapNames {
      if let keymap = rl_get_keymap_by_name(name) { replace(old, by: command, in: keymap) }
    }
  }

  /// The same for one key alone.
  static func replace(_ names: [String], at key: Character, by command: @escaping Command) {
    let old = names.compactMap { rl_named_function($0) }.map(address)
    for name in ["emacs-standard", "vi-insert"] {
      guard let keymap = rl_get_keymap_by_name(name), let code = key.asciiValue else { continue }
      let entry = keymap + Int(code)
      if entry.pointee.type == 0, let function = entry.pointee.function,
        old.contains(address(function))
      {
        entry.pointee.function = command
      }
    }
  }

  /// Binds a sequence of keys, whatever it did.
  static func bind(_ sequence: String, to command: @escaping Command) {
    for name in ["emacs-standard", "vi-insert"] {
      rl_bind_keyseq_in_map(sequence, command, rl_get_keymap_by_name(name))
    }
  }

  private static func replace(
    _ old: [UnsafeRawPointer], by command: @escaping Command, in keymap: Keymap, depth: Int = 0
  ) {
    // A keymap has an entry for each byte and one for the sequence that ends there.
    for place in 0...256 {
      guard let function = keymap[place].function else { continue }
      switch Int32(keymap[place].type) {
      case ISFUNC where old.contains(address(function)): keymap[place].function = command
      case ISKMAP where depth < 8:
        replace(old, by: command, in: unsafeBitCast(function, to: Keymap.self), depth: depth + 1)
      default: break
      }
    }
  }

  private static func address(_ command: @escaping Command) -> UnsafeRawPointer {
    unsafeBitCast(command, to: UnsafeRawPointer.self)
  }

  // MARK: - History

  /// Begins with entries, none of them twice.
  static func begin(with entries: [String]) {
    for entry in entries { add_history(entry) }
  }

  /// Adds an entry to what Ctrl-R searches; one that was there is moved to the end.
  static func remember(_ entry: String) {
    forget(entry)
    add_history(entry)
  }

  /// Takes an entry away.
  static func forget(_ entry: String) {
    for place in stride(from: history_length - 1, through: 0, by: -1) {
      guard let known = history_get(history_base + place), let line = known.pointee.line,
        strcmp(line, entry) == 0
      else { continue }
      if let removed = remove_history(place) { free_history_entry(removed) }
      return
    }
  }
}
