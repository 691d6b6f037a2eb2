// Modules: files beside the importing one, in the folders of MOS_PATH and in those that the host granted, then
// the embedded library. What lies in no folder of the capability `modules` is passed over as if it were not there.
// A module runs once for each interpreter, and a file is one module, whatever way leads to it: modules
// are told apart by their canonical paths, links followed. The program itself is one of them.

import Platform
import Syntax
import Tensors

/// The modules of one interpreter.
final class ModuleLoader {
  /// The program itself.
  let main = ModuleObject(name: "main")
  /// A module that has run, with the text that it ran.
  struct Loaded {
    let module: ModuleObject
    var source: Source
  }

  /// What an editor holds of a file, which is read in place of what lies there.
  var edited: (String) throws -> String? = { _ in nil }

  /// The modules by what tells them apart.
  var loaded: [String: Loaded] = [:]
  /// What is running, outermost first, the program included.
  private var running: [Source] = []

  /// The module of a name or path, loaded if it is new.
  func load(_ path: String, isFile: Bool, from importer: Source, _ interpreter: Interpreter) throws
    -> ModuleObject
  {
    let source = try find(path, isFile: isFile, from: importer, interpreter.capabilities)
    let identity = identity(of: source)
    if let known = loaded[identity] { return known.module }
    if let start = running.firstIndex(where: { self.identity(of: $0) == identity }) {
      let cycle = (running[start...].map(\.name) + [running[start].name]).joined(separator: " → ")
      throw RuntimeError(.name, "modules import each other: \(cycle)")
    }
    let module = ModuleObject(name: path, source: source)
    try interpreter.run(source, in: module)
    loaded[identity] = Loaded(module: module, source: source)
    return module
  }

  /// A module of the standard library, whatever files have its name.
  func standard(_ name: String, _ interpreter: Interpreter) throws -> ModuleObject {
    guard let source = StandardModule.named(name)?.source else {
      preconditionFailure("the standard library has no module \(name): please report")
    }
    if let known = loaded[source.name] { return known.module }
    let module = ModuleObject(name: name, source: source)
    try interpreter.run(source, in: module)
    loaded[source.name] = Loaded(module: module, source: source)
    return module
  }

  /// Forgets what was imported; the variables that it had are forgotten already.
  func forgetAll() { loaded = [:] }

  /// Runs the body, which runs the source: importing its file again would go around in a circle.
  func running<R>(_ source: Source, _ body: () throws -> R) rethrows -> R {
    running.append(source)
    defer { running.removeLast() }
    return try body()
  }

  /// What tells a module from others: its file, or its name where it has none.
  private func identity(of source: Source) -> String {
    canonicalPath(source.name) ?? source.name
  }

  func find(
    _ path: String, isFile: Bool, from importer: Source, _ capabilities: Capabilities
  ) throws -> Source {
    let name = isFile ? path : path + ".mos"
    let isAbsolute = name.utf8.first == UInt8(ascii: "/")
    var folders = [folder(of: importer)]
    if capabilities.include(.environment), let variable = getenv("MOS_PATH") {
      folders += String(cString: variable).split(separator: ":").map(String.init)
    }
    folders += (capabilities.folders(.modules) ?? []).map(\.name)
    var refusal: RuntimeError?
    for folder in folders {
      let candidate = isAbsolute ? name : folder.isEmpty ? name : "\(folder)/\(name)"
      do {
        let location = try capabilities.location(candidate, for: .modules, of: "import")
        if let text = try edited(candidate) ?? FileReader.textIfAny(of: location) {
          return .program(ofFile: candidate, text: text)
        }
      } catch let error as RuntimeError {
        refusal = refusal ?? error
      }
    }
    if !isFile, let module = StandardModule.named(path) { return module.source }
    let near = nearest(to: path, among: StandardModule.all.map(\.name)).map {
      "did you mean `\($0)`?"
    }
    if let refusal, isFile || near == nil { throw refusal }
    throw RuntimeError(
      .io, "there is no module `\(path.shortened)`",
      hint: (isFile
        ? nil : ForeignModules.hint(forImport: path) ?? ForeignNames.hint(forModule: path)) ?? near
        ?? "looked in \(folders.map { $0.isEmpty ? "." : $0 }.joined(separator: ", "))"
        + (isFile ? "" : " and the standard library"))
  }

  /// The folder that a source's file is in: as the source was named, but where that is a link to a
  /// file elsewhere, so that what a module imports does not depend on who imported it first.
  private func folder(of source: Source) -> String {
    let named = directory(of: source.name)
    guard let path = canonicalPath(source.name) else { return named }
    let actual = directory(of: path)
    return canonicalPath(named.isEmpty ? "." : named) == actual ? named : actual
  }

  private func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// The one path of a file, without links; nil where there is no such file.
package func canonicalPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

extension Interpreter {
  /// What an editor holds of a file, which imports read in place of what lies there.
  package var edited: (String) throws -> String? {
    get { modules.edited }
    set { modules.edited = newValue }
  }

  /// The text of the module that an import names, from its file or from the standard library; nothing of it
  /// is run.
  ///
  /// - Throws: an io error where there is none.
  package func moduleSource(_ path: String, isFile: Bool, from importer: Source) throws -> Source {
    do {
      return try modules.find(path, isFile: isFile, from: importer, capabilities)
    } catch let error as TensorError {
      throw RuntimeError(error)
    }
  }

  /// What a name stands for in a module of the standard library, which is run when something first
  /// asks for it: as a program of its own, that no recording or rehearsal around it sees.
  package func standardValue(_ name: String, of module: String) throws -> Value {
    let outer = machine.state.pointee.rehearsalStart
    machine.state.pointee.rehearsalStart = -1
    defer { machine.state.pointee.rehearsalStart = outer }
    return try context.suspendingRecording {
      try context.isolated { try modules.standard(module, self).member(name, self) }
    }
  }
}

extension Machine {
  func importModule(_ path: String, isFile: Bool, _ header: UnsafeMutablePointer<CodeHeader>) throws
    -> Value
  {
    let importer = header.pointee.prototype.takeUnretainedValue().source
    return .module(
      try interpreter.modules.load(path, isFile: isFile, from: importer, interpreter))
  }

  func importName(_ name: String, _ value: Value) throws -> Value {
    guard case .module(let module) = value else { return .nil }
    return try module.member(name, interpreter)
  }
}

extension ModuleObject {
  /// The names that other modules see.
  var publicNames: [String] { slots.keys.filter { !$0.hasPrefix("_") } }

  /// What a public name stands for.
  func member(_ name: String, _ interpreter: Interpreter) throws -> Value {
    if !name.hasPrefix("_"), let slot = slots[name] {
      let value = interpreter.machine.watched(.global(slot), interpreter.globals[slot])
      if !value.isAbsent { return value }
    }
    throw RuntimeError(
      .name,
      name.hasPrefix("_")
        ? "`\(name)` is private to module \(self.name)"
        : "module \(self.name) has no `\(name)`",
      hint: standardHint(for: name, interpreter)
        ?? nearest(to: name, among: publicNames).map { "did you mean `\($0)`?" })
  }

  /// The hint for what this module does not have, where it is one of the standard library.
  private func standardHint(for name: String, _ interpreter: Interpreter) -> String? {
    guard let source, StandardModule.named(self.name)?.source === source else { return nil }
    return ForeignMembers.hint(
      forMember: name, of: ModuleDocumentation(source, name: self.name),
      isVisible: { interpreter.builtin($0) != nil })
  }
}
