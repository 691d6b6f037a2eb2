// Statements, blocks, loops, patterns and places.

import Syntax

extension Compiler {
  // MARK: - Blocks

  /// The top level's or a function's statements: the last one's value is given back.
  func compileTail(_ block: ResolvedBlock) throws {
    let mark = next
    try begin(block)
    guard let last = block.statements.last else {
      emit(.giveBackNil, span: block.span)
      next = mark
      return
    }
    for statement in block.statements.dropLast() { try compile(statement) }
    if case .expression(let value) = last.kind {
      try compileTail(value)
    } else {
      try compile(last)
      emit(.giveBackNil, span: last.span)
    }
    next = mark
  }

  /// An expression whose value is the function's.
  private func compileTail(_ expression: Resolved) throws {
    let span = expression.span
    switch expression.kind {
    case .block(let block): try compileTail(block)
    case .if(let branches, let otherwise):
      for branch in branches {
        let skips = try compileCondition(branch.condition, jumpsIf: false)
        try compileTail(branch.body)
        skips.forEach { patch($0) }
      }
      if let otherwise {
        try compileTail(otherwise)
      } else {
        emit(.giveBackNil, span: span)
      }
    case .call(let callee, let arguments):
      guard let positional = positional(arguments), function.scope.parent != nil else {
        fallthrough
      }
      if case .reference(.builtin, _) = callee.kind { fallthrough }
      try scratch {
        let window = take()
        try compile(callee, into: window)
        for argument in positional {
          let register = take()
          try compile(argument, into: register)
        }
        emit(.tailCall, window, positional.count, span: span)
        // What is no function of the language comes back here.
        emit(.giveBack, window, span: span)
      }
    default:
      try scratch { emit(.giveBack, try operand(expression), span: span) }
    }
  }

  /// Statements of a block of their own; the value goes to `d` if one is wanted.
  func compileBlock(_ block: ResolvedBlock, into d: Int? = nil) throws {
    try scratch { try compileStatements(block, into: d) }
  }

  func compileStatements(_ block: ResolvedBlock, into d: Int? = nil) throws {
    try begin(block)
    for (i, statement) in block.statements.enumerated() {
      if let d, i == block.statements.count - 1 {
        if case .expression(let value) = statement.kind {
          try compile(value, into: d)
          return
        }
      }
      try compile(statement)
    }
    if let d { emit(.setNil, d, span: block.span) }
  }

  /// Makes room for the block's functions and models, and makes those that need nothing else.
  private func begin(_ block: ResolvedBlock) throws {
    for variable in block.hoistedVariables {
      place(variable)
      emit(.setAbsent, variable.register, span: variable.span)
      if variable.isBoxed {
        emit(.newBox, variable.register, variable.register, span: variable.span)
      }
    }
    for statement in block.hoisted { try compile(statement) }
  }

  // MARK: - Statements

  func compile(_ statement: ResolvedStatement) throws {
    let span = statement.span
    switch statement.kind {
    case .expression(let value): try compileDiscarding(value)
    case .declare(let pattern, let value): try compileDeclaration(pattern, value, span)
    case .assign(let target, let value): try compileAssignment(target, value, span)
    case .update(let target, let operation, let value):
      try compileUpdate(target, operation, value, span)
    case .model(let model, let pattern, let decorators):
      try compileModel(model, pattern, decorators, span)
    case .for(let pattern, let things, let body):
      try compileLoop(pattern, things, span: span) { try self.compileBlock(body) }
    case .while(let condition, let body):
      loops.append(Loop(guardDepth: guards.count))
      let start = code.count
      let exits = try compileCondition(condition, jumpsIf: false)
      try compileBlock(body)
      let loop = loops.removeLast()
      loop.continues.forEach { patch($0, to: start) }
      patch(emit(.jump, span: span), to: start)
      (exits + loop.breaks).forEach { patch($0) }
    case .break: if !loops.isEmpty { leave(by: .break(loop: loops.count - 1), span) }
    case .continue: if !loops.isEmpty { leave(by: .continue(loop: loops.count - 1), span) }
    case .return(let value): try compileReturn(value, span)
    case .throw(let value):
      try scratch { emit(.throwValue, try operand(value), span: span) }
    case .assert(let condition, let message): try compileAssertion(condition, message, span)
    case .test(let name, let body):
      try scratch {
        let register = take()
        try compileClosure(body, into: register)
        emit(.addTest, register, self.name(name), span: span)
      }
    case .importModule(let path, let isFile, let pattern):
      try scratch {
        let register = take()
        emit(.importModule, register, name(path), isFile ? 1 : 0, span: span)
        try bind(pattern, from: register, span: span, keepsRegisters: true)
      }
    case .importNames(let path, let isFile, let names):
      let register = take()
      emit(.importModule, register, name(path), isFile ? 1 : 0, span: span)
      for entry in names {
        let value = take()
        emit(.importName, value, register, name(entry.name), span: entry.span)
        try bind(entry.pattern, from: value, span: entry.span, keepsRegisters: true)
      }
    case .nothing: break
    }
  }

