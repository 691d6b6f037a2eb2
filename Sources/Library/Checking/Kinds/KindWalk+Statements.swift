// Statements: what they declare, and whether anything comes of them.

import Language
import Syntax

extension KindWalk {
  /// Walks the statements of a block and gives what is known of its value.
  func walk(_ statements: [Statement], isValueUsed: Bool, isProgram: Bool = false) -> Known {
    unreachable(statements)
    var value = Known.nil
    for (index, statement) in statements.enumerated() {
      let isLast = index == statements.count - 1
      value = .nil
      if case .expression(let expression) = statement.kind {
        let isTaken = isValueUsed && isLast
        value = walk(expression, isValueUsed: isTaken || isProgram && isLast)
        if !isTaken { dropped(expression, value, endsProgram: isProgram && isLast) }
      } else {
        walk(statement)
      }
    }
    return value
  }

  func walk(_ block: Block, isValueUsed: Bool = true) -> Known {
    walk(block.statements, isValueUsed: isValueUsed)
  }

  private func walk(_ statement: Statement) {
    switch statement.kind {
    case .expression, .break, .continue, .error: break
    case .let(let pattern, let value, _): bind(pattern, walk(value))
    case .assign(let target, let value):
      let known = walk(value)
      assign(target, known)
      if case .list(let targets) = target.kind, case .list(let elements?) = known,
        elements.count != targets.count
      {
        report(
          .values, "\(targets.count) places take \(known.description) apart", target.span)
      }
    case .update(let target, let operation, let value):
      var left = Known.unknown
      if case .field(let object, _) = target.kind, !checkAssigned(target) {
        _ = walk(object)
      } else {
        left = updated(target, operation)
      }
      let result = binary(operation, left, walk(value), statement.span)
      if case .name = target.kind, let variable = names.uses[target.span.start],
        !variable.isReboundInside
      {
        put(result, in: variable)
      }
    case .function(let function, let decorators):
      decorators.forEach { _ = walk($0) }
      if let name = function.name {
        let callable = Callable(
          signature: Signature(name: name.name, parameters: function.parameters, in: source),
          body: FunctionBody(function, model))
        let variable = names.declarations[name.span.start]
        variable?.known = decorators.isEmpty ? .function(callable) : .unknown
        if decorators.isEmpty, callWalk == nil { variable?.signatures.append(callable.signature) }
      }
      walk(function)
    case .model(let model, let decorators):
      decorators.forEach { _ = walk($0) }
      walk(model, isDecorated: !decorators.isEmpty)
    case .for(let pattern, let things, let body):
      bind(pattern, element(of: walk(things), things.span))
      doubtfully { _ = walk(body, isValueUsed: false) }
    case .while(let test, let body):
      condition(walk(test), test.span)
      if case .bool(false) = test.kind { untaken(body) }
      doubtfully { _ = walk(body, isValueUsed: false) }
    case .return(let value): leave(value.map { walk($0) } ?? .nil)
    case .throw(let value):
      walk(value)
      leave(nil)
    case .assert(let test, let message):
      condition(walk(test), test.span)
      if let message { _ = walk(message) }
    case .test(_, let body): later { _ = self.walk(body, isValueUsed: false) }
    case .importModule(let path, let isFile, let alias):
      if let surface = surface(path, isFile: isFile, statement.span) {
        names.declarations[alias.span.start]?.known = .module(surface)
      }
    case .importNames(let path, let isFile, let imported):
      guard let surface = surface(path, isFile: isFile, statement.span) else { break }
      for (name, alias) in imported {
        names.declarations[alias.span.start]?.known = member(name, of: surface)
      }
    }
  }

  /// A name of a module; one that it does not have is an error.
  func member(_ name: Identifier, of module: ModuleSurface) -> Known {
    if !name.name.hasPrefix("_"), let known = module.members[name.name] { return known }
    guard !mayFail else { return .unknown }
    fail(
      .name,
      name.name.hasPrefix("_")
        ? "`\(name.name)` is private to module \(module.name)"
        : "module \(module.name) has no `\(name.name)`", name.span,
      hint: nearest(to: name.name, among: module.publicNames).map { "did you mean `\($0)`?" })
    return .unknown
  }

  /// Walks the target of an assignment.
  private func assign(_ target: Expression, _ known: Known) {
    switch target.kind {
    case .name:
      let offset = target.span.start
      put(known, in: names.uses[offset] ?? names.declarations[offset])
    case .list(let targets):
      let parts = parts(of: known)
      for (place, target) in targets.enumerated() {
        assign(target, parts.flatMap { place < $0.count ? $0[place] : nil } ?? .unknown)
      }
    case .field(let object, _):
      _ = walk(object)
      _ = checkAssigned(target)
    default: _ = walk(target)
    }
  }

