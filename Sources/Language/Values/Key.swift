// Keys of random streams as values.

import Autodiff
import Tensors

/// The key of a stream of random numbers.
package final class KeyObject: HostObject {
  package override class var hostType: HostType { members }
  private static let members = HostType(
    KeyObject.self, "Key",
    """
    The key of a stream of random numbers, as `random_key` and `split_key` give it: the same key
    always gives the same numbers.
    """)

  private let value: RandomKey
  /// The key's words in a function that is being recorded, where the key may be another one each time.
  package let words: Variable?

  package init(_ key: RandomKey, words: Variable? = nil) {
    value = key
    self.words = words
  }

  /// The key itself; a recording does not stand for what looks at it.
  package var key: RandomKey {
    if words != nil { Context.current.meets(obstacle: "looks at a key") }
    return value
  }

  /// The key for tensors that are drawn by `RandomKey.drawn`, with its words where it is being recorded.
  package func stream() throws -> RandomKey {
    try Context.current.know(value, words: words)
    return value
  }

  /// Keys of independent streams.
  package func split(_ count: Int) throws -> [KeyObject] {
    var key = value
    let keys = key.split(count)
    guard let words, count > 0 else { return keys.map { KeyObject($0) } }
    let all = try words.drawing { key in
      try Tensor.stack(try key.split(count).map { try $0.words() })
    }
    return try keys.enumerated().map { KeyObject($1, words: try all.indexed(at: $0)) }
  }

  package override var mayHoldCode: Bool { false }
  package override var summary: String { "Key(0x\(String(key.key, radix: 16)))" }
  package override func isEqual(_ other: HostObject) -> Bool { (other as? KeyObject)?.key == key }
}
