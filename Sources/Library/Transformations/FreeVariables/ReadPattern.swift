// What a recording wants to find where it reads: the shape of a value, with places for operands.
//
// A recording holds for values that are like those of the run it was made from: tensors of the same
// dtype, shape and tracking in the same places, and everything else equal. Things with identity (closures,
// models, parameters, shared variables) are *objects*: which one it is does not matter, but one that was
// met twice must be one again, and two must be two. A closure has to run the same code, a model has to be
// of the same type.

import Autodiff
import Language
import Tensors

/// What a recording wants a value to be.
indirect enum ReadPattern {
  /// The tensor that is this operand.
  case operand(Int, TensorPattern)
  /// A key, whose words are this operand.
  case key(Int)
  /// A Float, or an Int, that is this operand.
  case number(Int, isInt: Bool)
  /// An equal number or text, or the very same built-in, model or object; lists and records of such.
  case constant(Value)
  case list([ReadPattern])
  case record(keys: [String], [ReadPattern])
  case object(Int, ObjectPattern)
  /// A method of the object, taken as a value.
  case method(code: Int, of: Int, ObjectPattern)
  /// A snapshot of these contents, taken in one manner of targets of the same names.
  case snapshot(Snapshot.Manner, names: [String]?, ReadPattern)
}

extension ReadPattern {
  /// True where nothing but an equal value will do.
  var isConstant: Bool { if case .constant = self { true } else { false } }
}

extension ReadPattern {
  /// The numbers in which a value differs, by their places; nil where it differs in something else.
  func differences(from value: Value, at path: [Int]) -> [[Int]]? {
    switch (self, value) {
    case (.constant(let wanted), _): return wanted.differences(from: value, at: path)
    case (.list(let patterns), .list(let values)) where patterns.count == values.count:
      return zip(patterns, values).enumerated().reduce([]) { found, part in
        part.element.0.differences(from: part.element.1, at: path + [part.offset])
          .flatMap { more in found.map { $0 + more } }
      }
    case (.record(let keys, let patterns), .record(let record)) where keys == record.keys:
      return zip(patterns, record.values).enumerated().reduce([]) { found, part in
        part.element.0.differences(from: part.element.1, at: path + [part.offset])
          .flatMap { more in found.map { $0 + more } }
      }
    default: return []
    }
  }
}

/// What a recording wants a tensor to be.
struct TensorPattern {
  let shape: Shape
  let dtype: DType
  let tracking: Recording.Tracking

  init(_ variable: Variable, _ tracking: Recording.Tracking) {
    shape = variable.shape
    dtype = variable.dtype
    self.tracking = tracking
  }

  func fits(_ variable: Variable) -> Bool {
    variable.dtype == dtype && variable.shape == shape && variable.tracking == tracking
  }
}

/// What a recording wants an object to be. Code and types are known by their numbers: a recording is kept with
/// the code of its function, which must not hold itself.
enum ObjectPattern {
  case closure(code: Int)
  case instance(type: Int)
  case parameter
  case box
  case host
}

/// Something with identity that a recording has met.
enum ReadObject {
  case closure(Closure)
  case instance(ModelInstance)
  case parameter(ParameterCell)
  case box(Box)
  case host(HostObject)

  var identity: ObjectIdentifier {
    switch self {
    case .closure(let closure): ObjectIdentifier(closure)
    case .instance(let instance): ObjectIdentifier(instance)
    case .parameter(let cell): ObjectIdentifier(cell)
    case .box(let box): ObjectIdentifier(box)
    case .host(let host): ObjectIdentifier(host)
    }
  }

  var pattern: ObjectPattern {
    switch self {
    case .closure(let closure): .closure(code: closure.prototype.number)
    case .instance(let instance): .instance(type: instance.type.number)
    case .parameter: .parameter
    case .box: .box
    case .host: .host
    }
  }

  /// The object as a value.
  var value: Value {
    switch self {
    case .closure(let closure): .function(closure)
    case .instance(let instance): .instance(instance)
    case .parameter(let cell): .parameter(cell)
    case .box(let box): .box(box)
    case .host(let host): .host(host)
    }
  }

  init?(_ value: Value) {
    switch value {
    case .function(let closure): self = .closure(closure)
    case .instance(let instance): self = .instance(instance)
    case .parameter(let cell): self = .parameter(cell)
    case .box(let box): self = .box(box)
    default: return nil
    }
  }
}

extension ObjectPattern {
  func fits(_ object: ReadObject) -> Bool {
    switch (self, object) {
    case (.closure(let code), .closure(let closure)): closure.prototype.number == code
    case (.instance(let type), .instance(let instance)): instance.type.number == type
    case (.parameter, .parameter), (.box, .box), (.host, .host): true
    default: false
    }
  }
}

// MARK: - Matching

/// The operands and objects that a recording has found so far.
struct ReadMatch {
  private(set) var operands: [Variable?]
  private(set) var objects: [ReadObject?]
  private var found: Set<ObjectIdentifier> = []
  /// Whether what did not fit was the value of a number, a text, or a list or record of them.
  private(set) var failedAtConstant = false

  init(operands: Int, objects: Int) {
    self.operands = Array(repeating: nil, count: operands)
    self.objects = Array(repeating: nil, count: objects)
    found.reserveCapacity(objects)
  }

