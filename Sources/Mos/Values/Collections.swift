// Arrays and dictionaries. Arrays of numbers are tensors: copied once, where they have one shape.

internal import Autodiff
internal import Language
internal import Tensors

extension Array: MosConvertible where Element: MosConvertible {
  /// A tensor, for numbers and Bools nested to one shape; a list of other elements.
  ///
  /// - Throws: where an element has no value; a limit error where there is no memory.
  public func mosValue() throws -> Value {
    if let nested = self as? any NestedElements, let tensor = try nested.tensor {
      return Value(.tensor(tensor))
    }
    return Value(.list(try map { try $0.mosValue().held }))
  }

  /// The elements of a list, a range or a tensor.
  ///
  /// - Throws: where an element is none of the type.
  public static func from(mosValue value: Value) throws -> [Element] {
    if let numbers = Element.self as? any TensorElement.Type, let variable = value.variable {
      guard variable.rank == 1, fits(variable.dtype, numbers.dtype) else {
        throw value.mismatch("an array of \(Element.self)")
      }
      if let values = try value.data(variable).array(of: numbers) as? [Element] { return values }
    }
    guard let elements = value.elements else {
      throw value.mismatch("an array of \(Element.self)")
    }
    var result: [Element] = []
    result.reserveCapacity(elements.count)
    for (i, element) in elements.enumerated() {
      result.append(try ConversionError.at("[\(i)]") { try Element.from(mosValue: element) })
    }
    return result
  }

  /// Whether numbers of one dtype are numbers of another without losing more than digits.
  private static func fits(_ dtype: DType, _ wanted: DType) -> Bool {
    wanted.isFloat ? dtype != .bool : dtype == wanted
  }
}

extension NestedElements {
  /// The tensor of these; nil where they have no one shape.
  fileprivate var tensor: Tensor? {
    get throws {
      do { return try Tensor(checking: self) } catch let error as TensorError {
        if error.kind == .shape { return nil }
        throw error
      }
    }
  }
}

extension Tensor {
  fileprivate func array<Element: TensorElement>(of type: Element.Type) throws -> [Element] {
    try values(as: type)
  }
}

extension Value {
  /// The tensor of a tensor or parameter with axes; nil for other values.
  fileprivate var variable: Variable? {
    switch held {
    case .tensor(let variable) where variable.rank > 0: variable
    case .parameter(let cell) where cell.value.rank > 0: cell.value
    default: nil
    }
  }
}

extension Dictionary: MosConvertible where Key == String, Value: MosConvertible {
  /// A record, its keys in the order of the alphabet.
  ///
  /// - Throws: where an element has no value.
  public func mosValue() throws -> Mos.Value {
    Mos.Value(
      .record(Record(try sorted { $0.key < $1.key }.map { ($0.key, try $0.value.mosValue().held) }))
    )
  }

  /// The fields of a record.
  ///
  /// - Throws: where one is none of the type.
  public static func from(mosValue value: Mos.Value) throws -> [String: Value] {
    guard case .record(let record) = value.held else { throw value.mismatch("a record") }
    var result: [String: Value] = [:]
    for (key, field) in record.pairs {
      result[key] = try ConversionError.at(".\(key)") {
        try Value.from(mosValue: Mos.Value(field, isArgument: value.isArgument))
      }
    }
    return result
  }
}
