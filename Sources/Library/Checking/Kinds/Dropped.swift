// Statements whose value nothing takes and that do nothing besides.
//
// A call of a program's own function may do anything; one of a built-in does what its declaration says, but for
// functions that it is given. The last statement of a program gives the program's value, which the prompt and a host
// show: of what stands there only comparisons, plain values and new objects are sure to be mistakes.

import Language
import Syntax

extension KindWalk {
  /// Warns of an expression whose value is dropped.
  func dropped(_ expression: Expression, _ known: Known, endsProgram: Bool) {
    guard !mayFail, let what = idle(expression) else { return }
    if endsProgram {
      switch expression.kind {
      case .comparison, .bool, .int, .float, .function, .not: break
      case .call:
        guard case .object = known else { return }
      default: return
      }
    }
    warn(.dropped, what, expression.span, hint: hint(expression))
  }

  private func hint(_ expression: Expression) -> String? {
    switch expression.kind {
    case .comparison(let first, let rest):
      guard rest.count == 1, rest[0].operator == .equal, case .name = first.kind else { return nil }
      return "an assignment is written `=`"
    case .call(let callee, _):
      guard case .field(let receiver, let method) = callee.kind,
        case .name(let name) = receiver.kind, !KindWalk.parameterLists.contains(method.name)
      else { return nil }
      return "it gives a new value: `\(name) = …`"
    case .field(let object, let name):
      if case .instance = walkQuietly(object) {
        return "a method is called with parentheses: \(name.name)()"
      }
      return nil
    case .name:
      return isCallable(expression) ? "a function is called with parentheses" : nil
    default: return nil
    }
  }

  private func isCallable(_ expression: Expression) -> Bool {
    if case .function = walkQuietly(expression) { true } else { false }
  }

  /// What is known of a name, without a word.
  private func walkQuietly(_ expression: Expression) -> Known {
    guard case .name(let name) = expression.kind else { return .unknown }
    return known(name, expression.span)
  }

  /// What to say of an expression that does nothing; nil for one that may do something.
  private func idle(_ expression: Expression) -> String? {
    guard isIdle(expression) else { return nil }
    switch expression.kind {
    case .comparison: return "the result of this comparison is not used"
    case .call(let callee, _):
      if case .name(let name) = callee.kind { return "the result of `\(name)` is not used" }
      if case .field(_, let name) = callee.kind {
        return "the result of `\(name.name)` is not used"
      }
      return "this value is not used"
    case .function: return "this function is never called"
    default: return "this value is not used"
    }
  }

  /// True for an expression that does nothing but give a value.
  private func isIdle(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .nil, .bool, .int, .float, .name, .selfInstance, .function: return true
    case .string, .tensor, .list, .record, .range, .unary, .binary, .comparison, .and, .or, .not,
      .index,
      .field:
      return expression.parts.allSatisfy {
        if case .expression(let part) = $0 { isIdle(part) } else { false }
      }
    case .comprehension(let comprehension, _):
      return isIdle(comprehension.element)
        && comprehension.clauses.allSatisfy { clause in
          switch clause {
          case .for(_, let things): isIdle(things)
          case .if(let condition): isIdle(condition)
          }
        }
    case .pipe(let value, let function):
      if case .call(let callee, let arguments) = function.kind {
        return isIdle(value) && arguments.allSatisfy { isIdle($0.value) }
          && isIdleCall(callee, [.positional(value)] + arguments)
      }
      return isIdle(value) && isIdleCall(function, [.positional(value)])
    case .call(let callee, let arguments):
      guard arguments.allSatisfy({ isIdle($0.value) }) else { return false }
      return isIdleCall(callee, arguments)
    default: return false
    }
  }

  /// Parameters that take functions, which may do anything when they are called.
  private static let functionParameters: Set = [
    "f", "g", "h", "r", "fn", "function", "objective", "optimality", "cond", "body", "t", "forward",
    "backward", "rule", "key", "prox", "factory", "approximate", "x0", "loss", "predicate",
    "iterable",
  ]

  private func isIdleCall(_ callee: Expression, _ arguments: [Argument]) -> Bool {
    let name: String
    switch callee.kind {
    case .name(let text):
      guard names.uses[callee.span.start] == nil else { return false }
      name = text
    case .field(let receiver, let field):
      guard names.uses[field.span.start] == nil, !ownMembers.contains(field.name) else {
        return false
      }
      switch receiver.kind {
      case .name(let text):
        switch known(text, receiver.span) {
        case .module(let module):
          // Making a layer does nothing but make it.
          if module.isStandard, case .model = module.members[field.name] { return true }
          return false
        case .instance(let model):
          return KindWalk.parameterLists.contains(field.name) && model.methods[field.name] == nil
        case .object, .record, .model, .nil: return false
        case .unknown: if hasMember(field.name) { return false }
        default: break
        }
      default: guard isIdle(receiver) else { return false }
      }
      name = field.name
    default: return false
    }
    guard let builtin = interpreter.library.function(name), builtin.effects == .none,
      !KindWalk.doers.contains(name)
    else { return false }
    let signature = Signature(parsing: builtin.signature)
    let shift = { if case .field = callee.kind { 1 } else { 0 } }()
    var given: [String] = []
    for (place, argument) in arguments.enumerated() {
      switch argument {
      case .named(let name, _): given.append(name.name)
      case .positional where place + shift < signature.parameters.count:
        given.append(signature.parameters[place + shift].name)
      default: break
      }
    }
    if shift == 1, let first = signature.parameters.first { given.append(first.name) }
    return !given.contains { KindWalk.functionParameters.contains($0) }
  }

  /// True for a name that objects of some type have.
  private func hasMember(_ name: String) -> Bool {
    interpreter.library.objectTypes.contains { $0.memberNames.contains(name) }
      || ValueMembers.instance[name] != nil
  }

  /// Methods of every instance that list what it has.
  private static let parameterLists: Set = [
    "parameters", "named_parameters", "modules", "named_modules",
  ]

  /// What is called for what it does: it looks at a bound, draws from the stream, cuts a graph.
  private static let doers: Set = [
    "bounded", "seed", "print", "help", "progress", "stop_gradient", "detach", "rand", "randn",
    "randint",
    "permutation", "choice", "bernoulli",
  ]
}
