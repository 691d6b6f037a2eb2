// Optimizers that hold parameters and a state: `opt.step(loss)`, `opt.state`.

import Autodiff
import Language
import Optimizers
import Tensors

/// An optimizer with the value it was given as its target.
final class OptimizerObject: HostObject {
  override class var hostType: HostType { members }

  private let name: String
  let optimizer: Optimizer
  /// What made the transformation of each group, with its numbers; nil where it has none by name.
  var origins: [OptimizerOrigin?]

  /// An optimizer with a transform, and what made it.
  init(
    _ name: String, target: Value, _ transformation: GradientTransformation,
    _ origin: OptimizerOrigin?, isDifferentiable: Bool
  ) throws {
    self.name = name
    origins = [origin]
    optimizer = try Optimizer(
      target.parameterTree(), transformation, isDifferentiable: isDifferentiable)
  }

  /// An optimizer of a family.
  convenience init(
    _ name: String, target: Value, _ transform: TransformObject, isDifferentiable: Bool
  ) throws {
    try self.init(
      name, target: target, transform.transformation, transform.origin,
      isDifferentiable: isDifferentiable)
  }

  override var typeName: String { name }
  override var summary: String {
    let names = optimizer.groups.map(\.transformation.name).joined(separator: ", ")
    let count = optimizer.parameters.count
    return "<\(name) of \(count) \(count == 1 ? "parameter" : "parameters"), \(names)>"
  }

  override var reached: [Value] {
    optimizer.parameters.map(Value.parameter) + origins.flatMap { $0?.reached ?? [] }
  }

  override func restorer() -> (() -> Void)? {
    let (content, origins) = (optimizer.content, origins)
    return { [self] in
      optimizer.content = content
      self.origins = origins
    }
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
    return .tensor(optimizer.isDifferentiable ? loss : stopGradient(loss))
  }

  /// A new group: with a transform, or with the numbers of the first but for those given.
  private func addGroup(_ arguments: Arguments) throws -> Value {
    let options = arguments.options(2)
    let transformation: GradientTransformation
    let origin: OptimizerOrigin?
    if let first = origins[0], !arguments.has(1) {
      origin = first.setting(options)
      transformation = try origin?.make() ?? optimizer.groups[0].transformation
    } else if options.count > 0 {
      throw RuntimeError(
        .type,
        "a transform has its hyperparameters already, so `\(options.keys[0].shortened)` has no place",
        hint: "give another transform: opt.add_param_group(target, sgd(0.1))")
    } else {
      origin = arguments.has(1) ? arguments[1].transformOrigin : nil
      transformation =
        arguments.has(1) ? try arguments.transformation(1) : optimizer.groups[0].transformation
    }
    try optimizer.addGroup(arguments[0].parameterTree(), transformation)
    origins.append(origin)
    return .nil
  }

  /// One for each group.
  fileprivate var groups: Value {
    .list(optimizer.groups.indices.map { .host(OptimizerGroupObject(self, $0)) })
  }

  // MARK: - Numbers by name

  override var ownFields: Record {
    Record((origins[0]?.names ?? []).map { ($0, origins[0]?.value($0) ?? .nil) })
  }

  override func ownField(_ name: String) throws -> Value? {
    guard let first = origins[0] else { return nil }
    guard first.names.contains(name) else {
      if first.count(of: name) > 1 { throw OptimizerObject.isAmbiguous(name) }
      return nil
    }
    let value = first.value(name)
    for origin in origins.dropFirst() {
      guard let origin, origin.names.contains(name) else { continue }
      let other = origin.value(name)
      guard try Value.equal(value, other) else {
        throw RuntimeError(
          .value,
          "the groups of the optimizer differ in `\(name)`: \(value.excerpt) and \(other.excerpt)",
          hint: "opt.groups[0].\(name) is that of the first group")
      }
    }
    return value
  }

  private static func isAmbiguous(_ name: String) -> RuntimeError {
    RuntimeError(
      .name, "several transforms of the chain have a number `\(name)`",
      hint: "a schedule or a parameter in the place of one of them can be changed by itself")
  }

  override func setField(_ name: String, _ value: Value, _ interpreter: Interpreter) throws -> Bool
  {
    // `opt.groups[0].lr = 0.1` changes a group, and puts the list back where it was.
    if name == "groups" { return try Value.equal(value, groups) }
    return try set(name, value, groups: optimizer.groups.indices)
  }

