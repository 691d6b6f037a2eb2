// What may stand at a place, and what the call there takes.

import Language
import Library
import Syntax

extension LanguageServer {
  /// What the word before an offset may become.
  func completion(_ document: OpenDocument, _ offset: Int) -> Value {
    if let items = namesOfModule(document, offset) { return items }
    let found = completer(document).complete(document.text, cursor: offset)
    let range = document.range(Span(found.start, offset))
    let items = found.candidates.map { candidate in
      object(
        ("label", .string(candidate.title)), ("filterText", .string(candidate.text)),
        ("detail", .string(candidate.detail)),
        ("textEdit", object(("range", range), ("newText", .string(candidate.text)))))
    }
    return object(("isIncomplete", .bool(false)), ("items", array(items)))
  }

  /// What may stand behind a module that is a file, or that one hands on; nil elsewhere.
  private func namesOfModule(_ document: OpenDocument, _ offset: Int) -> Value? {
    let start = document.word(upTo: offset)
    guard start > 0, document.utf8[start - 1] == UInt8(ascii: ".") else { return nil }
    let holder = document.word(at: start - 1)
    let words = document.text(chain(endingWith: holder, document)..<holder.upperBound)
    let programs = programs()
    guard holder.upperBound == start - 1,
      let program = programs[programs.identity(of: document.address)],
      let variable = programs.variable(
        words.split(separator: ".").map(String.init), in: program),
      let module = programs.modules(heldBy: variable).first.flatMap({ programs[$0] })
    else { return nil }
    let range = document.range(Span(start, offset))
    let items = says(module).declarations.map { declaration in
      object(
        ("label", .string(declaration.title)), ("filterText", .string(declaration.name)),
        ("detail", .string("")),
        ("documentation", markdown(block(declaration.title, declaration.documentation))),
        ("textEdit", object(("range", range), ("newText", .string(declaration.name)))))
    }
    return object(("isIncomplete", .bool(false)), ("items", array(items)))
  }

  /// A completion with its documentation.
  func documented(_ item: Value) -> Value {
    guard case .record(var record) = item, record["documentation"] == nil,
      let label = item[field: "label"]?.asText,
      let found = try? Builtins.library.documentation(of: label)
    else { return item }
    record["documentation"] = markdown(block(found.title, found.text))
    return .record(record)
  }

  /// Completes by what is there before a program runs: built-ins, and the standard modules that it imports.
  private func completer(_ document: OpenDocument) -> Completer {
    let source = document.source
    let standard = Set(StandardModule.all.map(\.name))
    let imports = parse(source).program.statements.compactMap { statement -> String? in
      switch statement.kind {
      case .importModule(let module, false, _), .importNames(let module, false, _):
        standard.contains(module) ? source.text(of: statement.span) : nil
      default: nil
      }
    }
    if let completing, completing.imports == imports { return Completer(completing.session) }
    let session = Session(options)
    for text in imports {
      // An import that fails offers nothing.
      _ = try? session.interpreter.run(Source(name: "<imports>", text: text))
    }
    completing = (imports, session)
    return Completer(session)
  }

  // MARK: - Signatures

  func signatureHelp(_ document: OpenDocument, _ offset: Int) -> Value {
    let context = CursorContext(document.text, cursor: offset)
    guard let bracket = context.open.brackets.last, bracket.closer == UInt8(ascii: ")") else {
      return .nil
    }
    let callee = document.word(at: bracket.offset)
    let own = declaration(called: callee, document)
    guard
      let label = own?.title ?? completer(document).call(context).map({ "\($0.signature)" })
    else { return .nil }
    let inside = context.tokens(before: offset).filter { Int($0.span.start) > bracket.offset }
    var (depth, place) = (0, 0)
    for token in inside {
      switch token.kind {
      case .leftParenthesis, .leftBracket, .leftBrace: depth += 1
      case .rightParenthesis, .rightBracket, .rightBrace: depth -= 1
      case .comma where depth == 0: place += 1
      default: break
      }
    }
    return object(
      ("signatures", array([object(("label", .string(label)), ("parameters", parameters(label)))])),
      ("activeSignature", .int(0)), ("activeParameter", .int(place)))
  }

  /// The declaration, here or in a module, of a function that is called; the call may not be complete.
  private func declaration(called callee: Range<Int>, _ document: OpenDocument)
    -> ModuleDocumentation.Declaration?
  {
    let programs = programs()
    guard let program = programs[programs.identity(of: document.address)] else { return nil }
    let words = document.text(chain(endingWith: callee, document)..<callee.upperBound)
    let meaning =
      programs.meaning(at: callee, in: program)
      ?? programs.variable(words.split(separator: ".").map(String.init), in: program)
      .map(Meaning.variable)
    for case .variable(let variable) in meaning.map(programs.origins) ?? [] {
      if let found = declaration(variable, programs) { return found }
    }
    return nil
  }

  /// The parameters of a signature as it is written, each as its places in the label in UTF-16.
  private func parameters(_ label: String) -> Value {
    let units = Array(label.utf16)
    guard let first = units.firstIndex(of: UInt16(UInt8(ascii: "("))) else { return array([]) }
    var found: [Value] = []
    var (depth, start) = (0, first + 1)
    for (place, unit) in units.enumerated().dropFirst(first + 1) {
      let scalar = UnicodeScalar(unit).map(Character.init)
      let ends = depth == 0 && (scalar == "," || scalar == ")")
      if ends {
        while start < place, units[start] == UInt16(UInt8(ascii: " ")) { start += 1 }
        if start < place {
          found.append(object(("label", array([.int(start), .int(place)]))))
        }
        start = place + 1
        if scalar == ")" { break }
      }
      if scalar == "(" || scalar == "[" || scalar == "{" { depth += 1 }
      if scalar == ")" || scalar == "]" || scalar == "}" { depth -= 1 }
    }
    return array(found)
  }
}
