// The syntax tree of a program: what the parser makes and the resolver reads.
//
// Every node carries its span. Nesting is bounded by the parser (`Parser.maximumDepth`), so a
// recursive walk over a tree cannot exhaust the stack. After an error the parser leaves an
// `.error` node, which later phases skip in silence.

/// A name with its place.
public struct Identifier: Hashable, Sendable {
  public var name: String
  public var span: Span
  public init(_ name: String, _ span: Span) {
    self.name = name
    self.span = span
  }
}

/// An expression and its place.
public struct Expression: Sendable {
  public var kind: Kind
  public var span: Span
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  public indirect enum Kind: Sendable {
    case `nil`
    case bool(Bool)
    case int(Int)
    case float(Double)
    /// A string of literal pieces and interpolations; a plain string is one piece.
    case string([StringPiece])
    case name(String)
    case selfInstance
    /// `[a, b]`, a tensor literal; an element may be a spread.
    case tensor([Expression])
    /// `(a, b)`, `(x,)`, `()`; an element may be a `.spread`.
    case list([Expression])
    /// `{a: x, b, ...r}`.
    case record([RecordEntry])
    /// `list(e for v in xs if c)` (tensor false) and `[e for v in xs]` (tensor true).
    case comprehension(Comprehension, tensor: Bool)
    /// `low .. high : step`; parts may be missing only in an index.
    case range(Expression, Expression, step: Expression?, isClosed: Bool)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
    /// `a < b <= c`: operands are evaluated once, left to right, and it stops at the first false.
    case comparison(first: Expression, rest: [ComparisonPart])
    case and(Expression, Expression)
    case or(Expression, Expression)
    case not(Expression)
    /// `x |> f(a)`: the right side is kept as written.
    case pipe(Expression, Expression)
    case call(Expression, [Argument])
    case field(Expression, Identifier)
    case index(Expression, [IndexPart])
    /// `x => e`, `(x, y=1) => { … }`, and `fn(x) { … }`.
    case function(Function)
    case `if`([ConditionalBranch], otherwise: Block?)
    case block(Block)
    case with([Expression], Block)
    case `try`(Block, pattern: Pattern, handler: Block)
    /// `try … finally { … }`: the block runs however the expression ends; that is a `try`, or the body as a block.
    case finally(Expression, Block)
    /// `*xs` or `**options` where a spread is allowed.
    case spread(Expression)
    /// `extract net, optim as start by copy`: a command or an expression.
    case extract(Extract)
    case recover(Recover)
    case error
  }
}

public enum StringPiece: Sendable {
  case text(String)
  /// `{expression:format}`; the format is kept as text and checked by the compiler.
  case interpolation(Expression, format: String?)
}

public enum RecordEntry: Sendable {
  /// `name: value`, `"any key": value`, and `name` for `name: name`.
  case pair(key: Identifier, value: Expression)
  /// `...r`
  case spread(Expression)
}

/// `for pattern in things` or `if condition`, in order; there is at least one, a `for`, first.
public struct Comprehension: Sendable {
  public enum Clause: Sendable {
    case `for`(Pattern, in: Expression)
    case `if`(Expression)
  }
  public var element: Expression
  public var clauses: [Clause]
  public init(element: Expression, clauses: [Clause]) {
    self.element = element
    self.clauses = clauses
  }
}

public enum UnaryOperator: String, Sendable {
  case negate = "-"
  case plus = "+"
  case complement = "~"
}

public enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
  case matmul = "@"
  case bitAnd = "&"
  case bitOr = "|"
}

public enum ComparisonOperator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessEqual = "<="
  case greater = ">"
  case greaterEqual = ">="
  case `in` = "in"
  case notIn = "not in"
}

public struct ComparisonPart: Sendable {
  public var `operator`: ComparisonOperator
  public var operatorSpan: Span
  public var operand: Expression
  public init(_ operator: ComparisonOperator, _ operatorSpan: Span, _ operand: Expression) {
    self.operator = `operator`
    self.operatorSpan = operatorSpan
    self.operand = operand
  }
}

/// One argument of a call.
public enum Argument: Sendable {
  case positional(Expression)
  case named(Identifier, Expression)
  /// `*xs`
  case spreadList(Expression)
  /// `**options`
  case spreadRecord(Expression)
}

/// One part of an index `x[a, 1:3, ..., nil]`.
public enum IndexPart: Sendable {
  case item(Expression)
  /// `start:stop:step`, each optional.
  case slice(start: Expression?, stop: Expression?, step: Expression?, span: Span)
  /// `...`
  case ellipsis(Span)
}

public struct ConditionalBranch: Sendable {
  public var condition: Expression
  public var body: Block
  public init(condition: Expression, body: Block) {
    self.condition = condition
    self.body = body
  }
}

/// `{ statements }`; its value is that of its last statement if that is an expression.
public struct Block: Sendable {
  public var statements: [Statement]
  public var span: Span
  public init(_ statements: [Statement], _ span: Span) {
    self.statements = statements
    self.span = span
  }
}