  /// An expression whose value nobody wants.
  private func compileDiscarding(_ expression: Resolved) throws {
    switch expression.kind {
    case .block(let block): try compileBlock(block)
    case .if(let branches, let otherwise):
      var ends: [Int] = []
      for (i, branch) in branches.enumerated() {
        let skips = try compileCondition(branch.condition, jumpsIf: false)
        try compileBlock(branch.body)
        if i + 1 < branches.count || otherwise != nil {
          ends.append(emit(.jump, span: expression.span))
        }
        skips.forEach { patch($0) }
      }
      if let otherwise { try compileBlock(otherwise) }
      ends.forEach { patch($0) }
    case .extract(_, _, _, _, .some(.variable(.local(let variable), _)), _)
    where variable.register < 0:
      // The snapshot's variable outlasts the statement, so it comes before the scratch registers.
      let register = take()
      try compile(expression, into: register)
    default: try compileDiscardingIntoScratch(expression)
    }
  }

  private func compileDiscardingIntoScratch(_ expression: Resolved) throws {
    try scratch {
      let register = take()
      try compile(expression, into: register)
    }
  }

  private func compileReturn(_ value: Resolved?, _ span: Span) throws {
    try scratch { () throws -> Void in
      if let value, guards.isEmpty, function.result == nil, !function.isInitializer {
        return try compileTail(value)
      }
      if function.isInitializer {
        return leave(by: .return(register: function.selfVariable?.register ?? 0), span)
      }
      let value = value ?? Resolved(.constant(.nil), span)
      let register = guards.isEmpty && function.result == nil ? try operand(value) : take()
      if !guards.isEmpty || function.result != nil { try compile(value, into: register) }
      leave(by: .return(register: register), span)
    }
  }

  private func compileAssertion(_ condition: Resolved, _ message: Resolved?, _ span: Span) throws {
    try scratch {
      let window = take()
      var site = AssertionSite(text: source.text(of: condition.span), operands: [])
      let holds: [Int]
      if case .comparison(let first, let rest) = condition.kind, rest.count == 1 {
        let operands = take(2)
        try compile(first, into: operands)
        try compile(rest[0].operand, into: operands + 1)
        site.operands = [source.text(of: first.span), source.text(of: rest[0].operand.span)]
        let result = take()
        emit(
          .compare, result, operands, operands + 1, flags: rest[0].operator.code,
          span: condition.span)
        holds = [emit(.jumpIfTrue, result, span: condition.span)]
      } else {
        holds = try compileCondition(condition, jumpsIf: true)
      }
      if let message {
        try compile(message, into: window)
      } else {
        emit(.setNil, window, span: span)
      }
      sites.assertions.append(site)
      emit(.failAssertion, window, sites.assertions.count - 1, span: condition.span)
      holds.forEach { patch($0) }
    }
  }

  private func compileModel(
    _ model: ResolvedModel, _ pattern: ResolvedPattern, _ decorators: [Resolved], _ span: Span
  ) throws {
    guard let initializer = model.initializer else { return }
    reserve(pattern)
    try scratch {
      // Decorators are called from the outermost window inwards: each takes the value of the next.
      let windows = decorators.map { _ in take(1) }
      for (decorator, window) in zip(decorators, windows) {
        try compile(decorator, into: window)
      }
      let window = take()
      var prototypes: [FunctionPrototype] = []
      for function in [initializer] + model.methods {
        let register = take()
        try compileClosure(function, into: register)
        if let prototype = sites.prototypes.last { prototypes.append(prototype) }
      }
      sites.models.append(
        ModelPrototype(
          name: model.name, documentation: model.documentation, span: model.span,
          fields: model.fields, initializer: prototypes[0],
          methods: zip(model.methods.map(\.name), prototypes.dropFirst()).map { ($0, $1) }))
      emit(.makeModel, window, sites.models.count - 1, span: span)
      for window in windows.reversed() { emit(.call, window, 1, span: span) }
      try bind(pattern, from: windows.first ?? window, span: span, keepsRegisters: true)
    }
  }

  // MARK: - Loops

