// Statements, blocks and declarations.

import Syntax

extension Resolver {
  /// Notes what the top level declares, so that function bodies may name it beforehand.
  func surveyGlobals(_ statements: [Statement]) {
    var functions: [String: Signature] = [:]
    var doubtful: Set<String> = []
    func note(_ name: Identifier, _ signature: Signature? = nil) {
      if later[name.name] != nil || signature == nil { doubtful.insert(name.name) }
      if later[name.name] == nil { later[name.name] = name.span }
      functions[name.name] = signature
    }
    func note(_ pattern: Pattern) {
      switch pattern {
      case .name(let name): note(name)
      case .list(let parts, let rest, _):
        parts.forEach(note)
        if let rest { note(rest) }
      case .record(let parts, _): parts.forEach { note($0.pattern) }
      }
    }
    for statement in statements {
      switch statement.kind {
      case .let(let pattern, _, _): note(pattern)
      case .function(let function, let decorators):
        guard let name = function.name else { continue }
        note(name, decorators.isEmpty ? signature(of: function) : nil)
        if decorators.isEmpty { declared.insert(name.name) }
      case .model(let model, let decorators):
        note(model.name)
        if decorators.isEmpty { declared.insert(model.name.name) }
      case .assign(let target, _):
        if case .name(let name) = target.kind { note(Identifier(name, target.span)) }
        if case .list(let targets) = target.kind {
          for case let target in targets {
            if case .name(let name) = target.kind { note(Identifier(name, target.span)) }
          }
        }
      case .importModule(_, _, let alias): note(alias)
      case .importNames(_, _, let names): names.forEach { note($0.alias) }
      case .expression(let expression):
        if case .extract(let extract) = expression.kind, let name = extract.name { note(name) }
      default: break
      }
    }
    for name in doubtful { functions[name] = nil }
    knownFunctions = functions
  }

  func resolve(_ block: Block) -> ResolvedBlock {
    inScope { resolveStatements(block.statements, block.span) }
  }

  /// The statements of a block whose scope is open.
  func resolveStatements(_ statements: [Statement], _ span: Span) -> ResolvedBlock {
    var block = ResolvedBlock(span: span)
    if !isGlobalScope {
      for statement in statements {
        let name: Identifier?
        switch statement.kind {
        case .function(let function, let decorators):
          name = function.name
          if let name, decorators.isEmpty { scope.known[name.name] = signature(of: function) }
        case .model(let model, _): name = model.name
        default: name = nil
        }
        if let name { block.hoistedVariables.append(declare(name, isHoisted: true)) }
      }
    }
    var created: Set<String> = []
    var passed: [Passed] = []
    var warned = false
    for (index, statement) in statements.enumerated() {
      let begun = begunStatements
      let resolved = resolve(statement)
      if let value = namedValue(statement, resolved), created.insert(value.name).inserted {
        insert(resolved, value, begun, passed, into: &block)
      } else {
        block.statements.append(resolved)
      }
      passed.append(Passed(span: statement.span, begun: begunStatements))
      if !warned, index + 1 < statements.count, leaves(statement) {
        var diagnostic = make(.name, "this is never reached", statements[index + 1].span)
        diagnostic.severity = .warning
        diagnostic.kind = "unreachable"
        diagnostics.append(diagnostic)
        warned = true
      }
    }
    return block
  }

  private func leaves(_ statement: Statement) -> Bool {
    switch statement.kind {
    case .return, .break, .continue, .throw: true
    default: false
    }
  }

  /// A statement of a block, and how many statements had begun when it was resolved.
  private struct Passed {
    let span: Span
    let begun: Int

    func contains(_ place: Span) -> Bool { span.start <= place.start && place.end <= span.end }
  }

  /// The name that a `fn` or `model` declares, and the block's variables that its value is made of,
  /// but for other such names; nil for these where it is decorated, and has to stay in its place.
  private func namedValue(
    _ statement: Statement, _ resolved: ResolvedStatement
  ) -> (name: String, needs: [LocalVariable]?)? {
    let (name, isPlain): (String, Bool)
    let captures: [LocalVariable]
    switch (statement.kind, resolved.kind) {
    case (.function(let function, let decorators), .declare(_, let value)):
      (name, isPlain) = (function.name?.name ?? "", decorators.isEmpty)
      captures = if case .function(let body) = value.kind { body.scope.captures } else { [] }
    case (.model(let model, let decorators), .model(let body, _, _)):
      (name, isPlain) = (model.name.name, decorators.isEmpty)
      captures = (body.methods + [body.initializer].compactMap { $0 }).flatMap(\.scope.captures)
    default: return nil
    }
    guard isPlain else { return (name, nil) }
    let own = scope.names
    return (name, captures.filter { !$0.isHoisted && own[$0.name] === $0 })
  }

