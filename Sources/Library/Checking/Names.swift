// What names stand for: the first walk. It finds each name's variable by the rules of the language (§4), and
// notes what happens to it: whether it is read, and whether anything else is ever put there.
//
// Bodies of functions are walked last, since they see what is declared after them. The mistakes that the
// compiler finds are not found again here.

import Language
import Syntax

/// A variable of a program that is checked.
final class CheckedVariable {
  enum Declaration {
    case constant, function, model, parameter, loop, caught, imported, field, method
  }

  let name: Identifier
  let declaration: Declaration
  /// True at the top level.
  let isGlobal: Bool
  /// All names of the pattern that declares it.
  let group: [Identifier]
  /// The statement's value, for `let`.
  let value: Expression?
  var reads = 0
  /// True where it is set after its declaration, or declared again.
  var isRebound = false
  /// True where that is by more than updates, `x += v`.
  var isReplaced = false
  /// True where that happens in a block or function inside, so that what it holds does not follow from the order
  /// of the statements.
  var isReboundInside = false
  /// The block that declares it, and the function that this is in.
  let (scope, function): (Int, Int)
  /// True where an element or field is set, or `push` called.
  var isChanged = false
  /// The parameters of each function of the name, as far as the walk has come, where all are plain functions.
  var signatures: [Signature] = []
  /// Later declarations of the same name at the top level.
  var again: [(name: Identifier, declaration: Declaration)] = []
  /// What it holds, as far as the second walk knows.
  var known: Known = .unknown

  init(
    _ name: Identifier, _ declaration: Declaration, isGlobal: Bool, scope: (id: Int, function: Int),
    group: [Identifier] = [], value: Expression? = nil
  ) {
    (self.scope, function) = scope
    self.name = name
    self.declaration = declaration
    self.isGlobal = isGlobal
    self.group = group.isEmpty ? [name] : group
    self.value = value
  }
}

extension CheckedVariable {
  /// Notes that anything may be put there, in the order of its block's statements or elsewhere.
  func replace(inOrder: Bool = false) {
    (isRebound, isReplaced) = (true, true)
    if !inOrder { isReboundInside = true }
  }

  /// What it holds where it is read, of what was put there last; a function inside may read it at any time.
  func current(_ known: Known, inFunctionInside: Bool) -> Known {
    guard isRebound, isReboundInside || inFunctionInside else {
      return isChanged ? known.changed : known
    }
    guard !isReplaced else { return .unknown }
    // Updates keep a text and a list what they are, and may make a tensor of a number.
    return switch known {
    case .text: .text(nil)
    case .list: .list(nil)
    default: .unknown
    }
  }
}

/// The variables of a program and where they are named.
struct CheckedNames {
  var variables: [CheckedVariable] = []
  /// The variable of a name in the text, by the offset of the name.
  var uses: [Int32: CheckedVariable] = [:]
  /// The variable that a name in the text declares.
  var declarations: [Int32: CheckedVariable] = [:]
  /// The uses in functions inside the one that the variable is of.
  var usesInside: Set<Int32> = []
  /// What each import statement takes, in the order of the walk.
  var imports: [NamePlaces.Import] = []
  /// What stands behind a variable's name and points, as `b` and `c` in `a.b.c`.
  var paths: [NamePlaces.Path] = []
  /// Statements that may be there for what they do, whatever they declare.
  var effects: [Span] = []
  /// True for a program that extracts its session, which reads everything.
  var readsEverything = false
}

/// The walk.
final class NameWalk {
  private final class Scope {
    let parent: Scope?
    let id: Int
    /// The function that it is in.
    let function: Int
    /// True for the block of a function, whose parameters are in the scope around it.
    let isBody: Bool
    var names: [String: CheckedVariable] = [:]

    init(_ parent: Scope?, id: Int, function: Int, isBody: Bool = false) {
      self.parent = parent
      self.id = id
      self.function = function
      self.isBody = isBody
    }
  }

  private(set) var names = CheckedNames()
  private var scope = Scope(nil, id: 0, function: 0)
  private var scopes = 1
  /// True for a program that recovers its session, which puts earlier values back.
  private var restoresEverything = false
  private var waiting: [() -> Void] = []

  /// Walks a whole program.
  func walk(_ program: Program) {
    hoist(program.statements)
    program.statements.forEach(walk)
    var next = 0
    while next < waiting.count {
      waiting[next]()
      next += 1
    }
    // They hold the walk.
    waiting = []
    guard restoresEverything else { return }
    for variable in names.variables where variable.isRebound { variable.isReboundInside = true }
  }

  // MARK: Scopes

