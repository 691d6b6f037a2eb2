// Programs that import each other, as they are at one request: those that the editor has open by their texts there,
// others by what lies on the disk. Nothing is kept for the next request, so that no answer is stale.

import Language
import Library
import Platform
import Syntax

/// A program with the places of its names.
final class Program {
  /// What tells it from others: the path of its file without links, `<nn>` of a module of the standard library, the
  /// editor's address of a text that is no file.
  let identity: String
  let document: OpenDocument
  let standard: StandardModule?
  let names: NamePlaces
  /// The imports that put something into a variable.
  let imports: [Int: [NamePlaces.Import]]

  init(
    _ identity: String, _ document: OpenDocument, _ standard: StandardModule?, _ names: NamePlaces
  ) {
    (self.identity, self.document, self.standard, self.names) = (
      identity, document, standard, names
    )
    var imports: [Int: [NamePlaces.Import]] = [:]
    for one in names.imports {
      guard let number = names.number(at: Int(one.alias.span.start)) else { continue }
      imports[number, default: []].append(one)
    }
    self.imports = imports
  }

  /// Where a program has a name, in words for the user.
  var title: String { standard.map { "module \($0.name)" } ?? document.path }
}

/// What a name in a program stands for.
enum Meaning: Hashable {
  /// A whole module.
  case module(Program.Identity)
  case variable(Variable)

  /// A variable of a program, by its place among the program's.
  struct Variable: Hashable {
    let program: Program.Identity
    let number: Int
  }
}

extension Program { typealias Identity = String }

/// The programs of one request.
final class Programs {
  private let interpreter: Interpreter
  private let standardFiles: StandardFiles
  /// Texts that take the place of those on the disk.
  private let documents: [Program.Identity: OpenDocument]
  /// The names of some of these, where they are known already.
  private let names: [Program.Identity: NamePlaces]
  private var known: [Program.Identity: Program] = [:]
  private var texts: [Program.Identity: String] = [:]
  /// The modules of imports, nil for one that is not found.
  private var found: [String: Program.Identity?] = [:]
  private var held: [Meaning.Variable: Set<Program.Identity>] = [:]

  init(
    _ interpreter: Interpreter, _ standardFiles: StandardFiles,
    _ documents: [Program.Identity: OpenDocument] = [:],
    _ names: [Program.Identity: NamePlaces] = [:]
  ) {
    (self.interpreter, self.standardFiles) = (interpreter, standardFiles)
    (self.documents, self.names) = (documents, names)
  }

  /// The same programs, but for some texts.
  func changed(_ changes: [Program.Identity: OpenDocument]) -> Programs {
    let others = Programs(
      interpreter, standardFiles, documents.merging(changes) { _, new in new },
      names.filter { changes[$0.key] == nil })
    others.texts = texts
    return others
  }

  // MARK: - Reading

  /// The identity of the program at an editor's address.
  func identity(of address: String) -> Program.Identity {
    guard let path = FileAddress.path(of: address) else { return address }
    return identity(ofPath: path)
  }

  private func identity(ofPath path: String) -> Program.Identity {
    let identity = FileAddress.identity(ofPath: path)
    return standardFiles.module(atPath: identity).map { "<\($0.name)>" } ?? identity
  }

  /// The program of an identity; nil where it is gone, or no text.
  subscript(identity: Program.Identity) -> Program? {
    if let known = known[identity] { return known }
    let program: Program
    if let module = StandardModule.embedded.first(where: { "<\($0.name)>" == identity }) {
      program = standard(module)
    } else {
      guard let document = document(of: identity) else { return nil }
      let names = names[identity] ?? interpreter.names(in: document.source)
      program = Program(identity, document, nil, names)
    }
    known[identity] = program
    return program
  }

  private func standard(_ module: StandardModule) -> Program {
    let identity = "<\(module.name)>"
    let names = interpreter.names(in: module.text)
    if let document = documents[identity] { return Program(identity, document, module, names) }
    let address = standardFiles.path(of: module).map(FileAddress.address)
    let document = OpenDocument(
      address: address ?? "", version: nil, text: String(decoding: module.utf8, as: UTF8.self))
    return Program(identity, document, module, names)
  }

