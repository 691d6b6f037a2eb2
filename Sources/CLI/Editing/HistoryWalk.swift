// Up and Down through earlier entries: those that begin as what was typed does.

/// A walk that began at a text.
struct HistoryWalk {
  private let entries: [String]
  private let draft: String
  private let prefix: String
  private var place: Int
  /// What it gave last.
  private(set) var shown: String

  /// - Parameter isFound: whether a search found the text, from where the walk goes on.
  init(_ entries: [String], draft: String, isFound: Bool) {
    self.entries = entries
    self.draft = draft
    let found = isFound ? entries.lastIndex(of: draft) : nil
    prefix = found == nil ? draft : ""
    place = found ?? entries.count
    shown = draft
  }

  /// The entry before; nil where there is none.
  mutating func back() -> String? {
    guard let found = entries[..<place].lastIndex(where: isWanted) else { return nil }
    return go(to: found)
  }

  /// The entry after, and after the last one what was typed; nil from there on.
  mutating func forth() -> String? {
    guard place < entries.count else { return nil }
    return go(to: entries[(place + 1)...].firstIndex(where: isWanted) ?? entries.count)
  }

  private func isWanted(_ entry: String) -> Bool { entry.hasPrefix(prefix) && entry != shown }

  private mutating func go(to place: Int) -> String {
    self.place = place
    shown = place < entries.count ? entries[place] : draft
    return shown
  }
}