  func compileLoop(
    _ pattern: ResolvedPattern, _ things: Resolved, span: Span, _ body: () throws -> Void
  ) throws {
    try scratch {
      loops.append(Loop(guardDepth: guards.count))
      let begin: Int
      let value: Int
      let window: Int
      let isRange: Bool
      if case .range(let parts) = things.kind {
        isRange = true
        window = take(4)
        value = window + 3
        try compile(parts, into: window, things.span)
        begin = emit(
          .beginRange, window, flags: parts.isClosed ? Flags.closed : 0, span: things.span)
      } else {
        isRange = false
        window = take(3)
        value = window + 2
        try compile(things, into: window)
        emit(.beginWalk, window, span: things.span)
        begin = emit(.nextInWalk, window, span: things.span)
      }
      let start = code.count
      try scratch {
        try bind(pattern, from: value, span: things.span)
        try body()
      }
      let loop = loops.removeLast()
      loop.continues.forEach { patch($0) }
      if isRange {
        patch(emit(.nextInRange, window, span: things.span), to: start)
      } else {
        patch(emit(.jump, span: things.span), to: begin)
      }
      patch(begin)
      loop.breaks.forEach { patch($0) }
    }
  }

  // MARK: - Declarations

  private func compileDeclaration(_ pattern: ResolvedPattern, _ value: Resolved, _ span: Span)
    throws
  {
    switch pattern {
    case .local(let variable):
      let isDeclared = variable.isHoisted
      if !isDeclared { place(variable) }
      if variable.isBoxed {
        try scratch {
          let register = try operand(value)
          if isDeclared {
            emit(.setBox, variable.register, register, span: span)
          } else {
            emit(.newBox, variable.register, register, span: span)
          }
        }
      } else {
        try compile(value, into: variable.register)
      }
    case .global(let slot):
      try scratch {
        let register = take()
        try compile(value, into: register)
        emit(.setGlobal, register, slot, span: span)
      }
    case .slot(let instance, let slot):
      try scratch {
        let register = take()
        try compile(value, into: register)
        emit(.initializeSlot, instanceRegister(instance, span), register, slot, span: span)
      }
    case .ignore: try compileDiscardingIntoScratch(value)
    case .list, .record:
      reserve(pattern)
      try scratch {
        let register = take()
        try compile(value, into: register)
        try bind(pattern, from: register, span: span, keepsRegisters: true)
      }
    }
  }

  /// Gives the variables of a pattern registers that outlast the taking apart.
  private func reserve(_ pattern: ResolvedPattern) {
    switch pattern {
    case .local(let variable): if variable.register < 0 { place(variable) }
    case .list(let parts, let rest, _):
      parts.forEach(reserve)
      if let rest { reserve(rest) }
    case .record(let parts, _): parts.forEach { reserve($0.pattern) }
    case .global, .slot, .ignore: break
    }
  }

  /// Sets the variables of a pattern from a register, whose value is taken.
  func bind(
    _ pattern: ResolvedPattern, from register: Int, span: Span, keepsRegisters: Bool = false
  ) throws {
    if !keepsRegisters { reserve(pattern) }
    switch pattern {
    case .local(let variable):
      if variable.register < 0 { place(variable) }
      if variable.isHoisted && variable.isBoxed {
        emit(.setBox, variable.register, register, span: span)
      } else if variable.isBoxed {
        emit(.newBox, variable.register, register, span: span)
      } else if variable.register != register {
        emit(.take, variable.register, register, span: span)
      }
    case .global(let slot): emit(.setGlobal, register, slot, span: span)
    case .slot(let instance, let slot):
      scratch {
        emit(.initializeSlot, instanceRegister(instance, span), register, slot, span: span)
      }
    case .ignore: break
    case .list(let parts, let rest, let place):
      try scratch {
        let window = take()
        emit(.take, window, register, span: place)
        let first = take(parts.count + (rest == nil ? 0 : 1))
        emit(
          .unpackList, window, parts.count, flags: rest == nil ? 0 : Flags.expected, span: place)
        for (i, part) in parts.enumerated() {
          try bind(part, from: first + i, span: place, keepsRegisters: true)
        }
        if let rest {
          try bind(rest, from: first + parts.count, span: place, keepsRegisters: true)
        }
      }
    case .record(let parts, let place):
      try scratch {
        let window = take()
        emit(.take, window, register, span: place)
        let first = take(parts.count)
        let firstName = sites.names.count
        sites.names += parts.map(\.key)
        emit(.unpackRecord, window, firstName, parts.count, span: place)
        for (i, part) in parts.enumerated() {
          try bind(part.pattern, from: first + i, span: place, keepsRegisters: true)
        }
      }
    }
  }

  // MARK: - Assignments

  private func compileAssignment(_ target: Target, _ value: Resolved, _ span: Span) throws {
    if case .variable(.local(let variable), _) = target, !variable.isBoxed, isDirect(value) {
      try compile(value, into: variable.register)
      return
    }
    if case .list(let targets, let place) = target {
      try scratch {
        let window = take()
        try compile(value, into: window)
        let first = take(targets.count)
        emit(.unpackList, window, targets.count, span: place)
        for (i, target) in targets.enumerated() { try store(first + i, to: target) }
      }
      return
    }
    try scratch {
      let window = take()
      try compile(value, into: window)
      try store(window, to: target)
    }
  }

