// File names, in texts and behind commands.

import Platform

/// Completes paths.
enum Paths {
  /// The files that a typed path may mean.
  ///
  /// - Parameter start: where it begins in the entry.
  static func completion(
    _ typed: String, from start: Int, isWanted: (String) -> Bool = { _ in true }
  ) -> Completion {
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let name = slash.map { typed[typed.index(after: $0)...] } ?? typed[...]
    let candidates = entries(of: folder.isEmpty ? "." : home(folder)).filter {
      $0.hasPrefix(name) && (name.hasPrefix(".") || !$0.hasPrefix(".")) && isWanted($0)
    }
    return Completion(
      start: start + folder.utf8.count, candidates: candidates.map { Completion.Candidate($0) })
  }

  /// A path with the user's folder in the place of `~`.
  static func home(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let folder = getenv("HOME") else { return path }
    return String(cString: folder) + path.dropFirst()
  }

  /// The names in a folder, sorted; those of folders end with a slash.
  static func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      found.append(isFolder(folder + "/" + name) ? name + "/" : name)
    }
    return found.sorted()
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
