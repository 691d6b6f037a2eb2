// Files and folders for the tests, by the C library: the tests keep off Foundation as the
// program does.

import Platform

/// The files and folders that tests reach for.
public enum Files {
  /// The repository's root, from where this source file lay when it was compiled.
  public static let root: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// The folder of what was built, where the running test program lies.
  public static let products: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let bytes = buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
    let path = String(decoding: bytes, as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }()

  /// The `mos` binary: `MOS_BINARY`, or the one built beside the running test program.
  public static let mos = getenv("MOS_BINARY").map { String(cString: $0) } ?? products + "/mos"

  /// The whole text of a file, or nil where there is none that can be read.
  public static func read(_ path: String) -> String? {
    readBytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// All bytes of a file, or nil where there is none that can be read.
  public static func readBytes(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Writes a file whole; false where that fails.
  @discardableResult
  public static func write(_ text: String, to path: String) -> Bool {
    write(Array(text.utf8), to: path)
  }

  /// Writes a file whole; false where that fails.
  @discardableResult
  public static func write(_ bytes: [UInt8], to path: String) -> Bool {
    guard let file = fopen(path, "w") else { return false }
    let written = fwrite(bytes, 1, bytes.count, file)
    return fclose(file) == 0 && written == bytes.count
  }

  /// Every file under a folder whose name ends as given, sorted by path.
  public static func find(under folder: String, endingIn suffix: String) -> [String] {
    entries(of: folder).flatMap { entry in
      if entry.isFolder { return find(under: entry.path, endingIn: suffix) }
      return entry.path.hasSuffix(suffix) ? [entry.path] : []
    }.sorted()
  }

  /// Runs the body with a fresh folder, which is removed afterwards.
  public static func withTemporaryFolder<Result>(
    _ body: (String) throws -> Result
  ) rethrows -> Result {
    var template = Array("/tmp/mos-test-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    let bytes = template.dropLast().map { UInt8(bitPattern: $0) }
    let path = made == nil ? "/tmp" : String(decoding: bytes, as: UTF8.self)
    defer { if made != nil { remove(folder: path) } }
    return try body(path)
  }

  private static func remove(folder: String) {
    for entry in entries(of: folder) {
      if entry.isFolder { remove(folder: entry.path) } else { unlink(entry.path) }
    }
    rmdir(folder)
  }

  private static func entries(of folder: String) -> [(path: String, isFolder: Bool)] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var found: [(path: String, isFolder: Bool)] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      found.append((folder + "/" + name, entry.pointee.d_type == UInt8(DT_DIR)))
    }
    return found
  }
}
