// Walking over the rows of a tensor that a level follows.

import Autodiff

/// What `for` walks over where a tensor has a derivative.
final class RowWalk: HostObject {
  private var rows: Rows

  init(_ variable: Variable) { rows = Rows(variable) }

  override func element(at index: Int, _ interpreter: Interpreter) throws -> Value? {
    index < rows.whole.shape[0] ? .tensor(try rows(index)) : nil
  }
}
