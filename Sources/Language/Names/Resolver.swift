// Names become slots, sugar goes away, and mistakes that can be found before running are found,
// all of them in one go.
//
// Scopes follow the text. A block's `fn` and `model` names are visible in all of the block, a
// `let` from the next statement on; function bodies see every global name of the program. What a
// variable needs to know about itself (captured, assigned later) is complete when the whole
// program has been walked, so code is made after that.

import Syntax

/// Resolves one program of one module.
final class Resolver {
  let interpreter: Interpreter
  let source: Source
  let module: ModuleObject
  /// False for a check, which must leave no names behind.
  let keepsNames: Bool
  var diagnostics: [Diagnostic] = []

  /// Where names are looked up from, innermost first.
  var scope: Scope
  let main = FunctionScope(parent: nil)
  /// Global names whose declaration has been passed.
  var declared: Set<String>
  /// Global names that the program declares anywhere, with the first place.
  var later: [String: Span] = [:]
  /// Global names that hold one `fn` for the whole program.
  var knownFunctions: [String: Signature] = [:]
  private var newNames: [String] = []
  private var isOutOfSlots = false
  /// How many statements have been begun, in the order in which they stand.
  var begunStatements = 0
  /// How many loops of the current function are open.
  var loopDepth = 0
  /// True inside a function, where `return` may stand.
  var isInFunction: Bool { scope.function !== main }

  init(_ interpreter: Interpreter, source: Source, module: ModuleObject, keepsNames: Bool) {
    self.interpreter = interpreter
    self.source = source
    self.module = module
    self.keepsNames = keepsNames
    scope = Scope(function: main, parent: nil)
    declared = Set(module.slots.keys)
    if module === interpreter.modules.main { declared.subtract(interpreter.namesWithoutValue) }
  }

  func resolve(_ program: Program) -> ResolvedProgram {
    surveyGlobals(program.statements)
    let function = ResolvedFunction(name: "main", span: .zero, scope: main)
    let span = Span(0, source.utf8.count)
    function.body = resolveStatements(program.statements, span)
    if !keepsNames { forgetNewNames() }
    return ResolvedProgram(source: source, main: function)
  }

  /// Takes back the names that a program with mistakes declared.
  func forgetNewNames() {
    for name in newNames { module.slots[name] = nil }
    newNames = []
  }

  // MARK: - Scopes

  /// Names of one block, parameter list or model.
  final class Scope {
    let function: FunctionScope
    let parent: Scope?
    var names: [String: LocalVariable] = [:]
    var known: [String: Signature] = [:]
    /// Slots and methods of the model whose body this is.
    var slots: [String: Int] = [:]
    var methods: Set<String> = []

    init(function: FunctionScope, parent: Scope?) {
      self.function = function
      self.parent = parent
    }
  }

  /// True directly at the top level, where `let` makes a global variable.
  var isGlobalScope: Bool { scope.parent == nil }

  func inScope<R>(of function: FunctionScope? = nil, _ body: () -> R) -> R {
    let outer = scope
    scope = Scope(function: function ?? outer.function, parent: outer)
    defer { scope = outer }
    return body()
  }

  // MARK: - Looking up

  /// What a name stands for, or nil after a message.
  enum Meaning {
    case reference(Reference)
    case slot(Int)
    case method
    case unknown
  }

  func meaning(of name: String) -> Meaning {
    var current: Scope? = scope
    while let place = current {
      if let variable = place.names[name] { return .reference(reference(to: variable)) }
      if let slot = place.slots[name] { return .slot(slot) }
      if place.methods.contains(name) { return .method }
      current = place.parent
    }
    if isGlobal(name) { return .reference(.global(globalSlot(name))) }
    if let value = interpreter.builtin(name) { return .reference(.builtin(value)) }
    return .unknown
  }

  func isGlobal(_ name: String) -> Bool {
    declared.contains(name) || (isInFunction && later[name] != nil)
  }

  func reference(to variable: LocalVariable) -> Reference {
    let function = scope.function
    if variable.function === function {
      if variable.firstUse == nil { variable.firstUse = begunStatements }
      return .local(variable)
    }
    if let own = function.ownVariable, own === variable, !own.isAssigned { return .currentFunction }
    return .capture(function.capture(variable), variable)
  }

