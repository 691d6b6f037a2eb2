// Expressions: what is known of their values.

import Language
import Syntax
import Tensors

extension KindWalk {
  /// Walks an expression, each part once, and gives what is known of its value.
  @discardableResult
  func walk(_ expression: Expression, isValueUsed: Bool = true) -> Known {
    if callWalk != nil { steps += 1 }
    switch expression.kind {
    case .nil: return .nil
    case .bool: return .bool
    case .int(let number): return .int(number)
    case .float: return .float
    case .string(let pieces): return text(pieces)
    case .name(let name): return known(name, expression.span)
    case .selfInstance: return model.map { .instance($0) } ?? .unknown
    case .tensor(let elements): return tensor(elements, expression.span)
    case .list(let elements):
      let known = elements.map { walk(part: $0) }
      return .list(elements.contains(where: \.isSpread) ? nil : known)
    case .record(let entries): return record(entries)
    case .comprehension(let comprehension, let isTensor):
      return walk(comprehension, isTensor: isTensor)
    case .range:
      walkParts(expression)
      return .range
    case .unary(let operation, let operand): return unary(operation, walk(operand), expression.span)
    case .binary(let operation, let left, let right, _):
      let first = walk(left)
      return binary(operation, first, walk(right), expression.span)
    case .comparison(let first, let rest): return walk(first, rest, expression.span)
    case .and(let left, let right), .or(let left, let right):
      condition(walk(left), left.span)
      doubtfully { condition(walk(right), right.span) }
      return .bool
    case .not(let operand):
      condition(walk(operand), operand.span)
      return .bool
    case .pipe(let value, let function):
      if case .call(let callee, let arguments) = function.kind {
        return call(callee, [.positional(value)] + arguments, expression.span, isPiped: true)
      }
      return call(function, [.positional(value)], expression.span, isPiped: true)
    case .call(let callee, let arguments): return call(callee, arguments, expression.span)
    case .field(let object, let name): return field(walk(object), name)
    case .index(let object, let parts): return index(object, parts, expression.span)
    case .function(let function):
      walk(function)
      return .function(
        Callable(
          signature: Signature(name: "fn", parameters: function.parameters, in: source),
          body: FunctionBody(function, model)))
    case .if(let branches, let otherwise):
      untaken(branches, otherwise)
      var known: Known?
      for branch in branches {
        condition(walk(branch.condition), branch.condition.span)
        let value = doubtfully { walk(branch.body, isValueUsed: isValueUsed) }
        known = known.map { $0.joined(value) } ?? value
      }
      let last = doubtfully { otherwise.map { walk($0, isValueUsed: isValueUsed) } ?? .nil }
      return known?.joined(last) ?? .unknown
    case .block(let block): return walk(block, isValueUsed: isValueUsed)
    case .with(let contexts, let body):
      contexts.forEach { walk($0) }
      return walk(body, isValueUsed: isValueUsed || contexts.contains(where: isWatching))
    case .try(let body, let pattern, let handler):
      let outer = mayFail
      mayFail = true
      let value = walk(body, isValueUsed: isValueUsed)
      mayFail = outer
      bind(pattern, .unknown)
      return value.joined(walk(handler, isValueUsed: isValueUsed))
    case .extract:
      walkParts(expression)
      return .object(Snapshot.hostType)
    default:
      walkParts(expression)
      return .unknown
    }
  }

  /// True for a context that may watch what is computed, as a timer does.
  private func isWatching(_ context: Expression) -> Bool {
    switch context.kind {
    case .name(let name): name != "no_grad"
    case .call(let callee, _):
      if case .name(let name) = callee.kind { !["seed", "dtype"].contains(name) } else { true }
    default: true
    }
  }

  private func walkParts(_ expression: Expression) {
    for part in expression.parts {
      switch part {
      case .expression(let expression): walk(expression)
      case .block(let block): _ = walk(block)
      }
    }
  }

  private func text(_ pieces: [StringPiece]) -> Known {
    for case .interpolation(let value, _) in pieces { walk(value) }
    if pieces.isEmpty { return .text("") }
    if pieces.count == 1, case .text(let text) = pieces[0] { return .text(text) }
    return .text(nil)
  }

