// Optimizers: transformations as values (`t.init`, `t.update`), and the objects that hold
// parameters and a state.

import Autodiff
import Optimizers
import Tensors

extension Builtins {
  static let optimizers = BuiltinPage(
    "Optimizers",
    [
      Builtin(
        "sgd(lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=false, "
          + "moment_requires_grad=false, maximize=false)",
        """
        Gradient descent as a transform, with momentum and weight decay. Any number may be a
        tensor, a parameter or a schedule (a function of the step count). Gradients always pass
        through the momentum; `moment_requires_grad` is accepted as TorchOpt has it.

            let t = sgd(0.5)
            let (updates, state) = t.update({w: 2.0}, t.init({w: 1.0}))
            print(updates)    # {w: -1.0}
        """
      ) { arguments in
        .host(
          TransformObject(
            try .sgd(
              learningRate: arguments.hyperparameter(0),
              momentum: arguments.hyperparameter(1, default: 0),
              dampening: arguments.hyperparameter(2, default: 0),
              weightDecay: arguments.hyperparameter(3, default: 0),
              nesterov: arguments.bool(4, default: false),
              maximize: arguments.bool(6, default: false))))
      },
      Builtin(
        "chain(*transforms)",
        """
        A transform that passes updates through others from left to right.

            let t = chain(scale(2.0), sgd(0.5))
            print(t.update({w: 2.0}, t.init({w: 1.0}))[0])    # {w: -2.0}
        """
      ) { arguments in
        let transforms = try arguments.rest(0).map { value -> GradientTransformation in
          guard case .host(let host) = value, let transform = host as? TransformObject else {
            throw arguments.mismatch(value, 0, "Transforms")
          }
          return transform.transformation
        }
        return .host(TransformObject(.chain(transforms)))
      },
      Builtin(
        "scale(factor)",
        """
        A transform that multiplies updates by a number, tensor, parameter or schedule.

            let t = scale(-0.5)
            print(t.update({w: 2.0}, t.init({w: 1.0}))[0])    # {w: -1.0}
        """
      ) { arguments in .host(TransformObject(.scale(try arguments.hyperparameter(0)))) },
      Builtin(
        "trace(x, dampening=0.0, nesterov=false)",
        """
        Given a matrix, the sum of its diagonal. Given a momentum, a transform that keeps a
        decaying sum of the updates: the momentum of SGD.

            print(trace([[1.0, 2.0], [3.0, 4.0]]))    # 5.0
        """
      ) { arguments in
        if let variable = arguments[0].variable, variable.rank >= 2 {
          return .tensor(try variable.trace())
        }
        return .host(
          TransformObject(
            .trace(
              try arguments.hyperparameter(0, default: 0.9),
              dampening: try arguments.hyperparameter(1, default: 0),
              nesterov: try arguments.bool(2, default: false))))
      },
      Builtin(
        "add_decayed_weights(weight_decay=0.0)",
        """
        A transform that adds `weight_decay` times the parameters to the updates.

            let t = add_decayed_weights(0.1)
            print(t.update({w: 2.0}, t.init({w: 1.0}), {w: 1.0})[0])    # {w: 2.1}
        """
      ) { arguments in
        .host(TransformObject(.addDecayedWeights(try arguments.hyperparameter(0, default: 0))))
      },
      Builtin(
        "apply_updates(params, updates)",
        """
        The parameters plus their updates, as a new tree; nil leaves a parameter as it is.

            print(apply_updates({w: 1.0}, {w: -0.5}))    # {w: 0.5}
        """
      ) { arguments in
        Value(try applyUpdates(arguments.tree(0), arguments.tree(1)))
      },
      object(
        "SGD",
        "target, lr, momentum=0.0, weight_decay=0.0, dampening=0.0, nesterov=false, maximize=false",
        """
        Gradient descent on the parameters of a model, a parameter, or a tree of them.
        `opt.step()` takes the gradients that `backward` left, `opt.step(loss)` computes them.

            let x = param(3.0)
            let opt = SGD(x, lr=0.1)
            opt.step(x ** 2)
            print(x)    # 2.4
        """, isDifferentiable: false, order: (momentum: 2, decay: 3, dampening: 4)),
      object(
        "MetaSGD",
        "target, lr, momentum=0.0, weight_decay=0.0, dampening=0.0, nesterov=false, "
          + "moment_requires_grad=true, maximize=false",
        """
        Differentiable gradient descent: after `opt.step(loss)` the parameters are still
        functions of everything that the step used.

            let (a, x) = (param(1.0), param(2.0))
            let opt = MetaSGD(a, lr=1.0)
            opt.step(a * x ** 2)
            backward(a * x ** 2)
            print(x.grad)    # -28.0
        """, isDifferentiable: true, order: (momentum: 2, decay: 3, dampening: 4)),
      Builtin(
        "Optimizer(target, transform)",
        """
        An optimizer of the parameters in `target` with any transform.

            let x = param(3.0)
            let opt = Optimizer(x, sgd(0.1))
            opt.step(x ** 2)
            print(x)    # 2.4
        """
      ) { arguments in try optimizer(arguments, isDifferentiable: false) },
      Builtin(
        "MetaOptimizer(target, transform)",
        """
        A differentiable optimizer of the parameters in `target` with any transform.

            let (a, x) = (param(1.0), param(2.0))
            let opt = MetaOptimizer(a, sgd(1.0))
            opt.step(a * x ** 2)
            backward(a * x ** 2)
            print(x.grad)    # -28.0
        """
      ) { arguments in try optimizer(arguments, isDifferentiable: true) },
    ])

