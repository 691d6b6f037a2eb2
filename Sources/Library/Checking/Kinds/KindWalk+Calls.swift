// Calls: whether the arguments find parameters, and what is known of the result.

import Language
import Syntax

/// The arguments of a call, walked.
struct WalkedArguments {
  var positional: [(known: Known, span: Span)] = []
  var named: [(name: Identifier, known: Known)] = []
  /// True where a spread may give any more.
  var hasSpread = false

  /// What is known of the argument for a parameter.
  func known(_ name: String, of signature: Signature) -> Known? {
    if let named = named.first(where: { $0.name.name == name }) { return named.known }
    guard !hasSpread, let place = signature.parameters.firstIndex(where: { $0.name == name }),
      signature.restList.map({ place < $0 }) ?? true, place < positional.count
    else { return nil }
    return positional[place].known
  }
}

extension KindWalk {
  /// Walks a call.
  func call(_ callee: Expression, _ arguments: [Argument], _ span: Span, isPiped: Bool = false)
    -> Known
  {
    if !isOrdered(arguments) { misordered.insert(span) }
    if case .field(let receiver, let name) = callee.kind {
      let known = walk(receiver)
      return method(known, receiver, name, walk(arguments, of: callee), span)
    }
    let known = walk(callee)
    return result(of: known, callee, walk(arguments, of: callee), span)
  }

  /// A positional argument stands before the named ones.
  private func isOrdered(_ arguments: [Argument]) -> Bool {
    var name: Identifier?
    for argument in arguments {
      switch argument {
      case .named(let identifier, _): name = identifier
      case .positional(let value):
        guard let name else { continue }
        fail(
          .syntax, "a positional argument stands after the named argument `\(name.name)`",
          value.span,
          hint: "positional arguments come first")
        return false
      case .spreadList, .spreadRecord: break
      }
    }
    return true
  }

  private func walk(_ arguments: [Argument], of callee: Expression) -> WalkedArguments {
    var walked = WalkedArguments()
    for argument in arguments {
      switch argument {
      case .positional(let value):
        walked.positional.append((walk(argument: value, of: callee), value.span))
      case .named(let name, let value):
        walked.named.append((name, walk(argument: value, of: callee)))
      case .spreadList(let value), .spreadRecord(let value):
        walk(value)
        walked.hasSpread = true
      }
    }
    return walked
  }

  /// A function without parameters that is given to a function of the program may be meant to fail.
  private func walk(argument: Expression, of callee: Expression) -> Known {
    guard case .function(let function) = argument.kind, function.parameters.isEmpty else {
      return walk(argument)
    }
    let isOwn: Bool =
      switch callee.kind {
      case .name(let name):
        names.uses[callee.span.start] != nil || interpreter.library.function(name) == nil
      default: true
      }
    walk(function, mayFail: mayFail || isOwn)
    return .function(Callable(signature: Signature(name: "fn", parameters: [], in: source)))
  }

  // MARK: Callees

  /// What a call of a value gives.
  private func result(
    of callee: Known, _ expression: Expression, _ arguments: WalkedArguments, _ span: Span
  ) -> Known {
    switch callee {
    case .function(let function):
      check(arguments, function.signature, span)
      if let body = function.body {
        checkAnnotations(body, function.signature, arguments)
        return walk(body, function.signature, arguments, span)
      }
      return function.builtin.map { result(of: $0, function.signature, arguments, span) }
        ?? .unknown
    case .model(let model):
      check(arguments, model.signature, span)
      guard model.isStandardLinear else { return .instance(model) }
      func size(_ name: String) -> Int? {
        if case .int(let size)? = arguments.known(name, of: model.signature) { size } else { nil }
      }
      return .instance(ModelShape(linear: model, inputs: size("inputs"), outputs: size("outputs")))
    case .instance(let model):
      if let signature = model.methods["forward"] {
        if let signature { check(arguments, signature, span) }
        if model.linearSizes != nil { return linear(model, arguments, span) }
        if let signature, let body = model.bodies["forward"] {
          return walk(body, signature, arguments, span)
        }
      } else if !model.fields.contains("forward") {
        report(
          .operator, "\(callee.description) cannot be called, since it has no method `forward`",
          span)
      }
    case .object(let type): if let call = type.call { check(arguments, call.signature, span) }
    case .unknown: if case .name = expression.kind { checkDoubled(expression, arguments, span) }
    case .record: break
    default:
      var message = "\(callee.description) is called, which is no function"
      if case .name(let name) = expression.kind, interpreter.library.function(name) != nil,
        let variable = names.uses[expression.span.start]
      {
        message =
          "`\(name)` is \(callee.description) here, since line \(source.line(at: variable.name.span.start)) hides the built-in"
      }
      report(.operator, message, span)
    }
    return .unknown
  }