  private func tensor(_ elements: [Expression], _ span: Span) -> Known {
    var inner: [Int?]? = []
    var isCertain = true
    for element in elements {
      let known = walk(element)
      switch known.value {
      case .text:
        guard !element.isSpread else { break }
        if !mayFail {
          fail(
            .type, "a tensor holds numbers, not \(known.description)", element.span,
            hint: "parentheses make lists: (\"a\", \"b\")")
        }
        return .unknown
      case .int, .float, .number, .bool:
        if element.isSpread { isCertain = false }
        if isCertain, element.span != elements[0].span, let shape = inner, !shape.isEmpty {
          report(
            .shape, "a number stands beside tensors of shape \(Known.text(shape))", element.span)
          isCertain = false
        }
      case .tensor(let shape?) where !element.isSpread:
        if element.span == elements[0].span {
          inner = shape
        } else if isCertain, let first = inner {
          if let both = KnownShapes.same(first, shape) {
            inner = both
          } else {
            report(
              .shape,
              "the elements have shapes \(Known.text(first)) and \(Known.text(shape))",
              element.span,
              hint: "elements of a tensor have one shape; a list takes any: ((1, 2), (3,))")
            isCertain = false
          }
        }
      default: isCertain = false
      }
    }
    guard isCertain, let inner else { return .tensor(nil) }
    return .tensor([elements.count] + inner)
  }

  private func record(_ entries: [RecordEntry]) -> Known {
    var fields: [String: Known]? = [:]
    for entry in entries {
      switch entry {
      case .pair(let key, let value):
        let known = walk(part: value)
        fields?[key.name] = known
      case .spread(let value):
        if case .record(let more?) = walk(value) {
          fields?.merge(more) { $1 }
        } else {
          fields = nil
        }
      }
    }
    return .record(fields)
  }

  /// An element of a list or record; a function without parameters there is one of a table of such.
  private func walk(part: Expression) -> Known {
    guard case .function(let function) = part.kind, function.parameters.isEmpty else {
      return walk(part)
    }
    walk(function, mayFail: true)
    return .function(Callable(signature: Signature(name: "fn", parameters: [], in: source)))
  }

  private func walk(_ comprehension: Comprehension, isTensor: Bool) -> Known {
    for clause in comprehension.clauses {
      switch clause {
      case .for(let pattern, let things): bind(pattern, element(of: walk(things), things.span))
      case .if(let test): condition(walk(test), test.span)
      }
    }
    let element = doubtfully { walk(comprehension.element) }
    if isTensor, case .text = element, !mayFail {
      fail(
        .type, "a tensor holds numbers, not \(element.description)", comprehension.element.span,
        hint: "list(e for v in xs) makes a list")
    }
    return isTensor ? .tensor(nil) : .list(nil)
  }

  private func walk(_ first: Expression, _ rest: [ComparisonPart], _ span: Span) -> Known {
    var left = walk(first)
    var known = Known.unknown
    for part in rest {
      let right = walk(part.operand)
      known = comparison(part.operator, left, right, span)
      left = right
    }
    return rest.count == 1 ? known : .unknown
  }

  // MARK: Fields and indexes

  /// What is known of `object.name`.
  func field(_ object: Known, _ name: Identifier) -> Known {
    switch object {
    case .unknown, .object: return .unknown
    case .module(let module): return member(name, of: module)
    case .instance(let shape):
      if shape.memberNames.contains(name.name) || shape.parameters.contains(name.name) {
        return .unknown
      }
    case .record(let fields):
      guard let fields else { return .unknown }
      if let known = fields[name.name] { return known }
    case .model(let shape):
      if name.name == "name" || shape.methods[name.name] != nil { return .unknown }
    case .tensor(let extents), .parameter(let extents):
      if let known = field(name.name, ofTensor: extents) { return known }
    case .int, .float, .number, .bool:
      if let known = field(name.name, ofTensor: []) { return known }
    case .range: if ["start", "stop", "step"].contains(name.name) { return .int(nil) }
    case .function: return .unknown
    default: break
    }
    if KindWalk.allMembers(of: object).contains(name.name) { return .unknown }
    missing(name, of: object)
    return .unknown
  }

