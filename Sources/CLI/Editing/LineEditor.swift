// What the prompt asks of a line editor, so that another can take readline's place.

/// What came of reading an entry.
enum EntryInput {
  /// An entry, which may have several lines, without its last line end.
  case entry(String)
  /// Ctrl-C; something or nothing had been typed.
  case interrupted(wasEmpty: Bool)
  /// Ctrl-D where nothing was typed, or the end of the input.
  case endOfInput
}

/// What an editor asks about the text that is being written.
protocol EntryReader: AnyObject {
  /// Whether Enter ends the entry.
  func isComplete(_ entry: String) -> Bool
  /// What the word before the cursor, an offset in UTF-8 bytes, may become.
  func complete(_ text: String, cursor: Int) -> Completion
  /// How each byte of a text is shown.
  func styles(of text: String, cursor: Int?) -> [Style]
  /// The entries of this and earlier sessions, oldest first.
  var earlierEntries: [String] { get }
}

/// Edits entries on a terminal.
protocol LineEditor {
  /// Reads one entry; `draft` stands in it already.
  func readEntry(draft: String) -> EntryInput
  /// Begins with the entries of earlier sessions, none of them twice.
  func begin(with entries: [String])
  /// Adds an entry to what is searched.
  func remember(_ entry: String)
  /// Takes an entry away from it.
  func forget(_ entry: String)
}

/// The marks that stand before the lines of an entry.
enum PromptMark {
  static let first = "mos> "
  static let continuation = "...> "
}

/// Completes the word before the cursor.
struct Completion {
  /// Something that a word may become.
  struct Candidate {
    /// What takes the word's place.
    var text: String
    /// What is shown for it; the text where there is no more to say.
    var title: String
    /// What it is, in a few words, for the second Tab: a signature, or what a name holds.
    var detail: String

    init(_ text: String, title: String? = nil, detail: String = "") {
      self.text = text
      self.title = title ?? text
      self.detail = detail
    }
  }

  /// Where the word begins in the text, in UTF-8 bytes.
  var start: Int
  /// What the word may become, in order.
  var candidates: [Candidate]
  /// What stands above them at the second Tab: the signature of the call that the word is in.
  var heading: String?

  static func none(at cursor: Int) -> Completion { Completion(start: cursor, candidates: []) }
}
