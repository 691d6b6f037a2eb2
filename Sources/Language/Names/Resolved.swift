// The program after resolution: every name is a slot, sugar is gone (pipes, shorthand, methods
// on values), and what the compiler must know about a variable stands in the variable.

import Syntax

/// A variable of a function.
final class LocalVariable {
  let name: String
  let span: Span
  /// The function that the variable belongs to.
  let function: FunctionScope
  /// True for a name declared by `fn` or `model`, visible in all of its block.
  let isHoisted: Bool
  var isCaptured = false
  /// True where it is set after its declaration.
  var isAssigned = false
  /// The count of statements begun when the function that it belongs to first read it.
  var firstUse: Int?
  /// True for a hoisted variable that is read before it can be made, so that reading it looks.
  var isLate = false
  var register = -1

  init(_ name: String, _ span: Span, _ function: FunctionScope, isHoisted: Bool = false) {
    self.name = name
    self.span = span
    self.function = function
    self.isHoisted = isHoisted
  }

  /// True where closures share the variable, or reading it has to look whether it is there: such a
  /// variable lives in a box.
  var isBoxed: Bool { isLate || isCaptured && (isAssigned || isHoisted) }
}

/// What a name stands for.
enum Reference {
  case local(LocalVariable)
  /// The capture of an index of the function that names it.
  case capture(Int, LocalVariable)
  case global(Int)
  case builtin(Value)
  /// The function that the name stands in.
  case currentFunction
}

/// An expression with resolved names.
struct Resolved {
  var kind: Kind
  var span: Span
  init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  indirect enum Kind {
    case constant(Value)
    case text([Piece])
    case reference(Reference, name: String)
    /// What a variable holds that only stands in for a method: `absent` before it has a value.
    case held(Reference, name: String)
    /// A slot of `self`: a field, or a parameter of the declaration.
    case slot(Reference, Int)
    /// A method of `self` as a value.
    case method(Reference, String)
    case tensor([Element])
    case list([Element])
    case record([RecordPart])
    case comprehension(element: Resolved, [Clause], tensor: Bool)
    case range(RangeParts)
    case unary(UnaryOperator, Resolved)
    /// `isUpdate` for the operation of `x += v`.
    case binary(BinaryOperator, Resolved, Resolved, isUpdate: Bool = false)
    case comparison(first: Resolved, rest: [(operator: ComparisonOperator, operand: Resolved)])
    case and(Resolved, Resolved)
    case or(Resolved, Resolved)
    case not(Resolved)
    case call(Resolved, [ResolvedArgument])
    case methodCall(MethodCall)
    case field(Resolved, String)
    case index(Resolved, [ResolvedIndex])
    case function(ResolvedFunction)
    case `if`([(condition: Resolved, body: ResolvedBlock)], otherwise: ResolvedBlock?)
    case block(ResolvedBlock)
    case with([Resolved], ResolvedBlock)
    case `try`(ResolvedBlock, ResolvedPattern, handler: ResolvedBlock)
    case finally(Resolved, ResolvedBlock)
    case extract(
      [Resolved], names: [String], session: Bool, manner: String, store: Target?, as: String)
    case recover([(value: Resolved, target: Target?)], session: Bool, from: Resolved)
    /// What a mistake left.
    case error
  }

  enum Piece {
    case text(String)
    case value(Resolved, format: String?)
  }

  enum Element {
    case one(Resolved)
    case spread(Resolved)
  }

  enum RecordPart {
    case pair(String, Resolved)
    case spread(Resolved)
  }

  enum Clause {
    case `for`(ResolvedPattern, Resolved)
    case `if`(Resolved)
  }
}

/// `receiver.name(arguments)`, which is a method or a function of the receiver.
struct MethodCall {
  var receiver: Resolved
  var name: String
  var nameSpan: Span
  var arguments: [ResolvedArgument]
  /// What is visible by that name: a variable, a field or method of `self`, or the first of several that
  /// can be called.
  var visible: Resolved?
  /// The built-in of that name.
  var builtin: BuiltinFunction?
  /// Where the receiver is, if it is a place, so that `push` and its like can change it.
  var place: Target?
}

/// `start..stop:step`, or `start..=stop:step` where it is closed.
struct RangeParts {
  var start: Resolved
  var stop: Resolved
  var step: Resolved?
  var isClosed: Bool
}

enum ResolvedArgument {
  case positional(Resolved)
  case named(Identifier, Resolved)
  case spreadList(Resolved)
  case spreadRecord(Resolved)

