// What programs may touch of the world: nothing but what their host grants.

internal import Language

/// What a host lets programs do.
///
///     let mos = Interpreter(capabilities: [.reading("/data"), .clock])
///
/// Without a capability, what needs it is an error of kind `io` that names it. No path leaves its folder, by `..`
/// or by links. `exit` needs none: it ends the run and not the host.
public struct Capability: Sendable {
  let ofLanguage: Language.Capability

  /// Files of a folder, and of those in it, may be read.
  public static func reading(_ folder: String) -> Capability {
    Capability(ofLanguage: .reading(folder))
  }

  /// Files of a folder, and of those in it, may be made and replaced; to read them is another capability.
  public static func writing(_ folder: String) -> Capability {
    Capability(ofLanguage: .writing(folder))
  }

  /// Modules of a folder may be imported. Those of the standard library need no capability.
  public static func modules(_ folder: String) -> Capability {
    Capability(ofLanguage: .modules(folder))
  }

  /// Variables of the environment may be read.
  public static let environment = Capability(ofLanguage: .environment)

  /// The clock may be read: what time it is, and how long something takes.
  public static let clock = Capability(ofLanguage: .clock)

  /// Lines of the standard input may be read.
  public static let input = Capability(ofLanguage: .input)

  /// Programs may be started: Graphviz's `dot`, which draws graphs.
  public static let processes = Capability(ofLanguage: .processes)
}

/// All that a host lets programs do.
public struct Capabilities: Sendable, ExpressibleByArrayLiteral {
  let ofLanguage: Language.Capabilities

  private init(ofLanguage: Language.Capabilities) { self.ofLanguage = ofLanguage }

  /// Everything, with files anywhere, as the command `mos` grants it.
  public static let all = Capabilities(ofLanguage: .all)

  /// The given ones and no other.
  public init(arrayLiteral capabilities: Capability...) { self.init(capabilities) }

  /// The given ones and no other.
  public init(_ capabilities: [Capability]) {
    ofLanguage = Language.Capabilities(capabilities.map(\.ofLanguage))
  }
}
