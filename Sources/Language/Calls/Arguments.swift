// What a built-in sees of its call. Reading an argument of the wrong type throws an error that
// names the function and the parameter, says what was wanted, and shows what came.

import Autodiff
import Syntax
import Tensors

/// The arguments of one call, by the parameter's place in the signature.
public struct Arguments {
  package let base: UnsafeMutablePointer<Value>
  /// How many registers hold arguments; parameters past it were not given.
  package let count: Int
  /// The interpreter that runs the call.
  public unowned(unsafe) let interpreter: Interpreter
  /// The signature of what was called.
  public unowned(unsafe) let callee: Signature

  /// The argument of a parameter, `.absent` where it was not given.
  public subscript(index: Int) -> Value {
    @inline(__always) get { index < count ? base[index] : .absent }
  }

  /// True where the argument was given and is not `nil`.
  public func has(_ index: Int) -> Bool {
    switch self[index] {
    case .absent, .nil: false
    default: true
    }
  }

  /// True where the argument was given, be it `nil`.
  public func isGiven(_ index: Int) -> Bool { !self[index].isAbsent }

  /// The argument; where it was not given or is `nil`, the default that the signature has as a literal.
  package func given(_ index: Int) -> Value { place(index)?.pointee ?? .nil }

  /// Where that lies; nil where there is none.
  @inline(__always) private func place(_ index: Int) -> UnsafeMutablePointer<Value>? {
    if index < count, (base + index).kind != Kind.nil { return base + index }
    return callee.literal(index)
  }

  /// Runs the body with other values in the place of these arguments; they may be those of a call that is over.
  package func with<R>(_ values: [Value], _ body: (Arguments) throws -> R) rethrows -> R {
    var values = values
    return try values.withUnsafeMutableBufferPointer { values in
      let base = values.baseAddress ?? base
      return try body(
        Arguments(base: base, count: values.count, interpreter: interpreter, callee: callee))
    }
  }

  /// The argument, taken out of its register, so that a list in it may be uniquely held.
  public func take(_ index: Int) -> Value {
    guard index < count else { return .absent }
    let value = base[index]
    base[index] = .absent
    return value
  }
}

// MARK: - Typed reading
//
// A number, a Bool, a text or a shape that was not given is the literal that the signature shows as its default.

extension Arguments {
  /// The arguments that `*rest` at this place collected.
  public func rest(_ index: Int) -> [Value] {
    if case .list(let values) = self[index] { Array(values) } else { [] }
  }

  /// The arguments that `**options` at this place collected.
  public func options(_ index: Int) -> Record {
    if case .record(let record) = self[index] { record } else { Record() }
  }

  /// An `Int`; an i64 tensor or parameter of one element serves.
  public func int(_ index: Int) throws -> Int {
    if let place = place(index), place.kind == Kind.int { return place.int }
    let value = given(index)
    if let one = value.variableOfOne, !one.dtype.isFloat {
      return try undifferentiated(one, index).firstInt
    }
    throw mismatch(index, "an Int")
  }

  /// An `Int` that is at least `minimum`.
  public func int(_ index: Int, atLeast minimum: Int) throws -> Int {
    let value = try int(index)
    guard value >= minimum else {
      throw RuntimeError(
        .value,
        "`\(parameterName(index))` of \(callee.name) must be at least \(minimum), not \(value)")
    }
    return value
  }

  /// A number as a Double; a tensor or parameter of one element serves.
  ///
  /// - Throws: a value error for one that a derivative passes through or that `vmap` maps: see
  ///   `scalar` for an argument that is differentiated.
  public func double(_ index: Int) throws -> Double {
    let value = given(index)
    if let number = value.number { return number }
    if let one = value.variableOfOne { return try undifferentiated(one, index).firstDouble }
    throw mismatch(index, "a number")
  }

  /// A number that derivatives pass through: plain, or a tensor or parameter of one element.
  public func scalar(_ index: Int) throws -> Scalar { try scalar(given(index), index) }

  /// A value in a parameter as a number that derivatives pass through.
  package func scalar(_ value: Value, _ index: Int) throws -> Scalar {
    if let number = value.number { return .number(number) }
    guard let one = value.variableOfOne else { throw mismatch(value, index, "a number") }
    if case .tensor(let tensor) = one { return .number(tensor.firstDouble) }
    return .variable(one.rank == 0 ? one : try one.reshape(to: Shape()))
  }

  /// A `Bool`; a bool tensor of one element serves.
  public func bool(_ index: Int) throws -> Bool {
    if let place = place(index), place.kind == Kind.bool { return place.bool }
    let value = given(index)
    if let one = value.variableOfOne, one.dtype == .bool {
      return try undifferentiated(one, index).firstInt != 0
    }
    throw mismatch(index, "a Bool")
  }

