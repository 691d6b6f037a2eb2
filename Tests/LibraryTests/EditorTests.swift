// The files for editors, `editors/`: their lists of words are those of the lexer and the library, and what they
// colour is what the lexer reads, word by word.

import Language
import Library
import Platform
import Syntax
import TestSupport
import Testing

@Suite struct `The files for editors` {
  /// `make editors` writes the lists.
  @Test func `have the words of the lexer and the library`() throws {
    for list in WordList.all {
      let path = Files.root + "/editors/" + list.path
      let text = try #require(Files.read(path), "\(path)")
      let wanted = try #require(list.written(into: text), "\(path) has no place `\(list.before)`")
      if wanted == text { continue }
      if getenv("MOS_ACCEPT") != nil {
        #expect(Files.write(wanted, to: path))
      } else {
        Issue.record("editors/\(list.path): `make editors` writes what follows `\(list.before)`")
      }
    }
  }

  /// Every program and every page is coloured by each editor that the machine has, and compared with the lexer;
  /// `Tests/Editors/check.py` tells which there are, and with `MOS_EDITORS` set it misses those that are not.
  @Test func `colour programs as the lexer reads them`() throws {
    var texts = ["examples", "stdlib", "Tests/Editors"]
      .flatMap { Files.find(under: Files.root + "/" + $0, endingIn: ".mos") }.compactMap(Files.read)
    texts += Page.all.map { page in
      page.blocks.filter { $0.kind == "mos" }.map(\.text).joined()
    }
    let programs = texts.map { Source(name: "program.mos", text: $0) }
      .filter { !$0.utf8.isEmpty && tokenize($0).diagnostics.isEmpty }
    #expect(programs.count > 50)
    try Files.withTemporaryFolder { folder in
      for (number, program) in programs.enumerated() {
        let text = String(decoding: program.utf8, as: UTF8.self)
        #expect(Files.write(text, to: "\(folder)/\(number).mos"))
        #expect(Files.write(classes(of: program), to: "\(folder)/\(number).lexer"))
      }
      // Every built-in is coloured as one where it is called.
      let names = Builtins.library.names.sorted()
      let calls = names.map { "\($0)(1)\n" }.joined()
      let letters = names.map { String(repeating: "b", count: $0.unicodeScalars.count) + "ono\n" }
      #expect(Files.write(calls, to: "\(folder)/\(programs.count).mos"))
      #expect(Files.write(letters.joined(), to: "\(folder)/\(programs.count).lexer"))
      let own = Files.root + "/.build/environments/editors/bin/python"
      let python = access(own, X_OK) == 0 ? own : "python3"
      let result = try runProcess(
        "/usr/bin/env", [python, Files.root + "/Tests/Editors/check.py", folder, Files.mos],
        timeLimit: 300)
      #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
  }

  /// What each character of a program is: a letter for each kind of word.
  private func classes(of source: Source) -> String {
    var classes = [Character](repeating: " ", count: source.utf8.count)
    var end = 0
    func paint(_ range: Range<Int>, _ letter: Character) {
      for place in range { classes[place] = letter }
    }
    for token in tokenize(source).tokens {
      let range = Int(token.span.start)..<Int(token.span.end)
      paintComments(source, end..<range.lowerBound, paint)
      paint(range, letter(of: token.kind))
      end = max(end, range.upperBound)
    }
    // One letter a character, not a byte.
    return String(
      zip(classes, source.utf8).filter { $0.1 & 0xC0 != 0x80 }
        .map { $0.1 == UInt8(ascii: "\n") ? "\n" : $0.0 })
  }

  private func paintComments(
    _ source: Source, _ gap: Range<Int>, _ paint: (Range<Int>, Character) -> Void
  ) {
    var place = gap.lowerBound
    while let start = source.utf8[place..<gap.upperBound].firstIndex(of: UInt8(ascii: "#")) {
      let rest = source.utf8[start..<gap.upperBound]
      place = rest.firstIndex(of: UInt8(ascii: "\n")) ?? gap.upperBound
      paint(start..<place, "#")
    }
  }

  private func letter(of kind: Token.Kind) -> Character {
    switch kind {
    case .int, .float: "n"
    case .string, .stringOpen, .stringText, .stringClose, .brokenString: "\""
    case .interpolationOpen, .interpolationClose, .format: "i"
    case .true, .false, .nil: "c"
    case .name: "w"
    case .end: " "
    default: kind.isKeyword ? "k" : "o"
    }
  }
}

/// The places of a list of words in a file.
private struct WordList {
  let path: String
  /// What stands before it and behind it.
  let before: String
  let after: String
  let words: [String]
  let form: Form

