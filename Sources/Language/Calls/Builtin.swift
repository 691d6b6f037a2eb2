// A built-in function is declared once: signature, documentation, Swift function. Completion,
// help, arity checks, error texts and the reference pages all come from the declaration.
//
// The contract of the Swift function: `arguments[i]` is the i-th parameter *of the signature*,
// however the call was written; a parameter that was not given is `.absent` (readers such as
// `arguments.int(1)` give the default, where the signature has it as a literal); `*rest` is a `.list`
// and `**options` a `.record`. Throw `RuntimeError` or `TensorError`; the machine adds the place.
//
//     Builtin("clip(x, low=nil, high=nil)", """
//       Limits each element to low … high.
//
//           print(clip([1.0, 5.0], 2.0, 4.0))    # [2.0, 4.0]
//       """) { arguments in
//       .tensor(try clip(arguments.variable(0), …))
//     }

import Tensors

/// The declaration of a built-in function.
public struct Builtin: Sendable {
  /// What it does with its arguments.
  public typealias Function = @Sendable (Arguments) throws -> Value

  /// `"sum(x, axis=nil, keepdims=false)"`
  public let signature: String
  /// What it does, in Markdown: a sentence, details, an indented example that runs.
  public let documentation: String
  /// What it does beside giving a value.
  public let effects: Effects
  /// What the host must have granted; see `Capabilities.swift`.
  public let needs: [Capability.Kind]
  /// The module of the standard library that has the function, where that is written in Mos.
  package var module: String?
  let function: Function

  /// What a built-in does beside giving a value that its arguments decide. A function that does more
  /// cannot be recorded, and is not tried out.
  public enum Effects: Sendable {
    /// Nothing.
    case none
    /// It reads what may be otherwise the next time: the clock, a file, the environment.
    case reads
    /// It changes parameters and objects that it is given, each of which tells of that.
    case changes
    /// It changes the program's variables or the world, or shows something.
    case writes
    /// Nobody knows.
    case opaque

    /// What it does, to stand after "since it"; nil for nothing.
    var deed: String? {
      switch self {
      case .none: nil
      case .reads: "reads what may be otherwise the next time"
      case .changes, .writes: "does more than compute its value"
      case .opaque: "calls a function of the host, which may do anything"
      }
    }
  }

  /// Declares a built-in.
  public init(
    _ signature: String, _ documentation: String, effects: Effects = .none,
    needs: [Capability.Kind] = [], _ function: @escaping Function
  ) {
    self.signature = signature
    self.documentation = documentation + needs.sentence
    self.effects = effects
    self.needs = needs
    self.function = needs.demanded(by: function)
  }

  /// The name, as the signature begins with it.
  public var name: String {
    String(decoding: signature.utf8.prefix { $0 != UInt8(ascii: "(") }, as: UTF8.self)
  }
}

extension [Capability.Kind] {
  /// A paragraph of documentation that names the capabilities; empty for none.
  var sentence: String {
    isEmpty
      ? ""
      : "\n\nInside a host it needs the capability "
        + map { "`\($0.rawValue)`" }.joined(separator: " and ") + "."
  }

  /// - Throws: an io error for the first that the host of a call has not granted.
  func demand(of arguments: Arguments) throws {
    for kind in self { try arguments.require(kind) }
  }

  /// The function, which asks for the capabilities first; what needs none is as it was.
  func demanded(by function: @escaping Builtin.Function) -> Builtin.Function {
    guard !isEmpty else { return function }
    return { arguments in
      try demand(of: arguments)
      return try function(arguments)
    }
  }
}

/// The declaration of a name that stands for a value: `pi`, `f32`, `no_grad`.
public struct BuiltinConstant: Sendable {
  public let name: String
  public let documentation: String
  let make: @Sendable () -> Value

