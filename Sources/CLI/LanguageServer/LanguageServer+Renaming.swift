// Other names for things.
//
// A renaming reads its result again: in every program that it changes each variable must have the places that it had, and
// the thing must be named in the places that it was named in, in all programs, moved by what stands before them. So no
// name is captured by another variable, and none captures, by whatever rule of the language. What the walk does not follow
// is refused with its reason.

import Language
import Library
import Syntax

extension LanguageServer {
  /// The edits that give a thing another name, or, without one, the range of the name that may be changed.
  ///
  /// - Throws: a refusal where something else would be meant afterwards, or where not all uses are known.
  func renamed(_ document: OpenDocument, _ offset: Int, to new: String?) throws -> Value {
    let programs = programs()
    guard case .variable(let variable) = meaning(document, offset, programs)?.meaning else {
      throw Refusal("there is no variable of this program here")
    }
    let files = Memory { [self] in workspaceFiles() }
    let all = Memory { [self] in allPrograms(programs, files.value.paths) }
    let found = Occurrences(of: variable, in: programs) { all.value }
    try requireFollowed(found, programs)
    if isSeenByOthers(found, programs) {
      guard files.value.isComplete else {
        throw Refusal("the folders have more files than are looked through for `\(found.name)`")
      }
      try requireNoEscape(found, programs, all.value)
    }
    if isParameter(found, programs) {
      guard files.value.isComplete else {
        throw Refusal("the folders have more files than are looked through for `\(found.name)=`")
      }
      for program in programs.connected(with: variable.program, all.value, holding: found.name) {
        try requireNoArgument(found.name, in: program)
      }
    }
    let word = document.word(at: offset)
    guard let new else { return document.range(Span(word.lowerBound, word.upperBound)) }
    guard LanguageServer.isName(new) else { throw Refusal("`\(new)` is no name") }

    let renaming = Renaming(found, to: new)
    let after = programs.changed(
      Dictionary(
        uniqueKeysWithValues: found.touched.compactMap { identity in
          programs[identity].map { (identity, renaming.changed($0)) }
        }))
    for identity in found.touched {
      guard let before = programs[identity], let program = after[identity],
        program.names.partition
          == Set(before.names.variables.map { $0.places.map { renaming.moved($0, in: identity) } })
      else {
        let place = programs[identity].map(\.title) ?? identity
        throw Refusal(
          "`\(new)` would be taken for another variable, or another for it, in \(place)")
      }
    }
    try requireSame(found, variable, renaming, programs, after, all)
    return edit(found, new, programs)
  }

  /// - Throws: a refusal where the thing is named in other places afterwards.
  private func requireSame(
    _ found: Occurrences, _ variable: Meaning.Variable, _ renaming: Renaming,
    _ programs: Programs, _ after: Programs, _ all: Memory<[Program.Identity]>
  ) throws {
    let first = programs[variable.program]?.names.variables[variable.number].places.first
    let expected = found.places.filter { !$0.value.isEmpty }.mapValues(Set.init)
    guard let first,
      let number = after[variable.program]?.names.number(
        at: Int(renaming.moved(first, in: variable.program).start))
    else { throw Refusal("`\(renaming.new)` would be another variable") }
    let again = Occurrences(
      of: Meaning.Variable(program: variable.program, number: number), in: after
    ) { all.value }
    for identity in Set(again.places.keys).union(expected.keys) {
      let now = Set(again.places[identity] ?? [])
      let before = Set((expected[identity] ?? []).map { renaming.moved($0, in: identity) })
      guard now != before else { continue }
      let place = programs[identity].map(\.title) ?? identity
      throw Refusal("`\(renaming.new)` would mean something else in \(place)")
    }
  }

