// How a program ends on ranks where it does not come to its end.
//
// A rank that fails tells the others, and hears in a moment whether they all do the same, as they do after a
// mistake in the program: then one shows it and all leave in order. Where others go on, the rank shows what
// happened to it and ends them all.

import Autodiff
import Platform

extension World {
  /// What the other ranks do while one ends.
  enum Others {
    /// All end in the same way.
    case endAlike
    /// All end, in ways of their own.
    case end
    /// Some go on.
    case goOn
  }

  /// How long a rank that ends waits for the others to do so too, in seconds.
  private static let patience = 1.0
  /// How long ranks behind the first leave it the word, where they cannot ask what it does: it asks before it
  /// speaks.
  private static let precedence = 3.0

  /// Tells the others that this rank ends, and hears what they do.
  ///
  /// - Parameter way: how it ends, in words that are equal on ranks that end alike.
  func tellEnd(_ way: String) -> Others {
    guard !ranks.isBroken else {
      let end = monotonicSeconds() + (isFirst ? 0 : World.precedence)
      while monotonicSeconds() < end, !Interrupts.isOfLauncher { usleep(10_000) }
      leaveIfEnded()
      return .goOn
    }
    // A rank that calls something gives a code and its complement, neither 0; see `Ranks.meet`. These fit no
    // code, so that it does not go on, and the second stays 0 only where all end.
    let code = World.code(of: way)
    var words: [UInt64] = [.max, 0, code, ~code]
    let haveMet = ranks.greatest(&words, within: World.patience) { Interrupts.isOfLauncher }
    leaveIfEnded()
    guard haveMet, words[1] == 0 else { return .goOn }
    return words[2] == ~words[3] ? .endAlike : .end
  }

  /// Leaves where the launcher ends all ranks, since another has said why.
  private func leaveIfEnded() {
    if Interrupts.isOfLauncher { leaveAtOnce(ExitStatus.interrupted) }
  }

  /// Ends all processes, once what this one printed is written.
  func endAll(_ status: Int32) -> Never {
    StandardOutput.shared.flush()
    ranks.abort(status)
  }

  private static func code(of text: String) -> UInt64 {
    // FNV-1a, of 64 bits.
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Shows a failure once where all ranks have it, else on each that has, and ends those that go on.
  ///
  /// - Parameters:
  ///   - way: the failure in words.
  ///   - shownBy: which rank shows it where all have it.
  ///   - show: writes it, with the words for the rank where it is one's own.
  func fail(_ way: String, status: Int32, shownBy: Int = 0, _ show: (_ rank: String?) -> Void) {
    switch tellEnd(way) {
    case .endAlike: if rank == shownBy { show(nil) }
    case .end: show("on rank \(rank)")
    case .goOn:
      show("on rank \(rank)")
      endAll(status)
    }
  }

  /// Ends the program by its own wish, which must be that of all ranks.
  func exit(_ status: Int32) {
    switch tellEnd("exit(\(status))") {
    case .endAlike: break
    case .end, .goOn:
      writeError("error: rank \(rank) called exit(\(status)), and other ranks did not\n")
      endAll(status == 0 ? ExitStatus.failure : status)
    }
  }
}
