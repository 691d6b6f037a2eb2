// Expressions, functions and models.

import Syntax

extension Resolver {
  func resolve(_ expression: Expression) -> Resolved {
    Resolved(resolveKind(expression), expression.span)
  }

  private func resolveKind(_ expression: Expression) -> Resolved.Kind {
    switch expression.kind {
    case .nil: return .constant(.nil)
    case .bool(let value): return .constant(.bool(value))
    case .int(let value): return .constant(.int(value))
    case .float(let value): return .constant(.float(value))
    case .string(let pieces): return resolveText(pieces)
    case .name(let name): return resolveName(name, expression.span)
    case .selfInstance:
      guard let reference = selfReference else {
        error(
          .name, "`self` outside a model", expression.span,
          hint:
            "self is the instance inside the methods of a model; elsewhere give it a name, net.w")
        return .error
      }
      return .reference(reference, name: "self")
    case .tensor(let elements): return .tensor(elements.map(resolveElement))
    case .list(let elements): return .list(elements.map(resolveElement))
    case .record(let entries): return resolveRecord(entries)
    case .comprehension(let comprehension, let tensor):
      return inScope { resolveComprehension(comprehension, tensor) }
    case .range(let start, let stop, let step, let isClosed):
      return .range(
        RangeParts(
          start: resolve(start), stop: resolve(stop), step: step.map(resolve), isClosed: isClosed))
    case .unary(let operation, let operand):
      return resolveUnary(operation, operand)
    case .binary(let operation, let left, let right, _):
      return .binary(operation, resolve(left), resolve(right))
    case .comparison(let first, let rest):
      return .comparison(
        first: resolve(first), rest: rest.map { ($0.operator, resolve($0.operand)) })
    case .and(let left, let right): return .and(resolve(left), resolve(right))
    case .or(let left, let right): return .or(resolve(left), resolve(right))
    case .not(let operand): return .not(resolve(operand))
    case .pipe(let value, let function): return resolvePipe(value, function, expression.span)
    case .call(let callee, let arguments):
      return resolveCall(callee, arguments, expression.span)
    case .field(let object, let name):
      if case .selfInstance = object.kind, let reference = selfReference,
        let slot = fieldSlot(name.name)
      {
        return .slot(reference, slot)
      }
      if reportsForeignPath(object, name.name) { return .error }
      return .field(resolve(object), name.name)
    case .index(let object, let parts): return .index(resolve(object), parts.map(resolve))
    case .function(let function): return .function(resolve(function))
    case .if(let branches, let otherwise):
      return .if(
        branches.map { (resolve($0.condition), resolve($0.body)) },
        otherwise: otherwise.map(resolve))
    case .block(let block): return .block(resolve(block))
    case .with(let contexts, let body): return .with(contexts.map(resolve), resolve(body))
    case .try(let body, let pattern, let handler):
      let body = resolve(body)
      return inScope {
        let pattern = declare(pattern)
        return .try(body, pattern, handler: resolve(handler))
      }
    case .finally(let body, let cleanup): return .finally(resolve(body), resolve(cleanup))
    case .spread(let inner):
      error(
        .syntax, "a spread cannot stand here", expression.span,
        hint: "spreads stand in calls, lists, tensors and records")
      return resolve(inner).kind
    case .extract(let extract): return resolveExtract(extract, expression.span)
    case .recover(let recover):
      return .recover(
        recover.targets.map { (resolve($0), recoverTarget($0)) }, session: recover.session,
        from: resolve(recover.snapshot))
    case .error: return .error
    }
  }

  private func resolveText(_ pieces: [StringPiece]) -> Resolved.Kind {
    let resolved = pieces.map { piece -> Resolved.Piece in
      switch piece {
      case .text(let text): .text(text)
      case .interpolation(let value, let format): .value(resolve(value), format: format)
      }
    }
    if resolved.isEmpty { return .constant(.string("")) }
    if resolved.count == 1, case .text(let text) = resolved[0] { return .constant(.string(text)) }
    return .text(resolved)
  }

