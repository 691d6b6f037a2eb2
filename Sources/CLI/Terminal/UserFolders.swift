// Where the files of a user lie (XDG Base Directory Specification).

import Platform

/// A kind of folder of the user's.
enum UserFolder {
  case state, configuration, cache

  /// A file of Mos in it; nil where the user has no home.
  func path(of file: String) -> String? {
    let (variable, usual) =
      switch self {
      case .state: ("XDG_STATE_HOME", ".local/state")
      case .configuration: ("XDG_CONFIG_HOME", ".config")
      case .cache: ("XDG_CACHE_HOME", ".cache")
      }
    if let folder = getenv(variable), folder.pointee != 0 {
      return "\(String(cString: folder))/mos/\(file)"
    }
    guard let home = getenv("HOME"), home.pointee != 0 else { return nil }
    return "\(String(cString: home))/\(usual)/mos/\(file)"
  }

  /// Makes the folders that a file is in, for the user alone.
  static func make(for path: String) {
    for (index, byte) in path.utf8.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
      mkdir(String(decoding: path.utf8.prefix(index), as: UTF8.self), 0o700)
    }
  }
}
