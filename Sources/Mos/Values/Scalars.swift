// Numbers, Bools and texts. A tensor or parameter of one element serves as a number.

internal import Autodiff
internal import Language
internal import Tensors

extension Double: MosConvertible {
  /// A `Float` of the language, which has 64 bits.
  public func mosValue() -> Value { Value(.float(self)) }

  /// The number of an Int, a Float, or a tensor or parameter of one element.
  ///
  /// - Throws: for anything else.
  public static func from(mosValue value: Value) throws -> Double {
    if let number = value.held.number { return number }
    guard let one = try value.tensorOfOne, one.dtype != .bool else {
      throw value.mismatch("a number")
    }
    return one.firstDouble
  }
}

extension Float: MosConvertible {
  /// A `Float` of the language, which has 64 bits.
  public func mosValue() -> Value { Value(.float(Double(self))) }

  /// The number of an Int, a Float, or a tensor or parameter of one element, rounded.
  ///
  /// - Throws: for anything else.
  public static func from(mosValue value: Value) throws -> Float {
    Float(try Double.from(mosValue: value))
  }
}

extension Int: MosConvertible {
  /// An `Int` of the language.
  public func mosValue() -> Value { Value(.int(self)) }

  /// An Int, or the element of an i64 tensor of one.
  ///
  /// - Throws: for anything else, a Float among it.
  public static func from(mosValue value: Value) throws -> Int {
    if case .int(let number) = value.held { return number }
    guard let one = try value.tensorOfOne, one.dtype == .i64 else {
      throw value.mismatch("an Int")
    }
    return one.firstInt
  }
}

extension Bool: MosConvertible {
  /// A `Bool` of the language.
  public func mosValue() -> Value { Value(.bool(self)) }

  /// A Bool, or the element of a bool tensor of one.
  ///
  /// - Throws: for anything else.
  public static func from(mosValue value: Value) throws -> Bool {
    if case .bool(let flag) = value.held { return flag }
    guard let one = try value.tensorOfOne, one.dtype == .bool else {
      throw value.mismatch("a Bool")
    }
    return one.firstInt != 0
  }
}

extension String: MosConvertible {
  /// A `String` of the language.
  public func mosValue() -> Value { Value(.string(self)) }

  /// A String.
  ///
  /// - Throws: for anything else.
  public static func from(mosValue value: Value) throws -> String {
    guard let text = value.held.text else { throw value.mismatch("a String") }
    return text
  }
}

extension Value {
  /// The numbers of a tensor or parameter of one element; nil for other values.
  fileprivate var tensorOfOne: Tensor? {
    get throws {
      let variable: Variable
      switch held {
      case .tensor(let tensor): variable = tensor
      case .parameter(let cell): variable = cell.value
      default: return nil
      }
      return variable.count == 1 ? try data(variable) : nil
    }
  }
}
