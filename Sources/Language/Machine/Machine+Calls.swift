// Calls of every kind of value: what the loop's own path for plain functions leaves over.
//
// `prepare` either finishes the call (the result is in the window's first register) or arranges
// arguments for a Mos function and says how to enter it.

import Autodiff
import Syntax

extension Machine {
  func name(_ index: UInt16, _ header: UnsafeMutablePointer<CodeHeader>) -> String {
    header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.names[Int(index)] }
  }

  func site(_ index: UInt16, _ header: UnsafeMutablePointer<CodeHeader>) -> PlaceSite {
    header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.places[Int(index)] }
  }

  func callSite(_ index: UInt16, _ header: UnsafeMutablePointer<CodeHeader>) -> CallSite {
    header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.calls[Int(index)] }
  }

  // MARK: - Positional calls

  /// Calls R[0] of a window with the arguments after it.
  func prepare(_ window: UnsafeMutablePointer<Value>, _ count: Int) throws -> Entry? {
    switch window.pointee {
    case .function(let closure):
      if let receiver = closure.receiver {
        window.pointee = .instance(receiver)
        return try enterMethod(closure, window, count)
      }
      if closure.header.pointee.plainCount != count {
        try bind(closure.prototype.signature, window + 1, count)
      }
      return Entry(
        header: closure.header, captures: closure.captures, base: window + 1, result: window)
    case .builtin(let builtin):
      try bind(builtin.signature, window + 1, count)
      try callBuiltin(builtin, window, max(count, builtin.signature.parameters.count))
      return nil
    case .model(let type):
      let instance = ModelInstance(type)
      window.pointee = .instance(instance)
      return try enterMethod(type.initializer, window, count)
    case .instance(let instance):
      if let replaced = instance.replacedMethod("forward") {
        window.pointee = .builtin(replaced)
        return try prepare(window, count)
      }
      if let slot = instance.type.forwardSlot {
        window.pointee = instance[slot: slot]
        return try prepare(window, count)
      }
      guard let method = instance.type.forward else {
        throw RuntimeError(
          .type,
          "\(window.pointee.shortDescription) cannot be called, since it has no method `forward`",
          hint: instance.type.methodNames.first.map {
            "declare fn forward(x) in the model, or call .\($0)(…)"
          }
            ?? "declare fn forward(x) { … } in the model")
      }
      return try enterMethod(method, window, count)
    case .host(let host):
      guard let call = host.members.call else { fallthrough }
      try bind(call.signature, window + 1, count)
      let given = max(count, call.signature.parameters.count)
      try run(call.signature, on: window + 1, given, into: window) { try call.body(host, $0) }
      return nil
    default:
      var error = RuntimeError(
        .type, "\(window.pointee.shortDescription) cannot be called", hint: window.pointee.callHint)
      error.isUncallable = true
      throw error
    }
  }

  /// Enters a method whose instance is in the window's first register.
  private func enterMethod(_ method: Closure, _ window: UnsafeMutablePointer<Value>, _ count: Int)
    throws -> Entry
  {
    if method.header.pointee.plainMethodCount != count {
      try bind(method.prototype.signature, window + 1, count)
    }
    return Entry(header: method.header, captures: method.captures, base: window, result: window)
  }

  private func callBuiltin(
    _ builtin: BuiltinFunction, _ window: UnsafeMutablePointer<Value>, _ count: Int
  ) throws {
    try rehearse(builtin)
    try run(builtin.signature, on: window + 1, count, into: window) { try builtin.function($0) }
  }

  /// Runs what has a signature on arguments that stand in its order, puts the result into a register, and
  /// forgets the arguments. What it calls takes slots behind them, which may lie past the registers of
  /// the frame that called it.
  @inline(__always)
  func run(
    _ signature: Signature, on first: UnsafeMutablePointer<Value>, _ count: Int,
    into result: UnsafeMutablePointer<Value>, _ body: (Arguments) throws -> Value
  ) throws {
    let saved = state.pointee.floor
    state.pointee.floor = first + count
    interpreter.context.place = UInt64(UInt(bitPattern: state.pointee.pc))
    defer { state.pointee.floor = saved }
    if state.pointee.isRehearsing { look(at: first, count) }
    result.pointee = try body(
      Arguments(base: first, count: count, interpreter: interpreter, callee: signature))
    clearRegisters(first, count)
  }

  /// Brings positional arguments into the order of a signature, in place.
  private func bind(_ signature: Signature, _ first: UnsafeMutablePointer<Value>, _ count: Int)
    throws
  {
    let parameters = signature.parameters.count
    try reserve(first + max(count, parameters) + 1)
    if let plain = signature.plainCounts, plain.contains(count) {
      for i in count..<parameters { first[i] = .absent }
      return
    }
    let binding = try Binding(signature, positional: count, names: [])
    let values = Array(UnsafeBufferPointer(start: first, count: count))
    put(binding.window(values, []), first, count)
  }

  /// Brings the arguments of a site into the order of a signature, in place.
  func bind(
    _ signature: Signature, _ first: UnsafeMutablePointer<Value>, _ site: CallSite
  ) throws {
    if site.isPlain { return try bind(signature, first, site.kinds.count) }
    if try arrange(first, site, signature) != nil { return }
    let (values, named) = try gather(first, site)
    let binding = try Binding(signature, positional: values.count, names: named.map(\.0))
    let arguments = binding.window(values, named)
    try reserve(first + arguments.count + 1)
    for (i, value) in arguments.enumerated() { first[i] = value }
  }

  private func put(_ values: [Value], _ first: UnsafeMutablePointer<Value>, _ count: Int) {
    clearRegisters(first, count)
    for (i, value) in values.enumerated() { first[i] = value }
  }

  // MARK: - Named arguments and spreads

  /// Calls R[0] of a window with the arguments that a site describes.
  func prepare(_ window: UnsafeMutablePointer<Value>, _ site: CallSite) throws -> Entry? {
    let count: Int?
    switch window.pointee {
    case .function(let closure):
      count = try arrange(window + 1, site, closure.prototype.signature)
    case .builtin(let builtin): count = try arrange(window + 1, site, builtin.signature)
    case .model(let type): count = try arrange(window + 1, site, type.signature)
    default: count = nil
    }
    if let count { return try prepareBound(window, count) }
    let (values, named) = try gather(window + 1, site)
    return try prepare(window, values, named)
  }

  /// Brings a site's arguments into the order of the callee's parameters, where they are; behind
  /// `leading` ones that are not the site's.
  ///
  /// - Returns: the number of parameters; nil, with nothing done, where it takes more than that:
  ///   spreads, rests, and mistakes, which `Binding` words.
  private func arrange(
    _ first: UnsafeMutablePointer<Value>, _ site: CallSite, leading: Int = 0, _ callee: Signature
  ) throws -> Int? {
    guard site.isUnspread, callee.plainCounts != nil else { return nil }
    if site.plan.map({ $0.callee !== callee || $0.leading != leading }) ?? true {
      site.plan = CallPlan(callee, site.kinds, leading: leading)
    }
    guard let plan = site.plan else { return nil }
    try reserve(first + plan.count + 1)
    let given = plan.places.count
    withUnsafeTemporaryAllocation(of: Value.self, capacity: given) { values in
      for i in 0..<given {
        values.initializeElement(at: i, to: first[i])
        first[i] = .absent
      }
      for i in given..<max(given, plan.count) { first[i] = .absent }
      for (i, place) in plan.places.enumerated() { first[place] = values[i] }
      values.deinitialize()
    }
    return plan.count
  }

  /// The arguments of a site: spreads spread, names with their values.
  private func gather(_ first: UnsafeMutablePointer<Value>, _ site: CallSite) throws
    -> (values: [Value], named: [(String, Value)])
  {
    var values: [Value] = []
    var named: [(String, Value)] = []
    for (i, kind) in site.kinds.enumerated() {
      let value = first[i]
      first[i] = .nil
      switch kind {
      case .positional: values.append(value)
      case .named(let name): named.append((name, value))
      case .spreadList: values += try value.elements(interpreter)
      case .spreadRecord:
        guard case .record(let record) = value else {
          throw RuntimeError(.type, "`**` spreads a record, not \(value.shortDescription)")
        }
        named += record.pairs.map { ($0, $1) }
      }
    }
    return (values, named)
  }

  /// Calls R[0] of a window with values and named values.
  func prepare(
    _ window: UnsafeMutablePointer<Value>, _ values: [Value], _ named: [(String, Value)]
  ) throws -> Entry? {
    if named.isEmpty {
      try reserve(window + values.count + 2)
      for (i, value) in values.enumerated() { window[i + 1] = value }
      return try prepare(window, values.count)
    }
    if case .instance(let instance) = window.pointee,
      let replaced = instance.replacedMethod("forward")
    {
      window.pointee = .builtin(replaced)
    }
    guard let signature = signature(of: window.pointee) else { return try prepare(window, 0) }
    let binding = try Binding(signature, positional: values.count, names: named.map(\.0))
    let arguments = binding.window(values, named)
    try reserve(window + arguments.count + 2)
    for (i, value) in arguments.enumerated() { window[i + 1] = value }
    return try prepareBound(window, arguments.count)
  }

  /// The signature of what can be called, and of what it stands for where it stands for another function.
  package func ownSignature(of value: Value) -> Signature? {
    if case .builtin(let builtin) = value, let signature = builtin.standsFor { return signature }
    return signature(of: value)
  }

  /// The signature of what can be called.
  package func signature(of value: Value) -> Signature? {
    switch value {
    case .function(let closure): closure.prototype.signature
    case .builtin(let builtin): builtin.signature
    case .model(let type): type.signature
    case .instance(let instance):
      if let slot = instance.type.forwardSlot {
        signature(of: instance[slot: slot])
      } else {
        instance.type.forward?.prototype.signature
      }
    case .host(let host): host.members.call?.signature
    default: nil
    }
  }

  /// Calls R[0] with arguments that stand in the order of its signature.
  private func prepareBound(_ window: UnsafeMutablePointer<Value>, _ count: Int) throws -> Entry? {
    switch window.pointee {
    case .function(let closure):
      if let receiver = closure.receiver {
        window.pointee = .instance(receiver)
        return Entry(
          header: closure.header, captures: closure.captures, base: window, result: window)
      }
      return Entry(
        header: closure.header, captures: closure.captures, base: window + 1, result: window)
    case .builtin(let builtin):
      try callBuiltin(builtin, window, count)
      return nil
    case .model(let type):
      window.pointee = .instance(ModelInstance(type))
      let method = type.initializer
      return Entry(header: method.header, captures: method.captures, base: window, result: window)
    case .instance(let instance):
      if let slot = instance.type.forwardSlot {
        window.pointee = instance[slot: slot]
        return try prepareBound(window, count)
      }
      guard let method = instance.type.forward else { return try prepare(window, count) }
      return Entry(header: method.header, captures: method.captures, base: window, result: window)
    case .host(let host):
      guard let call = host.members.call else { return try prepare(window, count) }
      try run(call.signature, on: window + 1, count, into: window) { try call.body(host, $0) }
      return nil
    default: return try prepare(window, count)
    }
  }

  // MARK: - Methods

  /// Calls method `site.name` of R[1], or the visible function of that name.
  func prepareMethod(_ window: UnsafeMutablePointer<Value>, _ site: CallSite) throws -> Entry? {
    let receiver = window + 1
    let count = site.kinds.count
    switch receiver.pointee {
    case .instance(let instance):
      if let found = site.found, found.type === instance.type, site.isPlain,
        found.method.header.pointee.plainMethodCount == count
      {
        let method = found.method
        return Entry(
          header: method.header, captures: method.captures, base: receiver, result: window)
      }
      if let replaced = instance.replacedMethod(site.name) {
        return try callField(.builtin(replaced), window, site)
      }
      if let slot = instance.type.slots[site.name], instance.type.fields[slot].kind != .argument {
        let value = instance.read(slot: slot)
        if value.isCallable { return try callField(value, window, site) }
      } else if let method = instance.type.method(site.name) {
        site.found = (instance.type, method)
        try bind(method.prototype.signature, receiver + 1, site)
        return Entry(
          header: method.header, captures: method.captures, base: receiver, result: window)
      } else if let member = ValueMembers.instance[site.name] {
        window.pointee = try member.read(receiver.pointee)
        clearRegisters(receiver, count + 1)
        return nil
      }
    case .host(let host):
      if let method = site.method(of: host) {
        try willCallMethod(of: host)
        try bind(method.signature, receiver + 1, site)
        try run(
          method.signature, on: receiver + 1, max(count, method.signature.parameters.count),
          into: window
        ) { try method.body(host, $0) }
        receiver.pointee = .nil
        return nil
      }
      willRead(host)
      if let value = try host.field(site.name), value.isCallable {
        return try callField(value, window, site)
      }
    case .record(let record):
      if let value = record[site.name], value.isCallable {
        return try callField(value, window, site)
      }
      if let method = site.recordMethod { return try run(method, window, site) }
    case .list: if let method = site.listMethod { return try run(method, window, site) }
    case .module(let module):
      return try callField(try module.member(site.name, interpreter), window, site)
    case .model(let type):
      if let method = type.method(site.name) {
        return try callField(.function(method), window, site)
      }
    default: break
    }
    // No method: the visible function of that name, the receiver its first argument.
    let isVariable = site.hasVariable && window.pointee.isCallable
    if !isVariable {
      if site.isField, count == 0, receiver.pointee.isTensor {
        throw receiver.pointee.noMember(site.name)
      }
      guard let builtin = site.builtin else {
        throw site.hasVariable && window.pointee.isAbsent
          ? undeclared(site.name) : receiver.pointee.noMember(site.name, interpreter)
      }
      if site.isPlain, let plain = builtin.signature.plainCounts, count < plain.upperBound {
        try rehearse(builtin)
        try bind(builtin.signature, receiver, count + 1)
        try run(
          builtin.signature, on: receiver, max(count + 1, builtin.signature.parameters.count),
          into: window
        ) { try builtin.function($0) }
        return nil
      }
      window.pointee = .builtin(builtin)
      if !site.isPlain,
        let count = try arrange(receiver, site, leading: 1, builtin.signature)
      {
        return try prepareBound(window, count)
      }
    }
    if site.isPlain { return try prepare(window, count + 1) }
    let first = receiver.pointee
    receiver.pointee = .nil
    let (values, named) = try gather(receiver + 1, site)
    return try prepare(window, [first] + values, named)
  }

  /// Calls a method of the list or record R[1], which is nobody's to change.
  private func run(_ method: ValueMethod, _ window: UnsafeMutablePointer<Value>, _ site: CallSite)
    throws -> Entry?
  {
    let receiver = window + 1
    guard !method.changes else { throw method.needsPlace(receiver.pointee) }
    try bind(method.signature, receiver + 1, site)
    try run(
      method.signature, on: receiver + 1,
      max(site.kinds.count, method.signature.parameters.count), into: window
    ) { try method.body(&receiver.pointee, $0) }
    receiver.pointee = .nil
    return nil
  }

  /// Calls a value that stands in a field: the receiver goes away.
  private func callField(_ value: Value, _ window: UnsafeMutablePointer<Value>, _ site: CallSite)
    throws -> Entry?
  {
    window.pointee = value
    let count = site.kinds.count
    for i in 0..<count { window[i + 1] = window[i + 2] }
    window[count + 1] = .nil
    return site.isPlain ? try prepare(window, count) : try prepare(window, site)
  }

  // MARK: - Making functions and models

  func makeClosure(
    _ index: Int, _ header: UnsafeMutablePointer<CodeHeader>, _ base: UnsafeMutablePointer<Value>,
    _ captures: UnsafeMutablePointer<Value>
  ) -> Value {
    let prototype = header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.prototypes[index] }
    let closure = Closure(prototype)
    for (i, source) in prototype.captureSources.enumerated() {
      switch source {
      case .register(let register): closure.captures[i] = base[register]
      // To hand on what the running function has captured is to read it.
      case .capture(let capture):
        closure.captures[i] = watched(.captured(captures, capture), captures[capture])
      }
    }
    if interpreter.context.watcher != nil {
      interpreter.watcher?.isMade(ObjectIdentifier(closure), captures: closure.captures)
    }
    return .function(closure)
  }

  /// A model from the closures after the register, the initializer first.
  func makeModel(
    _ index: Int, _ header: UnsafeMutablePointer<CodeHeader>, _ a: UnsafeMutablePointer<Value>
  ) {
    let prototype = header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.models[index] }
    var closures: [Closure] = []
    for i in 0...prototype.methods.count {
      if case .function(let closure) = a[i + 1] { closures.append(closure) }
      a[i + 1] = .nil
    }
    guard let initializer = closures.first else { return }
    a.pointee = .model(
      ModelType(prototype, initializer: initializer, methods: Array(closures.dropFirst())))
  }

  // MARK: - Variables without a value

  /// What a global variable holds, or the built-in that its name stands for before the program
  /// declares it.
  func global(_ slot: Int, mayBeAbsent: Bool = false) throws -> Value {
    let value = watched(.global(slot), interpreter.globals[slot])
    return value.isAbsent && !mayBeAbsent ? try undeclaredGlobal(slot) : value
  }

  /// The built-in that a global name stands for before the program declares it.
  func undeclaredGlobal(_ slot: Int) throws -> Value {
    let name = interpreter.globals.name(of: slot)
    if let value = interpreter.builtin(name) { return value }
    throw undeclared(name)
  }

  private func undeclared(_ name: String) -> RuntimeError {
    RuntimeError(
      .name, "`\(name)` is used before its declaration",
      hint: "move the declaration above its first use")
  }

  func undeclaredVariable() -> RuntimeError {
    RuntimeError(
      .name, "a function is used before its declaration",
      hint: "move what it needs above its first use")
  }

  // MARK: - Contexts

  func enterContext(_ value: Value) throws -> HostObject {
    var value = value
    if case .builtin = value { value = try call(value, []) }
    guard case .host(let context) = value, context.isContext else {
      throw RuntimeError(
        .type, "`with` takes a context, not \(value.shortDescription)",
        hint: "contexts are no_grad, dtype(f32), seed(0), timer(\"name\"), anomaly_detection")
    }
    try context.enter(interpreter)
    return context
  }
}

extension Value {
  /// What may have been meant by a call of what is no function.
  fileprivate var callHint: String? {
    switch self {
    case .int, .float: "did you forget an operator before the parenthesis?"
    case .tensor, .parameter: "elements are picked with brackets, x[0], and a product needs its *"
    case .list: "elements are picked with brackets, xs[0]"
    case .record: "fields are picked with a point or brackets, r.name, r[\"name\"]"
    case .string: "characters are picked with brackets, text[0]"
    case .nil:
      "what should be a function is nil: a function whose last statement is no value gives nil"
    case .module: "call what it offers: module.name(…)"
    case .range: "elements are picked with brackets, r[0]"
    default: "only functions, models and what they make can be called"
    }
  }
}
