// Models: a type with fields in slots and methods, and its instances.
//
// Slots, in order: the declared fields, the results of decorated methods, the declaration's
// parameters. Methods find fields by slot, so no name is looked up while they run.

import Autodiff
import Syntax
import Tensors

/// What the compiler knows of a model; `makeModel` turns it into a `ModelType`.
final class ModelPrototype {
  let name: String
  let documentation: String?
  let span: Span
  /// The slots in order.
  let fields: [ModelField]
  /// The function that fills the slots of a new instance, and the methods, each with its name.
  let initializer: FunctionPrototype
  let methods: [(name: String, prototype: FunctionPrototype)]

  init(
    name: String, documentation: String?, span: Span, fields: [ModelField],
    initializer: FunctionPrototype, methods: [(name: String, prototype: FunctionPrototype)]
  ) {
    self.name = name
    self.documentation = documentation
    self.span = span
    self.fields = fields
    self.initializer = initializer
    self.methods = methods
  }
}

/// A slot of an instance.
public struct ModelField: Sendable {
  public enum Kind: Sendable {
    /// Holds parameters; reading it gives their tensors.
    case param
    /// State that is saved but not trained.
    case buffer
    case `let`
    /// A method's decorated form.
    case method
    /// A parameter of the declaration: readable in methods, owned by whoever passed it.
    case argument
  }
  public var name: String
  public var kind: Kind
  /// The comment of two signs above it, in Markdown.
  public var documentation: String? = nil
}

/// A model declaration as a value; calling it makes an instance.
public final class ModelType {
  /// The number of this type; no other has it, before or after.
  package let number = SerialNumber.next()
  /// The declared name.
  public let name: String
  public let documentation: String?
  /// The slots in order.
  public let fields: [ModelField]
  let slots: [String: Int]
  let initializer: Closure
  let methods: [String: Closure]
  /// The names of the methods in order.
  public let methodNames: [String]
  /// What calling an instance calls: a method, or the slot of its decorated form.
  let forward: Closure?
  let forwardSlot: Int?
  /// Methods that a decorator of the model has replaced.
  let replacements: [String: Replacement]

  /// What stands for a method: it gets the instance, the method that it replaces, and the arguments as
  /// `(*args, **options)`.
  package typealias Replacement = (ModelInstance, Value, Arguments) throws -> Value

  init(_ prototype: ModelPrototype, initializer: Closure, methods: [Closure]) {
    name = prototype.name
    documentation = prototype.documentation
    fields = prototype.fields
    var slots: [String: Int] = [:]
    for (slot, field) in fields.enumerated() { slots[field.name] = slot }
    self.slots = slots
    self.initializer = initializer
    methodNames = prototype.methods.map(\.name)
    self.methods = Dictionary(
      zip(methodNames, methods), uniquingKeysWith: { _, last in last })
    forward = self.methods["forward"]
    forwardSlot = slots["forward"].flatMap { prototype.fields[$0].kind == .method ? $0 : nil }
    replacements = [:]
  }

  /// A model like another but for one method, which calls to instances find replaced.
  package init(_ model: ModelType, replacing name: String, by replacement: @escaping Replacement) {
    self.name = model.name
    documentation = model.documentation
    fields = model.fields
    slots = model.slots
    initializer = model.initializer
    methodNames = model.methodNames
    methods = model.methods
    forward = model.forward
    forwardSlot = model.forwardSlot
    var replacements = model.replacements
    let inner = replacements[name]
    replacements[name] =
      inner.map { inner in
        { instance, method, arguments in
          let wrapped = ModelType.bound(name, inner, to: instance, method)
          return try replacement(instance, .builtin(wrapped), arguments)
        }
      } ?? replacement
    self.replacements = replacements
  }

  /// The parameters of the declaration.
  public var signature: Signature { initializer.prototype.signature }

  /// The closures that the type holds, as often as it does.
  var closures: [Closure] { [initializer] + methods.values + (forward.map { [$0] } ?? []) }

  /// What its objects have, fields before methods, but for what begins with `_`.
  package var documentedMembers: [ModuleDocumentation.Member] {
    let own = fields.compactMap { field -> ModuleDocumentation.Member? in
      let text =
        field.documentation
        ?? (field.kind == .param ? "A parameter." : field.kind == .buffer ? "A buffer." : nil)
      return text.map {
        ModuleDocumentation.Member(name: field.name, title: field.name, documentation: $0)
      }
    }
    let called = methodNames.compactMap { name in
      methods[name].map { method in
        ModuleDocumentation.Member(
          name: name, title: "\(method.prototype.signature)",
          documentation: method.prototype.documentation ?? "")
      }
    }
    return (own + called).filter { !$0.name.hasPrefix("_") }
  }

  /// A method by name.
  package func method(_ name: String) -> Closure? { methods[name] }

  /// True where instances have a method of that name, decorated or not.
  package func hasMethod(_ name: String) -> Bool {
    methods[name] != nil || slots[name].map { fields[$0].kind == .method } == true
  }

  /// A replaced method of an instance as a function.
  fileprivate static func bound(
    _ name: String, _ replacement: @escaping Replacement, to instance: ModelInstance,
    _ method: Value
  ) -> BuiltinFunction {
    BuiltinFunction("\(name)(*args, **options)") { try replacement(instance, method, $0) }
  }
}