  private func resolveName(_ name: String, _ span: Span) -> Resolved.Kind {
    switch meaning(of: name) {
    case .reference(.builtin(let value)):
      if case .builtin = value { return .reference(.builtin(value), name: name) }
      return .constant(value)
    case .reference(let reference): return .reference(reference, name: name)
    case .slot(let slot): return selfReference.map { .slot($0, slot) } ?? .error
    case .method: return selfReference.map { .method($0, name) } ?? .error
    case .unknown:
      unknownName(name, span)
      return .error
    }
  }

  private func resolveElement(_ element: Expression) -> Resolved.Element {
    if case .spread(let inner) = element.kind { return .spread(resolve(inner)) }
    return .one(resolve(element))
  }

  private func resolveRecord(_ entries: [RecordEntry]) -> Resolved.Kind {
    var places: [String: Span] = [:]
    return .record(
      entries.map { entry in
        switch entry {
        case .pair(let key, let value):
          if let earlier = places.updateValue(key.span, forKey: key.name) {
            var diagnostic = make(
              .name, "the record has the key `\(key.name)` twice", key.span,
              hint: "`{...r, \(key.name): v}` copies a record with another value")
            diagnostic.secondary = [Diagnostic.Label(source: source, span: earlier, text: "here")]
            diagnostics.append(diagnostic)
          }
          return .pair(key.name, resolve(value))
        case .spread(let value): return .spread(resolve(value))
        }
      })
  }

  /// A sign in front of a number belongs to the number.
  private func resolveUnary(_ operation: UnaryOperator, _ operand: Expression) -> Resolved.Kind {
    if operation == .negate {
      if case .int(let value) = operand.kind, value != .min { return .constant(.int(-value)) }
      if case .float(let value) = operand.kind { return .constant(.float(-value)) }
    }
    return .unary(operation, resolve(operand))
  }

  private func resolveComprehension(_ comprehension: Comprehension, _ tensor: Bool)
    -> Resolved.Kind
  {
    let clauses = comprehension.clauses.map { clause -> Resolved.Clause in
      switch clause {
      case .for(let pattern, let things):
        let things = resolve(things)
        return .for(declare(pattern), things)
      case .if(let condition): return .if(resolve(condition))
      }
    }
    return .comprehension(element: resolve(comprehension.element), clauses, tensor: tensor)
  }

  func resolve(_ part: IndexPart) -> ResolvedIndex {
    switch part {
    case .item(let item): .item(resolve(item))
    case .slice(let start, let stop, let step, _):
      .slice(start.map(resolve), stop.map(resolve), step.map(resolve))
    case .ellipsis: .ellipsis
    }
  }

  // MARK: - Calls

  private func resolvePipe(_ value: Expression, _ function: Expression, _ span: Span)
    -> Resolved.Kind
  {
    if case .call(let callee, let arguments) = function.kind {
      return resolveCall(callee, [.positional(value)] + arguments, span)
    }
    return resolveCall(function, [.positional(value)], span)
  }

  private func resolveCall(_ callee: Expression, _ arguments: [Argument], _ span: Span)
    -> Resolved.Kind
  {
    if case .field(let receiver, let name) = callee.kind {
      return resolveMethodCall(receiver, name, arguments, span)
    }
    if case .name(let name) = callee.kind, case .method = meaning(of: name),
      let reference = selfReference
    {
      return .methodCall(
        MethodCall(
          receiver: Resolved(.reference(reference, name: "self"), callee.span), name: name,
          nameSpan: callee.span, arguments: resolve(arguments)))
    }
    let resolvedCallee = resolve(callee)
    let resolved = resolve(arguments)
    if case .reference(let reference, let name) = resolvedCallee.kind {
      let known: Signature? =
        switch reference {
        case .builtin(.builtin(let builtin)): builtin.signature
        case .global: module.slots[name].flatMap { _ in knownFunctions[name] }
        case .local, .capture, .currentFunction: knownLocal(name)
        case .builtin: nil
        }
      if let known { check(resolved, known, span) }
    }
    return .call(resolvedCallee, resolved)
  }

  /// The signature of the nearest local `fn` of a name that nothing assigns.
  private func knownLocal(_ name: String) -> Signature? {
    var current: Scope? = scope
    while let place = current {
      if let variable = place.names[name] {
        return variable.isAssigned ? nil : place.known[name]
      }
      current = place.parent
    }
    return nil
  }

