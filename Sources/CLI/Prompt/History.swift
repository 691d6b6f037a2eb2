// What was entered, kept between sessions in `$XDG_STATE_HOME/mos/history`.
//
// One entry a line: a line end inside an entry is written `\n`, a backslash `\\`. An entry that was there
// already is taken out where it was. Several prompts may write at once: each holds a lock on the file for as
// long as it takes. Whatever another program left there is read as well as can be: lines that end in CRLF, bytes
// that are no UTF-8, a last line without an end.

import Platform

/// The entries of this and earlier sessions.
struct History {
  static let capacity = 10_000

  /// The entries, oldest first, without duplicates.
  private(set) var entries: [String] = []
  private let path: String?

  /// Reads a file of the user's state; without a home folder nothing is kept.
  init(file: String = "history") {
    path = UserFolder.state.path(of: file)
    guard let path else { return }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    flock(descriptor, LOCK_SH)
    var seen: Set<String> = []
    for line in History.lines(History.bytes(of: descriptor)).reversed() {
      let entry = History.unescaped(line)
      if seen.insert(entry).inserted { entries.append(entry) }
    }
    entries.reverse()
  }

  /// Adds an entry; false for one that starts with a space, which is not kept.
  mutating func add(_ entry: String) -> Bool {
    guard !entry.hasPrefix(" "), !entry.isEmpty, !entry.utf8.contains(0) else { return false }
    keep(entry, inPlaceOf: nil)
    return true
  }

  /// Another text goes on with an entry: the two are one.
  mutating func extend(_ entry: String, by text: String) -> String {
    let joined = entry + "\n" + text
    if entries.contains(entry) { keep(joined, inPlaceOf: entry) }
    return joined
  }

  private mutating func keep(_ entry: String, inPlaceOf other: String?) {
    if entry != entries.last {
      entries.removeAll { $0 == entry || $0 == other }
      entries.append(entry)
    }
    guard let path else { return }
    UserFolder.make(for: path)
    History.write(entry, inPlaceOf: other, to: path)
  }

  // MARK: - The file

  /// Adds a line at the end and takes it out where it was, while no other prompt writes.
  private static func write(_ entry: String, inPlaceOf other: String?, to path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    let old = bytes(of: descriptor)
    let line = Array(escaped(entry).utf8)
    let removed = [line[...]] + (other.map { [Array(escaped($0).utf8)[...]] } ?? [])
    var lines = lines(old)
    if lines.last == line[...], old.last == lineEnd { return }
    if lines.contains(where: removed.contains) || lines.count > 2 * capacity {
      lines.removeAll(where: removed.contains)
      let kept = lines.suffix(capacity) + [line[...]]
      let text = kept.flatMap { Array($0) + [lineEnd] }
      if pwriteAll(text, descriptor, at: 0) { ftruncate(descriptor, off_t(text.count)) }
    } else {
      let isOpen = old.last.map { $0 != lineEnd } ?? false
      _ = pwriteAll((isOpen ? [lineEnd] : []) + line + [lineEnd], descriptor, at: old.count)
    }
  }

  private static let lineEnd = UInt8(ascii: "\n")

  /// The lines of a file, each without its end and without a carriage return before it; no empty ones.
  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: lineEnd).compactMap { line in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      return line.isEmpty ? nil : line
    }
  }

  private static func bytes(of descriptor: Int32) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(result.count))
      if count <= 0 { return result }
      result += buffer[..<count]
    }
  }

  private static func pwriteAll(_ bytes: [UInt8], _ descriptor: Int32, at offset: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let written = bytes[done...].withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done))
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return false }
      done += written
    }
    return true
  }

  // MARK: - Lines

  private static func escaped(_ entry: String) -> String {
    entry.replacing("\\", with: "\\\\").replacing("\r", with: "\\r").replacing("\n", with: "\\n")
  }

  /// The entry of a line; bytes that are no UTF-8 become `U+FFFD`.
  private static func unescaped(_ line: ArraySlice<UInt8>) -> String {
    if !line.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\\") }) {
      return String(decoding: line, as: UTF8.self)
    }
    var result: [UInt8] = []
    var isEscaped = false
    for byte in line where byte != 0 {
      if isEscaped {
        result.append(byte == UInt8(ascii: "n") ? lineEnd : byte == UInt8(ascii: "r") ? 13 : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
