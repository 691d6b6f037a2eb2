// The calls that led to a mistake, in few lines. This is the one place where calls are folded and left
// out: whoever shows a trace shows all of its lines.

/// Calls, innermost first.
public struct Trace {
  private var steps: [(call: String, count: Int)] = []

  /// The most steps that are shown beside a line for those left out.
  public static let maximumSteps = 8

  /// A trace without calls.
  public init() {}

  /// Adds the caller of the last call; what repeats, be it by turns with another, is counted.
  public mutating func add(_ call: String) {
    let last = steps.indices.suffix(2).last { steps[$0].call == call }
    if let last { steps[last].count += 1 } else { steps.append((call, 1)) }
  }

  /// The lines, the middle of a long trace left out; none for one call, which its place tells.
  ///
  /// One step is never left out: the line that says so would be as long.
  public var lines: [String] {
    if steps.count == 1, steps[0].count == 1 { return [] }
    let lines = steps.map { $0.count == 1 ? $0.call : "\($0.call), \($0.count) times" }
    guard steps.count > Trace.maximumSteps + 1 else { return lines }
    let half = Trace.maximumSteps / 2
    let left = steps.dropFirst(half).dropLast(half).reduce(0) { $0 + $1.count }
    return lines.prefix(half) + ["… \(left) more calls"] + lines.suffix(half)
  }
}
