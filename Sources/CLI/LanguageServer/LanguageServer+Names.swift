// Where names are declared and used, other names for them, and the names of files.

import Language
import Library
import Syntax

extension LanguageServer {
  /// The variable whose name is at an offset, or ends there.
  private func variable(_ document: OpenDocument, _ offset: Int)
    -> (variable: NamePlaces.Variable, names: NamePlaces)?
  {
    let names = interpreter.findings(in: document.source).names
    return names.variable(at: document.word(at: offset).lowerBound).map { ($0, names) }
  }

  /// Places of the variable at an offset, as locations.
  func places(
    _ document: OpenDocument, _ offset: Int, _ spans: (NamePlaces.Variable) -> [Span]
  ) -> Value {
    guard let (variable, _) = variable(document, offset) else { return .nil }
    return array(
      spans(variable).map {
        object(("uri", .string(document.address)), ("range", document.range($0)))
      })
  }

  func highlights(_ document: OpenDocument, _ offset: Int) -> Value {
    guard let (variable, _) = variable(document, offset) else { return .nil }
    return array(
      variable.places.map { place in
        let isDeclared = variable.declared.contains(place)
        return object(("range", document.range(place)), ("kind", .int(isDeclared ? 3 : 2)))
      })
  }

  // MARK: - Renaming

  /// The edits that give a variable another name, or, without one, the range of the name that may be changed.
  ///
  /// The new text is read again, and every variable has to have the places that it had: no name is captured by
  /// another variable, and none captures.
  /// - Throws: a refusal where that is not so, or where the name is also used in a way that is not followed.
  func renamed(_ document: OpenDocument, _ offset: Int, to new: String?) throws -> Value {
    guard let (variable, names) = variable(document, offset) else {
      throw Refusal("there is no variable of this program here")
    }
    try requireFollowed(variable, document)
    let place = document.word(at: offset)
    guard let new else { return document.range(Span(place.lowerBound, place.upperBound)) }
    guard LanguageServer.isName(new) else { throw Refusal("`\(new)` is no name") }

    var changed = document.utf8
    for span in variable.places.reversed() {
      changed.replaceSubrange(Int(span.start)..<Int(span.end), with: new.utf8)
    }
    let growth = new.utf8.count - variable.name.utf8.count
    /// Where what began at an offset begins now.
    func moved(_ span: Span) -> Span {
      let before = variable.places.prefix { $0.start < span.start }.count
      let isRenamed = variable.places.contains(span)
      let start = Int(span.start) + before * growth
      return Span(start, start + Int(span.end - span.start) + (isRenamed ? growth : 0))
    }
    let expected = Set(names.variables.map { $0.places.map(moved) })
    let text = String(decoding: changed, as: UTF8.self)
    let source = Source.program(ofFile: document.path, text: text)
    guard interpreter.findings(in: source).names.partition == expected else {
      throw Refusal("`\(new)` would be taken for another variable, or another for it")
    }
    let edits = array(
      variable.places.map {
        object(("range", document.range($0)), ("newText", .string(new)))
      })
    return object(("changes", .record(Record([(document.address, edits)]))))
  }

  /// - Throws: a refusal where a name stands for more than its variable.
  private func requireFollowed(_ variable: NamePlaces.Variable, _ document: OpenDocument) throws {
    let name = variable.name
    switch variable.declaration {
    case .member: throw Refusal("uses of the fields and methods of models are not followed")
    case .imported: throw Refusal("`\(name)` has its name from another file")
    default: break
    }
    let tokens = tokenize(document.source).tokens
    let places = Set(variable.places)
    for (number, token) in tokens.enumerated() where token.kind == .name {
      guard document.text(Int(token.span.start)..<Int(token.span.end)) == name else { continue }
      let before = number > 0 ? tokens[number - 1].kind : nil
      let after = number + 1 < tokens.count ? tokens[number + 1].kind : nil
      if places.contains(token.span) {
        if before == .dot {
          throw Refusal("`.\(name)` may be a method, or a call of this function")
        }
        if let before, before == .leftBrace || before == .comma,
          after == .rightBrace || after == .comma, isInBraces(tokens[..<number])
        {
          throw Refusal("`{\(name)}` is also the name of a field")
        }
      } else if after == .assign, before == .comma || before == .leftParenthesis {
        throw Refusal("`\(name)=` is the name of an argument, which may be this one")
      }
    }
    for place in variable.places
    where document.text(Int(place.start)..<Int(place.end)) != name {
      throw Refusal("the text does not hold `\(name)` where it is named")
    }
  }

