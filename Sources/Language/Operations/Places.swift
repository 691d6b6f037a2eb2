// Places: `x[i] = v`, `r.w += v`, `self.layers[0].push(v)`. A place is a root (a variable or a
// slot) and steps from it.
//
// The root's value is taken out while it changes, so that lists and records change in place when
// nothing else holds them, and put back on every way out: after an error the variable has its old
// value. Models, parameters and host objects are changed where they are.

import Autodiff
import Tensors

/// The way from a value to a place in it.
struct PlaceWay {
  var steps: ArraySlice<PlaceSite.Step>
  /// The registers with the keys of the steps, in their order.
  var keys: UnsafePointer<Value>
  let interpreter: Interpreter

  /// The way without its first step.
  var rest: PlaceWay {
    PlaceWay(
      steps: steps.dropFirst(), keys: keys + (steps.first?.keyCount ?? 0), interpreter: interpreter)
  }
  /// The keys of the first step.
  var parts: [Value] { Array(UnsafeBufferPointer(start: keys, count: steps.first?.keyCount ?? 0)) }
}

extension PlaceSite.Step {
  /// How many registers hold its keys.
  var keyCount: Int {
    guard case .index(let kinds) = self else { return 0 }
    return kinds.reduce(0) { count, kind in
      switch kind {
      case .item: count + 1
      case .slice: count + 3
      case .ellipsis: count
      }
    }
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

  // MARK: - Following steps

  /// What a way leads to.
  func at(_ way: PlaceWay) throws -> Value {
    switch way.steps.first {
    case nil: self
    case .field(let name): try field(name, way.interpreter).at(way.rest)
    case .index(let kinds): try item(way.parts, kinds, way.interpreter).at(way.rest)
    }
  }

  /// Puts a value where a way leads.
  mutating func assign(_ value: Value, at way: PlaceWay) throws {
    switch (way.steps.first, way.steps.count) {
    case (nil, _): self = value
    case (.field(let name), 1): try setField(name, value, way.interpreter)
    case (.index(let kinds), 1): try setItem(way.parts, kinds, value, way.interpreter)
    default: try changeFirst(of: way) { try $0.assign(value, at: way.rest) }
    }
  }

  /// Runs the body on what a way leads to, in place where it goes through values.
  mutating func change(at way: PlaceWay, _ body: (inout Value) throws -> Void) throws {
    guard !way.steps.isEmpty else { return try body(&self) }
    try changeFirst(of: way) { try $0.change(at: way.rest, body) }
  }

  /// `change` along the first step.
  private mutating func changeFirst(of way: PlaceWay, _ body: (inout Value) throws -> Void) throws {
    switch way.steps.first {
    case nil: break
    case .field(let name):
      let changed: Void? = try changeFields { fields in
        guard let index = fields.position(of: name) else {
          throw Value.record(fields).noMember(name)
        }
        try body(&fields[place: index])
      }
      if changed == nil { try changeField(name, way.interpreter, body) }
    case .index(let kinds):
      let parts = way.parts
      var changed: Void?
      if kinds.count == 1, let index = parts[0].integer {
        changed = try changeElements { elements in
          try elements.requireRoom()
          try body(&elements[try Value.position(index, elements.count)])
        }
      } else if let key = parts.first?.text {
        changed = try changeFields { fields in
          guard let index = fields.position(of: key) else {
            throw Value.record(fields).noMember(key)
          }
          try body(&fields[place: index])
        }
      }
      if changed != nil { return }
      var value = try item(parts, kinds, way.interpreter)
      try body(&value)
      if !value.isReference { try setItem(parts, kinds, value, way.interpreter) }
    }
  }

  /// `change` through a field of anything but a record.
  private mutating func changeField(
    _ name: String, _ interpreter: Interpreter, _ body: (inout Value) throws -> Void
  ) throws {
    let machine = interpreter.machine
    try machine.willChangeInside(self)
    switch self {
    case .instance(let instance):
      guard let slot = instance.type.slots[name], instance.type.fields[slot].kind != .argument
      else { throw noMember(name) }
      if instance.type.fields[slot].kind == .param {
        var value = instance.read(slot: slot)
        try body(&value)
        try instance.write(slot: slot, value)
      } else {
        _ = machine.watched(.field(instance, slot), instance.slots[slot])
        try body(&instance.slots[slot])
      }
    case .parameter(let cell) where name == "value":
      var value = Value.tensor(cell.value)
      try body(&value)
      try setField(name, value, interpreter)
    default:
      var value = try field(name, interpreter)
      try body(&value)
      if !value.isReference { try setField(name, value, interpreter) }
    }
  }

  // MARK: - Setting

  mutating func setField(_ name: String, _ value: Value, _ interpreter: Interpreter) throws {
    if changeFields({ $0[name] = value }) != nil { return }
    try interpreter.machine.willChangeInside(self)
    if case .host(let host) = self, try host.setField(name, value, interpreter) { return }
    switch self {
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
    case .parameter(let cell): try cell.set(name, value)
    case .tensor where name == "value":
      guard let variable = value.variable else {
        throw RuntimeError(.type, "a parameter holds a tensor, not \(value.shortDescription)")
      }
      self = .tensor(variable)
    case .host(let host) where !host.memberNames.contains(name): throw noMember(name)
    default:
      throw RuntimeError(
        .type, "field `\(name)` of \(shortDescription) cannot be assigned",
        hint: ForeignNames.hint(forAssigned: name)
          ?? (isTensor
            ? name == "shape" || name == "T"
              ? "x = x.reshape(…) makes a tensor of another shape"
              : name == "dtype"
                ? "x = x.to(f32) makes a tensor of another type"
                : "a record holds things by name: {x: x, \(name): …}"
            : "fields of records and models can be assigned"))
    }
  }

  mutating func setItem(
    _ parts: [Value], _ kinds: [PlaceSite.IndexKind], _ value: Value, _ interpreter: Interpreter
  ) throws {
    var changed: Void? = try changeElements { elements in
      guard kinds.count == 1 else { throw Value.list(elements).tooManyParts(kinds.count) }
      try elements.requireRoom()
      try Value.setItem(parts, kinds[0], of: &elements, value, interpreter)
    }
    if changed != nil { return }
    changed = try changeFields { fields in
      guard kinds.count == 1, let key = parts[0].text else {
        throw RuntimeError(.type, "a record is indexed by a String")
      }
      fields[key] = value
    }
    if changed != nil { return }
    if case .tensor = self, case .tensor(var variable) = take() {
      defer { self = .tensor(variable) }
      return try Value.replace(parts, kinds, of: &variable, value)
    }
    if case .parameter(let cell) = self {
      // The variable becomes the changed tensor, and the cell is left alone.
      var variable = cell.value
      try Value.replace(parts, kinds, of: &variable, value)
      self = .tensor(variable)
      return
    }
    try interpreter.machine.willChangeInside(self)
    throw RuntimeError(
      .type,
      text == nil
        ? "elements of \(shortDescription) cannot be assigned"
        : "the characters of a string cannot be assigned",
      hint: text == nil
        ? "elements of lists, records and tensors can"
        : "put a new text together: text[:1] + \"x\" + text[2:], or text.replace(old, new)")
  }

  private static func setItem(
    _ parts: [Value], _ kind: PlaceSite.IndexKind, of elements: inout List, _ value: Value,
    _ interpreter: Interpreter
  ) throws {
    if case .slice = kind {
      let bounds = try slice(parts, elements.count)
      guard bounds.step == 1 else {
        throw RuntimeError(
          .index, "a list's slice can be assigned with step 1 alone",
          hint: "assign the elements one by one in a loop")
      }
      let new = try value.elements(interpreter)
      try elements.requireRoom(for: new.count)
      elements.replaceSubrange(bounds.start..<max(bounds.start, bounds.stop), with: new)
      return
    }
    guard let index = parts[0].integer else {
      throw RuntimeError(.type, "a list is indexed by an Int, not \(parts[0].shortDescription)")
    }
    elements[try position(index, elements.count)] = value
  }

  private static func replace(
    _ parts: [Value], _ kinds: [PlaceSite.IndexKind], of variable: inout Variable, _ value: Value
  ) throws {
    guard let new = value.isNumeric ? value.variable : nil else {
      throw RuntimeError(
        .type, "elements of a tensor are numbers, not \(value.shortDescription)",
        hint: value.text != nil
          ? "float(text) reads a number; a list, (1, \"a\"), holds anything"
          : "brackets make tensors: [1.0, 2.0]; a list, (1, nil), holds anything")
    }
    let items = try indexItems(parts, kinds)
    // Storing keeps the tensor's dtype, but a float put among ints makes all of them floats.
    if new.dtype.isFloat && !variable.dtype.isFloat {
      let dtype = value.isTensor ? new.dtype : Context.current.defaultFloat
      variable = try variable.converted(to: dtype).replacing(items, with: new.converted(to: dtype))
      return
    }
    try variable.replace(items, with: new.converted(to: variable.dtype))
  }
}

extension ParameterCell {
  fileprivate func set(_ name: String, _ value: Value) throws {
    switch name {
    case "value":
      guard let variable = value.variable else {
        throw RuntimeError(.type, "a parameter holds a tensor, not \(value.shortDescription)")
      }
      self.value = try assigned(variable)
    case "grad": gradient = try gradient(from: value)
    case "name":
      guard value.isNil || value.text != nil else {
        throw RuntimeError(
          .type, "the name of a parameter is a String, not \(value.shortDescription)")
      }
      self.name = value.text
    default:
      throw RuntimeError(
        .type, "field `\(name)` of a Parameter cannot be assigned",
        hint: ForeignNames.hint(forAssigned: name) ?? "`value`, `grad` and `name` can")
    }
  }

  /// The gradient that a leaf is given: nil, or numbers of its shape, in its dtype.
  private func gradient(from value: Value) throws -> Variable? {
    if value.isNil { return nil }
    guard let variable = value.variable else {
      throw RuntimeError(
        .type, "the gradient of a parameter is a tensor or nil, not \(value.shortDescription)")
    }
    let tensor = self.value
    guard variable.shape == tensor.shape else {
      throw RuntimeError(
        .shape,
        "a gradient of shape \(variable.shape) does not fit a parameter of shape \(tensor.shape)")
    }
    guard isLeaf else {
      throw RuntimeError(
        .value, "the parameter holds no leaf, which alone has a gradient",
        hint: "p.value = stop_gradient(p.value) makes its tensor a new leaf")
    }
    return try variable.converted(to: tensor.dtype)
  }
}
