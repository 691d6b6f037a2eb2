// What was entered: a program, a command, a line for the shell, a question for a name. And whether it is whole.

import Syntax

/// An entry, by what is to be done with it.
enum Entry: Equatable {
  /// A piece of a program.
  case program(String)
  /// `:name argument`
  case command(name: String, argument: String)
  /// `!line`
  case shell(String)
  /// `?name`, `name?`
  case help(String)
  /// `??name`, `name??`
  case source(String)
  /// `exit`, `quit`
  case leave

  init(_ text: String) {
    let line = text.trimmed
    if line.hasPrefix(":") {
      let word = line.dropFirst().prefix { !$0.isWhitespace }
      self = .command(
        name: String(word), argument: String(line.dropFirst(1 + word.count)).trimmed)
    } else if line.hasPrefix("!") {
      self = .shell(String(line.dropFirst()).trimmed)
    } else if line.hasPrefix("?") {
      let name = String(line.drop { $0 == "?" }).trimmed
      self = line.hasPrefix("??") ? .source(name) : .help(name)
    } else if let question = Entry.question(line) {
      self = question
    } else if ["exit", "quit", "exit;", "quit;"].contains(line) {
      self = .leave
    } else if line == "help" {
      self = .command(name: line, argument: "")
    } else {
      self = .program(text)
    }
  }

  /// `name?` and `name??`, with names joined by points, or behind a text.
  private static func question(_ line: String) -> Entry? {
    let marks = line.reversed().prefix { $0 == "?" }.count
    guard marks == 1 || marks == 2 else { return nil }
    let name = String(line.dropLast(marks)).trimmed
    guard isQuestionable(name) else { return nil }
    return marks == 2 ? .source(name) : .help(name)
  }

  private static func isQuestionable(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.allSatisfy({ Token.isName($0) || Token.keywords[$0] != nil }) { return true }
    let kinds = tokenize(Source(name: "<prompt>", text: name)).tokens.map(\.kind)
    return kinds == [.string, .dot, .name, .end]
  }

  /// Whether Enter ends a text. A program ends where the parser has all that it needs; an empty line ends one
  /// whose last line promises more, unless a bracket or a text is open.
  static func isComplete(_ text: String) -> Bool {
    guard case .program = Entry(text) else { return true }
    let source = Source(name: "<prompt>", text: text)
    guard parse(source).isIncomplete || isDocumentation(source) else { return true }
    let utf8 = Array(text.utf8)
    let open = OpenBrackets(utf8[...])
    let lastLine = text.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
    return text.contains("\n") && lastLine.allSatisfy(\.isWhitespace) && open.brackets.isEmpty
      && !open.isInLongText
  }

  /// True for `##` lines alone, which speak of what follows.
  private static func isDocumentation(_ source: Source) -> Bool {
    tokenize(source).tokens.count == 1
      && source.text(ofLine: source.lineStarts.count).trimmed.hasPrefix("##")
  }
}

extension String {
  /// The text without white space around it.
  var trimmed: String {
    var rest = self[...].drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