  /// Puts an object that is always the same into its place.
  mutating func set(_ object: ReadObject, at index: Int) {
    objects[index] = object
    found.insert(object.identity)
  }

  /// Puts an operand that is nobody's variable into its place.
  mutating func set(_ operand: Variable, at index: Int) { operands[index] = operand }

  /// True where the value is what the pattern wants; its tensors and objects are taken down.
  mutating func take(_ value: Value, as pattern: ReadPattern) -> Bool {
    switch (pattern, value) {
    case (.operand(let index, let wanted), .tensor(let variable)):
      return wanted.fits(variable) && take(variable, at: index)
    case (.key(let index), .host(let host as KeyObject)):
      operands[index] = (try? host.key.words()).map(Variable.tensor)
      return true
    case (.number(let index, false), .float(let number)):
      operands[index] = .tensor(Tensor(number))
      return true
    case (.number(let index, true), .int(let number)):
      operands[index] = .tensor(Tensor(number))
      return true
    case (.list(let patterns), .list(let values)):
      guard values.count == patterns.count else { return false }
      for (pattern, value) in zip(patterns, values) where !take(value, as: pattern) { return false }
      return true
    case (.record(let keys, let patterns), .record(let record)):
      guard record.count == keys.count else { return false }
      var index = 0
      for (key, value) in record.pairs {
        guard key == keys[index], take(value, as: patterns[index]) else { return false }
        index += 1
      }
      return true
    case (.method(let code, let index, let wanted), .function(let closure)):
      guard let receiver = closure.receiver, closure.prototype.number == code else { return false }
      return take(.instance(receiver), at: index, as: wanted)
    case (.snapshot(let manner, let names, let wanted), .host(let host as Snapshot)):
      guard host.manner == manner, host.names == names, !host.isFromFile else { return false }
      return take(host.plain, as: wanted)
    case (.object(let index, let wanted), _):
      guard let object = ReadObject(value) else { return false }
      return take(object, at: index, as: wanted)
    case (.constant(let wanted), _):
      if wanted.isSameConstant(as: value) { return true }
      failedAtConstant = wanted.isPlainData && value.isPlainData
      return false
    default: return false
    }
  }

  private mutating func take(_ variable: Variable, at index: Int) -> Bool {
    if let known = operands[index] { return known === variable }
    operands[index] = variable
    return true
  }

  private mutating func take(
    _ object: ReadObject, at index: Int, as wanted: ObjectPattern
  ) -> Bool {
    guard wanted.fits(object) else { return false }
    if let known = objects[index] { return known.identity == object.identity }
    guard found.insert(object.identity).inserted else { return false }
    objects[index] = object
    return true
  }

  /// True where operands that a tape follows are as many variables.
  var operandsAreDistinct: Bool {
    var seen: Set<ObjectIdentifier> = []
    return operands.allSatisfy { operand in
      guard case .traced(let traced)? = operand, operand?.tracking != .untracked else {
        return true
      }
      return seen.insert(ObjectIdentifier(traced)).inserted
    }
  }
}

extension Value {
  /// True for equal numbers and texts, for one and the same function or object, and for lists and
  /// records of such.
  fileprivate func isSameConstant(as other: Value) -> Bool {
    switch (self, other) {
    case (.list(let a), .list(let b)):
      // A table that nobody has changed is known by its memory.
      isIdentical(to: other)
        || a.count == b.count && zip(a, b).allSatisfy { $0.isSameConstant(as: $1) }
    case (.record(let a), .record(let b)):
      a.keys == b.keys && zip(a.values, b.values).allSatisfy { $0.isSameConstant(as: $1) }
    case (.nil, .nil), (.absent, .absent): true
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a === b || a.text == b.text
    case (.range(let a), .range(let b)):
      a.start == b.start && a.stop == b.stop && a.step == b.step
    case (.builtin(let a), .builtin(let b)): a === b
    case (.model(let a), .model(let b)): a === b
    case (.module(let a), .module(let b)): a === b
    case (.host(let a), .host(let b)): a.isEqual(b)
    default: false
    }
  }

  /// The numbers in which two values differ, by their places; nil where they differ in something else.
  fileprivate func differences(from other: Value, at path: [Int]) -> [[Int]]? {
    // Deeper down, a place is as long as it is deep.
    guard path.count <= 64 else { return isSameConstant(as: other) ? [] : nil }
    switch (self, other) {
    case (.float, .float), (.int, .int): return isSameConstant(as: other) ? [] : [path]
    case (.list(let a), .list(let b)) where a.count == b.count && a.count <= 64:
      return zip(a, b).enumerated().reduce([]) { found, part in
        part.element.0.differences(from: part.element.1, at: path + [part.offset])
          .flatMap { more in found.map { $0 + more } }
      }
    case (.record(let a), .record(let b)) where a.keys == b.keys && a.count <= 64:
      return zip(a.values, b.values).enumerated().reduce([]) { found, part in
        part.element.0.differences(from: part.element.1, at: path + [part.offset])
          .flatMap { more in found.map { $0 + more } }
      }
    default: return isSameConstant(as: other) ? [] : nil
    }
  }

  fileprivate var isPlainData: Bool {
    switch self {
    case .int, .float, .bool, .string, .list, .record: true
    default: false
    }
  }
}
