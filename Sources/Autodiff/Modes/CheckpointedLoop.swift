// Loops differentiated with a given number of snapshots.
//
// A loop of l steps is a checkpointed first part of m steps and the rest, which is split in the
// same way with one snapshot fewer. Going back, the rest comes first; then the first part runs
// again, with all snapshots to itself. Each snapshot is the state at the start of a part. The
// parts are so long that the fewest steps run again:
//
//     t(l, s) = r l - C(s + r, s + 1)          r minimal with C(s + r, s) ≥ l
//
// steps beside the l that are recorded, each once; with s snapshots, the start's among them.
// Griewank and Walther, Algorithm 799: revolve, 2000.

import Tensors

/// Runs `step` a number of times, keeping at most so many states for the way back.
///
/// Gradients are those of the plain loop. The step gets its number, from 0, and the state, and gives the next
/// one; what it gives behind that is collected.
///
/// - Returns: the last state, and behind it what the steps gave beside states, in their order.
/// - Throws: a value error where the steps are too many for the snapshots.
public func checkpoint(
  steps: Int, snapshots: Int, _ state: [Variable],
  _ step: @escaping (Int, [Variable]) throws -> [Variable]
) throws -> [Variable] {
  guard snapshots > 0 else {
    throw TensorError(.value, "a checkpointed loop needs at least 1 snapshot, not \(snapshots)")
  }
  guard steps > 0 else { return state }
  // More than one a step are of no use.
  let snapshots = min(snapshots, steps)
  guard steps <= BinomialSchedule.maximumSteps,
    BinomialSchedule.repetitions(steps, snapshots) <= BinomialSchedule.maximumRepetitions
  else {
    throw TensorError(
      .value, "\(steps) steps are too many for \(snapshots) snapshots",
      hint: "no step may run more than \(BinomialSchedule.maximumRepetitions) times again; "
        + "10 snapshots are enough for a million")
  }
  func run(_ first: Int, _ count: Int, _ snapshots: Int, _ state: [Variable]) throws -> [Variable] {
    var (first, count, snapshots, state) = (first, count, snapshots, state)
    var collected: [Variable] = []
    func take(_ result: [Variable]) {
      state = Array(result.prefix(state.count))
      collected += result.dropFirst(state.count)
    }
    while count > 1 {
      let (start, part, free) = (first, BinomialSchedule.firstPart(count, snapshots), snapshots)
      take(try checkpoint(state) { try run(start, part, free, $0) })
      first += part
      count -= part
      snapshots -= 1
    }
    take(try step(first, state))
    return state + collected
  }
  return try run(0, steps, snapshots, state)
}

/// Where a checkpointed loop is split, and what that costs.
enum BinomialSchedule {
  /// Parts lie inside one another as deep as this, and each takes stack.
  static let maximumRepetitions = 1000
  /// Keeps the counts far from overflow.
  static let maximumSteps = 1 << 40

  /// The least r with `C(snapshots + r, snapshots) ≥ steps`: how often a step runs again at most.
  static func repetitions(_ steps: Int, _ snapshots: Int) -> Int {
    var r = 0
    while r <= maximumRepetitions, choose(snapshots + r, r) < steps { r += 1 }
    return r
  }

  /// The fewest steps that run beside the recorded ones.
  static func advances(_ steps: Int, _ snapshots: Int) -> Int {
    guard steps > 1 else { return 0 }
    guard snapshots > 0 else { return Int.max / 4 }
    let r = repetitions(steps, snapshots)
    return r * steps - choose(snapshots + r, r - 1)
  }

  /// The length of the first part that makes `advances` least: the least m where one more step in
  /// it costs more. Cost is convex in m.
  static func firstPart(_ steps: Int, _ snapshots: Int) -> Int {
    if snapshots == 1 { return steps - 1 }
    func cost(_ m: Int) -> Int { m + advances(m, snapshots) + advances(steps - m, snapshots - 1) }
    var (low, high) = (1, steps - 1)
    while low < high {
      let middle = (low + high) / 2
      if cost(middle + 1) >= cost(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The binomial coefficient, or a number greater than any loop's length.
  private static func choose(_ n: Int, _ k: Int) -> Int {
    var result = 1
    for i in 0..<min(k, n - k) {
      let (product, overflow) = result.multipliedReportingOverflow(by: n - i)
      if overflow { return Int.max / 4 }
      result = product / (i + 1)
    }
    return result
  }
}