  /// The edits of all programs.
  private func edit(_ found: Occurrences, _ new: String, _ programs: Programs) -> Value {
    let edits = found.touched.compactMap { identity -> (OpenDocument, Value)? in
      guard let document = programs[identity]?.document else { return nil }
      let changes = (found.places[identity] ?? []).map {
        object(("range", document.range($0)), ("newText", .string(new)))
      }
      return (document, array(changes))
    }
    guard takesVersions else {
      return object(("changes", .record(Record(edits.map { ($0.0.address, $0.1) }))))
    }
    return object(
      (
        "documentChanges",
        array(
          edits.map { document, changes in
            let version = document.version.map(Value.int) ?? .nil
            return object(
              ("textDocument", object(("uri", .string(document.address)), ("version", version))),
              ("edits", changes))
          })
      ))
  }

  // MARK: - Refusals

  /// - Throws: a refusal where a name stands for more than its variable.
  private func requireFollowed(_ found: Occurrences, _ programs: Programs) throws {
    let name = found.name
    for variable in found.variables {
      guard let program = programs[variable.program] else { continue }
      let own = program.names.variables[variable.number]
      if program.standard != nil, own.isGlobal {
        throw Refusal("`\(name)` is of the standard library, which programs everywhere import")
      }
      if own.declaration == .member {
        throw Refusal("uses of the fields and methods of models are not followed")
      }
      if own.isGlobal, program.names.hostNames.contains(name) {
        throw Refusal("`\(name)` is a name of the host of \(program.title), as `# host:` says")
      }
      for one in program.imports[variable.number] ?? [] {
        guard let there = one.name else {
          let before = program.document.text(Int(one.statement.start)..<Int(one.alias.span.start))
          if before.split(whereSeparator: \.isWhitespace) == ["import"] {
            throw Refusal("`\(name)` has its name from its module; write `import \(name) as …`")
          }
          continue
        }
        if one.keepsName, programs.meaning(of: one, in: program) == nil {
          throw Refusal("`\(there.name)` has its name from `\(one.path)`, which is not found")
        }
      }
    }
    for identity in found.touched {
      guard let program = programs[identity] else { continue }
      if program.document.version == nil, !isInFolder(identity) {
        throw Refusal("\(program.title), which names `\(name)`, lies in no folder that is open")
      }
      try requireFollowed(found, in: program, programs)
    }
  }

  /// The same for the places of one program.
  private func requireFollowed(
    _ found: Occurrences, in program: Program, _ programs: Programs
  ) throws {
    let name = found.name
    let document = program.document
    let places = Set(found.places[program.identity] ?? [])
    let members = Set(
      program.names.paths.filter { $0.members.contains { $0.name == name } }.flatMap {
        programs.follow($0, in: program).members.map(\.name.span)
      })
    let tokens = tokenize(document.source).tokens
    for (number, token) in tokens.enumerated() where token.kind == .name {
      guard document.text(Int(token.span.start)..<Int(token.span.end)) == name else { continue }
      let before = number > 0 ? tokens[number - 1].kind : nil
      let after = number + 1 < tokens.count ? tokens[number + 1].kind : nil
      if places.contains(token.span) {
        if before == .dot, !members.contains(token.span) {
          throw Refusal(
            "`.\(name)` may be a method, or a call of this function, in \(program.title)")
        }
        if let before, before == .leftBrace || before == .comma,
          after == .rightBrace || after == .comma, isInBraces(tokens[..<number])
        {
          throw Refusal("`{\(name)}` is also the name of a field, in \(program.title)")
        }
      }
    }
    for place in places where document.text(Int(place.start)..<Int(place.end)) != name {
      throw Refusal("the text does not hold `\(name)` where it is named, in \(program.title)")
    }
  }

  private func isParameter(_ found: Occurrences, _ programs: Programs) -> Bool {
    found.variables.contains {
      programs[$0.program]?.names.variables[$0.number].declaration == .parameter
    }
  }

