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
    case .module(let module): return try module.member(name, interpreter)
    case .host(let host):
      interpreter.machine.willRead(host)
      if let field = try host.field(name) { return field }
      if let method = host.members.method(name) {
        return .builtin(method.bound(to: host))
      }
    case .model(let type):
      if name != "name", let method = type.method(name) { return .function(method) }
    default: break
    }
    if let member = members?[name] { return try member.read(self) }
    if let method = members?.method(name) { return try method.bound(to: self) }
    throw noMember(name, interpreter, isCalled: false)
  }

  /// The rows of what a program can read of such a value; nil for one whose fields are its own.
  private var members: ValueMembers? {
    switch self {
    case .tensor, .int, .float, .bool: .tensor
    case .parameter: .parameter
    case .list: .list
    case .record: .record
    case .range: .range
    case .function, .builtin: .function
    case .model: .model
    case .instance: .instance
    default: nil
    }
  }

  /// The error for a field or method that is not there, with the nearest name that is; functions that can be
  /// written as methods count, where an interpreter says which there are.
  func noMember(_ name: String, _ interpreter: Interpreter? = nil, isCalled: Bool = true)
    -> RuntimeError
  {
    if isCalled, let row = members?[name], !row.isMethod {
      return RuntimeError(
        .type, "`\(name)` of \(shortDescription) is a field, and is not called",
        hint: "write .\(name) without parentheses")
    }
    let functions =
      isNumeric || text != nil || members?.type == "List" ? interpreter?.builtinNames : nil
    var hint = ForeignNames.hint(forMember: name, of: self)
    if hint == nil, !isCalled, interpreter?.builtin(name)?.isCallable == true, functions != nil {
      hint = "\(name) is a function: call it, .\(name)()"
    }
    hint =
      hint ?? nearest(to: name, among: memberNames).map { "did you mean `\($0)`?" }
      ?? functions.flatMap { nearest(to: name, among: $0) }.map { "did you mean `\($0)`?" }
    if hint == nil, case .record(let record) = self, record.count <= 8 {
      hint =
        record.count == 0
        ? "the record is empty" : "it has \(record.keys.map(\.shortened).joined(separator: ", "))"
    }
    if hint == nil, case .instance(let instance) = self {
      let names =
        instance.type.fields.filter { $0.kind != .argument }.map(\.name) + instance.type.methodNames
      if !names.isEmpty, names.count <= 8 { hint = "it has \(names.joined(separator: ", "))" }
    }
    if hint == nil {
      hint =
        text == nil
        ? "mos doc \(members?.type ?? typeName) says what it has"
        : "texts have upper, lower, strip, split, replace, find, starts_with and ends_with"
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
        + ValueMembers.instance.rows.map(\.name)
    case .record(let record): record.keys + (members?.names ?? [])
    case .tensor, .parameter, .list, .range: members?.names ?? []
    case .module(let module): module.publicNames.sorted()
    case .host(let host): host.memberNames
    default: []
    }
  }
}

extension ModelInstance {
  /// A method as a function.
  package func boundMethod(_ name: String) throws -> Value {
    if let method = type.method(name) {
      return .function(Closure(binding: method, to: self))
    }
    if let member = ValueMembers.instance[name] {
      return .builtin(BuiltinFunction("\(name)()") { _ in try member.read(.instance(self)) })
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