  private var isGlobal: Bool { scope.parent == nil }

  private func inScope(ofFunction: Bool = false, isBody: Bool = false, _ body: () -> Void) {
    let outer = scope
    scope = Scope(outer, id: scopes, function: ofFunction ? scopes : outer.function, isBody: isBody)
    scopes += 1
    body()
    scope = outer
  }

  /// Walks a body when everything around it has been walked.
  private func later(_ body: @escaping () -> Void) {
    let place = scope
    waiting.append { [self] in
      let outer = scope
      scope = place
      body()
      scope = outer
    }
  }

  private func find(_ name: String, at offset: Int32) -> CheckedVariable? {
    var current: Scope? = scope
    while let place = current {
      if let variable = place.names[name] {
        // A body that is walked last does not see a `let` that stands after it in its block.
        if place.parent == nil || variable.declaration != .constant
          || variable.name.span.start <= offset
        {
          return variable
        }
      }
      current = place.parent
    }
    return nil
  }

  @discardableResult
  private func declare(
    _ name: Identifier, _ declaration: CheckedVariable.Declaration, group: [Identifier] = [],
    value: Expression? = nil
  ) -> CheckedVariable {
    if isGlobal, let earlier = scope.names[name.name] {
      if earlier.name.span == name.span { return earlier }
      earlier.replace(inOrder: declaration == .constant && earlier.declaration == .constant)
      earlier.again.append((name, declaration))
      names.declarations[name.span.start] = earlier
      return earlier
    }
    // Twice in one block is an error of its own.
    scope.names[name.name]?.reads += 1
    let variable = CheckedVariable(
      name, declaration, isGlobal: isGlobal, scope: (scope.id, scope.function), group: group,
      value: value)
    names.variables.append(variable)
    names.declarations[name.span.start] = variable
    scope.names[name.name] = variable
    return variable
  }

  private func declare(
    _ pattern: Pattern, _ declaration: CheckedVariable.Declaration, value: Expression? = nil
  ) {
    let group = pattern.names
    for name in group { declare(name, declaration, group: group, value: value) }
  }

  /// `fn` and `model` are visible in all of their block.
  private func hoist(_ statements: [Statement]) {
    for statement in statements {
      switch statement.kind {
      case .function(let function, _):
        if let name = function.name { declare(name, .function) }
      case .model(let model, _): declare(model.name, .model)
      default: break
      }
    }
  }

  private func read(_ name: String, at offset: Int32) {
    guard let variable = find(name, at: offset) else { return }
    variable.reads += 1
    use(variable, at: offset)
  }

  private func use(_ variable: CheckedVariable, at offset: Int32) {
    names.uses[offset] = variable
    if scope.function != variable.function { names.usesInside.insert(offset) }
  }

  /// True where a statement of the block that declares a variable is walked.
  private func isInOrder(_ variable: CheckedVariable) -> Bool {
    scope.id == variable.scope || scope.isBody && scope.parent?.id == variable.scope
  }

  // MARK: Statements

  private func walk(_ block: Block, isBody: Bool = false) {
    inScope(isBody: isBody) {
      hoist(block.statements)
      block.statements.forEach(walk)
    }
  }