  /// `receiver.name(arguments)`: a method of the receiver or a function of it.
  private func method(
    _ known: Known, _ receiver: Expression, _ name: Identifier, _ arguments: WalkedArguments,
    _ span: Span
  ) -> Known {
    let callee = Expression(.field(receiver, name), span)
    switch known {
    case .module(let module): return result(of: member(name, of: module), callee, arguments, span)
    case .instance(let model):
      if let signature = model.methods[name.name] {
        if let signature { check(arguments, signature, span) }
        if name.name == "forward", model.linearSizes != nil {
          return linear(model, arguments, span)
        }
        if let signature, let body = model.bodies[name.name] {
          return walk(body, signature, arguments, span)
        }
        return .unknown
      }
      if model.memberNames.contains(name.name) || model.parameters.contains(name.name) {
        return ["train", "eval"].contains(name.name) ? known : .unknown
      }
    case .object(let type):
      if let method = type.method(name.name) {
        check(arguments, method.signature, span)
        return .unknown
      }
      if type.memberNames.contains(name.name) || type.name == "Error" { return .unknown }
    case .record(let fields):
      guard let fields else { return .unknown }
      if let field = fields[name.name] { return result(of: field, callee, arguments, span) }
    case .model(let model): if model.methods[name.name] != nil { return .unknown }
    case .unknown: return unknownMethod(name, arguments, span)
    default: break
    }
    return function(name, known, arguments, span)
  }

  /// `function(receiver, arguments)`, as `receiver.function(arguments)`.
  private func function(
    _ name: Identifier, _ receiver: Known, _ arguments: WalkedArguments, _ span: Span
  ) -> Known {
    var whole = arguments
    whole.positional.insert((receiver, name.span), at: 0)
    if let variable = names.uses[name.span.start] {
      if case .function(let callable) = variable.known, !variable.isRebound,
        variable.declaration != .method
      {
        check(whole, callable.signature, span)
        if let body = callable.body { checkAnnotations(body, callable.signature, whole) }
        return callable.body.map { walk($0, callable.signature, whole, span) } ?? .unknown
      }
      if interpreter.library.function(name.name) == nil || variable.known.isUnknown {
        return .unknown
      }
    }
    guard let builtin = interpreter.library.function(name.name) else {
      let members = KindWalk.allMembers(of: receiver)
      if !members.contains(name.name) {
        missing(name, of: receiver)
      } else if receiver.isTensor, ValueMembers.tensor[name.name] != nil {
        report(
          .member, "`\(name.name)` is a field of \(receiver.description), not a method", name.span,
          hint: "write it without parentheses")
      }
      return .unknown
    }
    if KindWalk.allMembers(of: receiver).contains(name.name) { return .unknown }
    let signature = Signature(parsing: builtin.signature)
    check(whole, signature, span)
    return result(of: builtin, signature, whole, span)
  }

  /// A method of a value of which nothing is known: a mistake only where nothing has a member of that name, and
  /// the function of the name has no such parameter.
  private func unknownMethod(_ name: Identifier, _ arguments: WalkedArguments, _ span: Span)
    -> Known
  {
    guard !mayFail, names.uses[name.span.start] == nil, !ownMembers.contains(name.name),
      let builtin = interpreter.library.function(name.name)
    else { return .unknown }
    let signature = Signature(parsing: builtin.signature)
    let known =
      [signature] + interpreter.library.objectTypes.compactMap { $0.method(name.name)?.signature }
    guard !known.contains(where: { $0.restRecord != nil }) else { return .unknown }
    for (argument, _) in arguments.named
    where !known.contains(where: { $0.parameters.contains { $0.name == argument.name } }) {
      var whole = arguments
      whole.positional.insert((.unknown, name.span), at: 0)
      check(whole, signature, span)
      break
    }
    return .unknown
  }

  /// A function that is declared several times: a call that fits none of them.
  private func checkDoubled(_ callee: Expression, _ arguments: WalkedArguments, _ span: Span) {
    guard let variable = names.uses[callee.span.start], variable.declaration == .function,
      variable.signatures.count == variable.again.count + 1, variable.signatures.count > 1,
      !arguments.hasSpread, let last = variable.signatures.last
    else { return }
    let fits = variable.signatures.contains { signature in
      (try? Binding(
        signature, positional: arguments.positional.count, names: arguments.named.map(\.name.name)))
        != nil
    }
    if !fits { check(arguments, last, span) }
  }

  // MARK: Arguments

  /// True for what the compiler says of a call whose arguments are not in order.
  func isMisordered(_ diagnostic: Diagnostic) -> Bool {
    diagnostic.primary.map { misordered.contains($0.span) } ?? false
  }

  /// Says what is wrong with the arguments of a call, in the words of the compiler.
  func check(_ arguments: WalkedArguments, _ signature: Signature, _ span: Span) {
    guard !mayFail, !misordered.contains(span) else { return }
    if arguments.hasSpread { return checkNames(arguments, signature, span) }
    do {
      _ = try Binding(
        signature, positional: arguments.positional.count, names: arguments.named.map(\.name.name))
    } catch {
      fail(error, span)
    }
  }

  /// A spread may give any arguments, but a name that is written out has to be a parameter's.
  private func checkNames(_ arguments: WalkedArguments, _ signature: Signature, _ span: Span) {
    let unknown = arguments.named.map(\.name.name).first { name in
      !signature.parameters.contains { $0.name == name && $0.kind == .plain }
    }
    guard let unknown, signature.restRecord == nil else { return }
    do {
      _ = try Binding(signature, positional: signature.positionalLimit ?? 0, names: [unknown])
    } catch {
      fail(error, span)
    }
  }
}