  /// The text of a program without a look at its names; nil where it is gone, or none.
  func document(of identity: Program.Identity) -> OpenDocument? {
    documents[identity]
      ?? text(of: identity).map {
        OpenDocument(address: address(of: identity), version: nil, text: $0)
      }
  }

  /// The address of a file, in the folder as the editor names it, which may be a link.
  private func address(of identity: Program.Identity) -> String {
    for folder in standardFiles.folders {
      let path = FileAddress.identity(ofPath: folder)
      if identity.hasPrefix(path + "/") {
        return FileAddress.address(of: folder + identity.dropFirst(path.count))
      }
    }
    return FileAddress.address(of: identity)
  }

  private func text(of identity: Program.Identity) -> String? {
    if let document = documents[identity] { return document.text }
    if let text = texts[identity] { return text }
    let text = WorkspaceFiles.text(of: identity)
    texts[identity] = text
    return text
  }

  /// The programs of those named whose text holds a word.
  func programs(of identities: [Program.Identity], holding word: String) -> [Program] {
    identities.compactMap { identity in
      guard let text = text(of: identity), text.holds(word) else { return nil }
      return self[identity.hasPrefix("/") ? self.identity(ofPath: identity) : identity]
    }
  }

  // MARK: - What names stand for

  /// The module that an import names; nil where there is none.
  func module(_ one: NamePlaces.Import, in program: Program) -> Program? {
    let importer = program.standard?.text ?? Source(name: program.document.path, text: "")
    let key =
      "\(one.isFile ? "file" : "name") \(one.path) in \(FileAddress.parts(of: importer.name).folder)"
    if let known = found[key] { return known.flatMap { self[$0] } }
    let usual = interpreter.edited
    interpreter.edited = { [self] in try edited($0) ?? usual($0) }
    defer { interpreter.edited = usual }
    guard let source = try? interpreter.moduleSource(one.path, isFile: one.isFile, from: importer)
    else {
      found[key] = .some(nil)
      return nil
    }
    let isStandard = StandardModule.embedded.contains { $0.text === source }
    let identity = isStandard ? source.name : identity(ofPath: source.name)
    found[key] = identity
    return self[identity]
  }

  private func edited(_ path: String) -> String? {
    documents[FileAddress.identity(ofPath: path)]?.text
  }

  /// What an import gives; nil where there is no such module or name.
  func meaning(of one: NamePlaces.Import, in program: Program) -> Meaning? {
    guard let module = module(one, in: program) else { return nil }
    guard let name = one.name else { return .module(module.identity) }
    return member(name.name, of: module).map(Meaning.variable)
  }

  /// A name that a module shows to others.
  private func member(_ name: String, of module: Program) -> Meaning.Variable? {
    guard !name.hasPrefix("_"), let number = module.names.global(name) else { return nil }
    return Meaning.Variable(program: module.identity, number: number)
  }

  /// The modules that a variable may hold, by its imports and those of what it imports.
  func modules(heldBy variable: Meaning.Variable) -> Set<Program.Identity> {
    if let known = held[variable] { return known }
    var modules: Set<Program.Identity> = []
    var seen: Set = [variable]
    var waiting = [variable]
    while let variable = waiting.popLast() {
      if let known = held[variable] {
        modules.formUnion(known)
        continue
      }
      guard let program = self[variable.program] else { continue }
      for one in program.imports[variable.number] ?? [] {
        switch meaning(of: one, in: program) {
        case .module(let module): modules.insert(module)
        case .variable(let other): if seen.insert(other).inserted { waiting.append(other) }
        case nil: break
        }
      }
    }
    held[variable] = modules
    return modules
  }

