// What is known of a value before a program runs. `unknown` is the answer in every doubt, and nothing is said
// of what is unknown.

import Language
import Syntax

/// What is known of a value.
indirect enum Known {
  case unknown
  case `nil`
  /// The number itself, where it stands in the text.
  case int(Int?)
  case float
  /// An Int or a Float.
  case number
  case bool
  case text(String?)
  /// The extents of a tensor, as far as they are known.
  case tensor([Int?]?)
  case parameter([Int?]?)
  case list([Known]?)
  /// The fields of a record that is written out and never changed.
  case record([String: Known]?)
  case range
  case function(Callable)
  case model(ModelShape)
  case instance(ModelShape)
  case module(ModuleSurface)
  case object(HostType)

  /// The extents of a tensor or parameter, nil where they are unknown, and for what is neither.
  var extents: [Int?]? {
    switch self {
    case .tensor(let extents), .parameter(let extents): extents
    default: nil
    }
  }

  var isTensor: Bool {
    switch self {
    case .tensor, .parameter: true
    default: false
    }
  }

  /// True for what is certainly a plain number.
  var isNumber: Bool {
    switch self {
    case .int, .float, .number: true
    default: false
    }
  }

  var isList: Bool { if case .list = self { true } else { false } }

  var isUnknown: Bool { if case .unknown = self { true } else { false } }

  /// What the tensor of a parameter is, and anything else itself.
  var value: Known { if case .parameter(let extents) = self { .tensor(extents) } else { self } }

  /// What remains known after a part of the value was set.
  var changed: Known {
    switch self {
    case .list: .list(nil)
    case .record: .record(nil)
    default: self
    }
  }

  /// What stays known of a field, which another file may set: that it holds a layer or a text, but not that it is
  /// nil or a number.
  var lasting: Known {
    switch self {
    case .nil, .int, .float, .number, .bool, .record: .unknown
    default: changed
    }
  }

  /// What is known of a value that is one of two.
  func joined(_ other: Known) -> Known {
    switch (self, other) {
    case (.nil, .nil): return .nil
    case (.int(let m), .int(let n)): return .int(m == n ? m : nil)
    case (.float, .float): return .float
    case (let a, let b) where a.isNumber && b.isNumber: return .number
    case (.bool, .bool): return .bool
    case (.text(let s), .text(let t)): return .text(s == t ? s : nil)
    case (.tensor(let a), .tensor(let b)): return .tensor(Known.joined(a, b))
    case (.parameter(let a), .parameter(let b)): return .parameter(Known.joined(a, b))
    case (.list, .list): return .list(nil)
    case (.record, .record): return .record(nil)
    case (.range, .range): return .range
    case (.object(let a), .object(let b)) where a === b: return self
    case (.instance(let a), .instance(let b)) where a === b: return self
    default: return .unknown
    }
  }

  private static func joined(_ a: [Int?]?, _ b: [Int?]?) -> [Int?]? {
    guard let a, let b, a.count == b.count else { return nil }
    return zip(a, b).map { $0 == $1 ? $0 : nil }
  }
}

extension Known {
  /// As the subject of a message: `a String`, `a tensor of shape (2, 3)`.
  var description: String {
    switch self {
    case .unknown: "a value"
    case .nil: "nil"
    case .int(let number): number.map { "the Int \($0)" } ?? "an Int"
    case .float: "a Float"
    case .number: "a number"
    case .bool: "a Bool"
    case .text(let text):
      text.flatMap { $0.count <= 20 ? "the String \"\($0)\"" : nil } ?? "a String"
    case .tensor(let extents): "a tensor" + Known.shape(extents)
    case .parameter(let extents): "a Parameter" + Known.shape(extents)
    case .list(let elements): elements.map { "a List of \($0.count)" } ?? "a List"
    case .record: "a Record"
    case .range: "a Range"
    case .function(let function):
      function.signature.name == "fn" ? "a Function" : "the Function \(function.signature.name)"
    case .model(let model): "the Model \(model.name)"
    case .instance(let model): "a \(model.name)"
    case .module(let module): "module \(module.name)"
    case .object(let type): "\("AEIOU".contains(type.name.first ?? "x") ? "an" : "a") \(type.name)"
    }
  }

  private static func shape(_ extents: [Int?]?) -> String {
    extents.map { " of shape \(text($0))" } ?? ""
  }