  /// Assigning a field that a model does not declare is an error.
  private func checkAssigned(_ target: Expression) -> Bool {
    guard case .field(let object, let name) = target.kind else { return true }
    let shape: ModelShape
    if case .name(let variable) = object.kind, !mayFail {
      let known = known(variable, object.span)
      switch known {
      case .module:
        report(
          .member, "`\(name.name)` of \(known.description) is set, which only the module can",
          name.span)
        return false
      case .int, .float, .number, .bool, .text, .list, .range, .function:
        guard ValueMembers.tensor[name.name] == nil else { return true }
        report(.member, "\(known.description) has no fields that could be set", name.span)
        return false
      default: break
      }
    }
    switch object.kind {
    case .selfInstance:
      guard let model else { return true }
      shape = model
    case .name(let variable):
      guard !mayFail, case .instance(let model) = known(variable, object.span) else { return true }
      shape = model
    default: return true
    }
    guard !shape.fields.contains(name.name), !shape.parameters.contains(name.name),
      shape.methods[name.name] == nil
    else { return true }
    fail(
      .name, "\(shape.name) declares no field `\(name.name)`", name.span,
      hint: nearest(to: name.name, among: (shape.fields.union(shape.parameters)).sorted()).map {
        "did you mean `\($0)`?"
      } ?? "declare it in the model: `let \(name.name) = …`, or `param`, or `buffer`")
    return false
  }

  // MARK: Declarations

  /// Walks a function's parameters and, when everything around it has been walked, its body.
  func walk(_ function: Function, mayFail: Bool? = nil) {
    later(mayFail: mayFail) { [self] in
      for parameter in function.parameters {
        if let value = parameter.defaultValue { _ = walk(value) }
        bind(parameter.pattern, KindWalk.known(of: parameter))
      }
      _ = walk(function.body, isValueUsed: true)
    }
  }

  /// What a parameter's annotation says.
  private static func known(of parameter: Parameter) -> Known {
    switch parameter.kind {
    case .restList: return .list(nil)
    case .restRecord: return .record(nil)
    case .plain: break
    }
    switch parameter.annotation?.kind {
    case .tensor(_, let axes?):
      guard !axes.contains(where: { if case .ellipsis = $0 { true } else { false } }) else {
        return .unknown
      }
      return .tensor(axes.map { if case .size(let size) = $0 { size } else { nil } })
    case .type("String"): return .text(nil)
    case .type("Int"): return .int(nil)
    case .type("Bool"): return .bool
    default: return .unknown
    }
  }

  private func walk(_ declaration: Model, isDecorated: Bool) {
    let shape = ModelShape(declaration, in: source, isOwn: true)
    names.declarations[declaration.name.span.start]?.known = isDecorated ? .unknown : .model(shape)
    let outer = model
    model = shape
    for parameter in declaration.parameters {
      if let value = parameter.defaultValue { _ = walk(value) }
    }
    for member in declaration.members {
      switch member {
      case .field(let kind, let pattern, let value, _, _): bindField(pattern, kind, walk(value))
      case .method(let function, let decorators):
        decorators.forEach { _ = walk($0) }
        if decorators.isEmpty, let name = function.name {
          let signature = Signature(name: name.name, parameters: function.parameters, in: source)
          names.declarations[name.span.start]?.known = .function(
            Callable(signature: signature, body: FunctionBody(function, shape)))
        }
        walk(function)
      }
    }
    model = outer
  }

  // MARK: Reaching

  /// Warns of the first statement that nothing leads to.
  private func unreachable(_ statements: [Statement]) {
    guard let last = statements.dropLast().firstIndex(where: leaves) else { return }
    let next = statements[last + 1]
    warn(.unreachable, "this is never reached", next.span)
  }

  /// True for what nothing comes after.
  private func leaves(_ statement: Statement) -> Bool {
    switch statement.kind {
    case .return, .break, .continue, .throw: return true
    case .while(let condition, let body):
      if case .bool(true) = condition.kind { return !body.breaks }
      return false
    case .expression(let expression): return leaves(expression)
    default: return false
    }
  }

  private func leaves(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .if(let branches, let otherwise?):
      return leaves(otherwise) && branches.allSatisfy { leaves($0.body) }
    case .block(let block), .with(_, let block): return leaves(block)
    case .try(let body, _, let handler): return leaves(body) && leaves(handler)
    case .call(let callee, _):
      guard case .name("exit") = callee.kind else { return false }
      return names.uses[callee.span.start] == nil
    default: return false
    }
  }

  private func leaves(_ block: Block) -> Bool { block.statements.contains(where: leaves) }

  /// Warns of a branch that a constant condition keeps from running.
  func untaken(_ branches: [ConditionalBranch], _ otherwise: Block?) {
    for (place, branch) in branches.enumerated() {
      if case .bool(false) = branch.condition.kind { untaken(branch.body) }
      if case .bool(true) = branch.condition.kind {
        if place + 1 < branches.count {
          untaken(branches[place + 1].body)
        } else if let otherwise {
          untaken(otherwise)
        }
        return
      }
    }
  }

  private func untaken(_ block: Block) {
    if let first = block.statements.first {
      warn(.unreachable, "this is never reached", first.span)
    }
  }
}

extension Block {
  /// True if a `break` in it may end the loop around it.
  fileprivate var breaks: Bool {
    var rest: [Part] = [.block(self)]
    while let part = rest.popLast() {
      switch part {
      case .block(let block):
        for statement in block.statements {
          switch statement.kind {
          case .break, .return, .throw: return true
          // Its `break`s are its own, but it may return.
          default: rest += statement.parts
          }
        }
      case .expression(let expression): rest += expression.parts
      }
    }
    return false
  }
}
