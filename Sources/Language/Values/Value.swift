// What a Mos variable holds: sixteen bytes, numbers unboxed.
//
// Invariants: `box` and `absent` are the machine's own and never reach a program or a built-in's
// result. Lists, records and strings are values (copy on write, in place when uniquely held);
// models, parameters and host objects have identity.

import Autodiff
import Syntax
import Tensors

/// A value of the language.
public enum Value {
  case int(Int)
  case float(Double)
  case bool(Bool)
  case tensor(Variable)
  case string(StringObject)
  case list(List)
  case record(Record)
  case range(RangeObject)
  case function(Closure)
  case builtin(BuiltinFunction)
  case parameter(ParameterCell)
  case instance(ModelInstance)
  case model(ModelType)
  case module(ModuleObject)
  case host(HostObject)
  /// A captured variable that is assigned; only registers hold it.
  case box(Box)
  case `nil`
  /// An argument that was not given, or a variable before its declaration.
  case absent
}

/// A cell with identity that holds a tensor.
public typealias ParameterCell = Autodiff.Parameter

/// The text of a `String`.
public final class StringObject {
  /// The text itself.
  public let text: String
  /// The characters, once they were asked for.
  private var counted: [Character]?
  /// An object for a text.
  public init(_ text: String) {
    self.text = text
    SmallObjects.charge(ownBytes)
  }

  deinit { SmallObjects.refund(ownBytes) }

  /// The characters, counted out when they are first asked for.
  ///
  /// - Throws: a limit error where there is no memory for them, and where the run is to end.
  package func characters() throws -> [Character] {
    if let counted { return counted }
    let characters = try text.characters()
    counted = characters
    SmallObjects.charge(characters.count * MemoryLayout<Character>.stride)
    return characters
  }

  /// The characters as values.
  package func characterValues() throws -> [Value] {
    let characters = try text.characters()
    try MemoryAccount.require(characters.count, of: List.bytesOfText)
    return try Safepoint.map(characters) { .string(String($0)) }
  }

  /// The object, the text where it is too long to lie in it, and the characters.
  private var ownBytes: Int {
    (text.utf8.count > 15 ? 80 + text.utf8.count : 48)
      + (counted?.count ?? 0) * MemoryLayout<Character>.stride
  }
}

/// `start ..< stop` by a step that is not 0.
public final class RangeObject {
  public let start: Int
  public let stop: Int
  public let step: Int

  /// A range; the step must not be 0.
  public init(_ start: Int, _ stop: Int, _ step: Int = 1) {
    self.start = start
    self.stop = stop
    self.step = step
  }

  /// The number of elements.
  public var count: Int {
    if step > 0 {
      guard start < stop else { return 0 }
      return Int(clamping: (UInt(bitPattern: stop &- start) &- 1) / UInt(step) + 1)
    }
    guard start > stop else { return 0 }
    return Int(clamping: (UInt(bitPattern: start &- stop) &- 1) / step.magnitude + 1)
  }

  /// The element of an index `0 ..< count`.
  public subscript(index: Int) -> Int { start &+ index &* step }

  /// All elements as an array.
  ///
  /// - Throws: a value error where they are too many for one, a limit error where there is no memory.
  public func written() throws -> [Int] { try written(MemoryLayout<Int>.stride) { $0 } }

  /// All elements as values.
  ///
  /// - Throws: a value error where they are too many for an array, a limit error where there is no memory.
  package func values() throws -> [Value] { try written(List.bytesOfElement) { .int($0) } }

  private func written<Element>(
    _ bytes: Int, _ element: (Int) -> Element
  ) throws -> [Element] {
    guard count <= 1 << 26 else {
      throw RuntimeError(
        .value, "a range of \(count) numbers is too long to write out",
        hint: "`for` walks over it without")
    }
    try MemoryAccount.require(count, of: bytes)
    return (0..<count).map { element(self[$0]) }
  }
}

/// A variable that closures share.
public final class Box: Holder {
  package var value: Value
  package init(_ value: Value) {
    self.value = value
    super.init()
    SmallObjects.charge(Box.ownBytes)
  }

  override func forgetValues() { value = .nil }

  deinit {
    SmallObjects.refund(Box.ownBytes)
    Release.end(&value)
  }

  private static let ownBytes = 48
}

/// A loaded module: its public names are global variables of the interpreter.
public final class ModuleObject {
  /// The name it was imported by.
  public let name: String
  /// The global slot of each name, private ones included.
  @exclusivity(unchecked) package var slots: [String: Int]

  /// The text that it was made of; nil for the program itself.
  package internal(set) var source: Source?

  init(name: String, source: Source? = nil, slots: [String: Int] = [:]) {
    self.name = name
    self.source = source
    self.slots = slots
  }
}

extension Value {
  /// A `String`.
  @inlinable public static func string(_ text: String) -> Value { .string(StringObject(text)) }
  /// A tensor that no graph knows.
  @inlinable public static func tensor(_ tensor: Tensor) -> Value { .tensor(.tensor(tensor)) }
  /// A `Range`.
  @inlinable public static func range(_ start: Int, _ stop: Int, step: Int = 1) -> Value {
    .range(RangeObject(start, stop, step))
  }

  /// The name of the value's type, as `type(v)` gives it.
  public var typeName: String {
    switch self {
    case .int: "Int"
    case .float: "Float"
    case .bool: "Bool"
    case .tensor: "Tensor"
    case .string: "String"
    case .list: "List"
    case .record: "Record"
    case .range: "Range"
    case .function, .builtin: "Function"
    case .parameter: "Parameter"
    case .instance(let instance): instance.type.name
    case .model: "Model"
    case .module: "Module"
    case .host(let host): host.typeName
    case .box(let box): box.value.typeName
    case .nil, .absent: "nil"
    }
  }

  /// True for an argument that was not given.
  public var isAbsent: Bool {
    if case .absent = self { true } else { false }
  }

  /// True for `nil`.
  public var isNil: Bool {
    if case .nil = self { true } else { false }
  }

  /// True for what can be called.
  public var isCallable: Bool {
    switch self {
    case .function, .builtin, .model: true
    case .instance(let instance): instance.type.forward != nil || instance.type.forwardSlot != nil
    case .host(let host): host.members.call != nil
    default: false
    }
  }

  /// The number as a Double, for `Int` and `Float` alone.
  public var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The text, for a `String`.
  public var text: String? {
    if case .string(let object) = self { object.text } else { nil }
  }

  /// The tensor that arithmetic sees: a tensor, a parameter's value, or a number or Bool as a 0-d
  /// tensor; nil for anything else.
  public var variable: Variable? {
    switch self {
    case .tensor(let variable): variable
    case .parameter(let cell): cell.value
    case .int(let value): .tensor(Tensor(value))
    case .float(let value): .tensor(Tensor(value, dtype: Context.current.defaultFloat))
    case .bool(let value): .tensor(Tensor(value))
    default: nil
    }
  }
}