  /// An optimizer object that is gradient descent.
  private static func object(
    _ name: String, _ parameters: String, _ documentation: String, isDifferentiable: Bool,
    order: (momentum: Int, decay: Int, dampening: Int)
  ) -> Builtin {
    Builtin("\(name)(\(parameters))", documentation) { arguments in
      let transformation = try GradientTransformation.sgd(
        learningRate: arguments.hyperparameter(1),
        momentum: arguments.hyperparameter(order.momentum, default: 0),
        dampening: arguments.hyperparameter(order.dampening, default: 0),
        weightDecay: arguments.hyperparameter(order.decay, default: 0),
        nesterov: arguments.bool(5, default: false),
        maximize: arguments.bool(isDifferentiable ? 7 : 6, default: false))
      return .host(
        try OptimizerObject(
          name, target: arguments[0], transformation, isDifferentiable: isDifferentiable))
    }
  }

  private static func optimizer(_ arguments: Arguments, isDifferentiable: Bool) throws -> Value {
    let transform = try arguments.host(1, as: TransformObject.self, "a Transform")
    return .host(
      try OptimizerObject(
        arguments.callee.name, target: arguments[0], transform.transformation,
        isDifferentiable: isDifferentiable))
  }
}

extension Arguments {
  /// A hyperparameter: a number, tensor, parameter, or function of the step count.
  func hyperparameter(_ index: Int, default fallback: Double? = nil) throws -> Hyperparameter {
    if let fallback, !has(index) { return .number(fallback) }
    guard let value = self[index].hyperparameter(interpreter) else {
      throw mismatch(index, "a number, a tensor or a schedule")
    }
    return value
  }

  /// A tree of tensors.
  func tree(_ index: Int) throws -> Tree { try ValueTree(self[index]).tree }
}

extension Value {
  /// The value as a hyperparameter; nil for other types.
  fileprivate func hyperparameter(_ interpreter: Interpreter) -> Hyperparameter? {
    switch self {
    case .int(let value): return .number(Double(value))
    case .float(let value): return .number(value)
    case .tensor(let variable): return .variable(variable)
    case .parameter(let cell): return .parameter(cell)
    default:
      guard isCallable else { return nil }
      let function = self
      return .schedule { [unowned interpreter] count in
        let result = try interpreter.call(function, [.int(count)])
        guard let value = result.hyperparameter(interpreter), !value.isSchedule else {
          throw RuntimeError(
            .type, "a schedule must give a number, not \(result.shortDescription)")
        }
        return value
      }
    }
  }
}

