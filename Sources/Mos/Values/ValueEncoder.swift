// What is `Codable`, as a value: records for fields and keys, lists for elements. What has a value of its
// own, `MosConvertible`, has it here too, so that arrays of numbers are tensors.

internal import Language
internal import Tensors

/// Encodes into one node of a tree.
struct ValueEncoder: Encoder {
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any] = [:]
  private let node: Node

  /// A value that grows while it is encoded.
  fileprivate final class Node {
    private enum Content {
      case value(Language.Value)
      case fields([(String, Node)])
      case elements([Node])
    }
    private var content = Content.value(.nil)

    func become(_ value: Language.Value) { content = .value(value) }
    func becomeFields() { if case .fields = content {} else { content = .fields([]) } }
    func becomeElements() { if case .elements = content {} else { content = .elements([]) } }

    func field(_ key: any CodingKey) -> Node {
      let node = Node()
      if case .fields(let fields) = content {
        content = .fields(fields + [(key.stringValue, node)])
      }
      return node
    }

    func element() -> Node {
      let node = Node()
      if case .elements(let elements) = content { content = .elements(elements + [node]) }
      return node
    }

    var count: Int { if case .elements(let elements) = content { elements.count } else { 0 } }

    var value: Language.Value {
      switch content {
      case .value(let value): value
      case .fields(let fields): .record(Record(fields.map { ($0, $1.value) }))
      case .elements(let elements): .list(elements.map(\.value))
      }
    }
  }

  fileprivate init(_ node: Node, _ path: [any CodingKey]) {
    self.node = node
    codingPath = path
  }

  /// The record, list or plain value that something encodes itself as.
  static func value(of encodable: some Encodable) throws -> Value {
    let node = Node()
    try encodable.encode(to: ValueEncoder(node, []))
    return Value(node.value)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeFields()
    return KeyedEncodingContainer(FieldsEncoder(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeElements()
    return ElementsEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    ValueItselfEncoder(node: node, codingPath: codingPath)
  }
}

extension ValueEncoder.Node {
  /// Becomes the value of a part.
  ///
  /// Numbers that are not `MosConvertible` would encode themselves as themselves, without end.
  fileprivate func encode(_ part: some Encodable, at path: [any CodingKey]) throws {
    try Safepoint.descend()
    if let convertible = part as? any MosConvertible {
      become(try convertible.mosValue().held)
    } else if let number = part as? any FixedWidthInteger {
      guard let whole = Int(exactly: number) else {
        throw ConversionError(expected: "a number of 64 bits", found: "\(number)")
      }
      become(.int(whole))
    } else {
      try part.encode(to: ValueEncoder(self, path))
    }
  }
}

/// The key under which a class encodes what it inherits.
enum Inherited: String, CodingKey { case `super` }

private struct FieldsEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: ValueEncoder.Node
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { _ = node.field(key) }

  func encode(_ value: some Encodable, forKey key: Key) throws {
    try node.field(key).encode(value, at: codingPath + [key])
  }

  private func encoder(_ key: any CodingKey) -> ValueEncoder {
    ValueEncoder(node.field(key), codingPath + [key])
  }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key)
    -> KeyedEncodingContainer<Inner>
  { encoder(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder(Inherited.super) }
  func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

private struct ElementsEncoder: UnkeyedEncodingContainer {
  let node: ValueEncoder.Node
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  func encodeNil() { _ = node.element() }
  func encode(_ value: some Encodable) throws {
    try node.element().encode(value, at: codingPath)
  }

  private func encoder() -> ValueEncoder { ValueEncoder(node.element(), codingPath) }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner>
  { encoder().container(keyedBy: type) }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
  func superEncoder() -> any Encoder { encoder() }
}

private struct ValueItselfEncoder: SingleValueEncodingContainer {
  let node: ValueEncoder.Node
  let codingPath: [any CodingKey]

  func encodeNil() { node.become(.nil) }
  func encode(_ value: some Encodable) throws { try node.encode(value, at: codingPath) }
}