  /// A `String`.
  public func string(_ index: Int) throws -> String {
    guard let text = given(index).text else { throw mismatch(index, "a String") }
    return text
  }

  /// One of a few words.
  public func choice(_ index: Int, _ words: [String]) throws -> String {
    let word = try string(index)
    guard words.contains(word) else {
      throw RuntimeError(
        .value,
        "`\(parameterName(index))` of \(callee.name) must be one of "
          + words.map(\.excerpt).joined(separator: ", ") + ", not \(word.excerpt)")
    }
    return word
  }

  /// A `List`.
  public func list(_ index: Int) throws -> [Value] {
    guard case .list(let values) = self[index] else { throw mismatch(index, "a List") }
    return Array(values)
  }

  /// A `Record`.
  public func record(_ index: Int) throws -> Record {
    guard case .record(let record) = self[index] else { throw mismatch(index, "a Record") }
    return record
  }

  /// Something that can be called.
  public func function(_ index: Int) throws -> Value {
    let value = self[index]
    guard value.isCallable else { throw mismatch(index, "a Function") }
    return value
  }

  /// What arithmetic takes: a tensor, a parameter's tensor, or a number as a 0-d tensor.
  public func variable(_ index: Int) throws -> Variable {
    if case .tensor(let variable) = self[index] { return variable }
    guard let variable = self[index].variable else { throw mismatch(index, "a Tensor") }
    return variable
  }

  /// The numbers of a tensor, without its graph.
  ///
  /// - Throws: a value error inside `vmap`, where a mapped value has no numbers of its own.
  public func tensor(_ index: Int) throws -> Tensor {
    try numbers(of: variable(index), index)
  }

  /// The numbers of an argument that is not differentiated.
  ///
  /// - Throws: a value error where a derivative would end here, and inside `vmap`.
  package func undifferentiated(_ variable: Variable, _ index: Int) throws -> Tensor {
    guard !variable.carriesDerivative else {
      throw RuntimeError.notDifferentiated("`\(parameterName(index))` of \(callee.name)")
    }
    return try numbers(of: variable, index)
  }

  /// The numbers of an argument.
  ///
  /// - Throws: a value error inside `vmap`.
  package func numbers(of variable: Variable, _ index: Int) throws -> Tensor {
    guard let tensor = variable.concrete else {
      throw RuntimeError(
        .value,
        "\(callee.name) needs the numbers of `\(parameterName(index))`, which vmap maps over",
        hint: "a program inside vmap runs once for all examples, so no single value is known")
    }
    return tensor
  }

  /// A `Parameter`.
  public func parameter(_ index: Int) throws -> ParameterCell {
    guard case .parameter(let cell) = self[index] else { throw mismatch(index, "a Parameter") }
    return cell
  }

  /// A host object of a given class.
  public func host<T: HostObject>(_ index: Int, as type: T.Type, _ wanted: String) throws -> T {
    guard case .host(let host) = self[index], let object = host as? T else {
      throw mismatch(index, wanted)
    }
    return object
  }

  /// A dtype, or nil where it was not given.
  public func dtype(_ index: Int) throws -> DType? {
    guard has(index) else { return nil }
    switch self[index] {
    case .host(let host as DTypeObject): return host.dtype
    case .builtin(let builtin) where builtin.name == "bool": return .bool
    case .string(let string):
      throw mismatch(index, "a dtype", hint: Arguments.dtypeHint(string.text))
    default: throw mismatch(index, "a dtype", hint: Arguments.dtypes)
    }
  }

  private static let dtypes = "dtypes are f64, f32, i64 and bool"

  /// What to do about a text where a dtype is wanted: a dtype's name, or another program's for a device.
  private static func dtypeHint(_ text: String) -> String {
    if ["f64", "f32", "i64", "bool"].contains(text) { return "write \(text) without quotes" }
    if let word = ForeignNames.words[text], word.hasPrefix("f") || word.hasPrefix("i64") {
      return "write \(word)"
    }
    return ["mps", "tpu"].contains { text.hasPrefix($0) }
      ? "devices are \"gpu\", \"cuda\" and those that devices() lists; \"cpu\" is the processor"
      : dtypes
  }

  /// Ints: one, or a list of them, or an i64 tensor of one axis.
  public func ints(_ index: Int) throws -> [Int] {
    guard let values = given(index).ints else {
      // Reading many of them may have ended with the run.
      try Safepoint.look()
      throw mismatch(index, "an Int or a List of them")
    }
    return values
  }