  private func resolve(_ arguments: [Argument]) -> [ResolvedArgument] {
    arguments.map { argument in
      switch argument {
      case .positional(let value): .positional(resolve(value))
      case .named(let name, let value): .named(name, resolve(value))
      case .spreadList(let value): .spreadList(resolve(value))
      case .spreadRecord(let value): .spreadRecord(resolve(value))
      }
    }
  }

  /// Says what is wrong with the arguments of a call of a known function.
  private func check(_ arguments: [ResolvedArgument], _ signature: Signature, _ span: Span) {
    var names: [String] = []
    var positional = 0
    for argument in arguments {
      switch argument {
      case .positional: positional += 1
      case .named(let name, _): names.append(name.name)
      case .spreadList, .spreadRecord: return
      }
    }
    do {
      _ = try Binding(signature, positional: positional, names: names)
    } catch {
      var diagnostic = RuntimeError(wrapping: error).diagnostic
      diagnostic.primary = Diagnostic.Label(source: source, span: span)
      diagnostics.append(diagnostic)
    }
  }

  private func resolveMethodCall(
    _ receiver: Expression, _ name: Identifier, _ arguments: [Argument], _ span: Span
  ) -> Resolved.Kind {
    if reportsForeignPath(receiver, name.name) {
      _ = resolve(arguments)
      return .error
    }
    // `time.time()`: a module elsewhere, with a function of its name.
    if case .name(name.name) = receiver.kind, interpreter.builtin(name.name)?.isCallable == true,
      case .reference(.builtin) = meaning(of: name.name)
    {
      error(
        .name, "`\(name.name)` is a function, and no module", receiver.span,
        hint: "write \(name.name)() alone")
      _ = resolve(arguments)
      return .error
    }
    let resolved = resolve(receiver)
    var call = MethodCall(
      receiver: resolved, name: name.name, nameSpan: name.span, arguments: resolve(arguments))
    if case .builtin(let builtin)? = interpreter.builtin(name.name) { call.builtin = builtin }
    let visible = visible(name.name).map { Resolved($0, name.span) }
    call.visible =
      visible.count > 1
      ? Resolved(
        .call(
          Resolved(.reference(.builtin(.builtin(Resolver.firstCallable)), name: ""), name.span),
          visible.map { .positional($0) }), name.span) : visible.first
    if ValueMembers.changing.contains(name.name) {
      call.place = rootTarget(receiver)
    }
    return .methodCall(call)
  }

  /// Says that nothing declares the name that a path of fields begins with, `np.random.rand`; false where
  /// something does, or where it is no path.
  private func reportsForeignPath(_ object: Expression, _ name: String) -> Bool {
    var path = [name]
    var object = object
    while case .field(let inner, let field) = object.kind {
      path.insert(field.name, at: 0)
      object = inner
    }
    guard case .name(let root) = object.kind, case .unknown = meaning(of: root) else {
      return false
    }
    unknownName(root, object.span, path: path)
    return true
  }

  /// What programs have declared by a name, inner things first, up to one that is known for a function:
  /// a variable that holds none, or no value yet, does not hide one.
  private func visible(_ name: String) -> [Resolved.Kind] {
    var found: [Resolved.Kind] = []
    var current: Scope? = scope
    while let place = current {
      if let variable = place.names[name] {
        found.append(.held(reference(to: variable), name: name))
        if place.known[name] != nil, !variable.isAssigned { return found }
      } else if let reference = selfReference, let slot = place.slots[name] {
        found.append(.slot(reference, slot))
      } else if let reference = selfReference, place.methods.contains(name) {
        return found + [.method(reference, name)]
      }
      current = place.parent
    }
    if isGlobal(name) { found.append(.held(.global(globalSlot(name)), name: name)) }
    return found
  }

  /// The first of some values that can be called; nil where none can.
  private static var firstCallable: BuiltinFunction {
    BuiltinFunction(
      Builtin("first_callable(*values)", "") { arguments in
        arguments.rest(0).first(where: \.isCallable) ?? .nil
      })
  }

  // MARK: - Functions

  /// The parameters of a function as its callers see them.
  func signature(of function: Function) -> Signature {
    signature(function.name?.name ?? "fn", function.parameters)
  }

  private func signature(_ name: String, _ parameters: [Parameter]) -> Signature {
    Signature(name: name, parameters: parameters, in: source)
  }

