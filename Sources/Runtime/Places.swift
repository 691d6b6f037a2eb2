// Places: `x[i] = v`, `r.w += v`, `self.layers[0].push(v)`. A place is a root (a variable or a
// slot) and steps from it.
//
// The root's value is taken out while it changes, so that lists and records change in place when
// nothing else holds them, and put back on every way out: after an error the variable has its old
// value. Models, parameters and host objects are changed where they are.

import Autodiff
import Tensors

extension Machine {
  func setPlace(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>,
    _ value: Value
  ) throws {
    try withRoot(site, base, captures) { root in
      try assign(value, to: &root, site.steps[...], base + site.keys)
    }
  }

  func getPlace(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>
  ) throws -> Value {
    var value = Value.nil
    try withRoot(site, base, captures) { value = $0 }
    return try follow(site.steps[...], from: value, base + site.keys)
  }

  /// Appends to the list at a place, or calls the method `push` of what stands there.
  func pushPlace(
    _ site: PlaceSite, _ base: UnsafeMutablePointer<Value>, _ captures: UnsafeMutablePointer<Value>,
    _ value: Value
  ) throws -> Value {
    var other: Value?
    try withRoot(site, base, captures) { root in
      try change(&root, site.steps[...], base + site.keys) { place in
        if place.changeElements({ $0.append(value) }) == nil { other = place }
      }
    }
    guard let other else { return .nil }
    guard !other.isNil, case let method = try field("push", of: other), method.isCallable else {
      throw RuntimeError(.type, "`push` appends to a list, and this is \(other.shortDescription)")
    }
    return try call(method, [value])
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
      if case .box(let box) = captures[index] { return .content(box) }
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

  // MARK: - Following steps

  private func follow(
    _ steps: ArraySlice<PlaceSite.Step>, from value: Value, _ keys: UnsafeMutablePointer<Value>
  ) throws -> Value {
    var value = value
    var keys = keys
    for step in steps {
      switch step {
      case .field(let name): value = try field(name, of: value)
      case .index(let kinds):
        let count = registerCount(kinds)
        value = try item(Array(UnsafeBufferPointer(start: keys, count: count)), kinds, of: value)
        keys += count
      }
    }
    return value
  }

  func registerCount(_ kinds: [PlaceSite.IndexKind]) -> Int {
    kinds.reduce(0) { count, kind in
      switch kind {
      case .item: count + 1
      case .slice: count + 3
      case .ellipsis: count
      }
    }
  }

  private func assign(
    _ value: Value, to place: inout Value, _ steps: ArraySlice<PlaceSite.Step>,
    _ keys: UnsafeMutablePointer<Value>
  ) throws {
    guard let last = steps.last else {
      place = value
      return
    }
    let lastCount: Int
    if case .index(let kinds) = last { lastCount = registerCount(kinds) } else { lastCount = 0 }
    let before = steps.dropLast()
    let offset = before.reduce(0) { count, step in
      if case .index(let kinds) = step { count + registerCount(kinds) } else { count }
    }
    try change(&place, before, keys) { container in
      switch last {
      case .field(let name): try setField(name, of: &container, value)
      case .index(let kinds):
        let parts = Array(UnsafeBufferPointer(start: keys + offset, count: lastCount))
        try setItem(parts, kinds, of: &container, value)
      }
    }
  }

  /// Runs the body on what steps lead to, in place where the way goes through values.
  private func change(
    _ place: inout Value, _ steps: ArraySlice<PlaceSite.Step>, _ keys: UnsafeMutablePointer<Value>,
    _ body: (inout Value) throws -> Void
  ) throws {
    guard let step = steps.first else { return try body(&place) }
    let rest = steps.dropFirst()
    switch step {
    case .field(let name):
      let changed: Void? = try place.changeFields { fields in
        guard let index = fields.position(of: name) else { throw noMember(name, .record(fields)) }
        try change(&fields[place: index], rest, keys, body)
      }
      if changed == nil { try changeField(name, of: &place, rest, keys, body) }
    case .index(let kinds):
      let count = registerCount(kinds)
      let parts = Array(UnsafeBufferPointer(start: keys, count: count))
      var changed: Void?
      if kinds.count == 1, let index = Machine.integer(parts[0]) {
        changed = try place.changeElements { elements in
          let position = try Machine.position(index, elements.count)
          try change(&elements[position], rest, keys + count, body)
        }
      } else if let key = parts.first?.text {
        changed = try place.changeFields { fields in
          guard let index = fields.position(of: key) else { throw noMember(key, .record(fields)) }
          try change(&fields[place: index], rest, keys + count, body)
        }
      }
      if changed != nil { return }
      var value = try item(parts, kinds, of: place)
      try change(&value, rest, keys + count, body)
      if !value.isReference { try setItem(parts, kinds, of: &place, value) }
    }
  }

  /// `change` through a field of anything but a record.
  private func changeField(
    _ name: String, of place: inout Value, _ rest: ArraySlice<PlaceSite.Step>,
    _ keys: UnsafeMutablePointer<Value>, _ body: (inout Value) throws -> Void
  ) throws {
    try willChangeInside(place)
    switch place {
    case .instance(let instance):
      guard let slot = instance.type.slots[name], instance.type.fields[slot].kind != .argument
      else { throw noMember(name, place) }
      if instance.type.fields[slot].kind == .param {
        var value = instance.read(slot: slot)
        try change(&value, rest, keys, body)
        try instance.write(slot: slot, value)
      } else {
        _ = watched(.field(instance, slot), instance.slots[slot])
        try change(&instance.slots[slot], rest, keys, body)
      }
    case .parameter(let cell) where name == "value":
      var value = Value.tensor(cell.value)
      try change(&value, rest, keys, body)
      try setField(name, of: &place, value)
    default:
      var value = try field(name, of: place)
      try change(&value, rest, keys, body)
      if !value.isReference { try setField(name, of: &place, value) }
    }
  }

  // MARK: - Setting

  func setField(_ name: String, of container: inout Value, _ value: Value) throws {
    if container.changeFields({ $0[name] = value }) != nil { return }
    try willChangeInside(container)
    switch container {
    case .instance(let instance):
      guard let slot = instance.type.slots[name], instance.type.fields[slot].kind != .argument
      else {
        let near = nearest(to: name, among: instance.type.fields.map(\.name))
        throw RuntimeError(
          .name, "\(instance.type.name) declares no field `\(name)`",
          hint: ForeignNames.hint(forAssigned: name) ?? near.map { "did you mean `\($0)`?" }
            ?? "declare it in the model with `param`, `buffer` or `let`")
      }
      try instance.write(slot: slot, value)
    case .parameter(let cell): try setField(name, of: cell, value)
    case .tensor where name == "value":
      guard let variable = value.variable else {
        throw RuntimeError(.type, "a parameter holds a tensor, not \(value.shortDescription)")
      }
      container = .tensor(variable)
    case .host(let host) where !host.memberNames.contains(name): throw noMember(name, container)
    default:
      throw RuntimeError(
        .type, "field `\(name)` of \(container.shortDescription) cannot be assigned",
        hint: ForeignNames.hint(forAssigned: name))
    }
  }

  private func setField(_ name: String, of cell: ParameterCell, _ value: Value) throws {
    switch name {
    case "value":
      guard let variable = value.variable else {
        throw RuntimeError(.type, "a parameter holds a tensor, not \(value.shortDescription)")
      }
      cell.value = try assigned(variable)
    case "grad": cell.gradient = try gradient(value, for: cell)
    case "name":
      guard value.isNil || value.text != nil else {
        throw RuntimeError(
          .type, "the name of a parameter is a String, not \(value.shortDescription)")
      }
      cell.name = value.text
    default:
      throw RuntimeError(
        .type, "field `\(name)` of a Parameter cannot be assigned",
        hint: ForeignNames.hint(forAssigned: name) ?? "`value`, `grad` and `name` can")
    }
  }

  /// The gradient that a leaf is given: nil, or numbers of its shape, in its dtype.
  private func gradient(_ value: Value, for cell: ParameterCell) throws -> Variable? {
    if value.isNil { return nil }
    guard let variable = value.variable else {
      throw RuntimeError(
        .type, "the gradient of a parameter is a tensor or nil, not \(value.shortDescription)")
    }
    let tensor = cell.value
    guard variable.shape == tensor.shape else {
      throw RuntimeError(
        .shape,
        "a gradient of shape \(variable.shape) does not fit a parameter of shape \(tensor.shape)")
    }
    guard cell.isLeaf else {
      throw RuntimeError(
        .value, "the parameter holds no leaf, which alone has a gradient",
        hint: "p.value = stop_gradient(p.value) makes its tensor a new leaf")
    }
    return try variable.converted(to: tensor.dtype)
  }

  func setItem(
    _ parts: [Value], _ kinds: [PlaceSite.IndexKind], of container: inout Value, _ value: Value
  ) throws {
    var changed: Void? = try container.changeElements { elements in
      guard kinds.count == 1 else { throw Machine.tooManyParts(kinds.count, .list(elements)) }
      try setItem(parts, kinds[0], of: &elements, value)
    }
    if changed != nil { return }
    changed = try container.changeFields { fields in
      guard kinds.count == 1, let key = parts[0].text else {
        throw RuntimeError(.type, "a record is indexed by a String")
      }
      fields[key] = value
    }
    if changed != nil { return }
    if case .tensor = container, case .tensor(var variable) = container.take() {
      defer { container = .tensor(variable) }
      return try replace(parts, kinds, of: &variable, value)
    }
    if case .parameter(let cell) = container {
      // The variable becomes the changed tensor, and the cell is left alone.
      var variable = cell.value
      try replace(parts, kinds, of: &variable, value)
      container = .tensor(variable)
      return
    }
    try willChangeInside(container)
    switch container {
    case .string:
      throw RuntimeError(.type, "the characters of a string cannot be assigned")
    default:
      throw RuntimeError(.type, "elements of \(container.shortDescription) cannot be assigned")
    }
  }

  private func setItem(
    _ parts: [Value], _ kind: PlaceSite.IndexKind, of elements: inout [Value], _ value: Value
  ) throws {
    if case .slice = kind {
      let bounds = try Machine.slice(parts, elements.count)
      guard bounds.step == 1 else {
        throw RuntimeError(.index, "a list's slice can be assigned with step 1 alone")
      }
      let new = try self.elements(of: value)
      elements.replaceSubrange(bounds.start..<max(bounds.start, bounds.stop), with: new)
      return
    }
    guard let index = Machine.integer(parts[0]) else {
      throw RuntimeError(.type, "a list is indexed by an Int, not \(parts[0].shortDescription)")
    }
    elements[try Machine.position(index, elements.count)] = value
  }

  private func replace(
    _ parts: [Value], _ kinds: [PlaceSite.IndexKind], of variable: inout Variable, _ value: Value
  ) throws {
    guard let new = value.isNumeric ? value.variable : nil else {
      throw RuntimeError(.type, "elements of a tensor are numbers, not \(value.shortDescription)")
    }
    interpreter.context.place = UInt64(UInt(bitPattern: state.pointee.pc))
    let items = try indexItems(parts, kinds)
    // Storing keeps the tensor's dtype, but a float put among ints makes all of them floats.
    if new.dtype.isFloat && !variable.dtype.isFloat {
      let dtype = value.isTensor ? new.dtype : interpreter.context.defaultFloat
      variable = try variable.converted(to: dtype).replacing(items, with: new.converted(to: dtype))
      return
    }
    try variable.replace(items, with: new.converted(to: variable.dtype))
  }
}

extension Value {
  /// True for what has identity, so that changing it needs no writing back.
  var isReference: Bool {
    switch self {
    case .instance, .parameter, .host, .module, .model: true
    default: false
    }
  }
}
