// Calls to instructions: arguments into a window of registers, where the callee finds them.

import Syntax

extension Compiler {
  /// The register that a call's window begins at: the result's own where it is on top.
  func window(for d: Int) -> Int { d == next - 1 ? d : take() }

  func compileCall(
    _ callee: Resolved, _ arguments: [ResolvedArgument], into d: Int, _ span: Span
  ) throws {
    try scratch {
      let window = window(for: d)
      if case .reference(.builtin(.builtin(let builtin)), _) = callee.kind,
        try compileBuiltinCall(builtin, arguments, window, span)
      {
        // The arguments have been put where the signature wants them.
      } else if let positional = positional(arguments) {
        var global: Int?
        if case .reference(.global(let slot), _) = callee.kind { global = slot }
        if global == nil { try compile(callee, into: window) }
        for argument in positional {
          let register = take()
          try compile(argument, into: register)
        }
        if let global {
          emit(.callGlobal, window, global, positional.count, span: span)
        } else {
          emit(.call, window, positional.count, span: span)
        }
      } else {
        try compile(callee, into: window)
        let kinds = try compileArguments(arguments)
        emit(.callWith, window, add(CallSite(kinds: kinds)), span: span)
      }
      if window != d { emit(.take, d, window, span: span) }
    }
  }

  func positional(_ arguments: [ResolvedArgument]) -> [Resolved]? {
    var result: [Resolved] = []
    for argument in arguments {
      guard case .positional(let value) = argument else { return nil }
      result.append(value)
    }
    return result
  }

  /// Puts arguments into registers in the order written; says how each stood.
  private func compileArguments(_ arguments: [ResolvedArgument]) throws -> [CallSite.Kind] {
    try arguments.map { argument in
      try compile(argument.value, into: take())
      return argument.kind
    }
  }

  private func add(_ site: CallSite) -> Int {
    sites.calls.append(site)
    return sites.calls.count - 1
  }

  /// Calls a built-in whose signature is known: names become places now. False where spreads
  /// leave it to the machine.
  private func compileBuiltinCall(
    _ builtin: BuiltinFunction, _ arguments: [ResolvedArgument], _ window: Int, _ span: Span
  ) throws -> Bool {
    let signature = builtin.signature
    let kinds = arguments.map(\.kind)
    guard let plan = CallPlan(signature, kinds) else { return false }
    let isPositional = kinds.allSatisfy { if case .positional = $0 { true } else { false } }
    // Trailing parameters that were not given are not there for a call of positional arguments.
    let count =
      isPositional && signature.restList == nil ? arguments.count : signature.parameters.count
    let first = take(count)
    var filled = [Bool](repeating: false, count: count)
    var rest: [Resolved] = []
    for (argument, place) in zip(arguments, plan.places) {
      if place == signature.restList {
        rest.append(argument.value)
      } else {
        try compile(argument.value, into: first + place)
        filled[place] = true
      }
    }
    if let place = signature.restList {
      try compileElements(rest.map { .one($0) }, into: first + place, span, isTensor: false)
      filled[place] = true
    }
    for (i, isFilled) in filled.enumerated() where !isFilled {
      emit(.setAbsent, first + i, span: span)
    }
    sites.builtins.append(builtin)
    emit(.callBuiltin, window, sites.builtins.count - 1, count, span: span)
    return true
  }

  func compileMethodCall(_ call: MethodCall, into d: Int, _ span: Span) throws {
    if call.name == "push", let place = call.place, call.arguments.count == 1,
      case .positional(let value)? = call.arguments.first
    {
      try scratch {
        let window = take()
        try compile(value, into: window)
        let site = try compilePlace(place)
        emit(.pushPlace, window, site, span: span)
        emit(.take, d, window, span: span)
      }
      return
    }
    if let place = call.place { return try compileChange(call, at: place, into: d, span) }
    try scratch {
      let window = window(for: d)
      if let visible = call.visible { try compile(visible, into: window) }
      let receiver = take()
      try compile(call.receiver, into: receiver)
      emit(.callMethod, window, try addSite(of: call), span: span)
      if window != d { emit(.take, d, window, span: span) }
    }
  }

  /// Puts the arguments of a method into registers; gives the site that describes them.
  private func addSite(of call: MethodCall) throws -> Int {
    add(
      CallSite(
        name: call.name, kinds: try compileArguments(call.arguments), builtin: call.builtin,
        hasVariable: call.visible != nil))
  }

  /// A call of what may be a method that changes a list or record where it is.
  private func compileChange(
    _ call: MethodCall, at place: Target, into d: Int, _ span: Span
  ) throws {
    try scratch {
      let placeSite = try compilePlace(place)
      let window = take()
      if let visible = call.visible { try compile(visible, into: window) }
      _ = take()
      emit(.changePlace, window, try addSite(of: call), placeSite, span: span)
      emit(.take, d, window, span: span)
    }
  }
}
