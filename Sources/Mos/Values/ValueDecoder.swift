// Values of records, models, objects, lists and tensors as what is `Decodable`. What has a value of its own,
// `MosConvertible`, is made from it, so that arrays come from tensors.

internal import Language
internal import Tensors

/// Decodes from one value.
struct ValueDecoder: Decoder {
  let value: Value
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any] = [:]

  init(_ value: Value, _ path: [any CodingKey] = []) {
    self.value = value
    codingPath = path
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    switch value.held {
    case .record, .instance, .host: break
    default: throw value.mismatch("a record")
    }
    return KeyedDecodingContainer(FieldsDecoder(value: value, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let elements = value.elements else { throw value.mismatch("a list") }
    return ElementsDecoder(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    ValueItselfDecoder(value: value, codingPath: codingPath)
  }

  /// A part as a type. A program's value may be deeper than the stack of the host, where the type is recursive.
  fileprivate static func part<Part: Decodable>(
    _ value: Value, as type: Part.Type, at path: [any CodingKey]
  ) throws -> Part {
    try Safepoint.descend()
    if let number = type as? any FixedWidthInteger.Type, type != Int.self,
      let part = try number.whole(value) as? Part
    {
      return part
    }
    if let convertible = type as? any MosConvertible.Type,
      let part = try convertible.from(mosValue: value) as? Part
    {
      return part
    }
    return try Part(from: ValueDecoder(value, path))
  }
}

extension FixedWidthInteger {
  /// The number of a value.
  fileprivate static func whole(_ value: Value) throws -> Self {
    guard let number = Self(exactly: try Int.from(mosValue: value)) else {
      throw value.mismatch("a number that \(Self.self) has")
    }
    return number
  }
}

private struct FieldsDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let value: Value
  let codingPath: [any CodingKey]

  var allKeys: [Key] {
    switch value.held {
    case .record(let record): record.keys.compactMap(Key.init(stringValue:))
    case .instance(let instance):
      instance.ownedFields.map(\.field.name).compactMap(Key.init(stringValue:))
    default: []
    }
  }

  func contains(_ key: Key) -> Bool { value[key.stringValue] != nil }

  private func field(_ key: any CodingKey) throws -> Value {
    guard let field = value[key.stringValue] else {
      throw value.mismatch("a value with the field `\(key.stringValue)`")
    }
    return field
  }

  func decodeNil(forKey key: Key) throws -> Bool { try field(key).isNil }

  func decode<Part: Decodable>(_ type: Part.Type, forKey key: Key) throws -> Part {
    let field = try field(key)
    return try ConversionError.at(".\(key.stringValue)") {
      try ValueDecoder.part(field, as: type, at: codingPath + [key])
    }
  }

  private func decoder(_ key: any CodingKey) throws -> ValueDecoder {
    ValueDecoder(try field(key), codingPath + [key])
  }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<Inner>
  { try decoder(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try decoder(Inherited.super) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct ElementsDecoder: UnkeyedDecodingContainer {
  let elements: [Value]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(elements: [Value], codingPath: [any CodingKey]) {
    self.elements = elements
    self.codingPath = codingPath
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  private mutating func next() throws -> Value {
    guard !isAtEnd else {
      throw ConversionError(
        expected: "a list of more than \(elements.count)", found: "one of \(elements.count)")
    }
    currentIndex += 1
    return elements[currentIndex - 1]
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex].isNil else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Part: Decodable>(_ type: Part.Type) throws -> Part {
    let place = currentIndex
    let value = try next()
    return try ConversionError.at("[\(place)]") {
      try ValueDecoder.part(value, as: type, at: codingPath)
    }
  }

  mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws
    -> KeyedDecodingContainer<Inner>
  { try superValueDecoder().container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try superValueDecoder().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try superValueDecoder() }

  private mutating func superValueDecoder() throws -> ValueDecoder {
    ValueDecoder(try next(), codingPath)
  }
}

private struct ValueItselfDecoder: SingleValueDecodingContainer {
  let value: Value
  let codingPath: [any CodingKey]

  func decodeNil() -> Bool { value.isNil }

  func decode<Part: Decodable>(_ type: Part.Type) throws -> Part {
    try ValueDecoder.part(value, as: type, at: codingPath)
  }
}
