// What a variable of a program holds, as a Swift program sees it. Numbers, texts, arrays and tensors come
// out of it and go into it by `MosConvertible`; everything else, a model or an optimizer, is handed on as
// it is.

internal import Autodiff
internal import Language
internal import Tensors

/// A value of a program.
///
/// Data, tensors with their graphs, parameters and snapshots go from one interpreter to another; functions,
/// models and what holds them belong to the interpreter that made them, and given to another are an error.
public struct Value {
  let held: Language.Value
  /// True for an argument of a host function, whose derivatives must not get lost; see `data`.
  let isArgument: Bool

  init(_ held: Language.Value, isArgument: Bool = false) {
    self.held = held
    self.isArgument = isArgument
  }

  /// The value that a Swift value is.
  ///
  /// - Throws: what the conversion throws, for a number that is too large or a tensor that is.
  public init(_ value: some MosConvertible) throws(MosError) {
    self = try translating { () throws in try value.mosValue() }
  }

  /// The value `nil`.
  public static var `nil`: Value { Value(.nil) }

  /// The name of the type, as `type(v)` gives it: `Float`, `Tensor`, the name of a model.
  public var typeName: String { held.typeName }

  /// True for `nil`.
  public var isNil: Bool { held.isNil }

  /// True for what can be called: functions, models and their instances.
  public var isCallable: Bool { held.isCallable }

  /// The value as a Swift value.
  ///
  /// - Throws: an error of kind `type` with the place in the value, what was expected and what was found.
  public func `as`<Result: MosConvertible>(_ type: Result.Type = Result.self) throws(MosError)
    -> Result
  {
    try translating { () throws in try Result.from(mosValue: self) }
  }

  /// A value of records, lists and data as a type that says how it is decoded.
  ///
  /// - Throws: an error of kind `type` with the place in the value, what was expected and what was found.
  public func decode<Result: Decodable>(_ type: Result.Type = Result.self) throws(MosError)
    -> Result
  {
    try translating { () throws in try Result(from: ValueDecoder(self)) }
  }

  /// The field of a record, model or object; nil where there is none.
  public subscript(field: String) -> Value? {
    switch held {
    case .record(let record): record[field].map(part)
    case .instance(let instance): instance.field(field).map(part)
    case .host(let host): (try? host.field(field)).flatMap { $0 }.map(part)
    default: nil
    }
  }

  /// The elements of a list, range, or tensor of one axis or more; nil for what has none.
  public var elements: [Value]? {
    switch held {
    case .list(let list): list.map(part)
    case .range(let range): try? range.values().map(part)
    case .tensor(let variable) where variable.rank > 0:
      try? (0..<variable.shape[0]).map { part(.tensor(try variable.sample($0))) }
    default: nil
    }
  }

  private func part(_ value: Language.Value) -> Value { Value(value, isArgument: isArgument) }
}

extension Value: CustomStringConvertible {
  /// The text that `str` gives.
  public var description: String { held.description() }
}

extension Value: MosConvertible {
  /// Itself.
  public func mosValue() -> Value { self }

  /// The value.
  public static func from(mosValue value: Value) -> Value { value }
}

extension Value {
  /// The numbers of a tensor, parameter or number.
  ///
  /// - Throws: a value error for an argument of a host function that a derivative passes through: it would
  ///   end here, and nobody would see.
  func data(_ variable: Variable) throws -> Tensor {
    if isArgument, variable.carriesDerivative {
      throw RuntimeError(
        .value, "a derivative passes through the value that a function of the host was given",
        hint: "give it stop_gradient(x), or define the function with `backward:` or `tangent:`")
    }
    guard let tensor = variable.concrete else {
      throw RuntimeError(.value, "the numbers of what vmap maps over are not known one by one")
    }
    return tensor
  }

  /// The error for a value that is none of a type.
  func mismatch(_ expected: String) -> ConversionError {
    ConversionError(expected: expected, found: held.shortDescription)
  }
}