  var value: Resolved {
    switch self {
    case .positional(let value), .named(_, let value), .spreadList(let value),
      .spreadRecord(let value):
      value
    }
  }

  /// How it stands at its call site.
  var kind: CallSite.Kind {
    switch self {
    case .positional: .positional
    case .named(let name, _): .named(name.name)
    case .spreadList: .spreadList
    case .spreadRecord: .spreadRecord
    }
  }
}

enum ResolvedIndex {
  case item(Resolved)
  case slice(Resolved?, Resolved?, Resolved?)
  case ellipsis
}

/// Where a value goes.
indirect enum Target {
  case variable(Reference, Span)
  case slot(Reference, Int, Span)
  case field(Resolved, root: Target?, String, Span)
  case index(Resolved, root: Target?, [ResolvedIndex], Span)
  case list([Target], Span)

  var span: Span {
    switch self {
    case .variable(_, let span), .slot(_, _, let span), .field(_, _, _, let span),
      .index(_, _, _, let span), .list(_, let span):
      span
    }
  }
}

/// A pattern whose names are declared.
indirect enum ResolvedPattern {
  case local(LocalVariable)
  case global(Int)
  case slot(Reference, Int)
  case ignore
  case list([ResolvedPattern], rest: ResolvedPattern?, Span)
  case record([(key: String, pattern: ResolvedPattern)], Span)
}

struct ResolvedBlock {
  /// Declarations that are made when the block begins.
  var hoisted: [ResolvedStatement] = []
  /// Variables of the block's `fn` and `model` declarations.
  var hoistedVariables: [LocalVariable] = []
  var statements: [ResolvedStatement] = []
  var span: Span
}

struct ResolvedStatement {
  indirect enum Kind {
    case expression(Resolved)
    case declare(ResolvedPattern, Resolved)
    case assign(Target, Resolved)
    case update(Target, BinaryOperator, Resolved)
    case model(ResolvedModel, ResolvedPattern, decorators: [Resolved])
    case `for`(ResolvedPattern, Resolved, ResolvedBlock)
    case `while`(Resolved, ResolvedBlock)
    case `break`
    case `continue`
    case `return`(Resolved?)
    case `throw`(Resolved)
    case assert(Resolved, message: Resolved?)
    case test(String, ResolvedFunction)
    case importModule(String, isFile: Bool, ResolvedPattern)
    case importNames(String, isFile: Bool, [(name: String, span: Span, pattern: ResolvedPattern)])
    case nothing
  }
  var kind: Kind
  var span: Span
  init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// A parameter of a function that is ready to be compiled.
struct ResolvedParameter {
  var variable: LocalVariable
  /// What takes the argument apart where the parameter is a pattern.
  var pattern: ResolvedPattern?
  var defaultValue: Resolved?
  var annotation: Annotation?
}

/// A function whose captures are known.
final class ResolvedFunction {
  let name: String
  let span: Span
  let scope: FunctionScope
  var parameters: [ResolvedParameter] = []
  var signature = Signature(name: "", parameters: [])
  var result: Annotation?
  var documentation: String?
  var body: ResolvedBlock
  /// The variable that holds `self`, for methods.
  var selfVariable: LocalVariable?
  /// True for the function that fills a new instance's slots and gives the instance back.
  var isInitializer = false

  init(name: String, span: Span, scope: FunctionScope) {
    self.name = name
    self.span = span
    self.scope = scope
    body = ResolvedBlock(span: span)
  }
}

/// A model that is ready to be compiled.
final class ResolvedModel {
  let name: String
  let span: Span
  let documentation: String?
  var fields: [ModelField] = []
  var initializer: ResolvedFunction?
  var methods: [ResolvedFunction] = []

  init(name: String, span: Span, documentation: String?) {
    self.name = name
    self.span = span
    self.documentation = documentation
  }
}

/// A whole program.
struct ResolvedProgram {
  var source: Source
  var main: ResolvedFunction
}

/// The function that names are being resolved in, with what it captures.
final class FunctionScope {
  let parent: FunctionScope?
  /// The local variable that holds this very function, if nothing else is ever put there.
  var ownVariable: LocalVariable?
  private(set) var captures: [LocalVariable] = []

  init(parent: FunctionScope?) { self.parent = parent }

  /// The index of the capture of a variable of an enclosing function.
  func capture(_ variable: LocalVariable) -> Int {
    variable.isCaptured = true
    if let index = captures.firstIndex(where: { $0 === variable }) { return index }
    if let parent, parent !== variable.function { _ = parent.capture(variable) }
    captures.append(variable)
    return captures.count - 1
  }
}