  /// Declares a constant; each interpreter makes its own value when a program first names it.
  public init(
    _ name: String, _ documentation: String, _ make: @escaping @Sendable () -> Value
  ) {
    self.name = name
    self.documentation = documentation
    self.make = make
  }
}

/// A page of the reference: built-ins that belong together.
public struct BuiltinPage: Sendable {
  public let title: String
  public let constants: [BuiltinConstant]
  public let functions: [Builtin]
  /// The classes of the objects that these give; each has its members in its `hostType`.
  public let objects: [HostObject.Type]

  /// A page of declarations.
  public init(
    _ title: String, constants: [BuiltinConstant] = [], objects: [HostObject.Type] = [],
    _ functions: [Builtin]
  ) {
    self.title = title
    self.constants = constants
    self.objects = objects
    self.functions = functions
  }
}

/// A built-in as a value of one interpreter.
public final class BuiltinFunction {
  /// The parameters, read from the declaration.
  public let signature: Signature
  /// What it does, in Markdown; empty for results such as the `pull` of `vjp`.
  public let documentation: String
  /// What it does beside giving a value.
  let effects: Builtin.Effects
  private(set) var function: Builtin.Function
  /// The interpreter whose code it may call; nil for what the language itself has.
  let home: Int?
  /// What it calls, for the built-ins that ask for it.
  package weak var subject: AnyObject?
  /// The signature of the function whose arguments it takes, where it does what that does.
  package var standsFor: Signature?

  /// What one takes, with a function from Swift and its parameters.
  private static let ownBytes = 256

  /// The name.
  public var name: String { signature.name }

  /// A function of the language's own.
  public init(_ declaration: Builtin) {
    signature = Signature(parsing: declaration.signature)
    documentation = declaration.documentation
    effects = declaration.effects
    function = declaration.function
    home = nil
    SmallObjects.charge(BuiltinFunction.ownBytes)
  }

  /// A function from Swift; not in any reference page. One that is made while no program runs is the
  /// host's, which may do anything.
  init(
    _ signature: Signature, _ documentation: String,
    _ function: @escaping (Arguments) throws -> Value
  ) {
    // A closure made while running stays with the interpreter that made it: one thread.
    nonisolated(unsafe) let function = function
    self.signature = signature
    self.documentation = documentation
    self.function = { try function($0) }
    home = runningInterpreter
    effects = home == nil ? .opaque : .none
    SmallObjects.charge(BuiltinFunction.ownBytes)
  }

  /// A function of the host that an interpreter belongs to, which may do anything.
  package init(
    _ signature: Signature, _ documentation: String, of interpreter: Interpreter,
    _ function: @escaping (Arguments) throws -> Value
  ) {
    // It is called where the interpreter runs, and nowhere else.
    nonisolated(unsafe) let function = function
    self.signature = signature
    self.documentation = documentation
    self.function = { try function($0) }
    home = interpreter.context.number
    effects = .opaque
    SmallObjects.charge(BuiltinFunction.ownBytes)
  }

  /// A function that holds what another one held, which has ended.
  fileprivate init(after ended: BuiltinFunction, _ function: @escaping Builtin.Function) {
    signature = ended.signature
    documentation = ""
    effects = ended.effects
    home = ended.home
    self.function = function
    SmallObjects.charge(BuiltinFunction.ownBytes)
  }

  /// What a function from Swift holds may be another one, and so on.
  deinit {
    SmallObjects.refund(BuiltinFunction.ownBytes)
    guard home != nil else { return }
    var last = function
    function = BuiltinFunction.nothing
    if Release.isDeep {
      Release.wait(.builtin(BuiltinFunction(after: self, last)))
    } else {
      Release.within { last = BuiltinFunction.nothing }
    }
  }

  private static let nothing: Builtin.Function = { _ in .nil }

  /// A function from Swift, for results such as the `pull` of `vjp`.
  public convenience init(_ signature: String, _ function: @escaping (Arguments) throws -> Value) {
    self.init(Signature(parsing: signature), "", function)
  }
}
