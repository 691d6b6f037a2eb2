// What a program may reach of the world outside it: nothing but what its host grants.
//
//     interpreter.capabilities = [.reading("/data"), .clock]
//
// The row of every built-in and method says what it needs (`needs:`), which is looked at before it runs. Which
// files it may use is decided where a text becomes a `FileLocation`: no file is opened without one, and a
// program gets one here alone.

import Syntax
import Tensors

/// Something that a host lets a program do.
public struct Capability: Sendable {
  let kind: Kind
  /// The folder that it is for; nil for what is for none.
  let folder: Folder?

  /// Files of the folder and of those in it may be read. The folder is the one that has the name now;
  /// where none has, nothing may be.
  public static func reading(_ folder: String) -> Capability {
    Capability(kind: .reading, folder: Folder(folder))
  }

  /// Files of the folder may be made and replaced; to read them is another capability.
  public static func writing(_ folder: String) -> Capability {
    Capability(kind: .writing, folder: Folder(folder))
  }

  /// Modules of the folder may be imported, from anywhere by their names.
  public static func modules(_ folder: String) -> Capability {
    Capability(kind: .modules, folder: Folder(folder))
  }

  /// Variables of the environment may be read, `MOS_PATH` by `import` among them.
  public static let environment = Capability(kind: .environment, folder: nil)

  /// The clock may be read: what time it is, and how long something takes.
  public static let clock = Capability(kind: .clock, folder: nil)

  /// Lines of the process's standard input may be read.
  public static let input = Capability(kind: .input, folder: nil)

  /// Programs may be started: Graphviz's `dot`, which draws graphs.
  public static let processes = Capability(kind: .processes, folder: nil)

  /// Devices may be looked for and computed on: their drivers are code of the machine's, which may keep files.
  public static let devices = Capability(kind: .devices, folder: nil)

  /// What rows of built-ins and methods can need.
  public enum Kind: String, Sendable, CaseIterable {
    case reading, writing, modules, environment, clock, input, processes, devices

    /// What is not allowed without it; for one that is for a folder, without an object.
    var deed: String {
      switch self {
      case .reading, .modules: "read"
      case .writing: "write"
      case .environment: "read the environment"
      case .clock: "read the clock"
      case .input: "read the standard input"
      case .processes: "start programs"
      case .devices: "use devices"
      }
    }

    /// Whether it is for a folder.
    var isOfFolder: Bool {
      switch self {
      case .reading, .writing, .modules: true
      case .environment, .clock, .input, .processes, .devices: false
      }
    }
  }
}

/// All that a host lets a program do.
public struct Capabilities: Sendable, ExpressibleByArrayLiteral {
  /// Everything, with files anywhere.
  public static let all = Capabilities(granted: nil)

  /// What is granted; nil for everything.
  private let granted: [Capability]?

  private init(granted: [Capability]?) { self.granted = granted }

  /// The given ones and no other.
  public init(_ granted: some Sequence<Capability>) { self.granted = Array(granted) }

  /// The given ones and no other.
  public init(arrayLiteral granted: Capability...) { self.granted = granted }

  /// Whether there is one of a kind, for some folder where it is for one.
  package func include(_ kind: Capability.Kind) -> Bool {
    granted?.contains { $0.kind == kind } ?? true
  }

  /// The folders of a kind; nil where files may lie anywhere.
  func folders(_ kind: Capability.Kind) -> [Folder]? {
    granted?.filter { $0.kind == kind }.compactMap(\.folder)
  }

  /// The file that a program names.
  ///
  /// - Throws: an io error where it lies in no folder of the kind.
  func location(
    _ name: String, for kind: Capability.Kind, of caller: String
  ) throws -> FileLocation {
    guard let folders = folders(kind) else { return FileLocation(name) }
    if let found = try FileLocation(name, in: folders, to: kind.deed) { return found }
    throw refusal(of: caller, kind, name)
  }
}

extension Capabilities {
  /// The error for what the host has not granted.
  ///
  /// - Parameter name: the file, where it is known.
  func refusal(of caller: String, _ kind: Capability.Kind, _ name: String? = nil) -> RuntimeError {
    var deed = kind.deed
    if kind.isOfFolder { deed += name.map { " \($0.excerpt)" } ?? " files" }
    let reason =
      include(kind)
      ? "it lies in no folder of the capability `\(kind.rawValue)`"
      : "the host has not granted the capability `\(kind.rawValue)`"
    let example = ".\(kind.rawValue)\(kind.isOfFolder ? "(folder)" : "")"
    return RuntimeError(
      .io, "\(caller) may not \(deed): \(reason)",
      hint: "\(summary); a host grants more by `capabilities: [\(example)]`")
  }

  /// What is granted, in words.
  private var summary: String {
    let parts = (granted ?? []).prefix(8).map { capability in
      let folder = capability.folder
      let missing = folder?.isFolder == false ? ", which was no folder" : ""
      return "`\(capability.kind.rawValue)\(folder.map { "(\($0.name.excerpt))" } ?? "")`\(missing)"
    }
    return parts.isEmpty ? "nothing is granted" : "granted: \(parts.joined(separator: ", "))"
  }
}

extension Interpreter {
  /// - Throws: an io error where the program may not do what is of a kind.
  package func require(_ kind: Capability.Kind, for caller: String) throws {
    guard capabilities.include(kind) else { throw capabilities.refusal(of: caller, kind) }
  }
}

extension Arguments {
  /// - Throws: an io error where the program may not do what is of a kind.
  package func require(_ kind: Capability.Kind) throws {
    guard !interpreter.capabilities.include(kind) else { return }
    let path = callee.parameters.firstIndex { $0.name == "path" }
    throw interpreter.capabilities.refusal(of: callee.name, kind, path.flatMap { self[$0].text })
  }

  /// The file of a text, to be read.
  package func readable(_ index: Int) throws -> FileLocation {
    try interpreter.capabilities.location(string(index), for: .reading, of: callee.name)
  }

  /// The file of a text, to be written.
  package func writable(_ index: Int) throws -> FileLocation {
    try interpreter.capabilities.location(string(index), for: .writing, of: callee.name)
  }
}
