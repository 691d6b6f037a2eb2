// The programs in the folders that an editor has open.
//
// A folder may be anything, the root of a disk too: the walk goes breadth first, and ends at a number of entries. Links
// to folders are not followed, which may lead in circles; what is no plain file, as a pipe, is never opened.

import Language
import Platform
import Syntax

/// The files of programs in some folders.
struct WorkspaceFiles {
  /// Their paths without links, in the order of the alphabet.
  let paths: [String]
  /// False where there is more than was looked at.
  let isComplete: Bool

  /// The most entries of folders that are looked at, and the most programs that are found.
  private static let (mostEntries, mostPrograms) = (100_000, 5_000)
  /// The most bytes of a program that an editor is told of.
  private static let mostBytes = 1 << 23

  /// The programs in folders and all that is in these, and those beside some files.
  init(folders: [String], beside files: [String] = []) {
    var found: Set<String> = []
    var entries = 0
    var waiting = folders.map { (path: $0, isDeep: true) }
    waiting += files.map { (path: FileAddress.parts(of: $0).folder, isDeep: false) }
    var next = 0
    while next < waiting.count, entries < WorkspaceFiles.mostEntries,
      found.count < WorkspaceFiles.mostPrograms
    {
      let (folder, isDeep) = waiting[next]
      next += 1
      for (name, kind) in WorkspaceFiles.entries(of: folder, upTo: WorkspaceFiles.mostEntries) {
        entries += 1
        let path = folder == "/" ? "/" + name : "\(folder)/\(name)"
        switch kind {
        case .folder: if isDeep, name != "node_modules" { waiting.append((path, true)) }
        case .file:
          guard name.hasSuffix(".mos") || MarkdownPage.isPage(name) else { continue }
          if let path = canonicalPath(path) { found.insert(path) }
        }
      }
    }
    isComplete = next == waiting.count && found.count < WorkspaceFiles.mostPrograms
    paths = found.sorted()
  }

  private enum Kind { case folder, file }

  /// The entries of a folder but those that are hidden.
  private static func entries(of folder: String, upTo limit: Int) -> [(name: String, kind: Kind)] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [(String, Kind)] = []
    while found.count < limit, let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(".") { continue }
      var status = stat()
      guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
      found.append((name, status.st_mode & S_IFMT == S_IFDIR ? .folder : .file))
    }
    return found
  }

  /// Whether a path is that of a plain file, of no more than so many bytes.
  static func isReadable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_size <= mostBytes
  }

  /// What a file holds; nil where that is no text, or the file is gone.
  static func text(of path: String) -> String? { isReadable(path) ? try? readText(path) : nil }
}
