// What programs may touch of the world: nothing but what their host grants.

internal import Language

/// What a host lets programs do.
///
///     let mos = Interpreter(capabilities: [.reading("/data"), .clock])
///
/// Without a capability, what needs it is an error of kind `io` that names it. No path leaves its folder, by `..`
/// or by links. `exit` needs none: it ends the run and not the host.
public struct Capabilities: Sendable, ExpressibleByArrayLiteral {
  /// What is granted; nil for everything.
  private let granted: [Language.Capability]?

  var ofLanguage: Language.Capabilities { granted.map { Language.Capabilities($0) } ?? .all }

  private init(_ granted: Language.Capability) { self.granted = [granted] }
  private init(granted: [Language.Capability]?) { self.granted = granted }

  /// All that the given ones grant, and nothing else.
  public init(_ capabilities: [Capabilities]) {
    var granted: [Language.Capability] = []
    for capability in capabilities {
      guard let more = capability.granted else {
        self.granted = nil
        return
      }
      granted += more
    }
    self.granted = granted
  }

  /// All that the given ones grant, and nothing else.
  public init(arrayLiteral capabilities: Capabilities...) { self.init(capabilities) }

  /// Everything, with files anywhere, as the command `mos` grants it.
  public static let all = Capabilities(granted: nil)

  /// Files of a folder, and of those in it, may be read.
  public static func reading(_ folder: String) -> Capabilities { Capabilities(.reading(folder)) }

  /// Files of a folder, and of those in it, may be made and replaced; to read them is another capability.
  public static func writing(_ folder: String) -> Capabilities { Capabilities(.writing(folder)) }

  /// Modules of a folder may be imported. Those of the standard library need no capability.
  public static func modules(_ folder: String) -> Capabilities { Capabilities(.modules(folder)) }

  /// Variables of the environment may be read.
  public static let environment = Capabilities(.environment)

  /// The clock may be read: what time it is, and how long something takes.
  public static let clock = Capabilities(.clock)

  /// Lines of the standard input may be read.
  public static let input = Capabilities(.input)

  /// Programs may be started: Graphviz's `dot`, which draws graphs.
  public static let processes = Capabilities(.processes)

  /// Devices may be looked for and computed on: their drivers are code of the machine's, which may keep files.
  public static let devices = Capabilities(.devices)
}
