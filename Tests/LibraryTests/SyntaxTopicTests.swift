// The topics of the language's syntax: one for every word and sign, with the rules that the parser reads.

import Language
import Library
import Syntax
import TestSupport
import Testing

@Suite struct SyntaxTopicTests {
  /// The rules of the grammar above the functions of the parser and the lexer.
  private static let rulesOfTheParser: Set<String> = {
    var rules: Set<String> = []
    let folders = ["/Sources/Syntax/Parsing", "/Sources/Syntax/Lexing"]
    for path in folders.flatMap({ Files.find(under: Files.root + $0, endingIn: ".swift") }) {
      var comment = ""
      for line in (Files.read(path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      {
        let text = line.drop { $0 == " " }
        if text.hasPrefix("///") {
          comment += " " + text.dropFirst(3)
          continue
        }
        let parts = comment.split(separator: "`", omittingEmptySubsequences: false)
        for (place, part) in parts.enumerated() where place % 2 == 1 {
          for rule in part.split(separator: "; ").map(String.init) where isRule(rule) {
            rules.insert(rule.split(separator: " ").joined(separator: " "))
          }
        }
        comment = ""
      }
    }
    return rules
  }()

  private static func isRule(_ text: String) -> Bool {
    let words = text.split(separator: " ")
    return words.count > 2 && words[1] == ":=" && words[0].allSatisfy(\.isLetter)
  }

  @Test func `the page has the rules that the parser reads`() {
    let rules = Set(SyntaxSection.all.flatMap(\.topics).flatMap(\.rules))
    #expect(rules.count > 50)
    #expect(rules == SyntaxTopicTests.rulesOfTheParser)
  }

  @Test func `every word and sign has a topic`() {
    let signs = Token.Kind.allCases.map(\.spelling).filter {
      !$0.contains(" ") && !($0.first?.isLetter ?? true)
    }
    for name in signs + Token.keywords.keys.sorted() {
      #expect(!SyntaxSection.topics(of: name).isEmpty, "\(name)")
    }
  }

  @Test func `a topic is found by each of its names`() throws {
    for topic in SyntaxSection.all.flatMap(\.topics) {
      for name in topic.names {
        #expect(try Builtins.library.documentation(of: name).text.contains(topic.text), "\(name)")
      }
    }
  }

  @Test func `a search finds names before texts`() {
    let found = Builtins.library.search("FINALLY").map(\.name)
    #expect(found.first == "try" || found.contains("try"))
    #expect(Builtins.library.search("softmax").first?.name.contains("softmax") == true)
    #expect(Builtins.library.search("no such words anywhere").isEmpty)
  }
}