  /// True where computing the expression writes its register only when it is done, so that a
  /// variable on both sides of `=` keeps its old value till then.
  ///
  /// A call puts its callee into its register before it computes the arguments, unless the callee
  /// is known by name and takes no register.
  private func isDirect(_ expression: Resolved) -> Bool {
    switch expression.kind {
    case .constant, .binary, .field, .index, .reference, .function, .slot: return true
    case .methodCall(let call): return call.visible == nil
    case .call(let callee, let arguments):
      guard positional(arguments) != nil, case .reference(let reference, _) = callee.kind else {
        return false
      }
      switch reference {
      case .global: return true
      case .builtin(.builtin(let builtin)): return builtin.signature.restRecord == nil
      default: return false
      }
    default: return false
    }
  }

  private func compileUpdate(
    _ target: Target, _ operation: BinaryOperator, _ value: Resolved, _ span: Span
  ) throws {
    switch target {
    case .variable(let reference, let place):
      let current = Resolved(.reference(reference, name: ""), place)
      try compileAssignment(
        target, Resolved(.binary(operation, current, value, isUpdate: true), span), span)
    case .slot(let instance, let slot, let place):
      let current = Resolved(.slot(instance, slot), place)
      try compileAssignment(
        target, Resolved(.binary(operation, current, value, isUpdate: true), span), span)
    case .field, .index:
      try scratch {
        let window = take()
        let site = try compilePlace(target)
        emit(.getPlace, window, site, span: target.span)
        let mark = next
        let register = try operand(value)
        emit(
          operation.operation, window, window, register,
          flags: Flags.updates | Flags.temporaryB | (register >= mark ? Flags.temporaryC : 0),
          span: span)
        emit(.setPlace, window, site, span: target.span)
      }
    case .list: break
    }
  }

  /// Puts the value of a register into a target; temporaries follow the register.
  func store(_ register: Int, to target: Target) throws {
    let span = target.span
    switch target {
    case .variable(let reference, _):
      switch reference {
      case .local(let variable):
        if variable.isBoxed {
          emit(.setBox, variable.register, register, span: span)
        } else {
          emit(.move, variable.register, register, span: span)
        }
      case .capture(let index, _): emit(.setCaptureBox, register, index, span: span)
      case .global(let slot): emit(.setGlobal, register, slot, flags: Flags.swapped, span: span)
      case .builtin, .currentFunction: break
      }
    case .slot(let instance, let slot, _):
      scratch { emit(.setSlot, instanceRegister(instance, span), register, slot, span: span) }
    case .field, .index:
      try scratch {
        let window = take()
        emit(.move, window, register, span: span)
        emit(.setPlace, window, try compilePlace(target), span: span)
      }
    case .list(let targets, _):
      try scratch {
        let window = take()
        emit(.move, window, register, span: span)
        let first = take(targets.count)
        emit(.unpackList, window, targets.count, span: span)
        for (i, target) in targets.enumerated() { try store(first + i, to: target) }
      }
    }
  }

  /// Puts the keys of a place into registers on top, and adds the site that describes the way.
  func compilePlace(_ target: Target) throws -> Int {
    let root = try compileRoot(of: target)
    let keys = next
    let steps = try compileSteps(of: target)
    sites.places.append(
      PlaceSite(root: root, steps: steps, keys: keys))
    return sites.places.count - 1
  }

  private func compileRoot(of target: Target) throws -> PlaceSite.Root {
    switch target {
    case .variable(let reference, let span):
      switch reference {
      case .local(let variable):
        return variable.isBoxed ? .box(variable.register) : .register(variable.register)
      case .capture(let index, let variable):
        if variable.isBoxed { return .captureBox(index) }
        let register = take()
        compile(reference, variable.name, into: register, span)
        return .register(register)
      case .global(let slot): return .global(slot)
      case .builtin, .currentFunction:
        let register = take()
        compile(reference, "", into: register, span)
        return .register(register)
      }
    case .slot(let instance, let slot, let span):
      return .slot(register: instanceRegister(instance, span), slot: slot)
    case .field(let object, let root, _, _), .index(let object, let root, _, _):
      if let root { return try compileRoot(of: root) }
      let register = take()
      try compile(object, into: register)
      return .register(register)
    case .list:
      return .register(take())
    }
  }

  private func compileSteps(of target: Target) throws -> [PlaceSite.Step] {
    switch target {
    case .variable, .slot, .list: return []
    case .field(_, let root, let field, _):
      return try (root.map { try compileSteps(of: $0) } ?? []) + [.field(field)]
    case .index(_, let root, let parts, _):
      let before = try root.map { try compileSteps(of: $0) } ?? []
      return before + [.index(try compileIndexParts(parts))]
    }
  }
}
