// What is said of a program: documentation of its names, its form, colours and shapes.

import Language
import Library
import Syntax

/// What a name is, for its colour.
enum TokenType: String, CaseIterable {
  case variable, parameter, function, `class`, namespace, property, keyword
}

extension LanguageServer {
  // MARK: - Hovering

  func hover(_ document: OpenDocument, _ offset: Int) -> Value {
    let word = document.word(at: offset)
    guard !word.isEmpty else { return .nil }
    let found = findings(in: document)
    var parts: [String] = []
    if let text = documentation(of: word, document) { parts.append(text) }
    if let kind = found.kind(at: word.lowerBound) { parts.append(kind) }
    guard !parts.isEmpty else { return .nil }
    return object(
      ("contents", markdown(parts.joined(separator: "\n\n"))),
      ("range", document.range(Span(word.lowerBound, word.upperBound))))
  }

  func markdown(_ text: String) -> Value {
    object(("kind", .string("markdown")), ("value", .string(text)))
  }

  /// The documentation of a word: of a name of the program or of another, of a module, or of a built-in.
  private func documentation(of word: Range<Int>, _ document: OpenDocument) -> String? {
    let programs = programs()
    let name = document.text(word)
    if let (_, meaning) = meaning(document, word.lowerBound, programs) {
      let found = programs.origins(of: meaning).lazy.compactMap {
        self.documentation(of: $0, programs)
      }
      return found.first
    }
    let chain = document.text(chain(endingWith: word, document)..<word.upperBound)
    for name in chain == name ? [name] : [chain, name] {
      if let found = try? Builtins.library.documentation(of: name) {
        return block(found.title, found.text)
      }
    }
    return nil
  }

  private func documentation(of meaning: Meaning, _ programs: Programs) -> String? {
    switch meaning {
    case .module(let identity):
      guard let program = programs[identity] else { return nil }
      let module = says(program)
      return block("module \(module.name)", module.introduction)
    case .variable(let variable):
      return declaration(variable, programs).map { block($0.title, $0.documentation) }
    }
  }

  /// What is said of a variable where it is declared; nil but for those of the top level.
  func declaration(_ variable: Meaning.Variable, _ programs: Programs)
    -> ModuleDocumentation.Declaration?
  {
    guard let program = programs[variable.program] else { return nil }
    let own = program.names.variables[variable.number]
    return own.isGlobal ? says(program)[own.name] : nil
  }

  func says(_ program: Program) -> ModuleDocumentation {
    ModuleDocumentation(
      program.document.source, name: program.standard?.name ?? program.document.path)
  }

  /// Where the names begin that stand before a word with points between, as in `nn.Linear`.
  func chain(endingWith word: Range<Int>, _ document: OpenDocument) -> Int {
    var start = word.lowerBound
    while start > 1, document.utf8[start - 1] == UInt8(ascii: ".") {
      let before = document.word(at: start - 1)
      guard before.upperBound == start - 1, !before.isEmpty else { break }
      start = before.lowerBound
    }
    return start
  }

  func block(_ title: String, _ text: String) -> String {
    "```mos\n\(title)\n```\n\(text)".trimmingEnd
  }

  // MARK: - Text

  /// The edit that gives a program its form; none where it has it, or does not parse.
  func formatting(_ document: OpenDocument) -> Value {
    let text = document.text
    let formed =
      MarkdownPage.isPage(document.path)
      ? try? format(page: MarkdownPage(path: document.path, text: text))
      : try? format(document.source)
    guard let formed, formed != text else { return array([]) }
    return array([
      object(
        ("range", document.range(Span(0, document.utf8.count))), ("newText", .string(formed)))
    ])
  }

  /// What the names of a program are, for their colours; a grammar has the rest.
  func semanticTokens(_ document: OpenDocument) -> Value {
    let source = document.source
    let names = findings(in: document).names
    let tokens = tokenize(source).tokens
    var data: [Value] = []
    var (line, column) = (0, 0)
    for (number, token) in tokens.enumerated() where token.kind == .name {
      let isField = number > 0 && tokens[number - 1].kind == .dot
      guard let (type, isStandard) = type(of: token, isField: isField, names, source) else {
        continue
      }
      let (start, end) = (
        document.position(of: Int(token.span.start)), document.position(of: Int(token.span.end))
      )
      guard let here = start[field: "line"]?.asInt, let from = start[field: "character"]?.asInt,
        let to = end[field: "character"]?.asInt, end[field: "line"]?.asInt == here
      else { continue }
      let order = TokenType.allCases.firstIndex(of: type) ?? 0
      data += [
        .int(here - line), .int(here == line ? from - column : from), .int(to - from),
        .int(order), .int(isStandard ? 1 : 0),
      ]
      (line, column) = (here, from)
    }
    return object(("data", array(data)))
  }

  private func type(
    of token: Token, isField: Bool, _ names: NamePlaces, _ source: Source
  ) -> (type: TokenType, isStandard: Bool)? {
    if let variable = names.variable(at: Int(token.span.start)) {
      return switch variable.declaration {
      case .variable: (.variable, false)
      case .function: (.function, false)
      case .model: (.class, false)
      case .parameter: (.parameter, false)
      case .imported: (.namespace, false)
      case .member: (.property, false)
      }
    }
    if isField { return (.property, false) }
    return Builtins.library.function(source.text(of: token.span)) == nil ? nil : (.function, true)
  }

  /// The shapes that are known of what `let` declares in a part of a program.
  func inlayHints(_ document: OpenDocument, _ range: Range<Int>?) -> Value {
    let found = findings(in: document)
    var hints: [Value] = []
    for variable in found.names.variables where variable.declaration == .variable {
      for place in variable.declared where range?.contains(Int(place.start)) ?? true {
        guard let kind = found.kind(at: Int(place.start)),
          let shape = kind.split(separator: " of shape ").dropFirst().first
        else { continue }
        hints.append(
          object(
            ("position", document.position(of: Int(place.end))),
            ("label", .string(": \(shape)")), ("kind", .int(1))))
      }
    }
    return array(hints)
  }
}

extension String {
  fileprivate var trimmingEnd: String {
    var text = Substring(self)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
