// Where names are declared and used.

import Language
import Library
import Syntax

extension LanguageServer {
  /// The programs as they are now; of two addresses of one file the first counts.
  func programs() -> Programs {
    let nothing = Programs(interpreter, standardFiles)
    var open: [Program.Identity: OpenDocument] = [:]
    var names: [Program.Identity: NamePlaces] = [:]
    for (address, document) in documents.sorted(by: { $0.key < $1.key }) {
      let identity = nothing.identity(of: address)
      guard open[identity] == nil else { continue }
      open[identity] = document
      names[identity] = found[address]?.names
    }
    return Programs(interpreter, standardFiles, open, names)
  }

  /// The files that are looked through for names, and those that are open.
  func workspaceFiles() -> (paths: [Program.Identity], isComplete: Bool) {
    let outside = documents.keys.compactMap(FileAddress.path).filter { !isInFolder($0) }
    let files = WorkspaceFiles(folders: folders, beside: outside.filter { $0.hasPrefix("/") })
    return (files.paths, files.isComplete)
  }

  /// Whether a file lies in a folder that the editor has open.
  func isInFolder(_ path: String) -> Bool {
    let path = FileAddress.identity(ofPath: path)
    return folders.contains { folder in
      let folder = FileAddress.identity(ofPath: folder)
      return path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
  }

  /// All programs that may name a thing: the open ones, and those of the folders.
  func allPrograms(_ programs: Programs, _ files: [Program.Identity]) -> [Program.Identity] {
    let open = Set(documents.keys.map(programs.identity))
    return open.sorted() + files.filter { !open.contains($0) }
  }

  /// The program of a document and what its word at an offset stands for.
  func meaning(_ document: OpenDocument, _ offset: Int, _ programs: Programs)
    -> (program: Program, meaning: Meaning)?
  {
    guard let program = programs[programs.identity(of: document.address)] else { return nil }
    let word = document.word(at: offset)
    guard !word.isEmpty, let meaning = programs.meaning(at: word, in: program) else { return nil }
    return (program, meaning)
  }

  // MARK: - Answers

  /// Where what is named at an offset is declared.
  func definitions(_ document: OpenDocument, _ offset: Int) -> Value {
    let programs = programs()
    guard let (_, meaning) = meaning(document, offset, programs) else {
      return builtinDefinition(document, offset, programs)
    }
    return array(
      programs.origins(of: meaning).flatMap { origin -> [Value] in
        switch origin {
        case .module(let identity):
          return programs[identity].map { locations([.zero], in: $0) } ?? []
        case .variable(let variable):
          guard let program = programs[variable.program] else { return [] }
          return locations(program.names.variables[variable.number].declared, in: program)
        }
      })
  }

  /// Where a built-in is written, if that is in Mos: what is written in Swift has no text here, and its
  /// documentation is shown where one hovers.
  private func builtinDefinition(
    _ document: OpenDocument, _ offset: Int, _ programs: Programs
  ) -> Value {
    let name = document.text(document.word(at: offset))
    guard let module = Builtins.library.function(name)?.module,
      let program = programs["<\(module)>"], let number = program.names.global(name)
    else { return .nil }
    return array(locations(program.names.variables[number].declared, in: program))
  }

  /// Places of a program; none where it is no file.
  private func locations(_ spans: [Span], in program: Program) -> [Value] {
    guard !program.document.address.isEmpty else { return [] }
    return spans.map {
      object(
        ("uri", .string(program.document.address)), ("range", program.document.range($0)))
    }
  }

  /// All places that name what is named at an offset.
  func references(_ document: OpenDocument, _ offset: Int, withDeclaration: Bool) -> Value {
    let programs = programs()
    guard case .variable(let variable) = meaning(document, offset, programs)?.meaning else {
      return .nil
    }
    let found = Occurrences(of: variable, in: programs) {
      allPrograms(programs, workspaceFiles().paths)
    }
    return array(
      found.places.sorted { $0.key < $1.key }.flatMap { identity, spans -> [Value] in
        guard let program = programs[identity] else { return [] }
        let declared = withDeclaration ? [] : found.declared[identity] ?? []
        return locations(spans.filter { !declared.contains($0) }, in: program)
      })
  }

  /// The same in one document.
  func highlights(_ document: OpenDocument, _ offset: Int) -> Value {
    let programs = programs()
    guard let (program, meaning) = meaning(document, offset, programs),
      case .variable(let variable) = meaning
    else { return .nil }
    let found = Occurrences(of: variable, in: programs) { [program.identity] }
    let declared = found.declared[program.identity] ?? []
    return array(
      (found.places[program.identity] ?? []).map { place in
        object(
          ("range", document.range(place)), ("kind", .int(declared.contains(place) ? 3 : 2)))
      })
  }
}
