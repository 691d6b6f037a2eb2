// What programs declare, for outlines and for going to a name.

import Language
import Library
import Syntax

extension LanguageServer {
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

  /// What the open documents and the programs of the folders declare that holds a text.
  func workspaceSymbols(_ query: String) -> Value {
    let wanted = query.lowercased()
    let programs = programs()
    let files = workspaceFiles().paths.filter { !MarkdownPage.isPage($0) }
    let all = allPrograms(programs, files)
    var found: [Value] = []
    for document in all.compactMap({ programs.document(of: $0) }) {
      for symbol in symbols(of: document.source)
      where wanted.isEmpty || symbol.name.lowercased().contains(wanted) {
        found.append(
          object(
            ("name", .string(symbol.name)), ("kind", .int(symbol.kind.rawValue)),
            (
              "location",
              object(("uri", .string(document.address)), ("range", document.range(symbol.nameSpan)))
            )))
      }
    }
    return array(found)
  }
}
