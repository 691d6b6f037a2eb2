// An interpreter as one of several that run a program.

import Autodiff

extension Interpreter {
  /// Runs programs as a rank of several, which all run the same.
  package func join(_ communicator: any Communicator) {
    context.ranks = Ranks(communicator)
  }

  /// Waits at the end of a program until all ranks have come to it.
  ///
  /// - Throws: where others still exchange something, and where the run is to end.
  package func meetAtEnd() throws {
    guard context.ranks.count > 1 else { return }
    _ = try performing {
      try context.ranks.finish()
      return .nil
    }
  }
}
