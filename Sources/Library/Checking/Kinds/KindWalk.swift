// What values are: the second walk. It goes over a program in the order of the text with what is known of each
// variable, and bodies of functions after everything around them.
//
// Nothing is said in doubt: a variable that is set again, a parameter and the result of a program's own function
// are unknown. What stands in the body of a `try`, or in a function without parameters that is given to a function of
// the program, as in `raises(() => …)`, or stands in a list or record of such, may be meant to fail: what would only
// fail when it runs is not reported there.

import Language
import Syntax

/// The walk.
final class KindWalk {
  let interpreter: Interpreter
  let source: Source
  let names: CheckedNames
  private(set) var diagnostics: [Diagnostic] = []
  /// What is known at names of the text, by the offset of the name.
  private(set) var kinds: [Int32: Known] = [:]

  /// The calls whose arguments are not in order: nothing else is said of them.
  var misordered: Set<Span> = []

  /// The model whose body is walked.
  var model: ModelShape?
  /// The call that a function's body is walked for, where it is.
  var callWalk: CallWalk?
  /// How many expressions were walked for calls.
  var steps = 0
  /// True where failing may be meant.
  var mayFail = false
  /// Names that something in the program has as a member, so that a call behind a dot may be its.
  var ownMembers: Set<String> = []
  /// Fields that are set through a dot somewhere.
  private var assignedFields: Set<String> = []
  private var modules: [String: ModuleSurface] = [:]
  private var waiting: [() -> Void] = []

  init(_ interpreter: Interpreter, _ source: Source, _ names: CheckedNames) {
    self.interpreter = interpreter
    self.source = source
    self.names = names
  }

  /// Walks a whole program.
  func walk(_ program: Program) {
    survey(program)
    _ = walk(program.statements, isValueUsed: false, isProgram: true)
    var next = 0
    while next < waiting.count {
      waiting[next]()
      next += 1
    }
    // They hold the walk.
    waiting = []
  }

  /// Walks a body when everything around it has been walked.
  func later(mayFail: Bool? = nil, _ body: @escaping () -> Void) {
    guard callWalk == nil else { return }
    let place = (model, mayFail ?? self.mayFail)
    waiting.append { [self] in
      let outer = (model, self.mayFail)
      (model, self.mayFail) = place
      body()
      (model, self.mayFail) = outer
    }
  }

  // MARK: Messages

  /// Notes a warning about what would fail when it runs.
  func report(_ kind: FindingKind, _ message: String, _ span: Span, hint: String? = nil) {
    guard !mayFail else { return }
    guard let callWalk else { return warn(kind, message, span, hint: hint) }
    guard !callWalk.isDoubtful, !callWalk.mayHaveLeft, callWalk.returned == nil,
      kind == .shape || kind == .operator
    else { return }
    var diagnostic = Diagnostic(kind, message, source, span, hint: hint)
    diagnostic.secondary = [.init(source: source, span: callWalk.place, text: "called here")]
    diagnostics.append(diagnostic)
  }

  /// Notes a warning.
  func warn(_ kind: FindingKind, _ message: String, _ span: Span, hint: String? = nil) {
    guard callWalk == nil else { return }
    diagnostics.append(Diagnostic(kind, message, source, span, hint: hint))
  }

  /// Notes an error.
  func fail(_ kind: Diagnostic.Kind, _ message: String, _ span: Span, hint: String? = nil) {
    guard callWalk == nil else { return }
    diagnostics.append(
      Diagnostic(kind: kind, message, at: .init(source: source, span: span), hint: hint))
  }

  /// Notes what an error of the language says, at a place.
  func fail(_ error: any Error, _ span: Span) {
    guard callWalk == nil, let error = error as? RuntimeError else { return }
    var diagnostic = error.diagnostic
    diagnostic.primary = .init(source: source, span: span)
    diagnostics.append(diagnostic)
  }

  // MARK: What is around

