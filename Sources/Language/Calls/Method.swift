// What programs can ask of an object, one row each: the text of a signature, documentation, a
// function of the object and its arguments.
//
//     Method("sample(*shape, key=nil)", "A tensor of samples. …") { distribution, arguments in … }
//
// A row is written for objects of one class and kept for host objects: the cast stands here, once.

/// A method of objects of a class, or their call.
public struct Method<Object: HostObject>: Sendable {
  let row: HostMethod

  /// Declares a method as `Builtin` declares a function: the arguments come by position in the
  /// signature, `.absent` where they were not given.
  public init(
    _ signature: String, _ documentation: String, needs: [Capability.Kind] = [],
    _ body: @escaping @Sendable (Object, Arguments) throws -> Value
  ) {
    self.init(Signature(parsing: signature), documentation, needs: needs, body)
  }

  /// Declares a method with a signature that has been read.
  package init(
    _ signature: Signature, _ documentation: String, needs: [Capability.Kind] = [],
    _ body: @escaping @Sendable (Object, Arguments) throws -> Value
  ) {
    let run: HostMethod.Body = { try body(own($0), $1) }
    let demanding: HostMethod.Body = { host, arguments in
      try needs.demand(of: arguments)
      return try run(host, arguments)
    }
    row = HostMethod(
      signature, documentation + needs.sentence, needs,
      needs.isEmpty ? run : demanding)
  }
}

/// A field of objects of a class, which programs read and do not set.
public struct Field<Object: HostObject>: Sendable {
  let row: HostField

  /// Declares a field.
  public init(
    _ name: String, _ documentation: String, _ read: @escaping @Sendable (Object) throws -> Value
  ) {
    row = HostField(name: name, documentation: documentation) { try read(own($0)) }
  }
}

/// The object as one of the class that the row is of: rows are found by an object's own class.
private func own<Object: HostObject>(_ host: HostObject) -> Object {
  guard let object = host as? Object else {
    preconditionFailure("a \(type(of: host)) was asked as a \(Object.self): please report")
  }
  return object
}

/// A method of host objects of some class; a call site keeps it for that class.
public final class HostMethod: Sendable {
  typealias Body = @Sendable (HostObject, Arguments) throws -> Value

  /// The parameters, read from the row once.
  public let signature: Signature
  /// What it does, in Markdown.
  public let documentation: String
  /// What the host must have granted, which the body asks for.
  public let needs: [Capability.Kind]
  let body: Body

  init(
    _ signature: Signature, _ documentation: String, _ needs: [Capability.Kind],
    _ body: @escaping Body
  ) {
    self.signature = signature
    self.documentation = documentation
    self.needs = needs
    self.body = body
  }

  /// The method of one object as a function.
  func bound(to host: HostObject) -> BuiltinFunction {
    BuiltinFunction(signature, documentation) { [self] in try body(host, $0) }
  }
}

/// A field of host objects of some class.
public struct HostField: Sendable {
  public let name: String
  /// What it holds, in Markdown.
  public let documentation: String
  let read: @Sendable (HostObject) throws -> Value
}
