// A number that an optimizer is given: plain, followed by a gradient, or changing with the step.

import Autodiff
import Tensors

/// A learning rate, a momentum, a decay: whatever a program may give for a number.
public enum Hyperparameter: @unchecked Sendable {
  /// A plain number.
  case number(Double)
  /// A tensor: one number, or one for each element of a leaf. Gradients reach it.
  case variable(Variable)
  /// A cell, read at each step; gradients reach its tensor.
  case parameter(Parameter)
  /// A function of the step count, which begins at 0.
  case schedule(Schedule)
  /// One for each part of the parameters, in their structure, which may end above the leaves.
  case list([Hyperparameter])
  /// One for each named part of the parameters.
  case record([(key: String, value: Hyperparameter)])
}

extension Hyperparameter: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A plain number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// A plain number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension Hyperparameter {
  /// What it is at a step, counted from 0: one number, or a tensor of one for each element.
  ///
  /// - Throws: what a schedule throws; a type error for a tree.
  public func elements(at count: Int) throws -> Scalar {
    switch self {
    case .number(let value): return .number(value)
    case .variable(let variable): return .variable(try variable.withoutAxisOfOne)
    case .parameter(let parameter): return .variable(try parameter.value.withoutAxisOfOne)
    case .schedule(let schedule): return try schedule(count)
    case .list, .record:
      throw TensorError(
        .type, "a tree of numbers stands where one number is needed",
        hint: "trees of numbers are for the numbers of a leaf's step, such as learning rates")
    }
  }

  /// What it is at a step of a run that may be being recorded.
  ///
  /// - Throws: what a schedule throws; a type error for a tree.
  func elements(at count: Count) throws -> Scalar {
    guard case .schedule(let schedule) = self, !count.isFixed else {
      return try elements(at: count.value)
    }
    return try Context.current.counting {
      guard case .number = try schedule(count.value) else {
        Context.current.meets(obstacle: "takes a number by a schedule of tensors")
        return try schedule(count.value)
      }
      return try count.number { count in
        guard case .number(let number) = try schedule(count) else {
          throw TensorError(.value, "a schedule gives now a number and now a tensor")
        }
        return number
      }
    }
  }

  /// What it is at a step, where it must be one number.
  ///
  /// - Throws: a shape error for a tensor of more than one element.
  public func scalar(at count: Int) throws -> Scalar {
    let value = try elements(at: count)
    guard case .variable(let variable) = value, variable.count != 1 else { return value }
    throw TensorError(
      .shape, "a hyperparameter must be one number here, not \(variable.typeDescription)")
  }

  /// The plain number, where it is one.
  public var number: Double? { if case .number(let value) = self { value } else { nil } }

  /// True where a value depends on the step count.
  public var isSchedule: Bool {
    switch self {
    case .number, .variable, .parameter: false
    case .schedule: true
    case .list(let parts): parts.contains(where: \.isSchedule)
    case .record(let pairs): pairs.contains(where: \.value.isSchedule)
    }
  }

  /// True where leaves may have values of their own.
  package var isTree: Bool {
    switch self {
    case .number, .variable, .parameter, .schedule: false
    case .list, .record: true
    }
  }

  /// True for one number now, whichever leaf or element asks.
  var isOneNumber: Bool {
    switch self {
    case .number, .schedule: true
    case .variable(let variable): variable.count == 1
    case .parameter(let parameter): parameter.value.count == 1
    case .list, .record: false
    }
  }

  /// The hyperparameter with each leaf of a tree replaced, and itself where it is none.
  func mapped(_ transform: (Hyperparameter) throws -> Hyperparameter) rethrows -> Hyperparameter {
    switch self {
    case .number, .variable, .parameter, .schedule: try transform(self)
    case .list(let parts): .list(try parts.map { try $0.mapped(transform) })
    case .record(let pairs): .record(try pairs.map { ($0.key, try $0.value.mapped(transform)) })
    }
  }

  /// What each leaf of a tree has of this one, in order.
  ///
  /// - Parameter name: whose number it is, for messages.
  /// - Throws: a shape error that names the path, where the structures differ.
  package func spread(over tree: Tree, of name: String, path: Path = .top) throws
    -> [Hyperparameter]
  {
    switch (self, tree) {
    case (_, .none): return []
    case (.list(let parts), .list(let trees)) where parts.count == trees.count:
      return try parts.indices.flatMap {
        try parts[$0].spread(over: trees[$0], of: name, path: path[$0])
      }
    case (.record(let pairs), .record(let trees)):
      if let extra = pairs.first(where: { pair in !trees.contains { $0.key == pair.key } }) {
        throw TensorError(
          .shape, "a tree of numbers of \(name) has \(path[extra.key]), and the parameters have not"
        )
      }
      return try trees.flatMap { key, tree in
        guard let own = pairs.first(where: { $0.key == key })?.value else {
          throw TensorError(
            .shape, "a tree of numbers of \(name) says nothing about \(path[key])",
            hint: "it has the structure of the parameters, or ends above their leaves")
        }
        return try own.spread(over: tree, of: name, path: path[key])
      }
    case (.list, _), (.record, _):
      throw TensorError(
        .shape,
        "a tree of numbers of \(name) does not have the structure of the parameters"
          + path.phrase,
        hint: "it has the structure of the parameters, or ends above their leaves")
    default: return Array(repeating: self, count: tree.leaves.count)
    }
  }
}

