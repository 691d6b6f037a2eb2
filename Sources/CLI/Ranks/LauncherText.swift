// What Open MPI's mpirun writes beside the ranks: pages between lines of dashes. That a rank ended is said in one
// line where a signal ended it, and nowhere else, since the rank has said it itself; other pages stay as they are.

/// Standard error of a launcher, of which pages are left out.
struct LauncherText {
  /// A line that has not ended yet.
  private var line: [UInt8] = []
  /// Whether nobody reads the output any more, which mpirun tells at length and not without faults of its own.
  private var isUnread = false
  /// The lines of a page that has not ended yet.
  private var page: [String]?

  /// Takes bytes, and writes what is to be seen.
  mutating func add(_ bytes: ArraySlice<UInt8>, _ write: (String) -> Void) {
    for byte in bytes {
      line.append(byte)
      if byte == UInt8(ascii: "\n") { endLine(write) }
    }
    // Where a rank does not end its line, it is seen all the same.
    if page == nil, let first = line.first, !"-[".utf8.contains(first) { flush(write) }
  }

  /// Writes what is left.
  mutating func end(_ write: (String) -> Void) {
    if !line.isEmpty { endLine(write) }
    if let page { write(page.joined()) }
    page = nil
  }

  private mutating func flush(_ write: (String) -> Void) {
    write(String(decoding: line, as: UTF8.self))
    line = []
  }

  private mutating func endLine(_ write: (String) -> Void) {
    let text = String(decoding: line, as: UTF8.self)
    let isBorder = line.count > 70 && line.dropLast().allSatisfy { $0 == UInt8(ascii: "-") }
    line = []
    switch (page, isBorder) {
    case (nil, true): page = [text]
    case (nil, false):
      isUnread = isUnread || text.contains("mpirun: SIGPIPE detected")
      if !isUnread, !LauncherText.isRemark(text) { write(text) }
    case (let lines?, true):
      page = nil
      if let seen = LauncherText.shown(lines + [text]) { write(seen) }
    case (let lines?, false): page = lines + [text]
    }
  }

  /// Whether a line is one of mpirun's about its pages, which begin with the host and a number in brackets.
  private static func isRemark(_ line: String) -> Bool {
    line.hasPrefix("[")
      && ["sent help message", "orte_base_help_aggregate", "ORTE_ERROR_LOG"]
        .contains(where: line.contains)
  }

  /// What is shown of a page; nil where the ranks have said it.
  private static func shown(_ page: [String]) -> String? {
    let text = page.dropFirst().dropLast().joined(separator: " ").replacing("\n", with: "")
    if let rank = text.word(after: "process rank "), let signal = text.part(after: "exited on ") {
      return "error: rank \(rank) was ended by \(signal)\n"
    }
    let known = [
      "MPI_ABORT was invoked", "non-zero status", "non-zero exit code",
      "exiting without calling \"finalize\"", "exiting improperly",
    ]
    return known.contains(where: text.contains) ? nil : page.joined()
  }
}

extension String {
  /// What stands behind words, up to the end of the sentence.
  fileprivate func part(after words: String) -> Substring? {
    guard let place = firstRange(of: words) else { return nil }
    return self[place.upperBound...].prefix { $0 != "." }
  }

  /// The word behind words.
  fileprivate func word(after words: String) -> Substring? {
    part(after: words)?.prefix { $0 != " " }
  }
}
