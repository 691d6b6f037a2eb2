// An interpreter as one of several that run a program.

import Autodiff
import Syntax

extension Interpreter {
  /// Runs programs as a rank of several, which all run the same.
  public func join(_ communicator: any Communicator) {
    let ranks = Ranks(communicator)
    ranks.describePlace = { [unowned self] place in
      guard let label = label(ofPlace: programPlace(of: place)) else { return "" }
      return "\(label.source.name):\(label.source.line(at: label.span.start))"
    }
    context.ranks = ranks
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
