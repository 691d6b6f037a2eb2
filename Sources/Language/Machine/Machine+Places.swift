// The roots of places: variables and slots, taken out of where they stand while they change, and what
// watchers and rehearsals are told of that. What the steps from a root mean is `Value`'s to say.

import Autodiff

extension Machine {
  func setPlace(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>,
    _ value: Value
  ) throws {
    try withRoot(site, base, captures) { root in
      try root.assign(value, at: way(site, base))
    }
  }

  func getPlace(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>
  ) throws -> Value {
    var value = Value.nil
    try withRoot(site, base, captures) { value = $0 }
    return try value.at(way(site, base))
  }

  /// What `x[…]` reads: one step from a register.
  func indexed(_ site: PlaceSite, _ base: UnsafeMutablePointer<Value>) throws -> Value {
    guard case .register(let register) = site.root else { return .nil }
    return try base[register].at(way(site, base))
  }

  /// Appends to the list at a place, or calls the method `push` of what stands there.
  func pushPlace(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>,
    _ value: Value
  ) throws -> Value {
    var other: Value?
    try withRoot(site, base, captures) { root in
      try root.change(at: way(site, base)) { place in
        if place.changeElements({ $0.append(value) }) == nil { other = place }
      }
    }
    guard let other else { return .nil }
    guard !other.isNil, case let method = try other.field("push", interpreter), method.isCallable
    else {
      throw RuntimeError(.type, "`push` appends to a list, and this is \(other.shortDescription)")
    }
    return try call(method, [value])
  }

  /// Calls a method that changes the list or record at a place; false, with what is there in R[1] of the
  /// window, where that is no such thing or has a field to call.
  func changePlace(
    _ window: UnsafeMutablePointer<Value>, _ call: CallSite, _ site: PlaceSite,
    _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>
  ) throws -> Bool {
    if site.steps.isEmpty {
      // What is only looked at is not told to have been changed.
      let value = try value(of: site.root, base, captures)
      if call.changingMethod(of: value) == nil {
        window[1] = value
        return false
      }
    }
    var other: Value?
    try withRoot(site, base, captures) { root in
      try root.change(at: way(site, base)) { place in
        guard let method = call.changingMethod(of: place) else {
          other = place
          return
        }
        try bind(method.signature, window + 2, call)
        let given = max(call.kinds.count, method.signature.parameters.count)
        try run(method.signature, on: window + 2, given, into: window) {
          try method.body(&place, $0)
        }
      }
    }
    guard let other else { return true }
    window[1] = other
    return false
  }

  /// What the variable that a place begins with holds.
  private func value(
    of root: PlaceSite.Root, _ base: UnsafeMutablePointer<Value>,
    _ captures: UnsafeMutablePointer<Value>
  ) throws -> Value {
    switch root {
    case .register(let register): return base[register]
    case .global(let slot): return try global(slot)
    case .box(let register):
      guard case .box(let box) = base[register] else { return .nil }
      return box.value
    case .captureBox(let index):
      guard case .box(let box) = watched(.captured(captures, index), captures[index]) else {
        return .nil
      }
      return watched(.content(box), box.value)
    case .slot(let register, let slot):
      guard case .instance(let instance) = base[register] else { return .nil }
      return instance.read(slot: slot)
    }
  }

  /// The way that a place is from its root.
  private func way(_ site: PlaceSite, _ base: UnsafeMutablePointer<Value>) -> PlaceWay {
    PlaceWay(
      steps: site.steps[...], keys: UnsafePointer(base + site.keys), interpreter: interpreter)
  }

  /// Runs the body on the variable that a place begins with.
  private func withRoot(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>,
    _ body: (inout Value) throws -> Void
  ) throws {
    switch site.root {
    case .register(let register): try body(&base[register])
    case .global, .captureBox, .slot:
      if let variable = freeVariable(site.root, base, captures) {
        try willChange(variable, Rehearsal.setsVariable)
      }
      try withOuterRoot(site, base, captures, body)
    case .box(let register):
      if interpreter.context.watcher != nil { interpreter.noteChange() }
      if case .box(let box) = base[register] { try withBox(box, body) }
    }
  }

  /// The variable from outside that a place begins with.
  private func freeVariable(
    _ root: PlaceSite.Root, _ base: UnsafeMutablePointer<Value>,
    _ captures: UnsafeMutablePointer<Value>
  ) -> FreeVariable? {
    switch root {
    case .global(let slot): return .global(slot)
    case .captureBox(let index):
      if case .box(let box) = watched(.captured(captures, index), captures[index]) {
        return .content(box)
      }
    case .slot(let register, let slot):
      if case .instance(let instance) = base[register] { return .field(instance, slot) }
    case .register, .box: break
    }
    return nil
  }

  /// `withRoot` for variables that the running function did not make.
  private func withOuterRoot(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>,
    _ body: (inout Value) throws -> Void
  ) throws {
    switch site.root {
    case .global(let slot):
      if case .absent = interpreter.globals[slot] {
        interpreter.globals[slot] = try undeclaredGlobal(slot)
      }
      try body(&interpreter.globals.slots[slot])
    case .captureBox(let index):
      if case .box(let box) = captures[index] { try withBox(box, body) }
    case .slot(let register, let slot):
      guard case .instance(let instance) = base[register] else { return }
      guard instance.type.fields[slot].kind == .param else {
        return try body(&instance.slots[slot])
      }
      // A `param` field is read as tensors and written back into its cells.
      var value = instance.read(slot: slot)
      try body(&value)
      try instance.write(slot: slot, value)
    case .register, .box: break
    }
  }

  private func withBox(_ box: Box, _ body: (inout Value) throws -> Void) throws {
    var value = box.value
    box.value = .nil
    defer { box.value = value }
    try body(&value)
  }
}

extension CallSite {
  /// The method of the site's name that changes a list or record in its place.
  fileprivate func changingMethod(of value: Value) -> ValueMethod? {
    let method: ValueMethod?
    switch value {
    case .list: method = listMethod
    case .record(let record): method = record[name]?.isCallable == true ? nil : recordMethod
    default: method = nil
    }
    return method?.changes == true ? method : nil
  }
}
