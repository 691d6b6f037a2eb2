// What a loop carries from step to step.
//
// The first state says what every later one is like: its structure, and the dtype and shape of each tensor.
// Tensors are what derivatives go through. A Float becomes a 0-d tensor before the first step, so that it may
// have a derivative; whole numbers, Bools, text and keys stay what they are and are constants.
//
// Loops that run steps again carry a state as its *parts*, tensors for all that is in it but text and nil.

import Autodiff
import Language
import Tensors

/// What every state of a loop is like.
struct LoopState {
  /// One value in a state, or what stands around several.
  fileprivate indirect enum Form {
    case tensor(DType, Shape)
    case int, bool, key
    case text, nothing
    case list([Form])
    case record([(key: String, value: Form)])
  }

  private let form: Form
  /// What messages call it: `the state of inner_loop`.
  private let name: String
  /// Which parts may have a derivative.
  let floats: [Bool]

  /// The form of a first state, and that state as the loop carries it.
  ///
  /// - Throws: a type error for what a loop cannot carry.
  static func starting(_ value: Value, of loop: String) throws -> (LoopState, Value) {
    var reading = Reading(name: "the state of \(loop)")
    let (form, start) = try reading.read(value, .top)
    return (LoopState(form: form, name: reading.name, floats: reading.floats), start)
  }

  /// A first state on its way into a form.
  private struct Reading {
    let name: String
    var floats: [Bool] = []
    private var walk = Walk()

    init(name: String) { self.name = name }

    mutating func read(_ value: Value, _ path: Path) throws -> (Form, Value) {
      switch value {
      case .tensor(let variable):
        floats.append(variable.dtype.isFloat)
        return (.tensor(variable.dtype, variable.shape), value)
      case .parameter, .float:
        guard let variable = value.variable else { return (.nothing, .nil) }
        return try read(.tensor(variable), path)
      case .int: return constant(.int, value)
      case .bool: return constant(.bool, value)
      case .host(let host) where host is KeyObject: return constant(.key, value)
      case .string: return (.text, value)
      case .nil: return (.nothing, value)
      case .list(let values):
        try walk.enter(path)
        let parts = try values.enumerated().map { try read($1, path[$0]) }
        return (.list(parts.map(\.0)), .list(parts.map(\.1)))
      case .record(let record):
        try walk.enter(path)
        let parts = try record.pairs.map { ($0, try read($1, path[$0])) }
        return (
          .record(parts.map { ($0, $1.0) }), .record(Record(parts.map { ($0, $1.1) }))
        )
      default:
        throw RuntimeError(
          .type, "\(value.shortDescription) cannot be in \(name)\(path.phrase)",
          hint: "there may be tensors, numbers, text and keys in lists and records; "
            + "functional(model) gives a model's")
      }
    }

    private mutating func constant(_ form: Form, _ value: Value) -> (Form, Value) {
      floats.append(false)
      return (form, value)
    }
  }

  /// A state that a step gave, as the loop carries it.
  ///
  /// - Throws: a shape error that names the path of what is not like the first state.
  func admitting(_ value: Value) throws -> Value {
    try form.isForm(of: value) ? value : admitting(value, form, .top)
  }

  private func admitting(_ value: Value, _ form: Form, _ path: Path) throws -> Value {
    switch (form, value) {
    case (.tensor(let dtype, let shape), .tensor(let variable))
    where variable.dtype == dtype && variable.shape == shape:
      return value
    case (.tensor(let dtype, _), .float(let number)) where dtype.isFloat:
      return try admitting(.tensor(.tensor(Tensor(number, dtype: dtype))), form, path)
    case (.tensor, .parameter(let cell)): return try admitting(.tensor(cell.value), form, path)
    case (.int, .int), (.bool, .bool), (.text, .string), (.nothing, .nil): return value
    case (.key, .host(let host)) where host is KeyObject: return value
    case (.list(let forms), .list(let values)) where forms.count == values.count:
      return .list(
        try zip(forms, values).enumerated().map { try admitting($1.1, $1.0, path[$0]) })
    case (.record(let pairs), .record(let record))
    where record.count == pairs.count && pairs.allSatisfy({ record[$0.key] != nil }):
      return .record(
        Record(
          try pairs.map { ($0.key, try admitting(record[$0.key] ?? .nil, $0.value, path[$0.key])) })
      )
    default:
      throw RuntimeError(
        .shape, "a step gave \(value.shortDescription) where \(name) has \(form)\(path.phrase)",
        hint:
          "every step gives a state of the structure, the dtypes and the shapes of the first one")
    }
  }

  // MARK: - Parts