  /// A function; `own` is the local variable that holds it.
  func resolve(_ function: Function, own: LocalVariable? = nil, isMethod: Bool = false)
    -> ResolvedFunction
  {
    let inner = FunctionScope(parent: scope.function)
    inner.ownVariable = own
    let resolved = ResolvedFunction(
      name: function.name?.name ?? "fn", span: function.name?.span ?? function.span, scope: inner)
    resolved.signature = signature(of: function)
    resolved.result = function.result
    resolved.documentation = function.documentation
    inFunction(inner) {
      if isMethod {
        resolved.selfVariable = declare(Identifier("self", resolved.span))
      }
      resolved.parameters = resolve(function.parameters)
      resolved.body = resolve(function.body)
    }
    return resolved
  }

  private func inFunction(_ function: FunctionScope, _ body: () -> Void) {
    let loops = loopDepth
    loopDepth = 0
    inScope(of: function, body)
    loopDepth = loops
  }

  private func resolve(_ parameters: [Parameter]) -> [ResolvedParameter] {
    parameters.map { parameter in
      let defaultValue = parameter.defaultValue.map(resolve)
      if case .name(let name) = parameter.pattern {
        return ResolvedParameter(
          variable: declare(name), defaultValue: defaultValue, annotation: parameter.annotation)
      }
      let variable = LocalVariable("argument", parameter.span, scope.function)
      return ResolvedParameter(
        variable: variable, pattern: declare(parameter.pattern), defaultValue: defaultValue,
        annotation: parameter.annotation)
    }
  }

  // MARK: - Models

  func resolve(_ model: Model) -> ResolvedModel {
    let resolved = ResolvedModel(
      name: model.name.name, span: model.name.span, documentation: model.documentation)
    let outer = scope
    let body = Scope(function: outer.function, parent: outer)
    var methods: [(function: Function, decorators: [Expression])] = []
    func addSlot(_ name: Identifier, _ kind: ModelField.Kind, _ documentation: String? = nil) {
      if body.slots[name.name] != nil || body.methods.contains(name.name) {
        error(
          .name, "`\(name.name)` is already declared in model \(model.name.name)", name.span,
          hint: "fields, methods and the declaration's parameters have names of their own")
        return
      }
      body.slots[name.name] = resolved.fields.count
      resolved.fields.append(
        ModelField(name: name.name, kind: kind, documentation: documentation))
    }
    for member in model.members {
      switch member {
      case .field(let kind, let pattern, _, let documentation, _):
        let kind: ModelField.Kind =
          switch kind {
          case .param: .param
          case .buffer: .buffer
          case .let: .let
          }
        names(of: pattern).forEach { addSlot($0, kind, documentation) }
      case .method(let function, let decorators):
        methods.append((function, decorators))
        guard let name = function.name else { continue }
        if decorators.isEmpty {
          if body.slots[name.name] != nil || body.methods.contains(name.name) {
            error(
              .name, "`\(name.name)` is already declared in model \(model.name.name)", name.span,
              hint: "fields, methods and the declaration's parameters have names of their own")
          }
          body.methods.insert(name.name)
        }
      }
    }
    for method in methods where !method.decorators.isEmpty {
      if let name = method.function.name { addSlot(name, .method) }
    }
    for name in model.parameters.flatMap({ names(of: $0.pattern) }) {
      // `let x = f(x)`: what was given stands in the field's slot until the field has its value.
      if let slot = body.slots[name.name], resolved.fields[slot].kind == .let { continue }
      addSlot(name, .argument)
    }
    scope = body
    resolved.initializer = resolveInitializer(model, body)
    resolved.methods = methods.map { resolve($0.function, isMethod: true) }
    scope = outer
    return resolved
  }

  private func names(of pattern: Pattern) -> [Identifier] {
    switch pattern {
    case .name(let name): [name]
    case .list(let parts, let rest, _): parts.flatMap(names) + (rest.map { [$0] } ?? [])
    case .record(let parts, _): parts.flatMap { names(of: $0.pattern) }
    }
  }