  /// Notes what members the program itself gives to records and models, and which fields it sets.
  private func survey(_ program: Program) {
    var rest: [Part] = [.block(Block(program.statements, .zero))]
    while let part = rest.popLast() {
      switch part {
      case .block(let block):
        for statement in block.statements {
          switch statement.kind {
          case .update(let target, _, _):
            if case .field(_, let name) = target.kind { note(name) }
          case .assign(let target, _):
            if case .field(_, let name) = target.kind { note(name) }
          case .model(let model, _): survey(model, &rest)
          default: break
          }
          rest += statement.parts
        }
      case .expression(let expression):
        switch expression.kind {
        case .record(let entries):
          for case .pair(let key, _) in entries { ownMembers.insert(key.name) }
        case .call(_, let arguments):
          // `record(sum=f)` makes fields of its arguments.
          for case .named(let name, _) in arguments { ownMembers.insert(name.name) }
        case .function(let function):
          rest.append(.block(function.body))
          rest += function.parameters.compactMap(\.defaultValue).map { .expression($0) }
        case .comprehension(let comprehension, _): rest += comprehension.parts
        default: break
        }
        rest += expression.parts
      }
    }
  }

  private func note(_ field: Identifier) {
    assignedFields.insert(field.name)
    ownMembers.insert(field.name)
  }

  private func survey(_ model: Model, _ rest: inout [Part]) {
    for member in model.members {
      switch member {
      case .field(_, let pattern, let value, _, _):
        ownMembers.formUnion(pattern.names.map(\.name))
        rest.append(.expression(value))
      case .method(let function, _):
        if let name = function.name { ownMembers.insert(name.name) }
        rest.append(.block(function.body))
      }
    }
  }

  /// The module whose models programs see without an import.
  private(set) lazy var standardDistributions: ModuleSurface? = StandardModule.all
    .first { $0.name == "distributions" }
    .map { ModuleSurface($0.name, $0.text, isStandard: true) }

  /// The surface of a module, nil where there is none; that is said at a place.
  func surface(_ path: String, isFile: Bool, _ span: Span) -> ModuleSurface? {
    if let known = modules[path] { return known }
    do {
      let text = try interpreter.moduleSource(path, isFile: isFile, from: source)
      let surface = ModuleSurface(path, text, isStandard: text.name == "<\(path)>")
      modules[path] = surface
      return surface
    } catch {
      if !mayFail { fail(error, span) }
      return nil
    }
  }

  // MARK: Variables

  /// What is known of what a name stands for.
  func known(_ name: String, _ span: Span) -> Known {
    guard let variable = names.uses[span.start] else { return builtin(name) }
    let known = variable.current(
      callWalk?.held[ObjectIdentifier(variable)] ?? variable.known,
      inFunctionInside: names.usesInside.contains(span.start))
    if callWalk == nil { kinds[span.start] = known }
    return known
  }

  private func builtin(_ name: String) -> Known {
    if let function = interpreter.library.function(name) {
      return .function(
        Callable(signature: Signature(parsing: function.signature), builtin: function))
    }
    return ["pi", "e", "inf", "nan"].contains(name) ? .float : .unknown
  }

  /// What is known of a variable that is updated: `x += v`.
  func updated(_ target: Expression, _ operation: BinaryOperator) -> Known {
    guard case .name = target.kind, let variable = names.uses[target.span.start],
      !variable.isReplaced, variable.isReboundInside || names.usesInside.contains(target.span.start)
    else { return walk(target) }
    switch variable.known.value {
    case .int, .float, .number: return .number
    case .tensor(let extents?) where operation != .matmul:
      // An update may have stretched it before: to more axes, or along those of one element.
      return .tensor(extents.map { $0 == 1 ? nil : $0 })
    default: return walk(target)
    }
  }

