// `$XDG_CONFIG_HOME/mos/startup.mos`, which the prompt runs before the first entry.

import Platform

/// The user's own start.
enum StartupFile {
  /// Where it would lie.
  static var path: String? { UserFolder.configuration.path(of: "startup.mos") }

  /// Runs it where it is there; gives the status of an `exit` in it.
  static func run(_ session: Session) -> Int32? {
    guard let path, access(path, R_OK) == 0 else { return nil }
    do {
      if case .exit(let status) = session.run(try readProgram(path)) { return status }
    } catch {
      writeError("error: \(error)\n")
    }
    return nil
  }
}
