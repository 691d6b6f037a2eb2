// `value.name`: fields of every kind of value, and the methods that every model has.

import Autodiff
import Tensors

extension Value {
  /// The field or method of a name.
  package func field(_ name: String, _ interpreter: Interpreter) throws -> Value {
    switch self {
    case .instance(let instance):
      if let replaced = instance.replacedMethod(name) { return .builtin(replaced) }
      if let slot = instance.type.slots[name], instance.type.fields[slot].kind != .argument {
        return instance.read(slot: slot)
      }
      return try instance.boundMethod(name)
    case .record(let record):
      if let field = record[name] { return field }
    case .tensor(let variable):
      if let field = try tensorField(name, variable) { return field }
    case .parameter(let cell):
      switch name {
      case "grad": return cell.gradient.map { .tensor($0) } ?? .nil
      case "name": return cell.name.map { .string($0) } ?? .nil
      default: if let field = try tensorField(name, cell.value) { return field }
      }
    case .int, .float, .bool:
      if let variable, let field = try tensorField(name, variable) { return field }
    case .module(let module): return try module.member(name, interpreter)
    case .host(let host):
      interpreter.machine.willRead(host)
      if let field = try host.field(name) { return field }
      if let method = host.members.method(name) {
        return .builtin(method.bound(to: host))
      }
    case .range(let range):
      switch name {
      case "start": return .int(range.start)
      case "stop": return .int(range.stop)
      case "step": return .int(range.step)
      default: break
      }
    case .model(let type):
      if name == "name" { return .string(type.name) }
      if let method = type.method(name) { return .function(method) }
    case .function(let closure): if name == "name" { return .string(closure.prototype.name) }
    case .builtin(let builtin): if name == "name" { return .string(builtin.name) }
    default: break
    }
    throw noMember(name)
  }

  private func tensorField(_ name: String, _ variable: Variable) throws -> Value? {
    switch name {
    case "shape": .list(variable.shape.array.map { .int($0) })
    case "ndim": .int(variable.rank)
    case "size": .int(variable.count)
    case "dtype": .host(DTypeObject(variable.dtype))
    case "value": .tensor(variable)
    case "grad": variable.gradient.map { .tensor($0) } ?? .nil
    case "T": .tensor(try variable.permute(Array((0..<variable.rank).reversed())))
    default: nil
    }
  }

  /// The error for a field that is not there, with the nearest name that is.
  func noMember(_ name: String) -> RuntimeError {
    var hint =
      ForeignNames.hint(forMember: name, of: self)
      ?? nearest(to: name, among: memberNames).map { "did you mean `\($0)`?" }
    if name == "push", case .list = self { hint = "push needs a variable to change" }
    if hint == nil, case .record(let record) = self, record.count <= 8 {
      hint =
        record.count == 0
        ? "the record is empty" : "it has \(record.keys.map(\.shortened).joined(separator: ", "))"
    }
    return RuntimeError(
      .name, "\(shortDescription) has no field or method `\(name)`", hint: hint)
  }

  /// The names that `value.` can be followed by, for suggestions and completion.
  ///
  /// Nothing of the program is run to find them.
  public var memberNames: [String] {
    switch self {
    case .instance(let instance):
      instance.type.fields.filter { $0.kind != .argument }.map(\.name) + instance.type.methodNames
        + ModelMethods.table.keys.sorted()
    case .record(let record): record.keys
    case .tensor: ["shape", "ndim", "size", "dtype", "value", "grad", "T"]
    case .parameter: ["value", "grad", "name", "shape", "ndim", "size", "dtype", "T"]
    case .module(let module): module.publicNames.sorted()
    case .host(let host): host.memberNames
    case .range: ["start", "stop", "step"]
    case .list: ["push"]
    default: []
    }
  }
}

/// What every model instance can do besides its own methods.
package enum ModelMethods {
  static let table: [String: @Sendable (ModelInstance) throws -> Value] = [
    "parameters": { .list(try cells(of: $0).map { .parameter($0.cell) }) },
    "named_parameters": {
      .record(Record(try cells(of: $0).map { ($0.path, .parameter($0.cell)) }))
    },
    "buffers": { .record(Record(try ModelWalk(.instance($0)).buffers)) },
    "modules": { .list(try ModelWalk(.instance($0)).modules) },
  ]

  /// The parameters that an instance owns, in declaration order, each once.
  package static func cells(of instance: ModelInstance) throws -> [(
    path: String, cell: ParameterCell
  )] {
    var seen: Set<ObjectIdentifier> = []
    return try ValueTree(.instance(instance), numbersAreLeaves: false).leaves.compactMap { leaf in
      guard let cell = leaf.cell, seen.insert(ObjectIdentifier(cell)).inserted else { return nil }
      return (leaf.path.description, cell)
    }
  }
}

/// A walk over the models in a value, outermost first, each once.
private struct ModelWalk {
  private(set) var modules: [Value] = []
  /// Buffers by their paths, in declaration order.
  private(set) var buffers: [(String, Value)] = []
  private var seen: Set<ObjectIdentifier> = []
  private var walk = Walk()

  init(_ value: Value) throws { try add(value, .top) }

  private mutating func add(_ value: Value, _ path: Path) throws {
    if let parts = try value.parts(at: path) {
      try walk.enter(path)
      for (path, value) in parts { try add(value, path) }
    }
    guard case .instance(let instance) = value,
      seen.insert(ObjectIdentifier(instance)).inserted
    else { return }
    try walk.enter(path)
    modules.append(value)
    for (field, value) in instance.ownedFields {
      let path = path[field.name]
      if field.kind == .buffer { buffers.append((path.description, value)) }
      if value.holdsState { try add(value, path) }
    }
  }
}

extension ModelInstance {
  /// A method as a function.
  package func boundMethod(_ name: String) throws -> Value {
    if let method = type.method(name) {
      return .function(Closure(binding: method, to: self))
    }
    if let method = ModelMethods.table[name] {
      return .builtin(BuiltinFunction("\(name)()") { _ in try method(self) })
    }
    throw Value.instance(self).noMember(name)
  }

  /// Gives a slot its first value: a `param` field makes cells of tensors and numbers.
  func initialize(slot: Int, _ value: Value) throws {
    let field = type.fields[slot]
    slots[slot] =
      field.kind == .param
      ? try value.celled(previous: .nil, .named(field.name)) : value
    if case .parameter(let cell) = slots[slot], cell.name == nil { cell.name = field.name }
  }
}