  /// Puts a `fn` or `model` where it is made: when its block begins, after the last `let` that it
  /// needs, or where it stands. One that is read before that is looked at whenever it is read.
  private func insert(
    _ resolved: ResolvedStatement, _ value: (name: String, needs: [LocalVariable]?),
    _ begun: Int, _ passed: [Passed], into block: inout ResolvedBlock
  ) {
    if let needs = value.needs, needs.isEmpty { return block.hoisted.append(resolved) }
    var (made, place) = (begun, block.statements.endIndex)
    if let latest = value.needs?.max(by: { $0.span.start < $1.span.start }),
      let declaration = passed.last(where: { $0.contains(latest.span) }),
      let index = block.statements.lastIndex(where: { $0.span == declaration.span })
    {
      (made, place) = (declaration.begun, index + 1)
    }
    if let variable = scope.names[value.name], let use = variable.firstUse, use <= made {
      variable.isLate = true
    }
    block.statements.insert(resolved, at: place)
  }

  func resolve(_ statement: Statement) -> ResolvedStatement {
    begunStatements += 1
    return ResolvedStatement(resolveKind(statement), statement.span)
  }

  private func resolveKind(_ statement: Statement) -> ResolvedStatement.Kind {
    switch statement.kind {
    case .expression(let expression): return .expression(resolve(expression))
    case .let(let pattern, let value, _):
      let resolved = resolve(value)
      return .declare(declare(pattern), resolved)
    case .assign(let target, let value):
      let resolved = resolve(value)
      return .assign(resolveTarget(target, mayDeclare: true), resolved)
    case .update(let target, let operation, let value):
      let resolved = resolve(value)
      return .update(resolveTarget(target, mayDeclare: false), operation, resolved)
    case .function(let function, let decorators):
      guard let name = function.name else { return .nothing }
      let decorators = decorators.map(resolve)
      let variable = isGlobalScope ? nil : scope.names[name.name]
      let resolved = resolve(function, own: decorators.isEmpty ? variable : nil)
      let value = decorate(Resolved(.function(resolved), function.span), decorators)
      return .declare(declaredPattern(name, variable), value)
    case .model(let model, let decorators):
      let decorators = decorators.map(resolve)
      let resolved = resolve(model)
      let variable = isGlobalScope ? nil : scope.names[model.name.name]
      return .model(resolved, declaredPattern(model.name, variable), decorators: decorators)
    case .for(let pattern, let things, let body):
      let things = resolve(things)
      return inScope {
        let pattern = declare(pattern)
        return .for(pattern, things, inLoop { resolve(body) })
      }
    case .while(let condition, let body):
      let condition = resolve(condition)
      return .while(condition, inLoop { resolve(body) })
    case .break, .continue:
      let word = if case .break = statement.kind { "break" } else { "continue" }
      if loopDepth == 0 {
        error(
          .syntax, "`\(word)` outside a loop", statement.span,
          hint: isInFunction ? "return leaves a function" : "exit() ends the program")
      }
      return word == "break" ? .break : .continue
    case .return(let value):
      if !isInFunction {
        error(
          .syntax, "`return` outside a function", statement.span,
          hint: "exit() ends the program; at the top level nothing is given back")
      }
      return .return(value.map(resolve))
    case .throw(let value): return .throw(resolve(value))
    case .assert(let condition, let message):
      return .assert(resolve(condition), message: message.map(resolve))
    case .test(let name, let body):
      let function = Function(
        name: Identifier(name, statement.span), parameters: [], result: nil, body: body,
        documentation: nil, span: statement.span)
      return .test(name, resolve(function))
    case .importModule(let path, let isFile, let alias):
      return .importModule(path, isFile: isFile, declare(.name(alias)))
    case .importNames(let path, let isFile, let names):
      return .importNames(
        path, isFile: isFile,
        names.map { ($0.name.name, $0.name.span, declare(.name($0.alias))) })
    case .error: return .nothing
    }
  }

  private func declaredPattern(_ name: Identifier, _ variable: LocalVariable?) -> ResolvedPattern {
    variable.map { .local($0) } ?? declare(.name(name))
  }

