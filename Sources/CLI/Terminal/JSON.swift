// As much of JSON as is written for other programs. Other than values of the language its texts are not counted as
// memory of a run, so that they can be told at its limit.

import Tensors

/// A value of JSON.
indirect enum JSON: CustomStringConvertible {
  case text(String)
  case number(Int)
  case flag(Bool)
  case list([JSON])
  /// Fields in their order.
  case object([(String, JSON)])

  var description: String {
    switch self {
    case .text(let text): text.inJSON
    case .number(let number): "\(number)"
    case .flag(let flag): "\(flag)"
    case .list(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
    case .object(let fields):
      "{" + fields.map { "\($0.inJSON): \($1)" }.joined(separator: ", ") + "}"
    }
  }
}
