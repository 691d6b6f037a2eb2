// What a container lets a process have: Linux ends a process that takes more memory than its control
// group may, so that the machine's memory is not the bound there.

import Platform

enum ControlGroup {
  /// The most bytes that the process's control group, or one that it is in, may hold; nil where none says.
  static var memoryLimit: Int? {
    // Version 2 has one line, `0::/path`; inside a container the path is `/`.
    let groups = text(of: "/proc/self/cgroup").split(separator: "\n")
    var path = groups.first { $0.hasPrefix("0::/") }?.dropFirst(3) ?? ""
    // Version 1, seen from inside a container.
    var files = ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"]
    while let slash = path.lastIndex(of: "/"), path != "/" {
      files.append("/sys/fs/cgroup\(path)/memory.max")
      path = path[..<slash]
    }
    return files.compactMap { Int(text(of: $0).prefix { $0.isNumber }) }.min()
  }

  /// The beginning of a small file; empty where there is none.
  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
