// Swift values as values of programs, and back.

/// A type whose values programs can have.
///
/// Numbers, `Bool`, `String`, arrays, dictionaries with text keys, optionals, `Tensor`, `Snapshot` and `Value`
/// are. So is every enum with raw values that says so, and every `Codable` type, as a record, with nothing to
/// write:
///
///     struct Fit: Codable, MosConvertible { var loss: Double; var weights: [[Float]] }
public protocol MosConvertible {
  /// The value that programs have for this one.
  ///
  /// - Throws: where there is none, or no memory for it.
  func mosValue() throws -> Value
  /// The Swift value for one of a program.
  ///
  /// - Throws: where the value is none of this type.
  static func from(mosValue value: Value) throws -> Self
}

extension MosConvertible where Self: RawRepresentable, RawValue: MosConvertible {
  /// The raw value.
  public func mosValue() throws -> Value { try rawValue.mosValue() }

  /// The case with a raw value.
  ///
  /// - Throws: where there is none.
  public static func from(mosValue value: Value) throws -> Self {
    try withRawValue(value)
  }
}

extension MosConvertible where Self: Encodable {
  /// A record of the fields.
  ///
  /// - Throws: what encoding does.
  public func mosValue() throws -> Value { try ValueEncoder.value(of: self) }
}

extension MosConvertible where Self: Decodable {
  /// The fields of a record, model or object.
  ///
  /// - Throws: where one is missing or of another type.
  public static func from(mosValue value: Value) throws -> Self {
    try Self(from: ValueDecoder(value))
  }
}

extension MosConvertible where Self: RawRepresentable & Codable, RawValue: MosConvertible {
  /// The raw value.
  public func mosValue() throws -> Value { try rawValue.mosValue() }

  /// The case with a raw value.
  ///
  /// - Throws: where there is none.
  public static func from(mosValue value: Value) throws -> Self {
    try withRawValue(value)
  }
}

extension RawRepresentable where RawValue: MosConvertible {
  fileprivate static func withRawValue(_ value: Value) throws -> Self {
    guard let found = Self(rawValue: try RawValue.from(mosValue: value)) else {
      throw value.mismatch("a raw value of \(Self.self)")
    }
    return found
  }
}

extension Optional: MosConvertible where Wrapped: MosConvertible {
  /// The value, or `nil`.
  public func mosValue() throws -> Value { try self?.mosValue() ?? .nil }

  /// Nil for `nil`.
  ///
  /// - Throws: where another value is none of the type.
  public static func from(mosValue value: Value) throws -> Wrapped? {
    value.isNil ? nil : try Wrapped.from(mosValue: value)
  }
}