  private func inLoop<R>(_ body: () -> R) -> R {
    loopDepth += 1
    defer { loopDepth -= 1 }
    return body()
  }

  /// The value with decorators applied, the innermost first.
  func decorate(_ value: Resolved, _ decorators: [Resolved]) -> Resolved {
    decorators.reversed().reduce(value) { value, decorator in
      Resolved(.call(decorator, [.positional(value)]), decorator.span)
    }
  }

  // MARK: - Targets

  /// Where an assignment puts its value.
  func resolveTarget(_ target: Expression, mayDeclare: Bool) -> Target {
    switch target.kind {
    case .name(let name): return resolveNameTarget(name, target.span, mayDeclare: mayDeclare)
    case .field(let object, let name):
      if case .selfInstance = object.kind, let slot = fieldSlot(name.name),
        let reference = selfReference
      {
        return .slot(reference, slot, target.span)
      }
      return .field(resolve(object), root: rootTarget(object), name.name, target.span)
    case .index(let object, let parts):
      return .index(resolve(object), root: rootTarget(object), parts.map(resolve), target.span)
    case .list(let parts):
      return .list(parts.map { resolveTarget($0, mayDeclare: mayDeclare) }, target.span)
    case .error: return .list([], target.span)
    default:
      error(
        .syntax, "cannot assign to this", target.span,
        hint: "a variable, a field `r.w` or an element `x[i]` can be assigned")
      return .list([], target.span)
    }
  }

  /// The place that the object of a field or index lives in; nil where it is no place.
  func rootTarget(_ object: Expression) -> Target? {
    switch object.kind {
    case .name(let name):
      switch meaning(of: name) {
      case .reference(let reference):
        switch reference {
        case .builtin, .currentFunction: return nil
        case .local(let variable), .capture(_, let variable): variable.isAssigned = true
        case .global: break
        }
        return .variable(reference, object.span)
      case .slot(let slot): return selfReference.map { .slot($0, slot, object.span) }
      case .method, .unknown: return nil
      }
    case .field(let inner, let name):
      if case .selfInstance = inner.kind, let slot = fieldSlot(name.name),
        let reference = selfReference
      {
        return .slot(reference, slot, object.span)
      }
      return .field(resolveQuietly(inner), root: rootTarget(inner), name.name, object.span)
    case .index(let inner, let parts):
      return .index(
        resolveQuietly(inner), root: rootTarget(inner), parts.map(resolve), object.span)
    default: return nil
    }
  }

  /// Resolves an expression that was resolved before, without saying its mistakes twice.
  func resolveQuietly(_ expression: Expression) -> Resolved {
    let count = diagnostics.count
    defer { diagnostics.removeSubrange(count...) }
    return resolve(expression)
  }

  /// The slot of a field of the model around, for `self.name`.
  func fieldSlot(_ name: String) -> Int? {
    var current: Scope? = scope
    while let place = current {
      if !place.slots.isEmpty || !place.methods.isEmpty { return place.slots[name] }
      current = place.parent
    }
    return nil
  }

  private func resolveNameTarget(_ name: String, _ span: Span, mayDeclare: Bool) -> Target {
    switch meaning(of: name) {
    case .reference(let reference):
      switch reference {
      case .local(let variable), .capture(_, let variable):
        variable.isAssigned = true
        return .variable(reference, span)
      case .currentFunction:
        guard let variable = scope.function.ownVariable else { break }
        variable.isAssigned = true
        return .variable(.capture(scope.function.capture(variable), variable), span)
      case .global: return .variable(reference, span)
      case .builtin: break
      }
    case .slot(let slot):
      if let reference = selfReference { return .slot(reference, slot, span) }
    case .method:
      error(.name, "`\(name)` is a method and cannot be assigned", span)
      return .list([], span)
    case .unknown: break
    }
    if mayDeclare && isGlobalScope {
      declared.insert(name)
      return .variable(.global(globalSlot(name)), span)
    }
    let near = nearest(to: name, among: visibleNames.filter { interpreter.builtin($0) == nil })
    error(
      .name, "nothing named `\(name)` can be assigned here", span,
      hint: near.map { "did you mean `\($0)`?" } ?? "did you mean `let \(name) = …`?")
    return .list([], span)
  }
}

/// The candidate nearest to a misspelt name: an edit distance of at most 1 + length / 4, and
/// nothing for names below three letters.
package func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
  Suggestion.nearest(to: name, among: Array(candidates))
}