  /// A field's names as slots of `self`.
  private func slots(_ pattern: Pattern, _ instance: Reference, _ body: Scope) -> ResolvedPattern {
    switch pattern {
    case .name(let name): body.slots[name.name].map { .slot(instance, $0) } ?? .ignore
    case .list(let parts, let rest, let span):
      .list(
        parts.map { slots($0, instance, body) },
        rest: rest.map { slots(.name($0), instance, body) }, span)
    case .record(let parts, let span):
      .record(parts.map { ($0.key.name, slots($0.pattern, instance, body)) }, span)
    }
  }

  /// The function that fills the slots of a new instance: the declaration's parameters first,
  /// then the fields in order, then what decorators make of methods.
  private func resolveInitializer(_ model: Model, _ body: Scope) -> ResolvedFunction {
    let inner = FunctionScope(parent: scope.function)
    let resolved = ResolvedFunction(name: model.name.name, span: model.name.span, scope: inner)
    resolved.signature = signature(model.name.name, model.parameters)
    resolved.isInitializer = true
    inFunction(inner) {
      let parameterScope = scope
      let instance = LocalVariable("self", model.name.span, inner)
      scope.names["self"] = instance
      resolved.selfVariable = instance
      resolved.parameters = resolve(model.parameters)
      var statements: [ResolvedStatement] = []
      for (name, variable) in parameterScope.names where name != "self" {
        guard let slot = body.slots[name] else { continue }
        statements.append(
          ResolvedStatement(
            .declare(
              .slot(.local(instance), slot),
              Resolved(.reference(.local(variable), name: name), variable.span)), variable.span))
      }
      // Field values see parameters as slots, as methods do, so that closures in fields see
      // later assignments.
      let fields = Scope(function: inner, parent: body)
      fields.names["self"] = instance
      scope = fields
      for member in model.members {
        switch member {
        case .field(_, let pattern, let value, _, let span):
          statements.append(
            ResolvedStatement(
              .declare(slots(pattern, .local(instance), body), resolve(value)), span))
        case .method(let function, let decorators) where !decorators.isEmpty:
          guard let name = function.name, let slot = body.slots[name.name] else { continue }
          let method = Resolved(.method(.local(instance), name.name), name.span)
          statements.append(
            ResolvedStatement(
              .declare(.slot(.local(instance), slot), decorate(method, decorators.map(resolve))),
              function.span))
        case .method: break
        }
      }
      scope = parameterScope
      resolved.body = ResolvedBlock(statements: statements, span: model.span)
    }
    return resolved
  }

  // MARK: - State

  private func resolveExtract(_ extract: Extract, _ span: Span) -> Resolved.Kind {
    let manner = extract.manner?.name ?? "reference"
    if let name = extract.manner, !["reference", "copy", "deepcopy"].contains(name.name) {
      error(
        .name, "unknown manner `\(name.name)` of extract", name.span,
        hint: "the manners are reference, copy and deepcopy")
    }
    let targets = extract.targets.map(resolve)
    var store: Target?
    if let name = extract.name {
      switch declare(.name(name)) {
      case .local(let variable): store = .variable(.local(variable), name.span)
      case .global(let slot): store = .variable(.global(slot), name.span)
      default: break
      }
    }
    return .extract(
      targets, names: extract.targets.map(placeName), session: extract.session, manner: manner,
      store: store, as: extract.name?.name ?? "")
  }

  /// The dotted path of a place, `net.layers.0`; empty for what is none.
  private func placeName(_ target: Expression) -> String {
    switch target.kind {
    case .name(let name): return name
    case .selfInstance: return "self"
    case .field(let object, let field):
      let path = placeName(object)
      return path.isEmpty ? "" : "\(path).\(field.name)"
    case .index(let object, let parts):
      let path = placeName(object)
      guard !path.isEmpty, parts.count == 1, case .item(let item) = parts[0] else { return "" }
      switch item.kind {
      case .int(let index) where index >= 0: return "\(path).\(index)"
      case .string(let pieces):
        guard pieces.count == 1, case .text(let key) = pieces[0] else { return "" }
        return "\(path).\(key)"
      default: return ""
      }
    default: return ""
    }
  }

  /// The variable that a recovered value goes back to, for targets that are plain values.
  private func recoverTarget(_ target: Expression) -> Target? {
    guard case .name = target.kind else { return nil }
    return rootTarget(target)
  }
}
