// The language itself, as `mos doc for`, `help` and `docs/language/syntax.md` show it: one topic for each
// piece of syntax, found by its words and signs. A rule of the grammar stands above the function of the parser
// that reads it, and here; a test holds the two together.

/// A piece of syntax.
public struct SyntaxTopic: Sendable {
  /// A few words.
  public let title: String
  /// The words and signs that it is found by.
  public let names: [String]
  /// Its rules in the grammar.
  public let rules: [String]
  /// What it means, in Markdown, with an example that runs.
  public let explanation: String

  init(_ title: String, _ names: [String], _ rules: [String] = [], _ explanation: String) {
    self.title = title
    self.names = names
    self.rules = rules
    self.explanation = explanation
  }

  /// The rules and what they mean.
  public var text: String {
    rules.isEmpty
      ? explanation
      : rules.map { "- `` \($0) ``" }.joined(separator: "\n") + "\n\n" + explanation
  }
}

/// Topics that belong together.
public struct SyntaxSection: Sendable {
  public let title: String
  public let topics: [SyntaxTopic]

  /// All of them, in the order of the page.
  public static let all = [words, values, operators, control, functions, modulesAndState]

  /// What a word or sign means.
  public static func topics(of name: String) -> [SyntaxTopic] {
    all.flatMap(\.topics).filter {
      $0.names.contains(name) || $0.title.lowercased() == name.lowercased()
    }
  }

  /// Every word and sign, in order.
  public static var names: [String] { all.flatMap(\.topics).flatMap(\.names) }
}
