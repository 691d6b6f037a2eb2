// The elements of a list, one after the other, as the types of a tuple.

internal import Language

/// What is left of a list.
struct Parts {
  private let elements: [Value]
  private var next = 0

  /// - Throws: where the value is no list.
  init(of value: Value) throws {
    guard let elements = value.elements else { throw value.mismatch("a list") }
    self.elements = elements
  }

  /// The next element.
  ///
  /// - Throws: where there is none, or it is none of the type.
  mutating func next<Part: MosConvertible>(_ type: Part.Type) throws -> Part {
    guard next < elements.count else {
      throw ConversionError(
        expected: "a list of more than \(next)", found: "one of \(elements.count)")
    }
    next += 1
    let place = next - 1
    return try ConversionError.at("[\(place)]") { try Part.from(mosValue: elements[place]) }
  }

  /// - Throws: where elements are left.
  func end() throws {
    guard next == elements.count else {
      throw ConversionError(expected: "a list of \(next)", found: "one of \(elements.count)")
    }
  }
}