extension Variable {
  /// One element without axes; any other tensor as it is.
  fileprivate var withoutAxisOfOne: Variable {
    get throws { count == 1 && rank > 0 ? try reshape(to: Shape()) : self }
  }
}

// MARK: - Checks

extension Hyperparameter {
  /// Checks a plain number or a tensor's current values; a schedule's values are not known yet.
  ///
  /// - Throws: a value error that names the hyperparameter; nan never passes.
  package func require(_ name: String, _ range: HyperparameterRange) throws {
    switch self {
    case .number(let value): try range.require(value, name)
    case .variable(let variable): try range.require(variable, name)
    case .parameter(let parameter): try range.require(parameter.value, name)
    case .schedule: break
    case .list(let parts):
      for part in parts {
        try Safepoint.look()
        try part.require(name, range)
      }
    case .record(let pairs): for pair in pairs { try pair.value.require(name, range) }
    }
  }
}

/// What a hyperparameter may be.
package struct HyperparameterRange: Sendable {
  /// The words of the message: `0 or more`.
  let words: String
  /// False for nan.
  let holds: @Sendable (Double) -> Bool

  /// A range by its words and its test.
  package init(words: String, holds: @escaping @Sendable (Double) -> Bool) {
    self.words = words
    self.holds = holds
  }

  /// Learning rates, decays, momenta.
  package static let nonNegative = HyperparameterRange(words: "0 or more") { $0 >= 0 }
  /// Factors of moving averages.
  package static let decay = HyperparameterRange(words: "at least 0 and below 1") {
    $0 >= 0 && $0 < 1
  }
  /// Factors that may be 1.
  package static let fraction = HyperparameterRange(words: "at least 0 and at most 1") {
    $0 >= 0 && $0 <= 1
  }
  /// Bounds of norms and values.
  package static let positive = HyperparameterRange(words: "above 0") { $0 > 0 }
  /// Whatever is a number.
  package static let anyNumber = HyperparameterRange(words: "a number") { !$0.isNaN }
}

extension HyperparameterRange {
  fileprivate func require(_ value: Double, _ name: String) throws {
    guard !holds(value) else { return }
    throw TensorError(.value, "\(name) must be \(words), not \(value)")
  }

  /// Checks every element; inside `vmap` they are not known.
  fileprivate func require(_ variable: Variable, _ name: String) throws {
    guard let tensor = variable.concrete else { return }
    if tensor.count == 1 { return try require(tensor.firstDouble, name) }
    for (index, value) in tensor.doubles.enumerated() {
      if index & 4095 == 4095 { try Safepoint.look() }
      try require(value, name)
    }
  }
}
