// `clone`: the same structure with cells of its own. A model or a parameter that occurs twice is
// cloned once.

import Autodiff
import Devices
import Tensors

/// Makes clones of values.
package struct Cloner {
  let manner: Snapshot.Manner
  let detachesBuffers: Bool
  let interpreter: Interpreter
  /// Where tensors are put; nil for where they are.
  let place: Place?
  private var walk = Walk()
  private var cells: [ObjectIdentifier: ParameterCell] = [:]
  private var instances: [ObjectIdentifier: ModelInstance] = [:]

  package init(
    _ manner: Snapshot.Manner, detachesBuffers: Bool, place: Place? = nil,
    _ interpreter: Interpreter
  ) {
    self.manner = manner
    self.place = place
    self.detachesBuffers = detachesBuffers
    self.interpreter = interpreter
  }

  /// The clone of a value.
  ///
  /// - Throws: a type error for an optimizer, which belongs to its parameters; a limit error for
  ///   what is nested without end.
  package mutating func clone(_ value: Value, inBuffer: Bool = false) throws -> Value {
    switch value {
    case .tensor(let variable):
      guard inBuffer && detachesBuffers else {
        return .tensor(try manner.kept(variable, at: place))
      }
      return .tensor(try stopGradient(variable).moved(to: place ?? variable.place))
    case .parameter(let cell): return .parameter(try clone(cell))
    case .instance(let instance): return .instance(try clone(instance))
    case .host(let snapshot as Snapshot):
      return .host(snapshot.holding(try clone(snapshot.plain, inBuffer: inBuffer)))
    case .host(let host) where host.stateTree != nil:
      throw RuntimeError(
        .type, "\(host.typeName) belongs to its parameters and cannot be cloned",
        hint: "make a new one for the clone, and `recover` into it what `extract` gives of this one"
      )
    default:
      return try mapParts(of: value) { try $0.clone($1, inBuffer: inBuffer) } ?? value
    }
  }

  /// A list or a record with its parts replaced, in the course of this walk; nil for any other value.
  package mutating func mapParts(
    of value: Value, _ transform: (inout Cloner, Value) throws -> Value
  ) throws -> Value? {
    guard value.holdsParts else { return nil }
    try walk.enter()
    return try value.mapParts { try transform(&self, $0) }
  }

  private mutating func clone(_ cell: ParameterCell) throws -> ParameterCell {
    if let known = cells[ObjectIdentifier(cell)] { return known }
    let variable = cell.value
    let made =
      manner == .deepcopy
      ? try ParameterCell(
        leafOf: stopGradient(variable).moved(to: place ?? variable.place), name: cell.name)
      : ParameterCell(holding: try manner.kept(variable, at: place), name: cell.name)
    cells[ObjectIdentifier(cell)] = made
    return made
  }

  private mutating func clone(_ instance: ModelInstance) throws -> ModelInstance {
    if let known = instances[ObjectIdentifier(instance)] { return known }
    try walk.enter()
    let made = try newInstance(like: instance)
    instances[ObjectIdentifier(instance)] = made
    for (slot, field) in instance.type.fields.enumerated() {
      let value = instance[slot: slot]
      // Functions in fields see the instance that they were made in, so the clone has its own.
      guard field.kind != .method, field.kind != .let || !value.isFunction else { continue }
      made[slot: slot] =
        field.kind == .argument
        ? value : try clone(value, inBuffer: field.kind == .buffer)
    }
    return made
  }

  /// An instance to fill: one made by the declaration where functions live in its fields.
  private func newInstance(like instance: ModelInstance) throws -> ModelInstance {
    let type = instance.type
    let hasFunctions = type.fields.enumerated().contains { slot, field in
      field.kind == .method || field.kind == .let && instance[slot: slot].isFunction
    }
    guard hasFunctions else { return ModelInstance(type) }
    var positional: [Value] = []
    var named: [(String, Value)] = []
    for parameter in type.signature.parameters {
      let value = type.slots[parameter.name].map { instance[slot: $0] } ?? .nil
      switch (parameter.kind, value) {
      case (.plain, _) where type.signature.restList == nil: named.append((parameter.name, value))
      case (.plain, _): positional.append(value)
      case (.restList, .list(let values)): positional += values
      case (.restRecord, .record(let record)): named += Array(record.pairs)
      default: break
      }
    }
    // What the declaration draws is replaced, so nobody is to notice.
    let random = Context.current.random
    defer { Context.current.random = random }
    guard case .instance(let made) = try interpreter.call(.model(type), positional, named: named)
    else { return ModelInstance(type) }
    return made
  }
}

extension Value {
  fileprivate var isFunction: Bool {
    switch self {
    case .function, .builtin: true
    default: false
    }
  }
}
