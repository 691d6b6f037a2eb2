// What an expression is made of, for walks that have nothing to say about most kinds.

import Syntax

/// A part of an expression.
enum Part {
  case expression(Expression)
  case block(Block)
}

extension Expression {
  /// The expressions and blocks directly inside, in the order of the text; of a call's arguments, an index
  /// and a record the values. Patterns, functions and comprehensions, which have scopes of their own, are
  /// left to the walk.
  var parts: [Part] {
    switch kind {
    case .nil, .bool, .int, .float, .name, .selfInstance, .error, .function, .comprehension: []
    case .string(let pieces):
      pieces.compactMap { piece in
        if case .interpolation(let value, _) = piece { .expression(value) } else { nil }
      }
    case .tensor(let elements), .list(let elements): elements.map { .expression($0) }
    case .record(let entries): entries.map { .expression($0.value) }
    case .range(let low, let high, let step, _):
      [.expression(low), .expression(high)] + (step.map { [.expression($0)] } ?? [])
    case .unary(_, let operand), .not(let operand), .spread(let operand): [.expression(operand)]
    case .binary(_, let left, let right, _), .and(let left, let right), .or(let left, let right),
      .pipe(let left, let right):
      [.expression(left), .expression(right)]
    case .comparison(let first, let rest):
      [.expression(first)] + rest.map { .expression($0.operand) }
    case .call(let callee, let arguments):
      [.expression(callee)] + arguments.map { .expression($0.value) }
    case .field(let object, _): [.expression(object)]
    case .index(let object, let parts):
      [.expression(object)] + parts.flatMap(\.expressions).map { .expression($0) }
    case .if(let branches, let otherwise):
      branches.flatMap { [.expression($0.condition), .block($0.body)] }
        + (otherwise.map { [.block($0)] } ?? [])
    case .block(let block): [.block(block)]
    case .with(let contexts, let body): contexts.map { .expression($0) } + [.block(body)]
    case .extract(let extract): extract.targets.map { .expression($0) }
    case .recover(let recover):
      recover.targets.map { .expression($0) } + [.expression(recover.snapshot)]
    default: Part.all(in: kind)
    }
  }
}

extension Part {
  /// The expressions and blocks in a node of any kind, found by reflection.
  static func all(in node: Any) -> [Part] {
    var found: [Part] = []
    var rest: [Any] = [node]
    while let node = rest.popLast() {
      switch node {
      case let expression as Expression: found.append(.expression(expression))
      case let block as Block: found.append(.block(block))
      case is Span, is String: break
      default: rest += Mirror(reflecting: node).children.reversed().map(\.value)
      }
    }
    return found
  }
}

extension RecordEntry {
  var value: Expression {
    switch self {
    case .pair(_, let value), .spread(let value): value
    }
  }
}

extension Argument {
  var value: Expression {
    switch self {
    case .positional(let value), .named(_, let value), .spreadList(let value),
      .spreadRecord(let value):
      value
    }
  }
}

extension IndexPart {
  var expressions: [Expression] {
    switch self {
    case .item(let item): [item]
    case .slice(let start, let stop, let step, _): [start, stop, step].compactMap { $0 }
    case .ellipsis: []
    }
  }
}

extension Pattern {
  /// The names that it declares, in order.
  package var names: [Identifier] {
    switch self {
    case .name(let name): [name]
    case .list(let parts, let rest, _): parts.flatMap(\.names) + (rest.map { [$0] } ?? [])
    case .record(let parts, _): parts.flatMap(\.pattern.names)
    }
  }
}