  /// A shape as a list is printed, `(2, 3)`, with `_` for what is unknown.
  static func text(_ extents: [Int?]) -> String {
    let list = extents.map { $0.map(String.init) ?? "_" }.joined(separator: ", ")
    return extents.count == 1 ? "(\(list),)" : "(\(list))"
  }
}

/// Something that can be called and whose parameters are known.
struct Callable {
  let signature: Signature
  /// The built-in of that name, where it is one.
  var builtin: Builtin?
  /// The body of a function of the program.
  var body: FunctionBody?
}

/// What is known of a declared model.
final class ModelShape {
  let name: String
  /// How instances are made.
  let signature: Signature
  /// Fields, parameters among them, and methods; those that are decorated have no signature.
  private(set) var fields: Set<String> = []
  private(set) var parameters: Set<String> = []
  private(set) var methods: [String: Signature?] = [:]
  /// The bodies of methods, of a model of the program that is checked.
  private(set) var bodies: [String: FunctionBody] = [:]
  /// The sizes of a `Linear` of the standard library, where this is one.
  private(set) var linearSizes: (inputs: Int?, outputs: Int?)?

  /// A `Linear` of given sizes.
  init(linear model: ModelShape, inputs: Int?, outputs: Int?) {
    (name, signature, fields) = (model.name, model.signature, model.fields)
    (parameters, methods) = (model.parameters, model.methods)
    linearSizes = (inputs, outputs)
    isStandardLinear = true
  }

  /// Whether it is that of the standard library.
  let isStandardLinear: Bool

  init(_ model: Model, in source: Source, isOwn: Bool = false, module: String? = nil) {
    isStandardLinear = module == "nn" && model.name.name == "Linear"
    name = model.name.name
    signature = Signature(name: model.name.name, parameters: model.parameters, in: source)
    parameters = Set(model.parameters.flatMap(\.pattern.names).map(\.name))
    for member in model.members {
      switch member {
      case .field(_, let pattern, _, _, _): fields.formUnion(pattern.names.map(\.name))
      case .method(let function, let decorators):
        guard let name = function.name else { continue }
        let signature = Signature(name: name.name, parameters: function.parameters, in: source)
        methods[name.name] = .some(decorators.isEmpty ? signature : nil)
        if isOwn, decorators.isEmpty { bodies[name.name] = FunctionBody(function, self) }
      }
    }
  }

  /// What stands behind a dot of an instance.
  var memberNames: [String] {
    fields.sorted() + methods.keys.sorted() + ValueMembers.instance.rows.map(\.name)
  }
}

/// What a module offers, found in its text without running it.
final class ModuleSurface {
  let name: String
  private(set) var members: [String: Known] = [:]
  let isStandard: Bool

  init(_ name: String, _ source: Source, isStandard: Bool) {
    self.name = name
    self.isStandard = isStandard
    var doubtful: Set<String> = []
    func add(_ name: String, _ known: Known) {
      if members.updateValue(known, forKey: name) != nil { doubtful.insert(name) }
    }
    for statement in parse(source).program.statements {
      switch statement.kind {
      case .function(let function, let decorators):
        guard let name = function.name?.name else { continue }
        let signature = Signature(name: name, parameters: function.parameters, in: source)
        add(name, decorators.isEmpty ? .function(Callable(signature: signature)) : .unknown)
      case .model(let model, let decorators):
        add(
          model.name.name,
          decorators.isEmpty
            ? .model(ModelShape(model, in: source, module: isStandard ? name : nil)) : .unknown)
      case .let(let pattern, _, _): pattern.names.forEach { add($0.name, .unknown) }
      case .assign(let target, _):
        for name in target.names { add(name, .unknown) }
      case .importModule(_, _, let alias): add(alias.name, .unknown)
      case .importNames(_, _, let names): names.forEach { add($0.alias.name, .unknown) }
      case .expression(let expression):
        if case .extract(let extract) = expression.kind, let name = extract.name {
          add(name.name, .unknown)
        }
      default: break
      }
    }
    for name in doubtful { members[name] = .unknown }
  }

  /// The names that importers see.
  var publicNames: [String] { members.keys.filter { !$0.hasPrefix("_") }.sorted() }
}

extension Expression {
  /// The names of a target that assigns variables.
  fileprivate var names: [String] {
    switch kind {
    case .name(let name): [name]
    case .list(let targets): targets.flatMap(\.names)
    default: []
    }
  }
}