  /// Notes what a pattern's names hold.
  func bind(_ pattern: Pattern, _ known: Known) {
    switch pattern {
    case .name(let name): bind(name, known)
    case .list(let parts, let rest, let span):
      let elements = self.parts(of: known)
      if let elements {
        let fits = rest == nil ? elements.count == parts.count : elements.count >= parts.count
        if !fits {
          let count = elements.count == 1 ? "1 value" : "\(elements.count) values"
          report(
            .values,
            "\(parts.count) \(parts.count == 1 ? "name takes" : "names take") \(known.description) apart, which has \(count)",
            span, hint: rest == nil ? "`*rest` takes what is left" : nil)
        }
      }
      for (place, part) in parts.enumerated() {
        bind(part, elements.flatMap { place < $0.count ? $0[place] : nil } ?? .unknown)
      }
      if let rest { bind(rest, .list(nil)) }
    case .record(let fields, _):
      for (key, pattern) in fields {
        if case .record(let known?) = known {
          if known[key.name] == nil {
            report(
              .member, "the record has no field `\(key.name)`", key.span,
              hint: nearest(to: key.name, among: known.keys.sorted()).map {
                "did you mean `\($0)`?"
              })
          }
          bind(pattern, known[key.name] ?? .unknown)
        } else {
          bind(pattern, .unknown)
        }
      }
    }
  }

  /// The values that a pattern takes apart, where each is known.
  func parts(of known: Known) -> [Known]? {
    switch known.value {
    case .list(let elements): return elements
    case .tensor(let extents?):
      guard let count = extents.first, let count, count <= 64 else { return nil }
      return Array(repeating: .tensor(Array(extents.dropFirst())), count: count)
    default: return nil
    }
  }

  private func bind(_ name: Identifier, _ known: Known) {
    guard let variable = names.declarations[name.span.start] else { return }
    put(known, in: variable)
    if callWalk == nil { kinds[name.span.start] = known }
  }

  /// Notes what a variable holds from here on.
  func put(_ known: Known, in variable: CheckedVariable?) {
    guard let variable else { return }
    if callWalk != nil {
      callWalk?.held[ObjectIdentifier(variable)] = known
    } else {
      variable.known = known
    }
  }

  /// Notes what a field holds; what is set through a dot may be anything.
  func bindField(_ pattern: Pattern, _ kind: Model.FieldKind, _ known: Known) {
    guard kind == .param, case .name = pattern else {
      for name in pattern.names where assignedFields.contains(name.name) { bind(name, .unknown) }
      guard pattern.names.allSatisfy({ !assignedFields.contains($0.name) }) else { return }
      return bind(pattern, kind == .buffer ? .unknown : known.lasting)
    }
    let held: Known = known.isNumber ? .tensor([]) : known.isTensor ? known.value : .unknown
    if let name = pattern.names.first {
      bind(name, assignedFields.contains(name.name) ? .unknown : held)
    }
  }
}

extension Diagnostic {
  /// A warning of a kind of its own.
  init(_ kind: FindingKind, _ message: String, _ source: Source, _ span: Span, hint: String? = nil)
  {
    self.init(
      severity: .warning, kind: .value, message, at: .init(source: source, span: span), hint: hint)
    self.kind = kind.rawValue
  }
}

extension Statement {
  /// The expressions and blocks directly inside.
  var parts: [Part] {
    switch kind {
    case .expression(let value), .let(_, let value, _), .throw(let value): [.expression(value)]
    case .assign(let target, let value), .update(let target, _, let value):
      [.expression(target), .expression(value)]
    case .function(let function, let decorators):
      decorators.map { .expression($0) } + [.block(function.body)]
        + function.parameters.compactMap(\.defaultValue).map { .expression($0) }
    case .for(_, let things, let body), .while(let things, let body):
      [.expression(things), .block(body)]
    case .return(let value): value.map { [.expression($0)] } ?? []
    case .assert(let condition, let message):
      [.expression(condition)] + (message.map { [.expression($0)] } ?? [])
    case .test(_, let body): [.block(body)]
    default: []
    }
  }
}

extension Comprehension {
  fileprivate var parts: [Part] {
    [.expression(element)]
      + clauses.map { clause in
        switch clause {
        case .for(_, let things): .expression(things)
        case .if(let condition): .expression(condition)
        }
      }
  }
}
