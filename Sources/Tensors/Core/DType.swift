// The element types and how they meet.

/// The type of a tensor's elements. The order of the cases is the order of promotion.
public enum DType: UInt8, Sendable, CaseIterable, Comparable {
  case bool = 0
  case i64 = 1
  case f32 = 2
  case f64 = 3

  /// The bytes that one element takes.
  @inlinable public var size: Int {
    switch self {
    case .bool: 1
    case .f32: 4
    case .i64, .f64: 8
    }
  }

  /// True for the types that can carry a derivative.
  @inlinable public var isFloat: Bool { rawValue >= 2 }

  /// The name in the language: `f64`.
  public var name: String {
    switch self {
    case .bool: "bool"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    }
  }

  /// The order of promotion.
  @inlinable public static func < (a: DType, b: DType) -> Bool { a.rawValue < b.rawValue }

  /// The type of a result of tensors of both types: the greater of `bool < i64 < f32 < f64`.
  @inlinable public static func promoted(_ a: DType, _ b: DType) -> DType { max(a, b) }
}
