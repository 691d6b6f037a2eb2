// What a place in a program leads to, found without running anything of the program: for completion, and for
// who is asked what a name is while something else goes on.

import Syntax

/// Something that can stand behind a point, as completion shows it.
package struct MemberSummary {
  package let name: String
  /// The signature of a method, or what a field holds; empty where that is not known.
  package let detail: String
  package let isMethod: Bool
}

extension Interpreter {
  /// The variable of the main program or built-in of a name; nil where there is none.
  package func peek(_ name: String) -> Value? { value(of: name) ?? builtin(name) }

  /// What `value.name` is; nil for what only a run can tell.
  package func peek(_ name: String, of value: Value) -> Value? {
    switch value {
    case .instance(let instance):
      if let slot = instance.type.slots[name] { return instance.slots[slot] }
      return instance.type.method(name).map { .function($0) }
    case .record(let record): return record[name]
    case .module(let module):
      guard !name.hasPrefix("_"), let slot = module.slots[name] else { return nil }
      return globals[slot].isAbsent ? nil : globals[slot]
    case .host(let host):
      if let field = try? host.field(name) { return field }
      return host.members.method(name).map { .builtin($0.bound(to: host)) }
    case .model(let type): return type.method(name).map { .function($0) }
    default: return nil
    }
  }

  /// What `value[key]` is for a list and a whole number, or a record and a text; nil elsewhere.
  package func peek(_ key: Value, in value: Value) -> Value? {
    switch (value, key) {
    case (.list(let list), .int(let index)):
      let place = index < 0 ? index + list.count : index
      return list.indices.contains(place) ? list[place] : nil
    case (.record(let record), .string(let text)): return record[text.text]
    default: return nil
    }
  }
}

extension Value {
  /// The signature of what can be called.
  package func signature(_ interpreter: Interpreter) -> Signature? {
    interpreter.machine.ownSignature(of: self)
  }

  /// The type that calling it makes objects of; nil for what makes none.
  package var madeModel: ModelType? { if case .model(let type) = self { type } else { nil } }

  /// What can stand behind a point, each with what it is.
  package func memberSummaries(_ interpreter: Interpreter) -> [MemberSummary] {
    switch self {
    case .instance(let instance):
      return instance.type.memberSummaries { slot in
        instance.slots[slot].shortDescription
      }
    case .host(let host): return host.members.memberSummaries + host.ownSummaries
    default:
      return memberNames.map { name in
        let member = interpreter.peek(name, of: self)
        return MemberSummary(
          name: name, detail: member.map { $0.summary(interpreter) } ?? "",
          isMethod: member?.isCallable ?? false)
      }
    }
  }

  /// A signature, or what the value is.
  package func summary(_ interpreter: Interpreter) -> String {
    signature(interpreter).map(\.description) ?? shortDescription
  }
}

extension ModelType {
  /// What instances have.
  package func memberSummaries(_ value: (Int) -> String = { _ in "" }) -> [MemberSummary] {
    let own = fields.enumerated().filter { $1.kind != .argument && $1.kind != .method }
      .map { MemberSummary(name: $1.name, detail: value($0), isMethod: false) }
    let calls = methodNames.map { name in
      MemberSummary(
        name: name, detail: method(name).map { "\($0.prototype.signature)" } ?? "", isMethod: true)
    }
    let shared = ValueMembers.instance.rows.map {
      MemberSummary(name: $0.name, detail: $0.isMethod ? "\($0.name)()" : "", isMethod: $0.isMethod)
    }
    return own + calls + shared
  }
}

extension HostType {
  /// What its objects have.
  package var memberSummaries: [MemberSummary] {
    (base?.memberSummaries ?? [])
      + methods.map {
        MemberSummary(name: $0.signature.name, detail: "\($0.signature)", isMethod: true)
      } + fields.map { MemberSummary(name: $0.name, detail: "", isMethod: false) }
  }
}

extension HostObject {
  fileprivate final var ownSummaries: [MemberSummary] {
    ownFields.pairs.map {
      MemberSummary(name: $0, detail: $1.shortDescription, isMethod: false)
    }
  }
}

// MARK: - Source

extension Value {
  /// Where a function or a model is declared, from its documentation or first decorator on; nil for what no
  /// program declares.
  package var declaration: (source: Source, span: Span)? {
    switch self {
    case .function(let closure): closure.prototype.declaration
    case .model(let type): type.initializer.prototype.declaration
    case .instance(let instance): instance.type.initializer.prototype.declaration
    default: nil
    }
  }
}

extension FunctionPrototype {
  /// The statement, method or function that the code was made of.
  fileprivate var declaration: (source: Source, span: Span) {
    let statements = parse(source).program.statements
    return (source, statements.lazy.compactMap { $0.declaration(at: self.span) }.first ?? span)
  }
}

extension Statement {
  /// What stands in the statement that has a name, or a function without one, at a place.
  fileprivate func declaration(at place: Span) -> Span? {
    guard span.start <= place.start, place.end <= span.end else { return nil }
    switch kind {
    case .function(let function, _) where function.name?.span == place: return span
    case .model(let model, _):
      if model.name.span == place { return span }
      for case .method(let method, _) in model.members where method.name?.span == place {
        return method.span
      }
      return span
    case .let(.name(let name), let value, _):
      if case .function(let function) = value.kind, function.span == place || name.span == place {
        return span
      }
      return place
    default: return nil
    }
  }
}
