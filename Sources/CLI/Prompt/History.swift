// What was entered, kept between sessions in `$XDG_STATE_HOME/mos/history`.
//
// One entry a line: a line end inside an entry is written `\n`, a backslash `\\`. Entries are
// appended with one write each, so two prompts that are open at once lose nothing. The file is cut
// to its newest entries when a prompt opens and finds it too long.

import Platform
import Tensors

/// The entries of this and earlier sessions.
struct History {
  static let capacity = 10_000

  /// The entries, oldest first, without duplicates.
  private(set) var entries: [String] = []
  private let path: String?

  /// Reads the file; without a home folder nothing is kept.
  init() {
    path = History.defaultPath
    guard let path, let text = try? FileReader.text(of: FileLocation(path)) else { return }
    let lines = text.split(separator: "\n")
    var seen: Set<String> = []
    for line in lines.reversed() {
      let entry = History.unescaped(line)
      if seen.insert(entry).inserted { entries.append(entry) }
    }
    entries.reverse()
    if lines.count > 2 * History.capacity { rewrite(path) }
  }

  /// Adds an entry; one that starts with a space is not kept, nor is a repetition.
  mutating func add(_ entry: String) {
    guard !entry.hasPrefix(" "), !entry.isEmpty, entry != entries.last else { return }
    entries.append(entry)
    guard let path else { return }
    makeFolders(of: path)
    append(entry, to: path)
  }

  private mutating func rewrite(_ path: String) {
    entries = entries.suffix(History.capacity)
    try? FileWriter.write(History.lines(entries), to: FileLocation(path))
  }

  /// Adds to the file with one write, whatever another prompt adds.
  private func append(_ entry: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { return }
    let bytes = Array(History.lines([entry]).utf8)
    _ = Platform.write(descriptor, bytes, bytes.count)
    close(descriptor)
  }

  private static func lines(_ entries: [String]) -> String {
    entries.map { escaped($0) + "\n" }.joined()
  }

  private static var defaultPath: String? {
    if let folder = getenv("XDG_STATE_HOME"), folder.pointee != 0 {
      return String(cString: folder) + "/mos/history"
    }
    guard let home = getenv("HOME"), home.pointee != 0 else { return nil }
    return String(cString: home) + "/.local/state/mos/history"
  }

  private func makeFolders(of path: String) {
    for (index, byte) in path.utf8.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
      mkdir(String(decoding: path.utf8.prefix(index), as: UTF8.self), 0o700)
    }
  }

  private static func escaped(_ entry: String) -> String {
    entry.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  }

  private static func unescaped(_ line: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in line {
      if isEscaped {
        result.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