  /// Sets a number of some groups: of all of them, or of none.
  ///
  /// - Returns: false where it is a field of another kind, or none of these.
  func set(_ name: String, _ value: Value, groups: Range<Int>) throws -> Bool {
    if members.field(name) != nil { return false }
    var made: [(group: Int, origin: OptimizerOrigin, transformation: GradientTransformation)] = []
    for group in groups {
      guard let origin = origins[group] else {
        throw RuntimeError(
          .name,
          "\(optimizer.groups[group].transformation.name) has no number `\(name)` that could be set",
          hint: "the transforms that are named after an optimizer have, such as adam(0.1); "
            + "inject_hyperparams puts those of others into the state")
      }
      guard origin.names.contains(name) else {
        if origin.count(of: name) > 1 { throw OptimizerObject.isAmbiguous(name) }
        return false
      }
      let changed = origin.setting(Record([(name, value)]))
      made.append((group, changed, try changed.make()))
    }
    for (group, origin, transformation) in made {
      try optimizer.setTransformation(transformation, ofGroup: group)
      origins[group] = origin
    }
    return true
  }

  // MARK: - State

  override var stateTree: Value? {
    .list(zip(optimizer.groups, origins).map { OptimizerSettings.joined(Value($0.state), $1) })
  }

  override func freshStateTree(for state: Value) -> Value? {
    guard case .list(let groups) = state, groups.count == optimizer.groups.count else { return nil }
    return try? .list(
      groups.enumerated().map {
        try OptimizerSettings($1).freshState(of: optimizer.groups[$0], origins[$0])
      })
  }

  override func structure(of state: Value) -> Value {
    guard case .list(let groups) = state else { return state }
    return .list(groups.map { OptimizerSettings($0).state })
  }

  override func misfit(of state: Value) -> String? {
    let wanted = optimizer.groups.count
    guard case .list(let groups) = state else { return "has no state of an optimizer" }
    return groups.count == wanted
      ? nil
      : "has \(groups.count) parameter \(groups.count == 1 ? "group" : "groups") in the snapshot, "
        + "\(wanted) in the target"
  }

  override func restore(_ state: Value) throws {
    guard case .list(let groups) = state, groups.count == optimizer.groups.count else { return }
    let settings = groups.map(OptimizerSettings.init)
    let made = try settings.enumerated().map {
      try $1.made(origins[$0], optimizer.groups[$0].transformation)
    }
    for (group, made) in made.enumerated() {
      try optimizer.setTransformation(made.transformation, ofGroup: group, state: made.state)
      origins[group] = made.origin
    }
  }
}

extension Value {
  /// What made a transform, with its numbers by name; nil for what has none.
  var transformOrigin: OptimizerOrigin? {
    transformObject?.origin
  }
}

extension OptimizerObject {
  private static let members = HostType(
    OptimizerObject.self, "Optimizer",
    makers: ["MetaOptimizer"] + OptimizerFamily.all.flatMap(\.objectNames),
    """
    Parameters, a transform, and what the transform remembers: what `Optimizer`, `MetaOptimizer`,
    `Adam`, `MetaAdam` and their kin give.

    Every number of the transform is a field, and may be set between steps: to another number, a
    tensor, a parameter, a schedule. A chain has the numbers of its members, those that one alone has, and
    a transform around another has those of that one. The state goes on; a schedule that takes a number's place begins
    at count 0. `extract` keeps the state and the numbers that were set, and `recover` brings them back.

        let x = param(3.0)
        let opt = Adam(x, lr=0.1)
        opt.lr = opt.lr / 2
        opt.step(x ** 2)
        print(opt.lr, opt.betas, round(x, 6))    # 0.05 (0.9, 0.999) 2.95
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
        without parameters that gives the loss serves transforms that look at the loss elsewhere. The
        step gives the loss from before it, that of a plain optimizer without its graph.

            let x = param(3.0)
            let opt = SGD(x, lr=0.1)
            print(opt.step(x ** 2), x)          # 9.0 2.4
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
      ) { Value($0.optimizer.state) },
      Field(
        "groups",
        """
        The groups of parameters, a list: each has `params`, `state`, and every number of its transform as
        a field that may be set. A number that is set on the optimizer itself is set for all groups.

            let (x, y) = (param(1.0), param(1.0))
            let opt = SGD(x, lr=0.1)
            opt.add_param_group(y, lr=0.5)
            opt.groups[1].lr = 0.25
            opt.step(x + y)
            print(x, y)    # 0.9 0.75
        """
      ) { $0.groups },
    ])
}

extension Interpreter {
  /// A function of the program as a loss.
  func loss(_ function: Value) -> ([Value]) throws -> Variable {
    { [unowned self] arguments in try call(function, arguments).loss() }
  }

  func warnOfIndependentLoss() {
    warnOnce(
      "the loss does not depend on any of the optimizer's parameters, so the step left them",
      hint:
        "compute it anew before each step, opt.step(loss(net)), from the model that the optimizer was given"
    )
  }
}

extension Value {
  /// What a function that computes a loss gave.
  ///
  /// - Throws: a type error for anything but a tensor or a number.
  func loss() throws -> Variable {
    guard let variable else {
      throw RuntimeError(
        .type, "a loss must be one number, not \(shortDescription)", hint: lossHint)
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