  /// - Throws: a refusal where a call names an argument so: it may be the renamed parameter.
  private func requireNoArgument(_ name: String, in program: Program) throws {
    let source = program.document.source
    let tokens = tokenize(source).tokens
    for (number, token) in tokens.enumerated().dropFirst().dropLast()
    where token.kind == .name && tokens[number + 1].kind == .assign
      && [.comma, .leftParenthesis].contains(tokens[number - 1].kind)
      && source.text(of: token.span) == name
      && program.names.number(at: Int(token.span.start)) == nil
      && !isInCallOfBuiltin(tokens[..<number], program)
    {
      let line = source.line(at: token.span.start)
      throw Refusal(
        "`\(name)=` in line \(line) of \(program.title) names an argument, which may be this one")
    }
  }

  /// Whether the innermost bracket that is open behind the tokens is that of a built-in which hands no names on.
  private func isInCallOfBuiltin(_ tokens: ArraySlice<Token>, _ program: Program) -> Bool {
    var depth = 0
    for (number, token) in zip(tokens.indices, tokens).reversed() {
      switch token.kind {
      case .rightParenthesis, .rightBracket, .rightBrace: depth += 1
      case .leftParenthesis, .leftBracket, .leftBrace:
        depth -= 1
        guard depth < 0 else { continue }
        guard token.kind == .leftParenthesis, number > 1, tokens[number - 1].kind == .name,
          tokens[number - 2].kind != .dot
        else { return false }
        let callee = tokens[number - 1].span
        let name = program.document.text(Int(callee.start)..<Int(callee.end))
        return program.names.number(at: Int(callee.start)) == nil
          && Builtins.library.function(name)?.signature.contains("**") == false
      default: break
      }
    }
    return false
  }

  /// Whether other programs can see the thing.
  private func isSeenByOthers(_ found: Occurrences, _ programs: Programs) -> Bool {
    !found.name.hasPrefix("_")
      && found.variables.contains { variable in
        variable.program.hasPrefix("/")
          && programs[variable.program]?.names.variables[variable.number].isGlobal == true
      }
  }

  /// - Throws: a refusal where a module that has the thing is used as a value, which may be asked for the name anywhere.
  private func requireNoEscape(
    _ found: Occurrences, _ programs: Programs, _ all: [Program.Identity]
  ) throws {
    let modules = Set(found.variables.map(\.program))
    for program in programs.programs(of: all, holding: "import") {
      for escape in programs.escapes(in: program)
      where !programs.reachable(from: escape.module).isDisjoint(with: modules) {
        let line = program.document.source.line(at: escape.place.start)
        throw Refusal(
          "line \(line) of \(program.title) uses a module as a value, so that not all uses of `\(found.name)` are known"
        )
      }
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
}

/// A value that is worked out when it is first asked for.
private final class Memory<Value> {
  private let make: () -> Value
  lazy var value = make()
  init(_ make: @escaping () -> Value) { self.make = make }
}

/// Another name in the places of one.
private struct Renaming {
  let found: Occurrences
  let new: String
  private let growth: Int

  init(_ found: Occurrences, to new: String) {
    (self.found, self.new) = (found, new)
    growth = new.utf8.count - found.name.utf8.count
  }

  /// Where what stood at a place stands afterwards.
  func moved(_ span: Span, in program: Program.Identity) -> Span {
    let places = found.places[program] ?? []
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].start < span.start { low = middle + 1 } else { high = middle }
    }
    let isRenamed = low < places.count && places[low] == span
    let start = Int(span.start) + low * growth
    return Span(start, start + Int(span.end - span.start) + (isRenamed ? growth : 0))
  }

  /// The text of a program afterwards.
  func changed(_ program: Program) -> OpenDocument {
    var text = program.document.utf8
    for span in (found.places[program.identity] ?? []).reversed() {
      text.replaceSubrange(Int(span.start)..<Int(span.end), with: new.utf8)
    }
    return OpenDocument(
      address: program.document.address, version: program.document.version,
      text: String(decoding: text, as: UTF8.self))
  }
}