  /// The slot of a global name of this module, made if it is new.
  ///
  /// Where no slot is left, which is said once, it is any: the program does not run.
  func globalSlot(_ name: String) -> Int {
    if let slot = module.slots[name] { return slot }
    guard let slot = interpreter.globals.declare(name, in: module) else {
      if !isOutOfSlots {
        error(
          .limit, "a program has at most \(Globals.capacity) global variables",
          later[name] ?? .zero, hint: "records and lists hold many values in one variable")
      }
      isOutOfSlots = true
      return 0
    }
    newNames.append(name)
    return slot
  }

  /// `self`, where a model's body is around; nil elsewhere.
  var selfReference: Reference? {
    var current: Scope? = scope
    while let place = current {
      if let variable = place.names["self"] { return reference(to: variable) }
      current = place.parent
    }
    return nil
  }

  // MARK: - Declaring

  /// A new variable of the current block.
  func declare(_ name: Identifier, isHoisted: Bool = false) -> LocalVariable {
    if let earlier = scope.names[name.name], earlier.isHoisted || !isHoisted {
      var diagnostic = make(
        .name, "`\(name.name)` is already declared in this block", name.span,
        hint: "assign it without `let`, or choose another name")
      diagnostic.secondary = [Diagnostic.Label(source: source, span: earlier.span, text: "here")]
      diagnostics.append(diagnostic)
    }
    let variable = LocalVariable(name.name, name.span, scope.function, isHoisted: isHoisted)
    scope.names[name.name] = variable
    return variable
  }

  /// Declares the names of a pattern in the current scope.
  func declare(_ pattern: Pattern) -> ResolvedPattern {
    switch pattern {
    case .name(let name):
      if name.name == "_" && !isGlobalScope { return .ignore }
      guard isGlobalScope else { return .local(declare(name)) }
      declared.insert(name.name)
      return .global(globalSlot(name.name))
    case .list(let parts, let rest, let span):
      return .list(parts.map(declare), rest: rest.map { declare(.name($0)) }, span)
    case .record(let parts, let span):
      return .record(parts.map { ($0.key.name, declare($0.pattern)) }, span)
    }
  }

  // MARK: - Messages

  func make(_ kind: Diagnostic.Kind, _ message: String, _ span: Span, hint: String? = nil)
    -> Diagnostic
  {
    Diagnostic(
      kind: kind, message, at: Diagnostic.Label(source: source, span: span), hint: hint)
  }

  func error(_ kind: Diagnostic.Kind, _ message: String, _ span: Span, hint: String? = nil) {
    diagnostics.append(make(kind, message, span, hint: hint))
  }

  /// The message for a name that nothing declares; `path` is what follows it with points between.
  func unknownName(_ name: String, _ span: Span, path: [String] = []) {
    if let place = later[name] {
      var diagnostic = make(
        .name, "`\(name)` is used before its declaration", span,
        hint: "move the declaration above its first use")
      diagnostic.secondary = [
        Diagnostic.Label(source: source, span: place, text: "declared here")
      ]
      diagnostics.append(diagnostic)
      return
    }
    error(
      .name, "unknown name `\(name)`", span,
      hint: hint(forUnknown: [name] + path))
  }

  /// What to do about a path whose first name nothing declares.
  private func hint(forUnknown path: [String]) -> String {
    let isVisible = { (name: String) in self.interpreter.builtin(name) != nil }
    let name = path[0]
    return ForeignMembers.hint(forPath: path, isVisible) ?? ForeignNames.hint(
      forPath: path, isVisible)
      ?? ForeignNames.hint(forName: name) ?? PeerNames.hint(forName: name)
      ?? ForeignMembers.hint(forUnknown: name)
      ?? nearest(to: name, among: path.count > 1 ? programNames : visibleNames).map {
        "did you mean `\($0)`?"
      }
      ?? ForeignMembers.hint(forMisspelt: name)
      ?? "declare it with let \(name) = …, as a parameter, or import it"
  }

  /// Every name that could stand here, nearer ones first.
  var visibleNames: [String] { programNames + interpreter.builtinNames.sorted() }

  /// Those that programs declare: a function of the library has no fields.
  private var programNames: [String] {
    var names: [String] = []
    var current: Scope? = scope
    while let place = current {
      names += place.names.keys.sorted() + place.slots.keys.sorted() + place.methods.sorted()
      current = place.parent
    }
    return names + declared.sorted()
  }
}