  /// How words are written.
  enum Form {
    /// Between blanks in lines that begin so.
    case lines(indentation: String)
    /// In quotes, as Lisp has them.
    case strings
    /// As a choice of a regular expression in JSON.
    case choice
    /// As a choice of one of Vim's.
    case branches
  }

  /// The text of the file with the list; nil where there is no place for it.
  func written(into text: String) -> String? {
    var written = ""
    var rest = text[...]
    while let start = rest.firstRange(of: before)?.upperBound,
      let end = rest[start...].firstRange(of: after)?.lowerBound
    {
      written += rest[..<start] + list
      rest = rest[end...]
    }
    return written.isEmpty ? nil : written + rest
  }

  private var list: String {
    switch form {
    case .choice: words.map(escaped).joined(separator: "|")
    case .branches: words.joined(separator: "\\|")
    case .lines(let indentation): wrapped(words, indentation)
    case .strings: wrapped(words.map { "\"\($0)\"" }, "    ")
    }
  }

  private func escaped(_ word: String) -> String {
    word.map { "+*|.".contains($0) ? "\\\\\($0)" : String($0) }.joined()
  }

  private func wrapped(_ words: [String], _ indentation: String) -> String {
    var lines: [String] = []
    for word in words {
      if let last = lines.last, last.utf8.count + word.utf8.count < 99 {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(indentation + word)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static let constants = ["false", "nil", "true"]
  private static let groups: [(name: String, words: [String])] = [
    ("keywords", Token.keywords.keys.filter { !constants.contains($0) }.sorted()),
    ("contextual keywords", Token.contextualKeywords.sorted()),
    ("constants", constants),
    ("builtins", Builtins.library.names.sorted()),
    ("modules", StandardModule.all.map(\.name).sorted()),
    (
      "operators",
      Token.Kind.allCases.map(\.spelling).filter { spelling in
        !spelling.contains(" ") && !spelling.allSatisfy { $0.isLetter || "()[]{},;:".contains($0) }
      }.sorted { ($1.count, $0) < ($0.count, $1) }
    ),
  ]

  static let all = groups.flatMap(lists) + patternsOfVim + keywordsOfVim

  /// The places of a group of words in the files that have all of them.
  private static func lists(_ name: String, _ words: [String]) -> [WordList] {
    let constant = name.uppercased().replacing(" ", with: "_")
    let pygments = WordList(
      path: "pygments/mos_pygments/names.py", before: "\n\(constant) = \"\"\"\n",
      after: "\"\"\".split()", words: words, form: .lines(indentation: ""))
    let grammar = WordList(
      path: "vscode/syntaxes/mos.tmLanguage.json", before: "(?#\(name))", after: ")", words: words,
      form: .choice)
    let emacs = WordList(
      path: "emacs/mos-mode.el",
      before: "(defconst mos--\(name.replacing(" ", with: "-"))\n  '(\n", after: "    )",
      words: words, form: .strings)
    return name == "operators" ? [pygments, grammar] : [pygments, grammar, emacs]
  }

  /// What Vim's `syn keyword` takes for an option, and not for a word.
  private static let options: Set = [
    "cchar", "conceal", "concealends", "contained", "containedin", "contains", "display", "end",
    "excludenl", "extend", "fold", "keepend", "matchgroup", "nextgroup", "oneline", "skip",
    "skipempty", "skipnl", "skipwhite", "start", "transparent",
  ]

  private static let patternsOfVim = [
    ("contextual_keywords", Token.contextualKeywords.sorted()),
    ("modules", StandardModule.all.map(\.name).sorted()),
    // What begins no operand of a contextual keyword.
    ("reserved", Token.keywords.keys.filter { $0 != "self" }.sorted()),
    ("options", Builtins.library.names.filter(options.contains).sorted()),
  ].map { name, words in
    WordList(
      path: "vim/syntax/mos.vim", before: "let s:\(name) = '", after: "'", words: words,
      form: .branches)
  }

  /// Words of `syn keyword` are that everywhere, so that those which depend on their place are none.
  private static let keywordsOfVim = groups.filter {
    ["keywords", "constants", "builtins"].contains($0.name)
  }.map { name, words in
    WordList(
      path: "vim/syntax/mos.vim", before: "\" Written by make editors: \(name).\n",
      after: "\" End.",
      words: words.filter { !Token.contextualKeywords.contains($0) && !options.contains($0) },
      form: .lines(indentation: "syn keyword mos\(name.capitalized) "))
  }
}

extension StringProtocol {
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