  /// The tensors of a state, those of its constants among them.
  func parts(_ state: Value) -> [Variable] {
    var parts: [Variable] = []
    func add(_ value: Value) {
      switch value {
      case .list(let values): values.forEach(add)
      case .record(let record): record.values.forEach(add)
      case .host(let host):
        if let key = host as? KeyObject, let words = try? key.words ?? .tensor(key.key.words()) {
          parts.append(words)
        }
      default: if let variable = value.variable { parts.append(variable) }
      }
    }
    add(state)
    return parts
  }

  /// The state with other parts; text is that of the state.
  func state(_ state: Value, with parts: [Variable]) -> Value {
    var rest = parts[...]
    func made(_ value: Value) -> Value {
      switch value {
      case .list(let values): return .list(values.map(made))
      case .record(let record): return .record(Record(record.pairs.map { ($0, made($1)) }))
      case .string, .nil: return value
      default: break
      }
      guard let part = rest.popFirst() else { return value }
      switch value {
      case .int: return .int(part.underlying.firstInt)
      case .bool: return .bool(part.underlying.firstInt != 0)
      case .host: return .host(KeyObject(RandomKey(words: part.underlying)))
      default: return .tensor(part)
      }
    }
    return made(state)
  }

  /// The parts that may have a derivative.
  func floats(_ parts: [Variable]) -> [Variable] {
    zip(parts, floats).compactMap { $1 ? $0 : nil }
  }

  /// The parts with others in the places of those that may have a derivative.
  func parts(_ parts: [Variable], withFloats values: [Variable]) -> [Variable] {
    var rest = values[...]
    return zip(parts, floats).map { part, isFloat in isFloat ? rest.popFirst() ?? part : part }
  }

  /// Whether there is text in a state, which no part stands for.
  var hasText: Bool { form.hasText }

  /// The state with nothing in the places of its tensors.
  func withoutTensors(_ state: Value) -> Value {
    switch state {
    case .list(let values): .list(values.map(withoutTensors))
    case .record(let record): .record(Record(record.pairs.map { ($0, withoutTensors($1)) }))
    case .string, .nil, .int, .bool, .host: state
    default: .tensor(.tensor(Tensor(0.0)))
    }
  }

  /// The state as a constant of every derivative.
  func stopped(_ state: Value) -> Value {
    self.state(state, with: parts(state).map(stopGradient))
  }
}

extension LoopState.Form {
  /// Whether a value is a state as it stands, its keys in the same order.
  fileprivate func isForm(of value: Value) -> Bool {
    switch (self, value) {
    case (.tensor(let dtype, let shape), .tensor(let variable)):
      return variable.dtype == dtype && variable.shape == shape
    case (.int, .int), (.bool, .bool), (.text, .string), (.nothing, .nil): return true
    case (.key, .host(let host)): return host is KeyObject
    case (.list(let forms), .list(let values)):
      return forms.count == values.count && zip(forms, values).allSatisfy { $0.isForm(of: $1) }
    case (.record(let pairs), .record(let record)):
      guard pairs.count == record.count else { return false }
      let (keys, values) = (record.keys, record.values)
      return pairs.indices.allSatisfy {
        pairs[$0].key == keys[$0] && pairs[$0].value.isForm(of: values[$0])
      }
    default: return false
    }
  }

  fileprivate var hasText: Bool {
    switch self {
    case .text: true
    case .list(let forms): forms.contains(where: \.hasText)
    case .record(let pairs): pairs.contains(where: \.value.hasText)
    default: false
    }
  }
}

/// The text in the states of rounds that run again from their parts, of which text is none.
final class LoopTexts {
  private let form: LoopState
  /// States without their tensors, by the rounds before; one for all where there is no text.
  private var states: [Value]

  init(_ form: LoopState, _ start: Value) {
    self.form = form
    states = [form.withoutTensors(start)]
  }

  /// The state that a round begins with.
  func state(_ round: Int, with parts: [Variable]) -> Value {
    form.state(states[form.hasText ? round : 0], with: parts)
  }

  /// Takes note of what a round gave, the first time.
  func note(_ state: Value, after round: Int) {
    if form.hasText, states.count == round + 1 { states.append(form.withoutTensors(state)) }
  }
}

extension LoopState.Form: CustomStringConvertible {
  fileprivate var description: String {
    switch self {
    case .tensor(let dtype, let shape): shape.rank == 0 ? dtype.name : "\(dtype.name)\(shape)"
    case .int: "an Int"
    case .bool: "a Bool"
    case .key: "a Key"
    case .text: "a String"
    case .nothing: "nil"
    case .list(let forms): "a List of \(forms.count)"
    case .record(let pairs): "a Record of \(pairs.count)"
    }
  }
}