  /// A shape: an Int or a list of them.
  public func shape(_ index: Int) throws -> Shape { try Shape(ints(index)) }

  /// A shape that may have been given as separate ints, collected by `*rest`: `zeros(3, 4)`,
  /// `zeros((3, 4))`.
  public func shapeFromRest(_ index: Int) throws -> Shape {
    let values = rest(index)
    if values.count == 1, let extents = values[0].ints { return try Shape(extents) }
    return try Shape(
      values.map { value in
        guard case .int(let extent) = value else { throw mismatch(value, index, "Ints") }
        return extent
      })
  }

  /// The axes of `axis=`, as given: nil for all.
  public func axes(_ index: Int) throws -> [Int]? { has(index) ? try ints(index) : nil }
}

// MARK: - Mistakes

extension Arguments {
  /// The name of a parameter, for messages.
  public func parameterName(_ index: Int) -> String {
    let parameters = callee.parameters
    return index < parameters.count ? parameters[index].name : "argument \(index + 1)"
  }

  /// The error for an argument of a wrong type.
  public func mismatch(_ index: Int, _ wanted: String, hint: String? = nil) -> RuntimeError {
    mismatch(self[index], index, wanted, hint: hint)
  }

  /// The error for a value of a wrong type in a parameter.
  public func mismatch(_ value: Value, _ index: Int, _ wanted: String, hint: String? = nil)
    -> RuntimeError
  {
    RuntimeError(
      .type,
      "`\(parameterName(index))` of \(callee.name) must be \(wanted), not \(value.shortDescription)",
      hint: hint ?? mismatchHint(value, wanted))
  }
}

extension Arguments {
  /// What to do about a value of a wrong type.
  private func mismatchHint(_ value: Value, _ wanted: String) -> String {
    switch value {
    case .list where wanted.contains("Tensor"), .range where wanted.contains("Tensor"):
      return "brackets make tensors: [1.0, 2.0]; tensor(xs) makes one of a list"
    case .nil, .absent:
      return "its signature is \(callee); nil is what a function without a value gives, and the "
        + "gradient that nobody computed"
    case .string
    where wanted.contains("Tensor") || wanted.contains("number") || wanted.contains("Int"):
      return "int(text) and float(text) read a number"
    case .float where wanted.contains("Int"): return "int(x) cuts the fraction off"
    case .tensor where wanted.contains("Int"), .parameter where wanted.contains("Int"):
      return "whole numbers are written without a point, [2, 3]; int(x) cuts a fraction off"
    case .function where wanted.contains("Tensor") || wanted.contains("number"),
      .builtin where wanted.contains("Tensor") || wanted.contains("number"):
      return "call the function first"
    case _ where wanted.contains("unction") && !value.isCallable:
      return "give the function itself, x => …, and not what it gives: "
        + "the signature is \(callee)"
    default: return callee.hint
    }
  }
}

extension RuntimeError {
  /// The error for a value whose derivative would end where it is given.
  package static func notDifferentiated(_ place: String) -> RuntimeError {
    RuntimeError(
      .value, "\(place) is not differentiated, and a derivative passes through the value given",
      hint: "its number alone is float(x), or stop_gradient(x) of a tensor; custom_vjp gives a "
        + "function a derivative of your own")
  }
}

extension Value {
  /// The tensor or parameter of one element that this value is, if it is one.
  fileprivate var variableOfOne: Variable? {
    let variable: Variable
    switch self {
    case .tensor(let tensor): variable = tensor
    case .parameter(let cell): variable = cell.value
    default: return nil
    }
    return variable.count == 1 ? variable : nil
  }

  /// True for a Float and for a tensor or parameter of floats.
  package var isFloating: Bool {
    switch self {
    case .float: true
    case .tensor(let variable): variable.dtype.isFloat
    case .parameter(let cell): cell.value.dtype.isFloat
    default: false
    }
  }

  /// The plain tensor of one element that this value is, if it is one.
  public var tensorOfOne: Tensor? { variableOfOne?.concrete }

  /// The ints of an Int, a list or range of them, or an i64 tensor of at most one axis.
  public var ints: [Int]? {
    switch self {
    case .int(let value): return [value]
    case .range(let range): return try? range.written()
    case .list(let values):
      var result: [Int] = []
      for value in values {
        if case .int(let number) = value {
          result.append(number)
        } else {
          guard let one = value.ints, one.count == 1 else { return nil }
          result += one
        }
      }
      return result
    default:
      guard let variable, variable.rank <= 1 else { return nil }
      if variable.count == 0 { return [] }
      return variable.dtype == .i64 ? try? variable.concrete?.allIntegers() : nil
    }
  }
}
