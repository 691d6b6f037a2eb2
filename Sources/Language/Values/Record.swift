// Ordered string keys with values: a value type behind one reference.
//
// Invariants: `keys` and `values` have one length; `index` is there exactly when the record has
// more keys than `linearLimit`, and maps every key to its place. Up to that size a walk over the
// keys beats hashing.

import Tensors

/// An ordered record; copying it costs one reference, changing a shared one a copy.
public struct Record {
  final class Storage {
    var keys: [String]
    var values: [Value]
    var index: [String: Int]?

    /// The bytes of the keys' texts.
    @exclusivity(unchecked) var textBytes = 0
    /// What was charged for it.
    @exclusivity(unchecked) private var bytes = 0

    init(keys: [String], values: [Value], index: [String: Int]?) {
      self.keys = keys
      self.values = values
      self.index = index
      textBytes = keys.reduce(0) { $0 + Record.bytes(of: $1) }
      charge()
    }

    deinit {
      SmallObjects.refund(bytes)
      Release.end(&values)
    }

    /// Counts what the record takes now: three arrays, the texts of the keys, and a table of places for the
    /// keys of large ones.
    func charge() {
      let now = 128 + textBytes + keys.count * (index == nil ? 32 : 96)
      SmallObjects.charge(now - bytes)
      bytes = now
    }
  }

  static let linearLimit = 12

  var storage: Storage

  /// An empty record.
  public init() { storage = Storage(keys: [], values: [], index: nil) }

  /// A record of pairs; a later pair replaces an earlier one of the same key.
  public init(_ pairs: some Sequence<(String, Value)>) {
    self.init()
    for (key, value) in pairs { self[key] = value }
  }

  /// A record of pairs whose keys differ.
  init(distinct pairs: [(String, Value)]) {
    let keys = pairs.map(\.0)
    storage = Storage(
      keys: keys, values: pairs.map(\.1),
      index: keys.count > Record.linearLimit ? Record.makeIndex(keys) : nil)
  }

  /// The number of keys.
  public var count: Int { storage.keys.count }
  /// The keys in order.
  public var keys: [String] { storage.keys }
  /// The values in order.
  public var values: [Value] { storage.values }
  /// Keys and values in order.
  public var pairs: Zip2Sequence<[String], [Value]> { zip(storage.keys, storage.values) }

  /// The place of a key.
  public func position(of key: String) -> Int? {
    if let index = storage.index { return index[key] }
    return storage.keys.firstIndex(of: key)
  }

  /// The value of a key; setting nil removes it.
  public subscript(key: String) -> Value? {
    get { position(of: key).map { storage.values[$0] } }
    set {
      guard let newValue else { return remove(key) }
      makeUnique()
      if let place = position(of: key) {
        storage.values[place] = newValue
      } else {
        append(key, newValue)
      }
    }
  }

  /// The value at a place, `0 ..< count`, in place when the record is uniquely held.
  subscript(place place: Int) -> Value {
    get { storage.values[place] }
    _modify {
      makeUnique()
      yield &storage.values[place]
    }
  }

  /// What the text of a key takes beside the key.
  private static func bytes(of key: String) -> Int {
    key.utf8.count > 15 ? 32 + key.utf8.count : 0
  }

  private mutating func append(_ key: String, _ value: Value) {
    storage.keys.append(key)
    storage.textBytes += Record.bytes(of: key)
    storage.values.append(value)
    if storage.index != nil {
      storage.index?[key] = storage.keys.count - 1
    } else if storage.keys.count > Record.linearLimit {
      storage.index = Record.makeIndex(storage.keys)
    }
    storage.charge()
  }

  /// The same keys with other values.
  package func mapValues(_ transform: (Value) throws -> Value) rethrows -> Record {
    var result = Record()
    result.storage = Storage(
      keys: keys, values: try values.map(transform), index: storage.index)
    return result
  }

  /// Takes a key away; the order of the others stays.
  public mutating func remove(_ key: String) {
    guard let place = position(of: key) else { return }
    makeUnique()
    storage.textBytes -= Record.bytes(of: storage.keys.remove(at: place))
    storage.values.remove(at: place)
    storage.index = storage.keys.count > Record.linearLimit ? Record.makeIndex(storage.keys) : nil
    storage.charge()
  }

  private static func makeIndex(_ keys: [String]) -> [String: Int] {
    var index = [String: Int](minimumCapacity: keys.count * 2)
    for (place, key) in keys.enumerated() { index[key] = place }
    return index
  }

  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) {
      storage = Storage(keys: storage.keys, values: storage.values, index: storage.index)
    }
  }
}
