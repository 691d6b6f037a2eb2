// What comes from a file lies on the processor, and goes where what it takes the place of lives.

import Autodiff
import Devices

extension Value {
  /// The value with its tensors at the places of those in another of its structure; what has no other stays.
  func placed(like other: Value?) throws -> Value {
    switch (self, other) {
    case (.tensor(let variable), .tensor(let current)?):
      .tensor(try variable.moved(to: current.place))
    case (.list(let values), .list(let others)?) where values.count == others.count:
      .list(try zip(values, others).map { try $0.placed(like: $1) })
    case (.record(let record), .record(let others)?):
      .record(Record(try record.pairs.map { ($0, try $1.placed(like: others[$0])) }))
    default: self
    }
  }
}
