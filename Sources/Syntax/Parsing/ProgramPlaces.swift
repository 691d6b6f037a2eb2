// Places of a program that explain a mistake in it: the operands of the operation that failed, and where
// a name was declared. They are looked for when a mistake is shown, in the tree made anew from the text, so
// that running programs carry nothing for it.

/// Finds expressions and declarations by their places.
public struct ProgramPlaces {
  private var operations: [Span: Expression] = [:]
  private var declarations: [Declaration] = []

  private struct Declaration {
    let name: String
    let span: Span
    /// The block that it is visible in.
    let scope: Span
    /// True where all of the block sees it.
    let isHoisted: Bool
  }

  /// The places of a source's tree.
  public init(_ source: Source) {
    let whole = Span(0, source.utf8.count)
    visit(Block(parse(source).program.statements, whole))
  }

  /// The call or operator that takes a place.
  public func operation(at span: Span) -> Expression? { operations[span] }

  /// Where the variable, function or parameter was declared that a name stands for at a place.
  public func declaration(of name: String, at offset: Int32) -> Span? {
    declarations.filter {
      $0.name == name && $0.scope.start <= offset && offset <= $0.scope.end
        && ($0.isHoisted || $0.span.end <= offset)
    }.max {
      ($0.scope.end - $0.scope.start, -$0.span.start) > (
        $1.scope.end - $1.scope.start, -$1.span.start
      )
    }?.span
  }

  // MARK: The walk

  private mutating func visit(_ block: Block) {
    for statement in block.statements { visit(statement, block.span) }
  }

  private mutating func declare(_ name: Identifier, _ scope: Span, isHoisted: Bool = false) {
    declarations.append(
      Declaration(name: name.name, span: name.span, scope: scope, isHoisted: isHoisted))
  }

  private mutating func declare(_ pattern: Pattern, _ scope: Span) {
    switch pattern {
    case .name(let name): declare(name, scope)
    case .list(let parts, let rest, _):
      for part in parts { declare(part, scope) }
      if let rest { declare(rest, scope) }
    case .record(let parts, _): for part in parts { declare(part.pattern, scope) }
    }
  }

  private mutating func visit(_ statement: Statement, _ scope: Span) {
    switch statement.kind {
    case .expression(let value), .throw(let value): visit(value)
    case .return(let value): if let value { visit(value) }
    case .let(let pattern, let value, _):
      visit(value)
      declare(pattern, scope)
    case .assign(let target, let value):
      visit(target)
      visit(value)
      if case .name(let name) = target.kind { declare(Identifier(name, target.span), scope) }
    case .update(let target, let operation, let value):
      visit(target)
      visit(value)
      operations[statement.span] = Expression(
        .binary(operation, target, value, operatorSpan: statement.span), statement.span)
    case .function(let function, let decorators):
      decorators.forEach { visit($0) }
      if let name = function.name { declare(name, scope, isHoisted: true) }
      visit(function)
    case .model(let model, let decorators):
      decorators.forEach { visit($0) }
      declare(model.name, scope, isHoisted: true)
      visit(model)
    case .for(let pattern, let things, let body):
      visit(things)
      declare(pattern, body.span)
      visit(body)
    case .while(let condition, let body):
      visit(condition)
      visit(body)
    case .assert(let condition, let message):
      visit(condition)
      if let message { visit(message) }
    case .test(_, let body): visit(body)
    case .importModule(_, _, let alias): declare(alias, scope)
    case .importNames(_, _, let names): for name in names { declare(name.alias, scope) }
    case .break, .continue, .error: break
    }
  }

  private mutating func visit(_ function: Function) {
    for parameter in function.parameters {
      if let value = parameter.defaultValue { visit(value) }
      declare(parameter.pattern, function.body.span)
    }
    visit(function.body)
  }

  private mutating func visit(_ model: Model) {
    for parameter in model.parameters { declare(parameter.pattern, model.span) }
    for member in model.members {
      switch member {
      case .field(_, let pattern, let value, _, _):
        visit(value)
        declare(pattern, model.span)
      case .method(let function, let decorators):
        decorators.forEach { visit($0) }
        visit(function)
      }
    }
  }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .nil, .bool, .int, .float, .name, .selfInstance, .error: break
    case .string(let pieces):
      for case .interpolation(let value, _) in pieces { visit(value) }
    case .tensor(let elements), .list(let elements): for element in elements { visit(element) }
    case .record(let entries):
      for entry in entries {
        switch entry {
        case .pair(_, let value), .spread(let value): visit(value)
        }
      }
    case .comprehension(let comprehension, _):
      for clause in comprehension.clauses {
        switch clause {
        case .for(let pattern, let things):
          visit(things)
          declare(pattern, expression.span)
        case .if(let condition): visit(condition)
        }
      }
      visit(comprehension.element)
    case .range(let low, let high, let step, _):
      visit(low)
      visit(high)
      if let step { visit(step) }
    case .unary(_, let operand), .not(let operand), .spread(let operand): visit(operand)
    case .field(let operand, _): visit(operand)
    case .binary(_, let left, let right, _):
      operations[expression.span] = expression
      visit(left)
      visit(right)
    case .and(let left, let right), .or(let left, let right): visit([left, right])
    case .pipe(let left, let right):
      operations[expression.span] = piped(left, right, expression.span)
      visit([left, right])
    case .comparison(let first, let rest):
      operations[expression.span] = expression
      visit([first] + rest.map(\.operand))
    case .call(let callee, let arguments):
      operations[expression.span] = expression
      visit(callee)
      for argument in arguments { visit(argument.value) }
    case .index(let object, let parts):
      visit(object)
      for part in parts {
        switch part {
        case .item(let item): visit(item)
        case .slice(let start, let stop, let step, _): visit([start, stop, step].compactMap { $0 })
        case .ellipsis: break
        }
      }
    case .function(let function): visit(function)
    case .if(let branches, let otherwise):
      for branch in branches {
        visit(branch.condition)
        visit(branch.body)
      }
      if let otherwise { visit(otherwise) }
    case .block(let block): visit(block)
    case .with(let contexts, let body):
      visit(contexts)
      visit(body)
    case .try(let body, let pattern, let handler):
      visit(body)
      declare(pattern, handler.span)
      visit(handler)
    case .finally(let body, let cleanup):
      visit(body)
      visit(cleanup)
    case .extract(let extract): visit(extract.targets)
    case .recover(let recover): visit(recover.targets + [recover.snapshot])
    }
  }

  private mutating func visit(_ expressions: [Expression]) {
    for expression in expressions { visit(expression) }
  }

  /// `x |> f(a)` as the call that it is.
  private func piped(_ value: Expression, _ function: Expression, _ span: Span) -> Expression {
    if case .call(let callee, let arguments) = function.kind {
      return Expression(.call(callee, [.positional(value)] + arguments), span)
    }
    return Expression(.call(function, [.positional(value)]), span)
  }
}

extension Argument {
  /// What is given, spread or not.
  public var value: Expression {
    switch self {
    case .positional(let value), .named(_, let value), .spreadList(let value),
      .spreadRecord(let value):
      value
    }
  }
}