/// A gradient transformation as a value.
final class TransformObject: HostObject {
  let transformation: GradientTransformation

  init(_ transformation: GradientTransformation) { self.transformation = transformation }

  override var typeName: String { "Transform" }
  override var summary: String { "<transform \(transformation.name)>" }
  override var memberNames: [String] { ["init", "update"] }

  override func methodSignature(_ name: String) -> String? {
    switch name {
    case "init": "init(params)"
    case "update": "update(grads, state, params=nil)"
    default: nil
    }
  }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    if name == "init" { return Value(try transformation.initialize(arguments.tree(0))) }
    let parameters = arguments.has(2) ? try arguments.tree(2) : nil
    let result = try transformation.update(arguments.tree(0), arguments.tree(1), parameters)
    return .list([Value(result.updates), Value(result.state)])
  }
}

/// An optimizer with the value it was given as its target.
final class OptimizerObject: HostObject {
  private let name: String
  private let target: Value
  let optimizer: Optimizer

  init(
    _ name: String, target: Value, _ transformation: GradientTransformation, isDifferentiable: Bool
  ) throws {
    self.name = name
    self.target = target
    optimizer = try Optimizer(
      OptimizerObject.cells(of: target), transformation, isDifferentiable: isDifferentiable)
  }

  private static func cells(of target: Value) throws -> [ParameterCell] {
    let cells = try ValueTree(target).cells
    guard !cells.isEmpty else {
      throw RuntimeError(
        .type, "an optimizer needs parameters, and \(target.shortDescription) has none",
        hint: "give it a model, a param(…), or a list of them")
    }
    return cells
  }

  override var typeName: String { name }
  override var summary: String {
    let names = optimizer.groups.map(\.transformation.name).joined(separator: ", ")
    return "<\(name) of \(optimizer.parameters.count) parameters, \(names)>"
  }
  override var memberNames: [String] { ["step", "zero_grad", "add_param_group", "state"] }

  override func field(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    name == "state" ? stateTree : nil
  }

  override func methodSignature(_ name: String) -> String? {
    switch name {
    case "step": "step(loss=nil)"
    case "zero_grad": "zero_grad()"
    case "add_param_group": "add_param_group(target, transform=nil, lr=nil)"
    default: nil
    }
  }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    switch name {
    case "zero_grad": optimizer.zeroGradients()
    case "step": try step(arguments)
    default: try addGroup(arguments)
    }
    return .nil
  }

  private func step(_ arguments: Arguments) throws {
    guard arguments.has(0) else {
      guard !optimizer.isDifferentiable else {
        throw RuntimeError(
          .type, "a differentiable optimizer needs the loss itself",
          hint: "\(name): opt.step(loss), without backward")
      }
      return try optimizer.step()
    }
    guard let loss = arguments[0].variable else {
      throw arguments.mismatch(0, "a loss of one number")
    }
    if try !optimizer.step(loss) {
      arguments.interpreter.warn(
        "the loss does not depend on any of the optimizer's parameters, so the step left them",
        hint: "is it computed from the model that the optimizer was given?")
    }
  }

  private func addGroup(_ arguments: Arguments) throws {
    let transformation: GradientTransformation
    if arguments.has(1) {
      transformation = try arguments.host(1, as: TransformObject.self, "a Transform").transformation
    } else if arguments.has(2) {
      transformation = try .sgd(learningRate: arguments.hyperparameter(2))
    } else {
      transformation = optimizer.groups[0].transformation
    }
    try optimizer.addGroup(OptimizerObject.cells(of: arguments[0]), transformation)
  }

  override var stateTree: Value? { Value(optimizer.state) }

  override func restore(_ state: Value) throws { optimizer.state = try ValueTree(state).tree }
}
