// How much of a loop's graph is kept: `memory=` of `inner_loop` and `scan`.
//
// A round is measured, the second, because the first makes what stays for all. Where as many as the loop has would
// pass the bound, the rest of the rounds keep snapshots by the binomial schedule and run again on the way back, with
// the same numbers, and a notice says so.

import Autodiff
import Language
import Tensors

/// The bound on the graph of a loop.
struct LoopMemory {
  /// How many rounds run before it is known what one keeps.
  static let measuredRounds = 2

  /// In bytes of states and nodes.
  let bound: Int

  /// - Parameter asked: the bound that the program gives; nil for a tenth of the run's limit.
  init(_ asked: Int?) { bound = asked ?? MemoryAccount.limitOfRun / 10 }

  /// What all rounds would keep, where that is above the bound.
  func excess(_ bytesOfRound: Int, rounds: Int) -> Int? {
    let wanted = bytesOfRound.multipliedReportingOverflow(by: rounds)
    if wanted.overflow { return .max }
    return wanted.partialValue > bound ? wanted.partialValue : nil
  }

  /// Says that rounds run again.
  func tell(of wanted: Int, place: UInt64) {
    Notice(
      "the graph of this loop would take about \(LoopMemory.size(wanted)): few states are kept, and steps run again",
      hint:
        "the gradient is the same, bit for bit; memory= sets the bound, here \(LoopMemory.size(bound))",
      place: place
    ).send()
  }

  /// How many states may be kept, and at least the binary logarithm of the rounds.
  ///
  /// - Parameter bound: nil for that logarithm.
  static func snapshots(of parts: [Variable], rounds: Int, bound: Int?) -> Int {
    let size = parts.reduce(64) { $0 + $1.count * $1.dtype.size }
    let least = Int.bitWidth - rounds.leadingZeroBitCount
    return max(least, min(rounds, (bound ?? 0) / 2 / size))
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1 << 20 ? "\(bytes) bytes" : "\(bytes >> 20) MB"
  }
}
