// Values of the language as what optimizers take: hyperparameters, schedules, masks and labels.

import Autodiff
import Language
import Optimizers
import Tensors

/// A function of the step count as a value.
final class ScheduleObject: HostObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    ScheduleObject.self, "Schedule",
    """
    A number that goes by the count of steps. It stands wherever a transform takes a number.
    """,
    call: Method(
      "schedule(count)",
      """
      The number at a count of 0 or more: a Float, or a tensor where the schedule was made of tensors
      or parameters.

          print(linear_schedule(1.0, 0.0, 10)(5))    # 0.5
      """
    ) { object, arguments in
      let number = try object.schedule(arguments.int(0, atLeast: 0))
      if case .variable(let variable) = number { return .tensor(variable) }
      return .float(number.number ?? .nan)
    })

  let schedule: Schedule

  init(_ schedule: Schedule) { self.schedule = schedule }

  override var summary: String { "<schedule \(schedule.description)>" }
}

extension Value {
  /// The value as a hyperparameter; nil for other types.
  ///
  /// - Throws: a value error for nan.
  func hyperparameter(_ interpreter: Interpreter) throws -> Hyperparameter? {
    switch self {
    case .int(let value): return .number(Double(value))
    case .float(let value):
      guard !value.isNaN else {
        throw RuntimeError(.value, "nan cannot be a hyperparameter")
      }
      return .number(value)
    case .tensor(let variable): return variable.dtype == .bool ? nil : .variable(variable)
    case .parameter(let cell): return .parameter(cell)
    default:
      if let schedule = schedule(interpreter) { return .schedule(schedule) }
      var walk = Walk()
      return try hyperparameterTree(interpreter, .top, &walk)
    }
  }

  /// A list, a record, or a model of hyperparameters, in the structure of what they are for.
  private func hyperparameterTree(
    _ interpreter: Interpreter, _ path: Path, _ walk: inout Walk
  ) throws -> Hyperparameter? {
    func part(_ value: Value, _ path: Path) throws -> Hyperparameter? {
      switch value {
      case .list, .record: try value.hyperparameterTree(interpreter, path, &walk)
      default: try value.hyperparameter(interpreter)
      }
    }
    let fields: [(String, Value)]
    switch self {
    case .list(let values):
      try walk.enter(path)
      try MemoryAccount.require(values.count, of: 2 * MemoryLayout<Hyperparameter>.stride)
      var parts: [Hyperparameter] = []
      parts.reserveCapacity(values.count)
      for (index, value) in values.enumerated() {
        try Safepoint.look()
        guard let part = try part(value, path[index]) else { return nil }
        parts.append(part)
      }
      return .list(parts)
    case .record(let record): fields = record.pairs.map { ($0, $1) }
    case .instance(let instance):
      fields = instance.ownedFields.filter { $0.field.kind == .param }
        .map { ($0.field.name, $0.value) }
    default: return nil
    }
    try walk.enter(path)
    var parts: [(key: String, value: Hyperparameter)] = []
    for (key, value) in fields {
      guard let part = try part(value, path[key]) else { return nil }
      parts.append((key, part))
    }
    return .record(parts)
  }

  /// The value as a schedule: one of the library's, or any function of the step count.
  func schedule(_ interpreter: Interpreter) -> Schedule? {
    if case .host(let host) = self, let object = host as? ScheduleObject { return object.schedule }
    guard isCallable else { return nil }
    let function = self
    return Schedule("function of the count") { [unowned interpreter] count in
      let result = try interpreter.counting { try interpreter.call(function, [.int(count)]) }
      guard let value = try result.hyperparameter(interpreter), !value.isSchedule else {
        throw RuntimeError(
          .type, "a schedule must give a number, not \(result.shortDescription)")
      }
      return try value.elements(at: count)
    }
  }

  /// The value as a choice of parameters: a tree of bools, or of labels, or a function that gives
  /// one for the parameters.
  func selection(_ interpreter: Interpreter, labels: [String]? = nil) throws -> Selection {
    guard isCallable else { return .fixed(try choices(labels)) }
    let function = self
    return .computed { [unowned interpreter] parameters in
      try interpreter.call(function, [Value(parameters)]).choices(labels)
    }
  }

  /// A tree of bools, or of labels as their places among the known ones.
  private func choices(_ labels: [String]?) throws -> Tree {
    var walk = Walk()
    return try choices(labels, .top, &walk)
  }

  private func choices(_ labels: [String]?, _ path: Path, _ walk: inout Walk) throws -> Tree {
    switch self {
    case .list(let values):
      try walk.enter(path)
      return .list(try values.enumerated().map { try $1.choices(labels, path[$0], &walk) })
    case .record(let record):
      try walk.enter(path)
      return .record(try record.pairs.map { ($0, try $1.choices(labels, path[$0], &walk)) })
    case .nil: return .none
    default: break
    }
    guard let labels else {
      if case .bool(let flag) = self { return .count(flag ? 1 : 0) }
      if let tensor = tensorOfOne, tensor.dtype == .bool { return .count(tensor.firstInt) }
      throw RuntimeError(.type, "a mask holds Bools, not \(shortDescription)\(path.phrase)")
    }
    guard let text else {
      throw RuntimeError(.type, "labels are Strings, not \(shortDescription)\(path.phrase)")
    }
    guard let place = labels.firstIndex(of: text) else {
      let known = labels.prefix(8).map(\.excerpt).joined(separator: ", ")
      throw RuntimeError(
        .value, "no transform has the label \(text.excerpt)", hint: "there are \(known)")
    }
    return .count(place)
  }
}

extension Arguments {
  /// A hyperparameter: a number, tensor, parameter, or function of the step count.
  func hyperparameter(_ index: Int) throws -> Hyperparameter {
    guard let value = try given(index).hyperparameter(interpreter) else {
      throw mismatch(index, "a number, a tensor or a schedule")
    }
    return value
  }

  /// A tree of tensors.
  func tree(_ index: Int) throws -> Tree { try ValueTree(self[index], for: callee.name).tree }

  /// A tree of tensors, or nil: nothing in the place of a leaf, a state that is not needed.
  func treeOrNothing(_ index: Int) throws -> Tree { has(index) ? try tree(index) : .none }

  /// What random numbers are drawn by: an Int or a Key, or nil for the program's stream.
  func seed(_ index: Int) throws -> RandomKey? {
    guard has(index) else { return nil }
    if case .host(let host) = self[index], let key = host as? KeyObject { return key.key }
    if let number = self[index].tensorOfOne, !number.dtype.isFloat {
      return RandomKey(seed: try int(index))
    }
    guard case .int(let seed) = self[index] else {
      throw mismatch(index, "an Int or a Key", hint: "random_key(0) makes a Key")
    }
    return RandomKey(seed: seed)
  }

  /// A transform, the library's or one's own.
  func transformation(_ index: Int) throws -> GradientTransformation {
    try transformation(self[index], index, "a Transform")
  }

  /// A value in a parameter as a transform.
  ///
  /// - Parameter wanted: what the parameter takes, for the message.
  func transformation(
    _ value: Value, _ index: Int, _ wanted: String
  ) throws -> GradientTransformation {
    guard let transformation = try value.transformation(interpreter) else {
      throw mismatch(
        value, index, wanted,
        hint: "one's own is a record or a model with init(params) and "
          + "update(grads, state, params)")
    }
    return transformation
  }
}
