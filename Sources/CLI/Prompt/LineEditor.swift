// What the prompt asks of a line editor, so that another can take readline's place.

/// What came of reading a line.
enum LineInput {
  /// A line, without its end; a pasted block is several lines in one.
  case line(String)
  /// Ctrl-C; the line held something or nothing.
  case interrupted(lineWasEmpty: Bool)
  /// Ctrl-D on an empty line, or the end of the input.
  case endOfInput
}

/// Edits lines on a terminal.
protocol LineEditor {
  /// Reads one line; `indentation` stands in it already.
  func readLine(prompt: String, indentation: String) -> LineInput
  /// Adds an entry, which may have several lines, to what Up brings back.
  func remember(_ entry: String)
}

/// Completes the word before the cursor.
struct Completion {
  /// Where the word begins in the line, in UTF-8 bytes.
  var start: Int
  /// What the word may become, in order.
  var candidates: [String]
}
