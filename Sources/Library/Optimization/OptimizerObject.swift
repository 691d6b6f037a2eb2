// Optimizers that hold parameters and a state: `opt.step(loss)`, `opt.state`.

import Autodiff
import Language
import Optimizers
import Tensors

/// An optimizer with the value it was given as its target.
final class OptimizerObject: HostObject {
  override class var hostType: HostType { members }

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
  private func addGroup(_ arguments: Arguments) throws -> Value {
    let options = arguments.options(2)
    let transformation: GradientTransformation
    if let origin, !arguments.has(1) {
      transformation = try origin.family.make(origin.arguments.replacing(options))
    } else if options.count > 0 {
      throw RuntimeError(
        .type,
        "a transform has its hyperparameters already, so `\(options.keys[0].shortened)` has no place",
        hint: "give another transform: opt.add_param_group(target, sgd(0.1))")
    } else {
      transformation =
        arguments.has(1) ? try arguments.transformation(1) : optimizer.groups[0].transformation
    }
    try optimizer.addGroup(arguments[0].parameterTree(), transformation)
    return .nil
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

extension OptimizerObject {
  private static let members = HostType(
    OptimizerObject.self, "Optimizer",
    makers: ["MetaOptimizer"] + OptimizerFamily.all.flatMap(\.objectNames),
    """
    Parameters, a transform, and what the transform remembers: what `Optimizer`, `MetaOptimizer`,
    `Adam`, `MetaAdam` and their kin give. `extract` keeps its state, and `recover` brings it back.
    """,
    methods: [
      Method(
        "step(loss=nil)",
        """
        Moves every parameter by one step.

        Without a loss it goes by the gradients that `backward` left, and a parameter that has none
        stays; a Meta optimizer always needs the loss. With a loss, a tensor of one number, it
        computes the gradients: a plain optimizer leaves them in `.grad`, a Meta optimizer leaves
        `.grad` alone, and the new parameters are functions of all that the step used. A function
        without parameters that gives the loss serves transforms that look at the loss elsewhere; the
        step then gives the loss from before it, else nil.

            let x = param(3.0)
            let opt = SGD(x, lr=0.1)
            print(opt.step(x ** 2), x)          # nil 2.4
            print(opt.step(() => x * 4.0), x)    # 9.6 2.0
        """
      ) { optimizer, arguments in try optimizer.step(arguments) },
      Method(
        "zero_grad()",
        """
        Takes away the gradients of all its parameters: `.grad` of each is nil.

            let x = param(3.0)
            backward(x ** 2)
            SGD(x, lr=0.1).zero_grad()
            print(x.grad)    # nil
        """
      ) { object, _ in
        object.optimizer.zeroGradients()
        return .nil
      },
      Method(
        "add_param_group(target, transform=nil, **hyperparameters)",
        """
        Adds the parameters of a model, a parameter or a tree of them, with a state of their own.

        They move as the others do; or, in `Adam` and its kin, with any of its numbers replaced; or by
        another transform, which has its numbers already. A parameter that is in a group of the
        optimizer is an error.

            let (x, y) = (param(1.0), param(1.0))
            let opt = SGD(x, lr=0.1)
            opt.add_param_group(y, lr=0.5)
            opt.step(x + y)
            print(x, y)    # 0.9 0.5
        """
      ) { optimizer, arguments in try optimizer.addGroup(arguments) },
    ],
    fields: [
      Field(
        "state",
        """
        What the transform remembers: a list of one tree for each group of parameters.

            print(len(Adam(param(1.0)).state))    # 1
        """
      ) { Value($0.optimizer.state) }
    ])
}

/// An optimizer that is given the parameters at each step and gives new ones.
final class FunctionalOptimizerObject: HostObject {
  override class var hostType: HostType { members }

  private let optimizer: FunctionalOptimizer

  init(_ transformation: GradientTransformation) {
    optimizer = FunctionalOptimizer(transformation)
  }

  override var summary: String { "<FuncOptimizer, \(optimizer.transformation.name)>" }

  private func step(_ arguments: Arguments) throws -> Value {
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

extension FunctionalOptimizerObject {
  private static let members = HostType(
    FunctionalOptimizerObject.self, "FuncOptimizer",
    """
    A transform and what it remembers: what `FuncOptimizer` gives. It holds no parameters. `extract`
    keeps its state, and `recover` brings it back.
    """,
    methods: [
      Method(
        "step(loss, params)",
        """
        The parameters after one step: a new tree of tensors of the structure of `params`, which stay
        as they are. The new ones are functions of all that the step used.

        The loss is a tensor of one number that was computed from `params`, or a function of such a
        tree. The first step makes the state.

            let opt = FuncOptimizer(sgd(0.25))
            print(opt.step(w => w ** 2, 1.0), opt.step(w => w ** 2, 0.5))    # 0.5 0.25
        """
      ) { optimizer, arguments in try optimizer.step(arguments) }
    ],
    fields: [
      Field("state", "What the transform remembers, a tree; nil before the first step.") {
        $0.stateTree ?? .nil
      }
    ])
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
