// Objects of the host in programs: a class is registered with its methods and fields, one row each.

internal import Autodiff
internal import Language
internal import Tensors

/// A Swift object that programs can have: identity, methods and fields, as registered for its class, or else for
/// the nearest class that it inherits from.
///
///     final class Environment: MosObject { … }
///
///     mos.register(Environment.self) {
///       Method("reset()") { world in try world.reset() }
///       Method("step(action)") { (world, action: Int) in try world.step(action) }
///       Field("state") { $0.state }
///     }
///     try mos.set("world", to: Environment())
public protocol MosObject: AnyObject, MosConvertible {}

extension MosObject {
  /// The object, the same one each time.
  ///
  /// - Throws: where the interpreter whose call goes on has no methods and fields for the class.
  public func mosValue() throws -> Value {
    guard let registry = HostClasses.current, let members = registry.members(of: self) else {
      throw RuntimeError(
        .type, "the interpreter does not know objects of the class \(type(of: self))",
        hint: "`register(\(type(of: self)).self) { … }` says what programs can do with them")
    }
    return Value(.host(ForeignObject(self, members)))
  }

  /// The object that programs were given.
  ///
  /// - Throws: for another value.
  public static func from(mosValue value: Value) throws -> Self {
    guard case .host(let host as ForeignObject) = value.held, let object = host.object as? Self
    else { throw value.mismatch("an object of the class \(Self.self)") }
    return object
  }
}

extension Interpreter {
  /// Says what programs can do with objects of a class. Said again, it holds for objects that programs are given
  /// from then on.
  ///
  /// - Parameters:
  ///   - type: the class.
  ///   - name: what `type(v)` gives; the name of the class unless given.
  ///   - documentation: what the objects are, in Markdown.
  ///   - members: methods and fields.
  public func register<Object: MosObject>(
    _ type: Object.Type, as name: String? = nil, _ documentation: String = "",
    @MemberBuilder<Object> members: () -> Members<Object>
  ) {
    let members = members()
    classes.add(
      type,
      HostType(
        ForeignObject.self, name ?? "\(type)", documentation,
        methods: members.methods, fields: members.fields))
  }
}

/// A method of objects of a class: its signature as programs see it, and a function of the object and its
/// arguments.
public struct Method<Object: MosObject> {
  fileprivate let row: Language.Method<ForeignObject>

  /// A method with a result.
  ///
  /// - Precondition: the signature has a parameter for each argument of the function.
  public init<each Argument: MosConvertible, Result: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    _ function: @escaping (Object, repeat each Argument) throws -> Result
  ) {
    self.init(signature, documentation, count((repeat (each Argument).self))) {
      object, arguments in
      var given = GivenArguments(arguments)
      return try function(object, repeat try given.next((each Argument).self)).mosValue()
    }
  }

  /// A method without a result, which gives `nil`.
  ///
  /// - Precondition: the signature has a parameter for each argument of the function.
  public init<each Argument: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    _ function: @escaping (Object, repeat each Argument) throws -> Void
  ) {
    self.init(signature, documentation, count((repeat (each Argument).self))) {
      object, arguments in
      var given = GivenArguments(arguments)
      try function(object, repeat try given.next((each Argument).self))
      return .nil
    }
  }

  private init(
    _ signature: String, _ documentation: String, _ count: Int,
    _ body: @escaping (Object, Arguments) throws -> Value
  ) {
    // A row is called where its interpreter runs, and nowhere else.
    nonisolated(unsafe) let call = { (host: ForeignObject, arguments: Arguments) in
      let object = try host.as(Object.self)
      return try SampledCall(arguments).results { try body(object, $0).held }
    }
    row = Language.Method(HostSignature.parse(signature, count), documentation) {
      try call($0, $1)
    }
  }
}

/// A field of objects of a class, which programs read.
public struct Field<Object: MosObject> {
  fileprivate let row: Language.Field<ForeignObject>

  /// A field, read anew each time; an error that the function throws is one of kind `host` to the program.
  public init<Content: MosConvertible>(
    _ name: String, _ documentation: String = "", _ read: @escaping (Object) throws -> Content
  ) {
    // A row is read where its interpreter runs, and nowhere else.
    nonisolated(unsafe) let read = { (host: ForeignObject) in
      try read(host.as(Object.self)).mosValue().held
    }
    row = Language.Field(name, documentation) { try read($0) }
  }
}

/// Methods and fields of objects of a class.
public struct Members<Object: MosObject> {
  fileprivate var methods: [Language.Method<ForeignObject>] = []
  fileprivate var fields: [Language.Field<ForeignObject>] = []
}

/// The rows of `register`.
@resultBuilder
public enum MemberBuilder<Object: MosObject> {
  /// A method.
  public static func buildExpression(_ method: Method<Object>) -> Members<Object> {
    Members(methods: [method.row])
  }

  /// A field.
  public static func buildExpression(_ field: Field<Object>) -> Members<Object> {
    Members(fields: [field.row])
  }

  /// Rows in order.
  public static func buildBlock(_ members: Members<Object>...) -> Members<Object> {
    Members(methods: members.flatMap(\.methods), fields: members.flatMap(\.fields))
  }
}

/// An object of the host as a value.
final class ForeignObject: HostObject {
  let object: any MosObject

  init(_ object: any MosObject, _ members: HostType) {
    self.object = object
    super.init()
    ownMembers = members
  }

  override func isEqual(_ other: HostObject) -> Bool {
    (other as? ForeignObject)?.object === object
  }

  func `as`<Object: MosObject>(_ type: Object.Type) throws -> Object {
    guard let object = object as? Object else {
      throw RuntimeError(.type, "a \(typeName) is no \(Object.self)")
    }
    return object
  }
}

/// The classes that one interpreter knows.
final class HostClasses {
  private var types: [ObjectIdentifier: HostType] = [:]

  func add(_ type: any MosObject.Type, _ members: HostType) {
    types[ObjectIdentifier(type)] = members
  }

  /// The rows of an object's class, or of the nearest that it inherits from.
  func members(of object: some MosObject) -> HostType? {
    if let found = types[ObjectIdentifier(type(of: object))] { return found }
    var ancestor = Mirror(reflecting: object).superclassMirror
    while let mirror = ancestor {
      if let found = types[ObjectIdentifier(mirror.subjectType)] { return found }
      ancestor = mirror.superclassMirror
    }
    return nil
  }

  /// Those of the interpreter whose call goes on.
  static var current: HostClasses? {
    (Context.current.owner as? Language.Interpreter)?.host as? HostClasses
  }
}