  private func field(_ name: String, ofTensor extents: [Int?]?) -> Known? {
    guard ValueMembers.tensor[name] != nil || name == "name" else { return nil }
    switch name {
    case "shape": return .list(extents.map { $0.map { .int($0) } })
    case "ndim": return .int(extents?.count)
    case "size": return .int(extents.flatMap(KnownShapes.count))
    case "value": return .tensor(extents)
    case "T": return .tensor(extents.map { $0.reversed() })
    default: return .unknown
    }
  }

  /// Names behind a dot that the kind of a value has.
  static func allMembers(of known: Known) -> [String] {
    switch known {
    case .list: Value.list([]).memberNames + ["push", "pop", "insert", "remove", "index", "count"]
    case .record(let fields):
      (fields?.keys.sorted() ?? []) + Value.record(Record()).memberNames + ["get", "delete"]
    case .tensor, .parameter, .int, .float, .number, .bool:
      ValueMembers.all.first { $0.type == "Parameter" }?.rows.map(\.name) ?? []
    case .range: ["start", "stop", "step"]
    case .instance(let shape): shape.memberNames
    case .object(let type): type.memberNames
    case .module(let module): module.publicNames
    default:
      ValueMembers.all.first { $0.type == "List" || $0.type == "Text" }?.rows.map(\.name) ?? []
    }
  }

  /// Warns of a field or method that a value does not have.
  func missing(_ name: Identifier, of known: Known) {
    if interpreter.library.function(name.name) != nil || names.uses[name.span.start] != nil {
      return
    }
    let hint =
      known.example.flatMap { ForeignNames.hint(forMember: name.name, of: $0) }
      ?? nearest(
        to: name.name,
        among: KindWalk.allMembers(of: known) + interpreter.builtinNames.sorted()
      ).map { "did you mean `\($0)`?" }
    report(
      .member, "\(known.description) has no field or method `\(name.name)`", name.span, hint: hint)
  }

  private func index(_ object: Expression, _ parts: [IndexPart], _ span: Span) -> Known {
    let known = walk(object)
    let items = parts.flatMap(\.expressions).map { walk($0) }
    switch known.value {
    case .int, .float, .number, .bool, .nil, .function, .model, .instance, .module:
      report(.operator, "\(known.description) has no elements to index", span)
    case .list(let elements):
      guard let elements, parts.count == 1, case .item = parts[0],
        case .int(let place?)? = items.first
      else { break }
      let index = place < 0 ? place + elements.count : place
      guard elements.indices.contains(index) else {
        report(.values, "index \(place) is out of range for \(known.description)", span)
        return .unknown
      }
      return elements[index]
    case .record(let fields):
      if case .item? = parts.first, case .int? = items.first {
        report(
          .operator, "a Record has no element by number", span,
          hint: "its keys are texts: r[\"key\"]; values(r)[0] is the first value")
      }
      guard let fields, parts.count == 1, case .text(let key?)? = items.first else { break }
      return fields[key] ?? .unknown
    case .tensor(let extents?):
      guard parts.allSatisfy({ if case .item = $0 { true } else { false } }),
        items.allSatisfy({ if case .int = $0 { true } else { false } })
      else { return .tensor(nil) }
      guard items.count <= extents.count else {
        report(
          .shape, "\(items.count) indices for \(known.description)", span)
        return .tensor(nil)
      }
      for case (.int(let place?), let extent?) in zip(items, extents)
      where place >= extent || place < -extent {
        report(.shape, "index \(place) is out of range for an axis of \(extent)", span)
      }
      return .tensor(Array(extents.dropFirst(items.count)))
    case .tensor(nil): return .tensor(nil)
    default: break
    }
    return .unknown
  }
}

extension Known {
  /// A value of the kind, for hints by kind.
  fileprivate var example: Value? {
    switch self {
    case .list: .list([])
    case .record: .record(Record())
    case .tensor, .parameter: .tensor(.tensor(Tensor(0.0)))
    default: nil
    }
  }
}

extension Expression {
  var isSpread: Bool { if case .spread = kind { true } else { false } }
}

extension KnownShapes {
  /// The shape that two shapes of one are; nil where they differ.
  static func same(_ a: [Int?], _ b: [Int?]) -> [Int?]? {
    guard a.count == b.count else { return nil }
    var result: [Int?] = []
    for (m, n) in zip(a, b) {
      if let m, let n, m != n { return nil }
      result.append(m ?? n)
    }
    return result
  }
}
