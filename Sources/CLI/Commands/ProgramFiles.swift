// The programs that the paths of a command line stand for.

import Platform

/// The programs at a path: those in a folder, those below it included, or the file itself.
///
/// What begins with a dot is passed over, and folders that are links, which may lead around in a circle.
func programs(at path: String) throws -> [String] {
  guard let directory = opendir(path) else { return [path] }
  defer { closedir(directory) }
  var found: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name.hasPrefix(".") { continue }
    let inner = path == "." ? name : path.hasSuffix("/") ? path + name : path + "/" + name
    if isFolder(inner, entry.pointee.d_type) {
      found += try programs(at: inner)
    } else if name.hasSuffix(".mos") {
      found.append(inner)
    }
  }
  return found.sorted()
}

/// Whether an entry is a folder; some file systems do not say so in the entry.
private func isFolder(_ path: String, _ type: UInt8) -> Bool {
  guard type == UInt8(DT_UNKNOWN) else { return type == UInt8(DT_DIR) }
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
