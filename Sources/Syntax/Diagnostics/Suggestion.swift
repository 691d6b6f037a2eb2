// The nearest known name, for "did you mean …?".

/// Finds what a misspelt name may have meant.
public enum Suggestion {
  /// The letters of the longest name that gets one. A name and a candidate may be texts of any length, keys of
  /// records, of which no more is looked at.
  private static let longest = 60

  /// The candidate nearest to a name, within an edit distance of 1 + length / 4; nil for names
  /// below three letters, where everything is near, or above `longest`, which nobody types, and where
  /// nothing is near enough.
  ///
  /// An edit is a letter put in, left out or changed, or two neighbours swapped; case counts
  /// half as much as nothing, so that `mse_Loss` finds `mse_loss` before `mae_loss`.
  public static func nearest(
    to name: String, among candidates: some Sequence<String>
  ) -> String? {
    let letters = Array(name.prefix(longest + 1))
    guard (3...longest).contains(letters.count) else { return nil }
    let bound = 1 + letters.count / 4
    var best: (distance: Int, name: String)?
    for candidate in candidates where candidate != name {
      let other = Array(candidate.prefix(letters.count + bound + 1))
      guard abs(other.count - letters.count) <= bound else { continue }
      var distance = 2 * editDistance(letters, other)
      if distance > 0, candidate.lowercased() == name.lowercased() { distance = 1 }
      guard distance <= 2 * bound, distance < 2 * max(letters.count, other.count) else { continue }
      if let best, (best.distance, best.name) <= (distance, candidate) { continue }
      best = (distance, candidate)
    }
    return best?.name
  }

  /// The optimal string alignment distance.
  static func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: second.count + 1)
    var previous = Array(0...second.count)
    for i in first.indices {
      var row = [i + 1]
      row.reserveCapacity(second.count + 1)
      for j in second.indices {
        let change = previous[j] + (first[i] == second[j] ? 0 : 1)
        var least = min(change, previous[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
          least = min(least, beforePrevious[j - 1] + 1)
        }
        row.append(least)
      }
      beforePrevious = previous
      previous = row
    }
    return previous[second.count]
  }
}
