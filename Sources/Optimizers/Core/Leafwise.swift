// Transformations that treat each leaf by itself: all scalers, momentum, weight decay.
//
// Such a transformation names what it remembers of a leaf (its slots), the hyperparameters that it
// reads, and the formula of one leaf's step. What is common stands here: the state's structure, the
// count of steps, schedules, and leaves without a gradient, which keep their state and their count,
// as in PyTorch and TorchOpt.

import Autodiff
import Tensors

/// Something that a transformation remembers of a leaf.
struct Slot: Sendable {
  /// The entry of the state that holds a tree of it.
  let name: String
  /// What it is before the first step of a parameter.
  let initial: @Sendable (_ parameter: Variable) throws -> Variable

  /// Zeros like the parameter.
  static func zeros(_ name: String) -> Slot { Slot(name: name) { try $0.zerosLike() } }

  /// A number in every element, of the parameter's shape.
  static func filled(_ name: String, with value: Hyperparameter) -> Slot {
    Slot(name: name) { try value.elements(at: 0).like($0).broadcast(to: $0.shape).beside($0) }
  }
}

/// What the formula of one leaf's step sees.
struct LeafStep {
  let gradient: Variable
  /// What was remembered, in the order of the slots, from index 0.
  let slots: ArraySlice<Variable>
  /// The parameter, for a transformation that asked for it.
  let parameter: Variable?
  /// The number of this step, from 1.
  let number: Count
  /// The hyperparameters at this step, in order: numbers, and tensors that broadcast to the leaf.
  let values: [Scalar]
}

extension LeafStep {
  /// True where gradient and slots have one shape and one float dtype, as a fused step needs them.
  var isUniform: Bool {
    gradient.dtype.isFloat
      && slots.allSatisfy { $0.shape == gradient.shape && $0.dtype == gradient.dtype }
  }
}

extension GradientTransformation {
  /// A transformation by the formula of one leaf's step, which gives the update and then what each
  /// slot is to hold.
  ///
  /// With slots the state is a record of a tree for each, and of the leaves' counts. Without slots
  /// it is empty, unless a hyperparameter is a schedule, which needs the counts.
  init(
    leafwise name: String, slots: [Slot] = [], _ hyperparameters: [Hyperparameter] = [],
    usesParameters: Bool = false, isElementwise: Bool = true,
    step: @escaping (LeafStep) throws -> [Variable]
  ) {
    let counts = !slots.isEmpty || hyperparameters.contains(where: \.isSchedule)
    let names = counts ? slots.map(\.name) + ["count"] : []
    let haveTrees = hyperparameters.contains(where: \.isTree)
    self.init(
      name,
      initialize: { parameters in
        guard counts else { return .list([]) }
        var entries = try slots.map { slot in (slot.name, try parameters.map(slot.initial)) }
        entries.append(("count", parameters.map { _ in Variable.tensor(Tensor(0)) }))
        return .record(entries)
      },
      update: { updates, state, parameters in
        let numbers = try LeafNumbers(
          hyperparameters, spreadOver: haveTrees ? updates : nil, of: name)
        if !counts && !usesParameters {
          // Nothing is walked beside the updates: the way of most steps, kept short.
          let stepped = try updates.map { gradient in
            try step(
              LeafStep(
                gradient: gradient, slots: [], parameter: nil, number: Count(1),
                values: numbers.next(at: Count(0), gradient)))[0]
          }
          return (stepped, state)
        }
        guard !usesParameters || parameters != nil else {
          throw TensorError(
            .value, "\(name) needs the parameters, and update was called without them",
            hint: "call update(grads, state, params)")
        }
        var others = try names.map { try state.entry($0, of: name) }
        if usesParameters { others.append(parameters ?? .none) }
        let results = try updates.scan(others) { gradient, others in
          let count = counts ? try others[slots.count].stepCount(of: name) : Count(0)
          var made = try step(
            LeafStep(
              gradient: gradient, slots: others[..<slots.count],
              parameter: usesParameters ? others.last : nil,
              number: count.following, values: try numbers.next(at: count, gradient)))
          if counts { made.append(count.following.variable) }
          if usesParameters { made.append(others[others.count - 1]) }
          return made
        }
        guard counts else { return (results[0], state) }
        return (results[0], .record(zip(names, results.dropFirst()).map { ($0, $1) }))
      },
      usesParameters: usesParameters,
      isElementwise: isElementwise && !counts && hyperparameters.allSatisfy(\.isOneNumber),
      stateNames: names)
  }
}

/// The hyperparameters of an update for one leaf after the other. Those that all leaves have in common
/// are asked for once for all leaves at the same count.
private final class LeafNumbers {
  private let common: [Hyperparameter]
  /// Those of each leaf, where one of them is a tree.
  private let own: [[Hyperparameter]]?
  private let name: String
  private var leaf = 0
  private var last: (count: Count, values: [Scalar], areNumbers: Bool)?

  /// - Parameter updates: the leaves that are to come, where one of the hyperparameters is a tree.
  init(_ hyperparameters: [Hyperparameter], spreadOver updates: Tree?, of name: String) throws {
    common = hyperparameters
    self.name = name
    own = try updates.map { updates in
      try hyperparameters.map { try $0.spread(over: updates, of: name) }
    }
  }

  /// The numbers of the next leaf.
  ///
  /// - Throws: a shape error for a tensor that does not broadcast to the leaf's shape.
  func next(at count: Count, _ gradient: Variable) throws -> [Scalar] {
    if let own {
      defer { leaf += 1 }
      let values = try own.map { try $0[leaf].elements(at: count) }
      try require(values, toFit: gradient)
      return values
    }
    if let last, last.count.isSame(as: count) {
      if !last.areNumbers { try require(last.values, toFit: gradient) }
      return last.values
    }
    let values = try common.map { try $0.elements(at: count) }
    let areNumbers = values.allSatisfy { value in
      if case .variable(let variable) = value { variable.rank == 0 } else { true }
    }
    last = (count, values, areNumbers)
    if !areNumbers { try require(values, toFit: gradient) }
    return values
  }

  private func require(_ values: [Scalar], toFit leaf: Variable) throws {
    for case .variable(let variable) in values
    where variable.rank > 0 && Shape.broadcast(variable.shape, leaf.shape) != leaf.shape {
      throw TensorError(
        .shape,
        "numbers of \(name), \(variable.typeDescription), do not fit a parameter of "
          + leaf.typeDescription,
        hint: "one number for all, one for each element, or a tree of them for several parameters")
    }
  }
}

extension Variable {
  /// The step count that a leaf of a state holds.
  fileprivate func stepCount(of name: String) throws -> Count {
    guard dtype == .i64, let count = Count(self), count.decides({ $0 >= 0 }) else {
      throw TensorError(
        .value, "a count in the state of \(name) is \(typeDescription), not one step count",
        hint: "examples that are mapped over must be at the same step")
    }
    return count
  }
}