/// An instance of a model: identity, and a value for each slot.
public final class ModelInstance: Holder {
  /// Its declaration.
  public let type: ModelType
  /// The fields as they are; what a program sees of them it reads by `subscript`.
  package let slots: UnsafeMutablePointer<Value>
  /// The number of the last traced value from before the instance was made.
  package let birth = Context.current.sequence

  init(_ type: ModelType) {
    self.type = type
    slots = .allocate(capacity: max(type.fields.count, 1))
    slots.initialize(repeating: .nil, count: type.fields.count)
    super.init()
    SmallObjects.charge(ownBytes)
  }

  override func forgetValues() {
    for slot in 0..<type.fields.count { slots[slot] = .nil }
  }

  private var ownBytes: Int { 96 + type.fields.count * MemoryLayout<Value>.stride }

  deinit {
    SmallObjects.refund(ownBytes)
    Release.end(slots, type.fields.count)
    slots.deallocate()
  }

  /// The replaced method of that name as a function; nil where the model's own is called.
  func replacedMethod(_ name: String) -> BuiltinFunction? {
    guard !type.replacements.isEmpty, let replacement = type.replacements[name] else { return nil }
    let method =
      type.slots[name].map { self[slot: $0] }
      ?? type.method(name).map { .function(Closure(binding: $0, to: self)) }
    return ModelType.bound(name, replacement, to: self, method ?? .nil)
  }

  /// What the slot holds, parameters as cells.
  public subscript(slot slot: Int) -> Value {
    get {
      guard let watcher = Context.current.freeVariableWatcher else { return slots[slot] }
      return watcher.value(of: .field(self, slot), held: slots[slot])
    }
    set {
      Context.current.freeVariableWatcher?.willChange(.field(self, slot), inPlace: false)
      slots[slot] = newValue
    }
  }

  /// The declared fields that belong to the instance, with their values, parameters as cells.
  public var ownedFields: [(field: ModelField, value: Value)] {
    type.fields.indices.compactMap { slot in
      switch type.fields[slot].kind {
      case .param, .buffer, .let: (type.fields[slot], self[slot: slot])
      case .method, .argument: nil
      }
    }
  }

  /// The value of a slot by its name, parameters as cells; nil where there is none.
  package func field(_ name: String) -> Value? { type.slots[name].map { self[slot: $0] } }

  /// What a program reads: a `param` field gives tensors, not cells.
  func read(slot: Int) -> Value {
    let value = self[slot: slot]
    switch value {
    case .parameter, .list, .record:
      guard type.fields[slot].kind == .param else { return value }
      return value.uncelled
    default: return value
    }
  }

  /// What a program's assignment does: a `param` field keeps its cells and takes new tensors.
  package func write(slot: Int, _ value: Value) throws {
    // Whoever watches is told what the field held.
    _ = self[slot: slot]
    guard type.fields[slot].kind == .param else {
      slots[slot] = value
      return
    }
    slots[slot] = try value.celled(previous: slots[slot], .named(type.fields[slot].name))
  }
}

extension Value {
  /// The tensors of the cells in a value.
  fileprivate var uncelled: Value {
    if case .parameter(let cell) = self { return .tensor(cell.value) }
    return mapParts(\.uncelled) ?? self
  }

  /// A value with a cell for each tensor or number in it, those of the previous value kept.
  ///
  /// - Parameter path: where it stands, from the name of the field on.
  func celled(previous: Value, _ path: Path) throws -> Value {
    var walk = Walk()
    return try celled(previous, path, &walk)
  }

  private func celled(_ previous: Value, _ path: Path, _ walk: inout Walk) throws -> Value {
    switch self {
    case .nil, .parameter: return self
    case .list(let values):
      try walk.enter(path)
      var old = List()
      if case .list(let list) = previous { old = list }
      return .list(
        try values.enumerated().map { i, part in
          try part.celled(i < old.count ? old[i] : .nil, path[i], &walk)
        })
    case .record(let record):
      try walk.enter(path)
      var old = Record()
      if case .record(let previous) = previous { old = previous }
      return .record(
        Record(
          try record.pairs.map { key, part in
            (key, try part.celled(old[key] ?? .nil, path[key], &walk))
          }))
    default:
      guard let variable else {
        throw RuntimeError(
          .type, "param field `\(path)` holds tensors, not \(shortDescription)",
          hint: "declare it with `let` or `buffer`")
      }
      if case .parameter(let cell) = previous {
        cell.value = try assigned(variable)
        return previous
      }
      return .parameter(
        try Autodiff.Parameter(leafOf: floating(variable), name: path.description))
    }
  }
}

/// What a cell holds after an assignment: the variable where a graph leads to it, and a new leaf
/// where it is a constant, so that a parameter that was set can be trained on.
func assigned(_ variable: Variable) throws -> Variable {
  let variable = try floating(variable)
  return variable.isConstant ? try leaf(of: variable) : variable
}

/// The variable with float elements, ints and bools in the default float type.
package func floating(_ variable: Variable) throws -> Variable {
  variable.dtype.isFloat ? variable : try variable.converted(to: Context.current.defaultFloat)
}
