// A golden script: a program and what its margin says about it.
//
// A directive is a comment; `README.md` beside this file lists them all. A line holds one.

/// A golden script, taken apart.
struct Script {
  /// What one line of the script expects.
  enum Directive: Equatable {
    /// The next line of standard output.
    case output(String)
    /// The same, with numbers compared to 1e-6 relative.
    case near(String)
    /// The same, with a number within each range `0.4..0.85`. A figure is what an example is about.
    case within(String, isFigure: Bool)
    /// The run, or the compilation, fails here.
    case error(Failure)
    /// A warning is given here.
    case warning(Failure)
  }

  /// A diagnostic that is expected.
  struct Failure: Equatable {
    /// `[kind] message`; a final `…` stands for anything.
    var text: String
    /// The line it must point at.
    var line: Int
    /// The columns that must be underlined, where carets show them.
    var columns: Range<Int>?
    /// Whether it is found before the program runs.
    var isCompileError = false
  }

  let path: String
  /// Whether the program stands in a page of the documents, and not in the file itself.
  let isPage: Bool
  /// How long it may run, in seconds.
  let timeLimit: Double
  var lines: [String]
  /// The directives with the line number, from 1, that each stands on.
  var directives: [(line: Int, directive: Directive)] = []
  var exitStatus: Int32?
  var arguments: [String] = []
  var input = ""
  var limits: [String] = []
  var skipReason: String?
  /// A whole rendering of standard error, from the file beside the script.
  var renderedErrors: String?

  init(
    path: String, text: String, isPage: Bool = false, timeLimit: Double = 10,
    renderedErrors: String? = nil
  ) {
    self.path = path
    self.isPage = isPage
    self.timeLimit = timeLimit
    self.renderedErrors = renderedErrors
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var codeLine = 0
    for (index, line) in lines.enumerated() {
      guard let comment = Self.directiveComment(in: line) else {
        codeLine = index + 1
        continue
      }
      if !comment.isAlone { codeLine = index + 1 }
      read(comment, of: index + 1, codeLine: codeLine)
    }
  }

  /// How many things the script expects.
  var expectationCount: Int {
    directives.count + (exitStatus == nil ? 0 : 1) + (renderedErrors == nil ? 0 : 1)
  }

  /// The status the program must end with.
  var expectedStatus: Int32 {
    if let exitStatus { return exitStatus }
    for case (_, .error(let failure)) in directives { return failure.isCompileError ? 65 : 1 }
    return 0
  }

  /// A comment that may be a directive.
  struct Comment {
    /// The words after the `#` and the carets.
    var text: Substring
    /// The columns of the carets, from 1.
    var carets: Range<Int>?
    /// Whether nothing but the comment stands on the line.
    var isAlone: Bool
    /// Where the comment starts in the line.
    var start: String.Index
  }

  static let keywords = [
    "expect:", "expect~:", "expect in:", "expect figure:", "expect error:", "expect compile error:",
    "expect warning:", "exit:",
    "args:", "stdin:", "limit:", "skip:",
  ]

  /// The directive on a line, if it holds one.
  static func directiveComment(in line: String) -> Comment? {
    var search = line.startIndex
    while let hash = line[search...].firstIndex(of: "#") {
      var rest = line[line.index(after: hash)...].drop { $0 == " " }
      let caretStart = rest.startIndex
      rest = rest.drop { $0 == "^" }
      var carets: Range<Int>?
      if rest.startIndex > caretStart {
        let column = line.distance(from: line.startIndex, to: caretStart) + 1
        carets = column..<(column + line.distance(from: caretStart, to: rest.startIndex))
        rest = rest.drop { $0 == " " }
      }
      if keywords.contains(where: { rest.hasPrefix($0) }) {
        return Comment(
          text: rest, carets: carets, isAlone: line[..<hash].allSatisfy { $0 == " " }, start: hash)
      }
      search = line.index(after: hash)
    }
    return nil
  }

  private mutating func read(_ comment: Comment, of line: Int, codeLine: Int) {
    guard let colon = comment.text.firstIndex(of: ":") else { return }
    var value = String(comment.text[comment.text.index(after: colon)...])
    if value.hasPrefix(" ") { value.removeFirst() }
    func failure(compile: Bool = false) -> Failure {
      Failure(
        text: value.trimmed, line: comment.isAlone ? codeLine : line, columns: comment.carets,
        isCompileError: compile)
    }
    switch comment.text[..<colon] {
    case "expect": directives.append((line, .output(value.trimmedAtEnd)))
    case "expect~": directives.append((line, .near(value.trimmedAtEnd)))
    case "expect in", "expect figure":
      let isFigure = comment.text.hasPrefix("expect figure")
      directives.append((line, .within(value.trimmedAtEnd, isFigure: isFigure)))
    case "expect error": directives.append((line, .error(failure())))
    case "expect compile error": directives.append((line, .error(failure(compile: true))))
    case "expect warning": directives.append((line, .warning(failure())))
    case "exit": exitStatus = Int32(value.trimmed)
    case "args": arguments += value.split(separator: " ").map(String.init)
    case "stdin": input += value + "\n"
    case "limit": limits.append(value.trimmed)
    default: skipReason = value
    }
  }
}

extension String {
  /// Without spaces at its end.
  var trimmedAtEnd: String {
    var text = self[...]
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return String(text)
  }

  /// Without spaces around it.
  var trimmed: String { String(trimmedAtEnd.drop { $0 == " " || $0 == "\t" }) }
}