  /// What the names behind a variable stand for, as far as they are those of modules, and the module that all of them
  /// lead to.
  func follow(_ path: NamePlaces.Path, in program: Program)
    -> (members: [(name: Identifier, meaning: Meaning.Variable)], module: Program.Identity?)
  {
    guard let number = program.names.number(at: Int(path.base)) else { return ([], nil) }
    var holder = Meaning.Variable(program: program.identity, number: number)
    var members: [(name: Identifier, meaning: Meaning.Variable)] = []
    for name in path.members {
      let modules = modules(heldBy: holder)
      guard modules.count == 1, let module = modules.first.flatMap({ self[$0] }),
        let member = member(name.name, of: module)
      else { return (members, nil) }
      members.append((name, member))
      holder = member
    }
    let modules = modules(heldBy: holder)
    return (members, modules.count == 1 ? modules.first : nil)
  }

  /// What names with points between stand for at the top level of a program, as far as it can be read while it is typed;
  /// nil where that is no variable of it or of a module.
  func variable(_ words: [String], in program: Program) -> Meaning.Variable? {
    guard let first = words.first, let number = program.names.global(first) else { return nil }
    var variable = Meaning.Variable(program: program.identity, number: number)
    for word in words.dropFirst() {
      let modules = modules(heldBy: variable)
      guard modules.count == 1, let module = modules.first.flatMap({ self[$0] }),
        let member = member(word, of: module)
      else { return nil }
      variable = member
    }
    return variable
  }

  /// What stands at an offset of a program; nil where that is nothing of a program.
  func meaning(at word: Range<Int>, in program: Program) -> Meaning? {
    let names = program.names
    let start = Int32(clamping: word.lowerBound)
    for path in names.paths where path.members.contains(where: { $0.span.start == start }) {
      let members = follow(path, in: program).members
      if let member = members.first(where: { $0.name.span.start == start }) {
        return .variable(member.meaning)
      }
    }
    if let number = names.number(at: word.lowerBound) {
      return .variable(Meaning.Variable(program: program.identity, number: number))
    }
    for one in names.imports
    where one.statement.start <= start && Int(start) < Int(one.statement.end) {
      if one.name?.span.start == start { return meaning(of: one, in: program) }
    }
    guard let one = names.imports.first(where: { isModule(word, of: $0, in: program) }) else {
      return nil
    }
    return module(one, in: program).map { .module($0.identity) }
  }

  /// Whether a word is, or is a part of, the name of an import's module: the statement's second word.
  private func isModule(
    _ word: Range<Int>, of one: NamePlaces.Import, in program: Program
  ) -> Bool {
    guard Int(one.statement.start) < word.lowerBound, word.upperBound <= Int(one.statement.end)
    else { return false }
    let tokens = tokenize(program.document.source).tokens
    guard let first = tokens.firstIndex(where: { $0.span.start == one.statement.start }),
      first + 1 < tokens.count
    else { return false }
    let span = tokens[first + 1].span
    return span.start <= word.lowerBound && word.upperBound <= Int(span.end)
  }

  /// Where what a name stands for comes from: through all that hand it on, to where it is declared.
  func origins(of meaning: Meaning) -> [Meaning] {
    var origins: [Meaning] = []
    var seen: Set = [meaning]
    var waiting = [meaning]
    while let meaning = waiting.popLast() {
      guard case .variable(let variable) = meaning, let program = self[variable.program] else {
        origins.append(meaning)
        continue
      }
      let imports = program.imports[variable.number] ?? []
      let sources = imports.compactMap { self.meaning(of: $0, in: program) }
      waiting += sources.filter { seen.insert($0).inserted }
      // What is imported and declared here too may be either.
      let declared = program.names.variables[variable.number].declared.count
      if sources.isEmpty || declared > imports.count { origins.append(meaning) }
    }
    return origins
  }
}

extension String {
  /// Whether the bytes of a word stand in the text.
  func holds(_ word: String) -> Bool {
    var (text, word) = (self, word)
    return text.withUTF8 { text in
      word.withUTF8 { word in
        guard var start = text.baseAddress, let sought = word.baseAddress else { return false }
        let end = start + text.count - word.count
        while start <= end, let first = memchr(start, Int32(sought.pointee), end - start + 1) {
          if memcmp(first, sought, word.count) == 0 { return true }
          start = UnsafePointer(first.assumingMemoryBound(to: UInt8.self)) + 1
        }
        return false
      }
    }
  }
}