  private func walk(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression): walk(expression)
    case .let(let pattern, let value, _):
      walk(value)
      declare(pattern, .constant, value: value)
    case .assign(let target, let value):
      walk(value)
      assign(target)
    case .update(let target, _, let value):
      walk(value)
      if case .name(let name) = target.kind {
        if let variable = find(name, at: target.span.start) {
          use(variable, at: target.span.start)
          variable.isRebound = true
          if !isInOrder(variable) { variable.isReboundInside = true }
        }
      } else {
        assign(target)
      }
    case .function(let function, let decorators):
      decorators.forEach(walk)
      if !decorators.isEmpty, let name = function.name {
        names.declarations[name.span.start]?.replace()
      }
      walk(function)
    case .model(let model, let decorators):
      decorators.forEach(walk)
      if !decorators.isEmpty { names.declarations[model.name.span.start]?.replace() }
      walk(model)
    case .for(let pattern, let things, let body):
      walk(things)
      inScope {
        declare(pattern, .loop)
        walk(body)
      }
    case .while(let condition, let body):
      walk(condition)
      walk(body)
    case .break, .continue, .error: break
    case .return(let value): value.map(walk)
    case .throw(let value): walk(value)
    case .assert(let condition, let message):
      walk(condition)
      message.map(walk)
    case .test(_, let body): later { self.inScope(ofFunction: true) { self.walk(body) } }
    case .importModule(let path, let isFile, let alias):
      declare(alias, .imported)
      names.imports.append(
        .init(path: path, isFile: isFile, name: nil, alias: alias, statement: statement.span))
    case .importNames(let path, let isFile, let imported):
      for (name, alias) in imported {
        declare(alias, .imported)
        names.imports.append(
          .init(path: path, isFile: isFile, name: name, alias: alias, statement: statement.span))
      }
    }
  }

  private func assign(_ target: Expression) {
    switch target.kind {
    case .name(let name):
      if let variable = find(name, at: target.span.start) {
        variable.replace(inOrder: isInOrder(variable))
        use(variable, at: target.span.start)
      } else if isGlobal {
        // Assigning a new name at the top level declares it; nothing is said of such a one.
        declare(Identifier(name, target.span), .caught).replace(inOrder: true)
      }
    case .list(let targets): targets.forEach(assign)
    default:
      walk(target)
      change(target)
    }
  }

  /// Notes that a part of what a place holds is set.
  private func change(_ place: Expression) {
    switch place.kind {
    case .name: names.uses[place.span.start]?.isChanged = true
    case .field(let object, _), .index(let object, _): change(object)
    default: break
    }
  }

  // MARK: Expressions

  private func walk(_ expression: Expression) {
    switch expression.kind {
    case .name(let name): read(name, at: expression.span.start)
    case .call(let callee, let arguments):
      if case .field(let receiver, let name) = callee.kind {
        walkPath(callee)
        // `x.f(a)` may be `f(x, a)`.
        read(name.name, at: name.span.start)
        if ValueMembers.changing.contains(name.name) { change(receiver) }
      } else {
        walk(callee)
      }
      for argument in arguments {
        // `raises(() => { let {q} = r })`: what ends such a function is there for what it does.
        if case .function(let function) = argument.value.kind, function.parameters.isEmpty,
          let last = function.body.statements.last
        {
          let imports = function.body.statements.filter(\.isImport)
          names.effects += ([last] + imports).map(\.span)
        }
        walk(argument.value)
      }
    case .field: walkPath(expression)
    case .function(let function): walk(function)
    case .comprehension(let comprehension, _):
      inScope {
        for clause in comprehension.clauses {
          switch clause {
          case .for(let pattern, let things):
            walk(things)
            declare(pattern, .loop)
          case .if(let condition): walk(condition)
          }
        }
        walk(comprehension.element)
      }
    case .try(let body, let pattern, let handler):
      walk(body)
      inScope {
        declare(pattern, .caught)
        walk(handler)
      }
    case .extract(let extract):
      extract.targets.forEach(walk)
      if extract.session { names.readsEverything = true }
      if let name = extract.name { declare(name, .constant, value: expression) }
    case .recover(let recover):
      walk(recover.snapshot)
      if recover.session { (names.readsEverything, restoresEverything) = (true, true) }
      for target in recover.targets {
        walk(target)
        if case .name = target.kind { names.uses[target.span.start]?.replace() }
      }
    default:
      for part in expression.parts {
        switch part {
        case .expression(let expression): walk(expression)
        case .block(let block): walk(block)
        }
      }
    }
  }

  /// Walks what `a.b.c` begins with, however long it is, and notes what stands behind a variable.
  private func walkPath(_ expression: Expression) {
    var members: [Identifier] = []
    var object = expression
    while case .field(let inner, let member) = object.kind {
      members.append(member)
      object = inner
    }
    walk(object)
    guard case .name = object.kind, names.uses[object.span.start] != nil else { return }
    names.paths.append(.init(base: object.span.start, members: members.reversed()))
  }

  private func walk(_ function: Function) {
    later { [self] in
      inScope(ofFunction: true) {
        walk(function.parameters)
        walk(function.body, isBody: true)
      }
    }
  }

  private func walk(_ parameters: [Parameter]) {
    for parameter in parameters {
      parameter.defaultValue.map(walk)
      declare(parameter.pattern, .parameter)
    }
  }

  private func walk(_ model: Model) {
    inScope {
      walk(model.parameters)
      for member in model.members {
        switch member {
        case .field(_, let pattern, _, _, _): declare(pattern, .field)
        case .method(let function, _): if let name = function.name { declare(name, .method) }
        }
      }
      for member in model.members {
        switch member {
        case .field(_, _, let value, _, _): walk(value)
        case .method(let function, let decorators):
          decorators.forEach(walk)
          walk(function)
        }
      }
    }
  }
}

extension Statement {
  fileprivate var isImport: Bool {
    switch kind {
    case .importModule, .importNames: true
    default: false
    }
  }
}
