// Optimizers that hold parameters and a state: `opt.step(loss)`, `opt.state`.

import Autodiff
import Optimizers
import Tensors

/// An optimizer with the value it was given as its target.
final class OptimizerObject: HostObject {
  private let name: String
  private let optimizer: Optimizer
  /// What made the transformation, with its arguments, for groups with hyperparameters of their
  /// own; nil where a transform was given.
  private let origin: (family: OptimizerFamily, arguments: OptimizerArguments)?

  /// An optimizer with a transform.
  init(
    _ name: String, target: Value, _ transformation: GradientTransformation, isDifferentiable: Bool
  ) throws {
    self.name = name
    origin = nil
    optimizer = try Optimizer(
      target.parameterTree(), transformation, isDifferentiable: isDifferentiable)
  }

  /// An optimizer of a family.
  init(
    _ name: String, target: Value, _ family: OptimizerFamily, _ arguments: OptimizerArguments,
    isDifferentiable: Bool
  ) throws {
    self.name = name
    origin = (family, arguments)
    optimizer = try Optimizer(
      target.parameterTree(), family.make(arguments), isDifferentiable: isDifferentiable)
  }

  override var typeName: String { name }
  override var summary: String {
    let names = optimizer.groups.map(\.transformation.name).joined(separator: ", ")
    let count = optimizer.parameters.count
    return "<\(name) of \(count) \(count == 1 ? "parameter" : "parameters"), \(names)>"
  }
  override var memberNames: [String] { ["step", "zero_grad", "add_param_group", "state"] }

  override func field(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    name == "state" ? stateTree : nil
  }

  override func methodSignature(_ name: String) -> String? {
    switch name {
    case "step": "step(loss=nil)"
    case "zero_grad": "zero_grad()"
    case "add_param_group": "add_param_group(target, transform=nil, **hyperparameters)"
    default: nil
    }
  }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    switch name {
    case "zero_grad": optimizer.zeroGradients()
    case "step": return try step(arguments)
    default: try addGroup(arguments)
    }
    return .nil
  }

  override func changes(since start: Int) -> Bool {
    optimizer.parameters.contains { $0.birth < start }
  }

  /// A loss goes down by its gradient; a function that computes it may be evaluated anywhere.
  private func step(_ arguments: Arguments) throws -> Value {
    guard arguments.has(0) else {
      guard !optimizer.isDifferentiable else {
        throw RuntimeError(
          .type, "a differentiable optimizer needs the loss itself",
          hint: "\(name): opt.step(loss), without backward")
      }
      let hasGradient = optimizer.parameters.contains { $0.gradient != nil }
      try optimizer.step()
      if !hasGradient {
        arguments.interpreter.warnOnce(
          "no parameter of the optimizer has a gradient, so the step left them",
          hint: "backward(loss) leaves gradients; zero_grad takes them away")
      }
      return .nil
    }
    if arguments[0].isCallable {
      let loss = arguments.interpreter.loss(arguments[0])
      return .tensor(try optimizer.step { try loss([]) })
    }
    guard let loss = arguments[0].variable else {
      throw arguments.mismatch(0, "a loss of one number, or a function that computes it")
    }
    if try !optimizer.step(loss) { arguments.interpreter.warnOfIndependentLoss() }
    return .nil
  }

  /// A new group: with a transform, or with the optimizer's own hyperparameters but for those given.
  private func addGroup(_ arguments: Arguments) throws {
    let options = arguments.options(2)
    let transformation: GradientTransformation
    if let origin, !arguments.has(1) {
      transformation = try origin.family.make(origin.arguments.replacing(options))
    } else if options.count > 0 {
      throw RuntimeError(
        .type, "a transform has its hyperparameters already, so `\(options.keys[0])` has no place",
        hint: "give another transform: opt.add_param_group(target, sgd(0.1))")
    } else {
      transformation =
        arguments.has(1) ? try arguments.transformation(1) : optimizer.groups[0].transformation
    }
    try optimizer.addGroup(arguments[0].parameterTree(), transformation)
  }

  override var stateTree: Value? { Value(optimizer.state) }

  override var freshStateTree: Value? { (try? optimizer.freshState()).map(Value.init) }

  override func misfit(of state: Value) -> String? {
    let wanted = optimizer.groups.count
    guard case .list(let groups) = state else { return "has no state of an optimizer" }
    return groups.count == wanted
      ? nil
      : "has \(groups.count) parameter \(groups.count == 1 ? "group" : "groups") in the snapshot, "
        + "\(wanted) in the target"
  }

  override func restore(_ state: Value) throws { optimizer.state = try ValueTree(state).tree }
}

/// An optimizer that is given the parameters at each step and gives new ones.
final class FunctionalOptimizerObject: HostObject {
  private let optimizer: FunctionalOptimizer

  init(_ transformation: GradientTransformation) {
    optimizer = FunctionalOptimizer(transformation)
  }

  override var typeName: String { "FuncOptimizer" }
  override var summary: String { "<FuncOptimizer, \(optimizer.transformation.name)>" }
  override var memberNames: [String] { ["step", "state"] }

  override func field(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    name == "state" ? stateTree : nil
  }

  override func methodSignature(_ name: String) -> String? {
    name == "step" ? "step(loss, params)" : nil
  }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    let parameters = try arguments.tree(1)
    if arguments[0].isCallable {
      let loss = arguments.interpreter.loss(arguments[0])
      return Value(
        try optimizer.step(parameters, Objective { try loss([Value($0)]) }))
    }
    guard let result = try optimizer.step(arguments.variable(0), parameters) else {
      arguments.interpreter.warnOfIndependentLoss()
      return Value(parameters)
    }
    return Value(result)
  }

  override var stateTree: Value? { optimizer.state.map(Value.init) ?? .nil }

  override func restore(_ state: Value) throws {
    if case .nil = state {
      optimizer.state = nil
      return
    }
    optimizer.state = try ValueTree(state).tree
  }
}

extension Interpreter {
  /// A function of the program as a loss.
  func loss(_ function: Value) -> ([Value]) throws -> Variable {
    { [unowned self] arguments in try call(function, arguments).loss() }
  }

  fileprivate func warnOfIndependentLoss() {
    warnOnce(
      "the loss does not depend on any of the optimizer's parameters, so the step left them",
      hint: "is it computed from the model that the optimizer was given?")
  }
}

extension Value {
  /// What a function that computes a loss gave.
  ///
  /// - Throws: a type error for anything but a tensor or a number.
  func loss() throws -> Variable {
    guard let variable else {
      throw RuntimeError(.type, "a loss must be one number, not \(shortDescription)")
    }
    return variable
  }

  /// The parameters of a target in its structure.
  ///
  /// - Throws: a type error where there is none.
  fileprivate func parameterTree() throws -> ParameterTree {
    let tree = try ValueTree(self)
    guard !tree.cells.isEmpty else {
      throw RuntimeError(
        .type, "an optimizer needs parameters, and \(shortDescription) has none",
        hint: "give it a model, a param(…), or a list of them")
    }
    return ParameterTree(tree.structure)
  }
}

extension ParameterTree {
  /// The parameters of a structure, in it.
  fileprivate init(_ structure: ValueTree.Structure) {
    switch structure {
    case .parameter(let cell): self = .parameter(cell)
    case .list(let structures): self = .list(structures.map(ParameterTree.init))
    case .record(let pairs), .instance(_, let pairs):
      self = .record(pairs.map { ($0.key, ParameterTree($0.value)) })
    case .leaf, .snapshot, .other: self = .none
    }
  }
}