/// What `let`, `for`, a parameter or `catch` takes apart.
public indirect enum Pattern: Sendable {
  case name(Identifier)
  /// `(a, b, *rest)`
  case list([Pattern], rest: Identifier?, span: Span)
  /// `{w, b: bias}`: pairs of key and pattern.
  case record([(key: Identifier, pattern: Pattern)], span: Span)
}

/// A shape annotation `f64[n, d]`, `[..., 3]`, or a type name `Float`, `Function`.
public struct Annotation: Sendable {
  public enum Axis: Sendable {
    case name(String)
    case size(Int)
    case ellipsis
  }
  public enum Kind: Sendable {
    /// A dtype if given, with axes if given: `f64[n]`, `[n, d]`, `f32`.
    case tensor(dtype: String?, axes: [Axis]?)
    /// `Float Int String Bool Function …`
    case type(String)
  }
  public var kind: Kind
  public var span: Span
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// One parameter of a function, lambda or model.
public struct Parameter: Sendable {
  public enum Kind: Sendable {
    case plain
    /// `*rest`
    case restList
    /// `**options`
    case restRecord
  }
  public var kind: Kind
  public var pattern: Pattern
  public var annotation: Annotation?
  public var defaultValue: Expression?
  public var span: Span
  public init(
    kind: Kind = .plain, pattern: Pattern, annotation: Annotation? = nil,
    defaultValue: Expression? = nil, span: Span
  ) {
    self.kind = kind
    self.pattern = pattern
    self.annotation = annotation
    self.defaultValue = defaultValue
    self.span = span
  }
}

/// A function, named or not. An arrow lambda's expression body is a block of one statement.
public struct Function: Sendable {
  public var name: Identifier?
  public var parameters: [Parameter]
  public var result: Annotation?
  public var body: Block
  public var documentation: String?
  public var span: Span
  public init(
    name: Identifier?, parameters: [Parameter], result: Annotation?, body: Block,
    documentation: String?, span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.body = body
    self.documentation = documentation
    self.span = span
  }
}

/// A model declaration: fields and methods in the order written.
public struct Model: Sendable {
  public enum FieldKind: String, Sendable { case param, buffer, `let` }
  public enum Member: Sendable {
    /// `param a = 1.0`, `buffer n = 0`, `let layers = …`
    case field(FieldKind, Pattern, Expression, documentation: String?, span: Span)
    /// A method with its decorators, outermost first.
    case method(Function, decorators: [Expression])
  }
  public var name: Identifier
  public var parameters: [Parameter]
  public var members: [Member]
  public var documentation: String?
  public var span: Span
  public init(
    name: Identifier, parameters: [Parameter], members: [Member], documentation: String?,
    span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.members = members
    self.documentation = documentation
    self.span = span
  }
}

/// `extract targets as name by manner`
public struct Extract: Sendable {
  public var targets: [Expression]
  /// True for `extract session`.
  public var session: Bool
  /// `reference`, `copy` or `deepcopy`; nil for the default.
  public var manner: Identifier?
  public var name: Identifier?
  public init(targets: [Expression], session: Bool, manner: Identifier?, name: Identifier?) {
    self.targets = targets
    self.session = session
    self.manner = manner
    self.name = name
  }
}

/// `recover targets from snapshot`
public struct Recover: Sendable {
  public var targets: [Expression]
  /// True for `recover session from …`.
  public var session: Bool
  public var snapshot: Expression
  public init(targets: [Expression], session: Bool, snapshot: Expression) {
    self.targets = targets
    self.session = session
    self.snapshot = snapshot
  }
}

/// A statement and its place.
public struct Statement: Sendable {
  public var kind: Kind
  public var span: Span
  public init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }

  public indirect enum Kind: Sendable {
    case expression(Expression)
    case `let`(Pattern, Expression, documentation: String?)
    /// `place = value`; the target is a name, field, index, or a list of them.
    case assign(Expression, Expression)
    /// `place += value`
    case update(Expression, BinaryOperator, Expression)
    /// A `fn` declaration with its decorators, outermost first.
    case function(Function, decorators: [Expression])
    case model(Model, decorators: [Expression])
    case `for`(Pattern, in: Expression, body: Block)
    case `while`(Expression, body: Block)
    case `break`
    case `continue`
    case `return`(Expression?)
    case `throw`(Expression)
    case assert(Expression, message: Expression?)
    case test(name: String, body: Block)
    /// `import nn`, `import "lib/tasks.mos" as tasks`
    case importModule(path: String, isFile: Bool, alias: Identifier)
    /// `from nn import Linear, MLP as Net`
    case importNames(path: String, isFile: Bool, names: [(name: Identifier, alias: Identifier)])
    case error
  }
}

/// A parsed source.
public struct Program: Sendable {
  public var source: Source
  public var statements: [Statement]
  public init(source: Source, statements: [Statement]) {
    self.source = source
    self.statements = statements
  }
}
