// `:reload`: a module that has changed runs again, in the place of the one that was imported. Who holds the
// module sees what is new, and so do names that were taken from it, where they still hold what they took.

import Syntax
import Tensors

extension Interpreter {
  /// The names of the imported modules: as they were imported, and as the program calls them.
  package var importedModules: [String] {
    Set(modules.loaded.values.flatMap { [$0.module.name] + variables(holding: $0.module) }).sorted()
  }

  private func variables(holding module: ModuleObject) -> [String] {
    modules.main.slots.filter {
      if case .module(let held) = globals[$0.value] { held === module } else { false }
    }.map(\.key)
  }

  /// Whether a name stands for a module: that of its import, of a variable, or of its file.
  private func isName(_ name: String, of module: ModuleObject) -> Bool {
    let file = module.name.split(separator: "/").last.map(String.init) ?? ""
    return [module.name, file].contains(name) || file == name + ".mos"
      || variables(holding: module).contains(name)
  }

  /// Runs imported modules again: that of a name, or all whose files have changed.
  ///
  /// - Returns: the names of those that ran.
  /// - Throws: a name error where none has the name, an io error where a file is gone, and what a module throws;
  ///   then everything is as before.
  package func reloadModules(named name: String?) throws -> [String] {
    let wanted = modules.loaded.filter { loaded in
      name.map { isName($0, of: loaded.value.module) } ?? true
    }
    if let name, wanted.isEmpty {
      throw RuntimeError(
        .name, "no module `\(name.shortened)` was imported",
        hint: nearest(to: name, among: importedModules).map { "did you mean `\($0)`?" })
    }
    let before = sessionState()
    var names: [String] = []
    do {
      for (identity, loaded) in wanted.sorted(by: { $0.value.module.name < $1.value.module.name }) {
        guard let source = try changedSource(of: loaded, at: identity, isAsked: name != nil) else {
          continue
        }
        try run(source, inPlaceOf: loaded.module)
        modules.loaded[identity]?.source = source
        loaded.module.source = source
        names.append(loaded.module.name)
      }
    } catch {
      try putBack(before)
      throw error
    }
    return names
  }

  /// The text of a module now, from its file, wherever the process is; nil where it is what ran and nobody asks for this one.
  private func changedSource(
    of loaded: ModuleLoader.Loaded, at path: String, isAsked: Bool
  ) throws -> Source? {
    let old = loaded.source
    if StandardModule.holds(old) { return isAsked ? old : nil }
    let location = try capabilities.location(path, for: .modules, of: "import")
    guard let text = try FileReader.textIfAny(of: location) else {
      throw RuntimeError(
        .io, "the file of module `\(loaded.module.name.shortened)` is gone: \(path.shortened)",
        hint: "what it declared stays as it is")
    }
    let source = Source.program(ofFile: old.name, text: text)
    return isAsked || source.utf8 != old.utf8 ? source : nil
  }

  private func run(_ source: Source, inPlaceOf module: ModuleObject) throws {
    let old = module.slots.mapValues { globals[$0] }
    try run(source, in: module)
    // A name that the new text has not is none of the module's.
    let declared = Set(parse(source).program.statements.flatMap(\.declaredNames))
    for name in old.keys where !declared.contains(name) { module.slots[name] = nil }
    for slot in modules.main.slots.values {
      for (name, value) in old where globals[slot].isSameDeclaration(as: value) {
        if let new = module.slots[name] { globals[slot] = globals[new] }
      }
    }
  }
}

extension Value {
  /// True for the very same function or model declaration.
  fileprivate func isSameDeclaration(as other: Value) -> Bool {
    switch (self, other) {
    case (.function(let a), .function(let b)): a === b
    case (.builtin(let a), .builtin(let b)): a === b
    case (.model(let a), .model(let b)): a === b
    default: false
    }
  }
}

extension Statement {
  /// The names that it gives a value at the top level.
  package var declaredNames: [String] {
    switch kind {
    case .let(let pattern, _, _): pattern.names
    case .function(let function, _): [function.name?.name].compactMap { $0 }
    case .model(let model, _): [model.name.name]
    case .importModule(_, _, let alias): [alias.name]
    case .importNames(_, _, let names): names.map(\.alias.name)
    default: []
    }
  }
}

extension Pattern {
  /// The names that it gives values.
  fileprivate var names: [String] {
    switch self {
    case .name(let name): [name.name]
    case .list(let parts, let rest, _): parts.flatMap(\.names) + [rest?.name].compactMap { $0 }
    case .record(let parts, _): parts.flatMap(\.pattern.names)
    }
  }
}