  /// Whether the innermost bracket that is open behind the tokens is a brace.
  private func isInBraces(_ tokens: ArraySlice<Token>) -> Bool {
    var depth = 0
    for token in tokens.reversed() {
      switch token.kind {
      case .rightParenthesis, .rightBracket, .rightBrace: depth += 1
      case .leftParenthesis, .leftBracket:
        if depth == 0 { return false }
        depth -= 1
      case .leftBrace:
        if depth == 0 { return true }
        depth -= 1
      default: break
      }
    }
    return false
  }

  private static func isName(_ text: String) -> Bool {
    let tokens = tokenize(Source(name: "", text: text)).tokens
    return tokens.count == 2 && tokens[0].kind == .name
      && Int(tokens[0].span.end) == text.utf8.count && tokens[0].span.start == 0
  }

  // MARK: - Symbols

  private enum SymbolKind: Int {
    case method = 6
    case field = 8
    case function = 12
    case variable = 13
    case model = 5
    case test = 24
  }

  private struct Symbol {
    let name: String
    let kind: SymbolKind
    let span: Span
    let nameSpan: Span
    var members: [Symbol] = []
  }

  private func symbols(of source: Source) -> [Symbol] {
    let statements = parse(source).program.statements
    return statements.flatMap { statement -> [Symbol] in
      switch statement.kind {
      case .function(let function, _):
        return function.name.map { [symbol($0, .function, statement.span)] } ?? []
      case .model(let model, _):
        var found = symbol(model.name, .model, statement.span)
        found.members = model.members.flatMap(symbols)
        return [found]
      case .let(let pattern, _, _):
        return pattern.names.map { symbol($0, .variable, statement.span) }
      case .test(let name, _):
        return [Symbol(name: name, kind: .test, span: statement.span, nameSpan: statement.span)]
      default: return []
      }
    }
  }

  private func symbols(of member: Model.Member) -> [Symbol] {
    switch member {
    case .field(_, let pattern, _, _, let span):
      return pattern.names.map { symbol($0, .field, span) }
    case .method(let function, _):
      return function.name.map { [symbol($0, .method, $0.span)] } ?? []
    }
  }

  private func symbol(_ name: Identifier, _ kind: SymbolKind, _ span: Span) -> Symbol {
    Symbol(name: name.name, kind: kind, span: span.union(name.span), nameSpan: name.span)
  }

  /// What a document declares.
  func symbols(of document: OpenDocument) -> Value {
    func value(_ symbol: Symbol) -> Value {
      object(
        ("name", .string(symbol.name.isEmpty ? "test" : symbol.name)),
        ("kind", .int(symbol.kind.rawValue)), ("range", document.range(symbol.span)),
        ("selectionRange", document.range(symbol.nameSpan)),
        ("children", array(symbol.members.map(value))))
    }
    return array(symbols(of: document.source).map(value))
  }

  /// What the programs of the folder declare that holds a text.
  func workspaceSymbols(_ query: String) -> Value {
    let wanted = query.lowercased()
    var texts = documents
    for path in (root.flatMap { try? programs(at: $0) } ?? []).prefix(LanguageServer.mostFiles) {
      let address = "file://" + path
      guard !documents.values.contains(where: { $0.path == path }) else { continue }
      guard let text = try? readText(path) else { continue }
      texts[address] = OpenDocument(address: address, version: 0, text: text)
    }
    var found: [Value] = []
    for (address, document) in texts.sorted(by: { $0.key < $1.key }) {
      for symbol in symbols(of: document.source)
      where wanted.isEmpty || symbol.name.lowercased().contains(wanted) {
        found.append(
          object(
            ("name", .string(symbol.name)), ("kind", .int(symbol.kind.rawValue)),
            (
              "location",
              object(("uri", .string(address)), ("range", document.range(symbol.nameSpan)))
            )))
      }
    }
    return array(found)
  }

  /// The most files of a folder that are looked through.
  private static let mostFiles = 2000
}
